"""Benchmarks run in their short forms. What they count is held here, and ratios taken in one run; never
seconds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def test_speed_counts_work_that_does_not_depend_on_the_machine() -> None:
    (row,) = _json("benchmarks/speed.py", "--sizes", "2", "--repeats", "1", "--json")
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


def test_controllers_are_held_against_the_plan_in_one_run() -> None:
    given = ["--sizes", "2", "--repeats", "1", "--controllers", "max-pressure", "--json"]
    plan, rule = _json("benchmarks/speed.py", *given)
    assert (plan["controller"], plan["longer_percent"]) == ("deployed", 0)
    assert rule["controller"] == "max-pressure" and rule["moves"] == pytest.approx(plan["moves"], rel=0.05)


def test_bytes_of_a_lane_and_of_a_vehicle() -> None:
    (row,) = _json("benchmarks/memory.py", "--sizes", "2", "--json")
    assert row["lanes"] == 48  # of 300 m
    assert row["bytes_per_lane"] < 3000
    assert row["bytes_per_vehicle"] < 100 + 16 * row["links_per_route"]


def test_a_start_costs_little_more_than_a_bare_program() -> None:
    """Aims are 1.3 and 1.5; the bounds leave room for a busy machine, none for a heavy import."""
    found = _json("benchmarks/startup.py", "--repeats", "3", "--json")
    help_, run = found["commands"]
    assert help_["unwanted"] == run["unwanted"] == []
    assert help_["ratio"] < 1.8 and run["ratio"] < 2.2


def test_peers_drive_the_same_routes() -> None:
    for name in ("uxsim", "libsumo"):
        pytest.importorskip(name, reason="the extra 'bench' is not installed")
    given = ["--sizes", "2", "--minutes", "25", "--repeats", "1", "--programs", "uxsim-1,uxsim-5,sumo-meso"]
    rows = _json("-m", "benchmarks.peers", *given, "--json")["rows"]
    assert [row["program"] for row in rows] == ["signalsim", "uxsim-1", "uxsim-5", "sumo-meso"]
    for row in rows:
        assert row["arrived_percent"] == 100
        assert row["moves"] == pytest.approx(rows[0]["moves"], rel=0.03)
        assert row["ours_is_faster"] > 0 and row["load_cpu_s"] > 0


def test_pieces_of_the_kernel_run() -> None:
    pytest.importorskip("pytest_benchmark", reason="the extra 'bench' is not installed")
    command = [sys.executable, "-m", "pytest", "-q", "benchmarks/kernel.py", "-k", "wheel"]
    done = subprocess.run([*command, "--benchmark-disable"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _json(*command: str) -> Any:
    """What a benchmark prints with ``--json``."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_validation_prints_a_row_per_measure() -> None:
    pytest.importorskip("sumo", reason="the extra 'sumo' is not installed")
    rows = _json("-m", "benchmarks.validation", "--quick", "--json")
    measures = {"saturation flow", "alone, green", "delay", "link delays, Spearman"}
    assert {row["measure"] for row in rows} == measures
    assert all(
        row["ours"] > 0 and row["theirs"] > 0 for row in rows if row["measure"] != "link delays, Spearman"
    )


def test_adaptive_controllers_beat_fixed_timing_by_a_margin(tmp_path: Path) -> None:
    """Who makes one of them worse hears of it: differences on the same vehicles, within one run."""
    margin = {"max-pressure": -25, "rolling-horizon": -30}  # % of the delay under Webster's plan
    command = ["-m", "benchmarks.controllers", "research", "street", "--quick"]
    file = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, *command, "--controllers", ";".join(margin), "--json", str(file)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(file.read_text())
    assert (document["format_version"], document["quick"], document["absent"]) == (1, True, {})
    assert document["controllers"] == list(margin)
    research, street = (document["tables"][name]["rows"] for name in ("research", "street"))
    found = {(row["sensors"], row["controller"]): row["percent"].get("webster") for row in research}
    for cameras in ("omniscient", "typical"):
        assert found.pop((cameras, "webster")) is None
        for controller in margin:
            mean, low, high = found.pop((cameras, controller))
            assert low <= mean <= high < 0 and mean < margin[controller], (cameras, controller)
    assert not found and all(row["unserved"] == row["gridlocks"] == 0 for row in research + street)
    assert [row["controller"] for row in street] == ["deployed", *margin]
    for row in street:  # four legs; nobody on foot waits longer than the interlock guarantees
        assert row["crossings"] == 4 and row["pedestrians"] > 0
        assert row["longest_pedestrian_delay_s"] <= 600
