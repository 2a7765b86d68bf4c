"""The short form of the speed benchmark runs and counts the same work as ever."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_speed_counts_work_that_does_not_depend_on_the_machine() -> None:
    command = [sys.executable, "benchmarks/speed.py", "--sizes", "2", "--repeats", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (row,) = json.loads(done.stdout)
    assert row["grid"] == "2x2" and row["moves"] > 5000
    assert row["events_per_move"] < 2.5  # an event or two a move, signals included: no polling
    assert row["moves_per_cpu_s"] > 0
