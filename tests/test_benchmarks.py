"""Benchmarks run in their short forms: the speed one counts the same work as ever, the validation prints."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_speed_counts_work_that_does_not_depend_on_the_machine() -> None:
    command = [sys.executable, "benchmarks/speed.py", "--sizes", "2", "--repeats", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (row,) = json.loads(done.stdout)
    assert row["grid"] == "2x2" and row["moves"] > 5000
    assert row["events_per_move"] < 2.5  # an event or two a move, signals included: no polling
    assert row["moves_per_cpu_s"] > 0


def test_the_estimator_is_exact_where_cameras_are() -> None:
    command = [sys.executable, "benchmarks/estimator.py", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = {(row["place"], row["cameras"], row["quantity"]): row for row in json.loads(done.stdout)}
    for quantity in ("outflow", "in view"):
        errors = [
            rows["intersection", cameras, quantity]["rms_error"]
            for cameras in ("perfect", "good", "typical", "poor")
        ]
        assert errors[0] == 0.0 and errors == sorted(set(errors))
    assert all(abs(row["bias"]) < 1e-9 for key, row in rows.items() if key[2] == "shares")  # they sum to one
    # whoever stands beyond the view is not seen by any camera: nothing but history tells
    assert all(row["truth"] > 0 and row["rms_error"] > 0 for key, row in rows.items() if key[2] == "queue")


def test_validation_prints_a_row_per_measure() -> None:
    pytest.importorskip("sumo", reason="the extra 'sumo' is not installed")
    command = [sys.executable, "-m", "benchmarks.validation", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    measures = {"saturation flow", "alone, green", "delay", "link delays, Spearman"}
    assert {row["measure"] for row in rows} == measures
    assert all(
        row["ours"] > 0 and row["theirs"] > 0 for row in rows if row["measure"] != "link delays, Spearman"
    )
