"""Actuated control serves those who walk: with stages, in rings, and in a stage of their own."""

import shutil

import numpy as np
import pytest
from support.crosswalks import add_crossings
from support.safety import dangers

from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.simulation import simulate

PHASES = """\
junction_id,phase_num,group_id,ring,barrier,position,recall,walk_group_id
C,1,EL,1,1,1,none,
C,2,W,1,1,2,min,PN
C,5,WL,2,1,1,none,
C,6,E,2,1,2,min,PS
C,4,N,1,2,1,none,PW
C,8,S,2,2,1,none,
"""


@pytest.fixture
def folder(scenarios, tmp_path):
    """scenarios/crossing with crossings; PN has a button, PS rests in walk, PW walks with its stage."""
    shutil.copytree(scenarios / "crossing", tmp_path / "crossing")
    return add_crossings(tmp_path / "crossing")


def _run(folder, controller="actuated"):
    return simulate(build(load(folder)), controller, seed=3, record="full", sensors="perfect")


def _walks(run, name):
    """Seconds at which a pedestrian group begins to walk."""
    group = run.built.index.groups.index(name)
    rows = run.records[(run.records["kind"] == Kind.ASPECT) & (run.records["entity"] == group)]
    return (rows["t_ms"][rows["value"] == 2] / 1000).tolist()


@pytest.mark.parametrize("with_rings", [False, True])
def test_everybody_crosses_and_nothing_is_dangerous(folder, with_rings):
    if with_rings:
        (folder / "signal_phase.csv").write_text(PHASES)
    run = _run(folder)
    assert dangers(run.built.tables, run.records) == []
    assert (run.sums.walk_ms[run.sums.pedestrian_counted] >= 0).all()
    assert all(_walks(run, name) for name in ("PN", "PS", "PW"))


def test_a_button_that_nobody_presses_brings_no_walk(folder):
    (folder / "signal_phase.csv").write_text(PHASES)
    rows = (folder / "pedestrians.csv").read_text().splitlines()
    rows = [row.rsplit(",", 1)[0] + ",0" if row.startswith("north") else row for row in rows]
    (folder / "pedestrians.csv").write_text("\n".join(rows) + "\n")
    run = _run(folder)
    assert _walks(run, "PN") == [] and _walks(run, "PS")


@pytest.fixture
def alone(folder):
    """All crossings in a stage of their own, with buttons: an exclusive stage."""
    stages = folder / "signal_stage.csv"
    stages.write_text(
        stages.read_text().replace("E W PN PS", "E W").replace("N S PW", "N S") + "C,4,PN PS PW,everybody\n"
    )
    crossings = folder / "crossing.csv"
    crossings.write_text(crossings.read_text().replace(",0,1,0,", ",1,0,0,").replace(",0,0,3,", ",1,0,0,"))
    plan = folder / "signal_plan.csv"
    lines = [line.rsplit(",", 1)[0] for line in plan.read_text().splitlines()]  # the cycle is another now
    plan.write_text("\n".join([*lines, "deployed,C,4,4,10,0"]) + "\n")
    return folder


def test_a_stage_of_pedestrians_alone_comes_when_called(alone):
    run = _run(alone)
    assert dangers(run.built.tables, run.records) == []
    assert (run.sums.walk_ms[run.sums.pedestrian_counted] >= 0).all()
    assert len(_walks(run, "PN")) > 10
    signals = run.built.tables.signals
    mask = int(signals.stage[3])
    green = run.records[(run.records["kind"] == Kind.STAGE) & (run.records["place"] == 3)]
    assert len(green) and mask.bit_count() == 3


@pytest.mark.parametrize("name", ["max-pressure", "self-organising", "rolling-horizon", "rollout"])
def test_who_pressed_a_button_walks_though_no_vehicle_wants_the_stage(name, alone):
    """After a minute; then the decision, the least green of another stage and the change."""
    run = _run(alone, name)
    assert dangers(run.built.tables, run.records) == []
    waits = (run.sums.walk_ms - run.sums.pedestrian_ms)[run.sums.pedestrian_counted] / 1000
    assert waits.min() >= 0 and np.mean(waits) > 30 and waits.max() <= 60 + 5 + 10 + 10


def test_a_walk_group_is_one_of_pedestrians(folder):
    (folder / "signal_phase.csv").write_text(PHASES.replace("C,8,S,2,2,1,none,", "C,8,S,2,2,1,none,EL"))
    with pytest.raises(InputError, match="row 7, column 'walk_group_id': 'EL' is no group of pedestrians"):
        load(folder)


def test_calls_are_answered_within_the_sum_of_maxima(folder):
    """Nobody waits longer than all other phases may take, their changes and the walk before."""
    (folder / "signal_phase.csv").write_text(PHASES)
    run = _run(folder)
    waits = (run.sums.walk_ms - run.sums.pedestrian_ms)[run.sums.pedestrian_counted] / 1000
    assert waits.min() >= 0 and np.percentile(waits, 95) < 2 * (50 + 50 + 10)
