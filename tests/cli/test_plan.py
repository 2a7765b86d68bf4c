"""The command ``plan``, in fresh processes as a user runs it."""

import json
import shutil
import subprocess
import sys

import pytest

from signalsim.scenario import load


def _plan(*arguments):
    command = [sys.executable, "-c", "from signalsim.cli import main; main()", "plan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_plan_by_formula_is_a_scenario_that_compare_takes(scenarios, tmp_path):
    out = tmp_path / "planned"
    found = _plan(scenarios / "crossing", "--method", "webster", "--out", out, "--json")
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    (junction,) = document["plans"]["webster"]
    assert junction["cycle_s"] == sum(s["green_s"] + s["change_s"] for s in junction["stages"])
    assert 0 < junction["degree_of_saturation"] < 1
    signals = load(out).signals
    assert list(signals.plans) == ["deployed", "webster"]
    untouched = load(scenarios / "crossing").signals.plans["deployed"]
    assert str(signals.plans["deployed"]) == str(untouched)  # NaN equals nothing
    assert (out / "figures" / "splits-webster.png").stat().st_size > 5000


def test_offsets_are_written_as_the_scenario_counts_them(scenarios, tmp_path):
    from signalsim.scenario import build
    from signalsim.scenario.planned import write_planned
    from signalsim.signals import Plan

    source, out = tmp_path / "source", tmp_path / "out"
    shutil.copytree(scenarios / "crossing", source)
    text = (source / "scenario.toml").read_text()
    (source / "scenario.toml").write_text(
        text + '\n[control]\noffset_reference = "midnight"\noffset_point = "end_of_yellow"\n'
    )
    out.mkdir()
    write_planned(load(source), {"new": {0: Plan((0, 1, 2), (20.0, 6.0, 12.0), 17.0)}}, out)
    assert build(load(out)).plans["new"].offset_ms.tolist() == [17_000]


def test_a_search_goes_on_where_it_stopped(scenarios, tmp_path):
    out = tmp_path / "found"
    options = ("--method", "optimised", "--out", out, "--samples", 3, "--replications", 2, "--json")
    first = _plan(scenarios / "crossing", *options, "--runs", 20)
    assert first.returncode == 0, first.stderr
    before = json.loads(first.stdout)["search"]
    assert before["mean_delay_s"] <= before["start_mean_delay_s"][before["start"]]
    again = json.loads(_plan(scenarios / "crossing", *options, "--runs", 20).stdout)
    assert again["search"]["runs"] > before["runs"]
    assert again["search"]["mean_delay_s"] <= before["mean_delay_s"]
    assert again["held_back"]["difference_s"].keys() == {"deployed", "webster", "coordinated"}
    assert "optimised" in load(out).signals.plans
    other = _plan(scenarios / "crossing", *options, "--runs", 20, "--seed", 9)
    assert other.returncode == 3
    assert "search.json: is of another scenario, seed or number of samples" in other.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "webster", "--max-cycle", 35), "junction 'C': its minimum greens and intergreens take"),
        (("--method", "webster", "--name", "deployed"), "has a plan 'deployed' already"),
        (("--method", "webster", "--cycle", 80), "--cycle: is of --method coordinated"),
        (("--method", "coordinated", "--cycle", 20), "cycle 20 s: minimum greens and intergreens take"),
        (("--method", "uniform", "--min-cycle", 90, "--max-cycle", 60), "--min-cycle 90: is above"),
    ],
)
def test_what_cannot_be_planned_is_said_in_one_line(scenarios, tmp_path, options, message):
    found = _plan(scenarios / "crossing", "--out", tmp_path / "none", *options)
    assert found.returncode == 3
    assert found.stderr.count("\n") == 1
    assert message in found.stderr
    assert not (tmp_path / "none").exists()
