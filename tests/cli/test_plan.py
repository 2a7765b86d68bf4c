"""The command ``plan``, in fresh processes as a user runs it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from html import unescape

import pytest
from support.crosswalks import add_crossings
from support.turning import two_stages

from signalsim.scenario import load


def _signalsim(*arguments):
    command = [sys.executable, "-m", "signalsim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def _plan(*arguments):
    return _signalsim("plan", *arguments)


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
    page = unescape((out / "report.html").read_text(encoding="utf-8"))
    assert page.count("<svg") == len(list((out / "figures").glob("*.svg")))
    assert all(f"<li>{text}.</li>" in page for text in document["why"])
    assert all(f"<td>{movement['movement']}</td>" in page for movement in junction["movements"])
    assert not re.search(r'(src|href)="(?!#)', page)  # nothing beside it


def test_any_stages_are_written_with_the_plan_and_run(scenarios, tmp_path):
    """Left turns that no gap serves get a stage of their own; less delay than with the deployed stages, and
    a search takes the plan for its start."""
    source, out = two_stages(scenarios / "crossing", tmp_path / "source", lefts=4), tmp_path / "out"
    more = ("--stages", "any", "--json", "--replications", 3)
    found = _plan(source, "--method", "webster", "--out", out, *more)
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    assert "new stage 3 of junction C: EL WL" in document["why"]
    assert "3" in [stage["stage"] for stage in document["plans"]["webster"][0]["stages"]]
    signals, before = load(out).signals, load(source).signals
    assert signals.stages == (("1", "2", "3"),)
    waved = _plan(source, "--method", "coordinated", "--out", tmp_path / "waved", "--stages", "any", "--json")
    assert [stage["stage"] for stage in json.loads(waved.stdout)["plans"]["coordinated"][0]["stages"]] == [
        stage["stage"] for stage in document["plans"]["webster"][0]["stages"]
    ]
    assert str(signals.plans["deployed"]) == str(before.plans["deployed"])
    assert signals.intergreen_s == before.intergreen_s

    again = tmp_path / "again"  # in a scenario that has the stage the deployed plan is no worse for it
    assert _plan(source, "--method", "webster", "--out", again).returncode == 0
    twice = json.loads(
        _plan(out, "--method", "webster", "--name", "old", "--out", tmp_path / "b", "--json").stdout
    )
    assert twice["plans"]["old"] == json.loads((again / "plan.json").read_text())["plans"]["webster"]

    searched = tmp_path / "searched"
    budget = ("--samples", 3, "--runs", 15)
    found = _plan(source, "--method", "optimised", "--out", searched, *more, *budget)
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    starts = document["search"]["start_mean_delay_s"]
    assert document["search"]["start"] == "any stages"
    assert starts["any stages"] < starts["webster"] / 2
    assert load(searched).signals.stages == (("1", "2", "3"),)
    other = _plan(source, "--method", "optimised", "--out", searched, *budget)
    assert other.returncode == 3
    assert "or of other stages" in other.stderr


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
        (
            ("--method", "uniform", "--stages", "any"),
            "--stages any: is of --method webster, coord",
        ),
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


def test_a_plan_with_pedestrians_leads_back_through_every_export(scenarios, tmp_path):
    """Greens hold walks and clearances; GMNS, UTDF and SUMO have the plan as it was designed."""
    out = tmp_path / "out"
    source = add_crossings(shutil.copytree(scenarios / "crossing", tmp_path / "source"))
    found = _signalsim("plan", source, "--method", "coordinated", "--name", "a/b", "--out", out, "--json")
    assert found.returncode == 0, found.stderr
    (junction,) = json.loads(found.stdout)["plans"]["a/b"]
    signals = load(out).signals
    greens = [stage["green_s"] for stage in junction["stages"]]
    assert greens == list(signals.plans["a/b"][0].green_s)
    assert all(g >= signals.stage_min_green_s(0, s) for s, g in enumerate(greens))
    assert signals.stage_min_green_s(0, 2) > 10  # 8 s of walk and 16 m at 1.2 m/s less the intergreen
    assert (out / "figures" / "splits-a_b.png").is_file()

    assert _signalsim("export", "gmns", out, "--out", tmp_path / "gmns").returncode == 0
    back = _signalsim("import", "gmns", tmp_path / "gmns", "--out", tmp_path / "again")
    assert back.returncode == 0, back.stderr
    again = load(tmp_path / "again").signals.plans["a/b"][0]
    assert str(again) == str(signals.plans["a/b"][0])

    assert _signalsim("export", "utdf", out, "--plan", "a/b", "--out", tmp_path / "plan.csv").returncode == 0
    wanted = ("MaxGreen", "Cycle Length")
    rows = [line.split(",") for line in (tmp_path / "plan.csv").read_text().splitlines()]
    cells = {row[0]: [float(cell) for cell in row[2:] if cell] for row in rows if row[0] in wanted}
    assert (cells["MaxGreen"], cells["Cycle Length"]) == (greens, [junction["cycle_s"]])


def test_the_best_plan_so_far_outlives_an_interruption(scenarios, tmp_path):
    out = tmp_path / "found"
    options = ("--method", "optimised", "--out", str(out), "--seconds", "120", "--samples", "3")
    command = [sys.executable, "-m", "signalsim", "plan", str(scenarios / "crossing"), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as search:
        end = time.monotonic() + 300  # a first compilation and the choice of the start come before
        while not (out / "search.json").is_file() and time.monotonic() < end:
            time.sleep(0.1)
        os.killpg(search.pid, signal.SIGINT)
        said = search.communicate(timeout=120)[1]
    assert search.returncode == 130
    assert said.splitlines()[-1].startswith(f"signalsim: interrupted; {out} has the best plan so far")
    assert "Traceback" not in said
    assert "optimised" in load(out).signals.plans
    again = _signalsim("plan", scenarios / "crossing", *options[:4], "--runs", 5, "--samples", 3)
    assert again.returncode == 0, again.stderr
