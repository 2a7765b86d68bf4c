"""``signalsim run --log``: the controllers' log beside a run's result."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def signalsim(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalsim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def crossing(scenarios: Path) -> Path:
    return scenarios / "crossing"


def test_a_log_changes_nothing_of_the_result(crossing: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    plain, logged = (
        signalsim("run", crossing, "--seed", 3, "--json", *more) for more in ((), ("--log", log))
    )
    assert (plain.returncode, logged.returncode) == (0, 0), logged.stderr
    one, other = (json.loads(found.stdout) for found in (plain, logged))
    assert (one["vehicles"], one["measures"]) == (other["vehicles"], other["measures"])
    assert sorted(p.name for p in log.iterdir()) == ["README.md", "detectors.csv", "log.csv", "phases.csv"]
    n_events = len((log / "log.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert f"{log}: {n_events:,} events of 1 controllers" in logged.stderr
    again = signalsim("run", crossing, "--seed", 3, "--engine", "simpy", "--log", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "log.csv").read_bytes() == (log / "log.csv").read_bytes()


def test_a_place_that_would_be_lost_is_refused_before_the_run(crossing: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "thesis.txt").write_text("years of work", encoding="utf-8")
    refused = signalsim("run", crossing, "--log", kept)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"--log {kept}: holds 'thesis.txt'" in refused.stderr and refused.stderr.count("\n") == 1
    both = tmp_path / "both"
    refused = signalsim("run", crossing, "--log", both, "--out", both)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"--log {both}: is the folder of --out as well; name another one" in refused.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_parquet_is_written_if_asked_for(crossing: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    found = signalsim("run", crossing, "--log", tmp_path / "log", "--log-format", "parquet")
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "log" / "log.parquet").read_bytes()[:4] == b"PAR1"
    assert not (tmp_path / "log" / "log.csv").exists()
