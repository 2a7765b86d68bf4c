"""Fixed plans: changes that overlap, when which group is green, and stages that only pass by."""

from typing import Any

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.lasting import lasting_plan
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.signals import plan_arrays
from signalsim.signals.greens import plan_greens
from signalsim.simulation import simulate


def overlapping(crossing: Any, green_s: float) -> Any:
    """The crossing with a second stage that counts from the beginning of its change of 5 s."""
    for row in (2, 3, 4):
        crossing.set("signal_plan.csv", row, "cycle_s", 33 + green_s + 22 + 10)
    crossing.set("signal_plan.csv", 2, "change_s", 0)
    crossing.set("signal_plan.csv", 3, "green_s", green_s)
    return crossing


def test_a_change_is_not_longer_than_its_intergreens(crossing: Any) -> None:
    crossing.set("signal_plan.csv", 2, "change_s", 5.5)
    with pytest.raises(InputError) as caught:
        load(crossing.path)
    told = str(caught.value)
    assert (
        "signal_plan.csv, row 2, column 'change_s': '5.5' is longer than the intergreens ask for (5 s)"
        in told
    )


@pytest.mark.parametrize("green_s", [3, 10.9])
def test_a_green_that_begins_late_keeps_its_minimum(crossing: Any, green_s: float) -> None:
    """The left turns begin 5 s after the change does, and need 6 s; 3 s would take them back."""
    with pytest.raises(InputError, match=r"row 3.*is below the minimum green of the stage \(11 s\)"):
        load(overlapping(crossing, green_s).path)


def test_greens_of_an_overlapping_plan_are_those_of_the_interlock(crossing: Any) -> None:
    """Second 0 is the first stage's green: E and W 0-33, the left turns 38-45, N and S 50-72, cycle 77."""
    scenario = load(overlapping(crossing, 12).path)
    signals = scenario.signals
    plan = signals.plans["deployed"][0]
    assert signals.cycle_s(0, plan) == 77
    told = {signals.groups[one.group]: (one.begin_s, one.end_s) for one in plan_greens(signals, 0, plan)}
    assert told == {
        "E": (0, 33), "W": (0, 33), "EL": (38, 45), "WL": (38, 45), "N": (50, 72), "S": (50, 72),
    }  # fmt: skip
    run = simulate(scenario, "deployed", record="full")
    assert run.records is not None
    lamps = run.records[(run.records["kind"] == Kind.ASPECT) & (run.records["t_ms"] > 80_000)]
    reference = int(build(scenario).deployed.offset_ms[0])
    for g, name in enumerate(signals.groups):
        own = lamps[lamps["entity"] == g]
        for value, due in zip((2, 1), told[name], strict=True):
            times = own["t_ms"][own["value"] == value]
            assert len(times) > 10 and set((times - reference) % 77_000) == {1000 * due}


def test_stages_that_pass_by_are_left_out_of_designed_plans(crossing: Any) -> None:
    """E alone for 2 s before the left turns come: its minimum is 10 s, and it is green before."""
    crossing.append("signal_stage.csv", "C", "4", "E", "")
    rows = crossing.rows("signal_plan.csv")
    rows[1] = ["deployed", "C", "1", "1", "31", "0", "80"]
    rows.insert(2, ["deployed", "C", "2", "4", "2", "0", "80"])
    rows[3][2], rows[4][2] = "3", "4"
    crossing.write("signal_plan.csv", rows)
    built = build(load(crossing.path))
    names = built.signals.stages[0]
    assert [names[s] for s in built.deployed.stage] == ["1", "4", "2", "3"]
    kept = lasting_plan(built.deployed, built.tables.signals)
    assert [names[s] for s in kept.stage] == ["1", "2", "3"]
    assert kept.green_ms.tolist() == [33_000, 10_000, 22_000] and kept.cycle_ms.tolist() == [80_000]
    assert np.array_equal(kept.offset_ms, built.deployed.offset_ms)
    for name in ("webster", "uniform"):
        assert [names[s] for s in get(name).prepare(built).plan.stage] == ["1", "2", "3"]


def test_a_plan_without_passing_stages_is_as_it_was(crossing: Any) -> None:
    built = build(load(crossing.path))
    assert lasting_plan(built.deployed, built.tables.signals) is built.deployed


def test_a_first_stage_that_passes_by_moves_the_offset(crossing: Any) -> None:
    """The plan begins with E alone for 2 s; W joins at once, so the whole stage counts from second 2."""
    crossing.append("signal_stage.csv", "C", "4", "E", "")
    rows = crossing.rows("signal_plan.csv")
    rows[1] = ["deployed", "C", "2", "1", "31", "7", "80"]
    rows.insert(1, ["deployed", "C", "1", "4", "2", "7", "80"])
    for row, position in ((rows[3], "3"), (rows[4], "4")):
        row[2], row[5] = position, "7"
    crossing.write("signal_plan.csv", rows)
    built = build(load(crossing.path))
    plan = plan_arrays(built.signals, built.signals.plans["deployed"])
    kept = lasting_plan(plan, built.tables.signals)
    assert kept.green_ms.tolist() == [31_000, 10_000, 24_000]
    assert kept.offset_ms.tolist() == [9_000] and kept.cycle_ms.tolist() == [80_000]
