"""SUMO's actuated and NEMA programs and our controller switch alike on the same detectors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("libsumo", reason="needs the extra sumo: pip install '.[sumo]'")
pytest.importorskip("sumo", reason="needs the extra sumo: pip install '.[sumo]'")

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "actuated_sumo.py"


def test_the_same_greens_to_the_second() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--seconds", "900", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert rows["actuated"]["compared"] > 60 and rows["nema"]["compared"] > 120
    for row in rows.values():
        assert row["equal"] == row["compared"] >= row["theirs"] - 4
        assert row["largest_s"] == 0
