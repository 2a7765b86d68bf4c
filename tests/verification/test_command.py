"""The long form is one command; its shortest parts run here as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def verify(*arguments: str) -> str:
    command = [sys.executable, "benchmarks/verify.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_as_json() -> None:
    rows = json.loads(verify("--only", "platoons", "--json"))
    tests = [row for row in rows if row["verdict"]]
    assert {row["verdict"] for row in tests} == {"holds", "equal"}
    assert any(row["source"] == "Robertson (1969)" and not row["verdict"] for row in rows)
    assert all(abs(row["z"]) < 4 for row in tests if row["standard_error"])


def test_as_a_table() -> None:
    lines = verify("--only", "waves").splitlines()
    assert lines[0].split()[:3] == ["what", "theory", "simulated"]
    assert lines[-1].startswith("17 tests, 0 fail")
