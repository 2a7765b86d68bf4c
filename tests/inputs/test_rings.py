"""Phases in rings, overlaps, splits and detectors: read, joined to stages, refused in one line."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.simulation import simulate

PHASES = """junction_id,phase_num,group_id,ring,barrier,position,max_green_s,recall,dual_entry
C,1,WL,1,1,1,15,none,0
C,2,E,1,1,2,40,min,1
C,4,N,1,2,1,25,none,1
C,5,EL,2,1,1,15,none,0
C,6,W,2,1,2,40,min,1
C,8,S,2,2,1,25,none,1
"""
SPLITS = """plan_id,junction_id,phase_num,split_s,coordinated,offset_s
deployed,C,1,15,0,0
deployed,C,2,40,1,0
deployed,C,4,25,0,0
deployed,C,5,15,0,0
deployed,C,6,40,1,0
deployed,C,8,25,0,0
"""


@pytest.fixture
def folder(scenarios: Path, tmp_path: Path) -> Path:
    """The crossing with ten minutes of demand and a dual-ring controller."""
    out = tmp_path / "crossing"
    shutil.copytree(scenarios / "crossing", out)
    toml = out / "scenario.toml"
    toml.write_text(toml.read_text().replace("demand_s = 3600", "demand_s = 600"))
    (out / "signal_phase.csv").write_text(PHASES)
    return out


def test_stages_of_rings_are_added_to_those_of_the_table(folder: Path) -> None:
    signals = load(folder).signals
    assert signals.stages[0] == ("1", "1+6", "2", "2+5", "3")  # "2+6" is stage 1 of the table, and so on
    names = {stage: {signals.groups[g] for g in groups} for stage, groups in zip(
        signals.stages[0], signals.stage_groups[0], strict=True)}  # fmt: skip
    assert names["1+6"] == {"W", "WL"} and names["2+5"] == {"E", "EL"}
    apart = {frozenset(signals.groups[g] for g in pair) for pair in signals.forbidden.tolist()}
    assert {frozenset(("E", "WL")), frozenset(("W", "EL")), frozenset(("N", "E"))} <= apart
    assert frozenset(("E", "EL")) not in apart


@pytest.mark.parametrize("splits", ["", SPLITS])
def test_both_engines_run_the_rings_alike(folder: Path, splits: str) -> None:
    if splits:
        (folder / "signal_split.csv").write_text(splits)
    built = build(load(folder))
    runs = [simulate(built, "actuated", engine=engine, record="full") for engine in ("numba", "simpy")]
    assert np.array_equal(runs[0].records, runs[1].records)
    assert runs[0].totals.arrived == runs[0].totals.departed > 200
    share = runs[0].series.green_share.mean(axis=0)
    assert share[1] > 0.01  # rings part and meet again


WRONG = [
    ("signal_phase.csv", PHASES, "C,4,N,1,2,1", "C,2,N,1,2,1", "'2' is there twice at this junction"),
    ("signal_phase.csv", PHASES, "C,2,E,1,1,2", "C,2,E,1,1,1", "is taken in ring 1, barrier 1"),
    ("signal_phase.csv", PHASES, "C,2,E", "C,2,WL", "is shown by another phase"),
    ("signal_phase.csv", PHASES, "C,2,E", "C,2,F", "is no signal group of this junction; it has E, EL, N"),
    ("signal_phase.csv", PHASES, "C,2,E", "X,2,E", "'X' has no signal group in signal_group.csv"),
    ("signal_phase.csv", PHASES, "C,8,S,2,2,1,25,none,1\n", "", "shows group 'S' with no phase"),
    ("signal_phase.csv", PHASES, "2,40,min,1\nC,4", "2,5,min,1\nC,4", "is below the minimum green (10 s)"),
    ("signal_phase.csv", PHASES, "C,4,N,1,2,1", "C,4,N,1,1,3", "shows conflicting greens"),
    ("signal_split.csv", SPLITS, "deployed,C,8,25,0,0\n", "", "has no split for phase 8"),
    ("signal_split.csv", SPLITS, "C,1,15", "C,1,10", "minimum green 6 s, yellow and all-red 5 s need 11 s"),
    (
        "signal_split.csv",
        SPLITS,
        "C,1,15",
        "C,1,20",
        "after 55 s, another ring after 60 s; make the sums equal",
    ),
    ("signal_split.csv", SPLITS, "C,2,40,1", "C,2,40,0", None),
    ("signal_split.csv", SPLITS, "C,8,25,0", "C,8,25,1", "with which it is never green"),
    ("signal_split.csv", SPLITS, "C,6,40,1,0", "C,6,40,1,5", "differs from 0 of phase 2; give one offset"),
    ("signal_split.csv", SPLITS, "C,8,", "C,7,", "is no phase of this junction; there are 1, 2, 4, 5, 6, 8"),
]


@pytest.mark.parametrize(("file", "text", "old", "new", "message"), WRONG)
def test_what_is_wrong_is_told_in_one_line(
    folder: Path, file: str, text: str, old: str, new: str, message: str | None
) -> None:
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    if message is None:  # one coordinated phase is enough
        load(folder)
        return
    with pytest.raises(InputError) as caught:
        load(folder)
    assert message in str(caught.value) and file in str(caught.value) and "\n" not in str(caught.value)


def test_detectors_of_a_table_take_the_place_of_the_cameras(folder: Path) -> None:
    from signalsim.engine.detectors import LINE

    default = build(load(folder)).wiring
    assert len(default.link) == 16  # a zone and a line on each of eight lanes with a signal
    (folder / "detector.csv").write_text(
        "detector_id,link_id,lane_num,mode,distance_m,delay_s,extend_s\nD1,N_in,1,passage,40,,1.5\n"
        "D2,N_in,1,presence,,3,\n"
    )
    wiring = build(load(folder)).wiring
    assert len(wiring.link) == 16
    own = np.flatnonzero(wiring.delay_ms + wiring.extend_ms)
    assert sorted(wiring.detectors.kind[own]) == [0, LINE]
    line = own[wiring.detectors.kind[own] == LINE][0]
    assert (wiring.detectors.reach_m[line], wiring.extend_ms[line], wiring.calls[line]) == (40.0, 1500, True)
    (folder / "detector.csv").write_text("detector_id,link_id,lane_num\nD1,N_in,2\n")
    with pytest.raises(InputError, match="row 2, column 'lane_num': '2' is no lane of the link; it has 1"):
        load(folder)


def test_a_plan_may_use_the_stages_of_rings(folder: Path) -> None:
    plan: Any = folder / "signal_plan.csv"
    plan.write_text(
        "plan_id,junction_id,position,stage_id,green_s\ndeployed,C,1,1,30\ndeployed,C,2,2+5,8\n"
        "deployed,C,3,2,8\ndeployed,C,4,3,20\n"
    )
    built = build(load(folder))
    run = simulate(built, "deployed")
    assert run.totals.arrived == run.totals.departed
