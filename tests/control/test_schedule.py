"""Plans by the time of day: which is in force when, and how one goes over into the next."""

import shutil
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.signals.transition import Course, periods
from signalsim.simulation import simulate

PLANS = """plan_id,junction_id,position,stage_id,green_s,offset_s,cycle_s
night,C,1,1,20,10,60
night,C,2,2,10,10,60
night,C,3,3,15,10,60
day,C,1,1,40,25,90
day,C,2,2,12,25,90
day,C,3,3,23,25,90
"""
SCHEDULE = """schedule_id,start,plan_id,days,junction_id
week,00:00,night,,
week,08:10,day,mon-fri,
week,08:30:30,night,mon-fri,C
week,08:10,day,mon-fri,C
week,00:00,night,,C
"""


@pytest.fixture
def scenario(scenarios, tmp_path):
    """The crossing with two plans and a schedule; simulated time 0 is Tuesday 07:55."""
    folder = tmp_path / "crossing"
    shutil.copytree(scenarios / "crossing", folder)
    (folder / "signal_plan.csv").write_text(PLANS)
    (folder / "signal_schedule.csv").write_text(SCHEDULE)
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text() + '\n[control]\ndeployed = "week"\ntransition = "shortway"\n')
    return folder


def _greens(run, stage):
    """Seconds at which a stage has all its greens."""
    rows = run.records[run.records["kind"] == Kind.STAGE]
    rows = rows[(rows["place"] == stage) & (rows["value"] == 1)]
    return (rows["t_ms"] / 1000).tolist()


def test_a_run_changes_plans_at_their_times_and_reaches_their_offsets(scenario):
    built = build(load(scenario))
    run = simulate(built, "deployed", record="full", sensors="perfect")
    starts = np.array(_greens(run, 0))
    starts = starts[starts > 60]  # the first stage of all waits for a minimum green
    assert np.all(starts[starts <= 910] % 60 == 10)
    # 10 + 60 k ends at 910; the other plan's 25 + 90 k comes 15 s later: one cycle of 105 s, then 90 s
    day = starts[(starts > 910) & (starts <= 2140)]
    assert day[0] == 1015 and np.all(day % 90 == 25)
    # it ends at 2185 (08:30:30 is 2130): the first plan's 10 + 60 k is 45 s later
    back = starts[starts > 2185]
    assert np.all(back[4:] % 60 == 10) and len(back) > 10


@pytest.mark.parametrize(
    ("method", "lag_s", "expected"),
    [
        ("shortway", 15, [105]),
        ("shortway", 80, [80]),  # cut by 10 s once rather than added to by 80 s in five cycles
        ("add", 80, [106, 106, 106, 106, 106]),
        ("dwell", 80, [170]),
        ("shortway", 0, []),
    ],
)
def test_transitions_by_method(method, lag_s, expected):
    course = Course(np.arange(3), np.array([40_000, 12_000, 23_000]), np.full(3, 5000))
    least = np.array([10_000, 6000, 8000])
    old = Course(np.arange(3), np.array([20_000, 10_000, 15_000]), np.full(3, 5000))
    found = periods([(0, old, 0, least), (50_000, course, 60_000 + 1000 * lag_s, least)], method)
    assert found[0].begin_ms == 0 and found[-1].course is course
    assert [p.course.cycle_ms / 1000 for p in found[1:-1]] == expected
    assert (found[-1].begin_ms - 60_000 - 1000 * lag_s) % 90_000 == 0


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_transition_keeps_minimum_greens_and_reaches_the_offset(data):
    def course():
        n = data.draw(st.integers(1, 4))
        least = np.array(data.draw(st.lists(st.integers(3000, 9000), min_size=n, max_size=n)))
        extra = np.array(data.draw(st.lists(st.integers(0, 40_000), min_size=n, max_size=n)))
        return Course(np.arange(n), least + extra, np.full(n, 5000)), least

    changes, due = [], 0
    for _ in range(data.draw(st.integers(1, 4))):
        one, least = course()
        changes.append((due, one, data.draw(st.integers(0, one.cycle_ms - 1)), least))
        due += data.draw(st.integers(1, 600_000))
    method = data.draw(st.sampled_from(["shortway", "add", "dwell"]))
    found = periods(changes, method)
    by_size = {id(change[1]): change for change in changes}
    for period, following in zip(found, [*found[1:], None], strict=True):
        if following is not None:  # whole cycles only
            assert (following.begin_ms - period.begin_ms) % period.course.cycle_ms == 0
            assert following.begin_ms > period.begin_ms
        if id(period.course) in by_size:  # a plan of its own, not a cycle of transition
            assert (period.begin_ms - by_size[id(period.course)][2]) % period.course.cycle_ms == 0
    least = min(int(change[3].min()) for change in changes)
    assert all(period.course.green_ms.min() >= least for period in found)
    assert found[-1].course is changes[-1][1]


def test_clocks_that_change_and_days_of_the_week(scenario):
    from datetime import time

    from signalsim.signals.schedule import Entry, plan_changes

    every = frozenset(range(7))
    entries = (
        Entry(every, time(2, 30), "early"), Entry(frozenset({6}), time(4), "sunday"),
        Entry(frozenset({0}), time(0), "monday"),
    )  # fmt: skip
    start = datetime(2024, 3, 31, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # 02:00 becomes 03:00
    found = plan_changes(entries, start, 2 * 86_400)
    assert found[0] == (0.0, "early")
    assert (3 * 3600.0, "sunday") in found  # 04:00 by the clocks is three hours after midnight
    assert (23 * 3600.0, "monday") in found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("week,25:00,day,,", "row 7, column 'start': '25:00' is no time of day"),
        ("week,06:00,evening,,", "column 'plan_id': 'evening' is no plan; there are: day, night"),
        ("week,06:00,day,lun,", "column 'days': 'lun' names no day of the week"),
        ("week,06:00,day,,X", "column 'junction_id': 'X' is no signalised junction"),
        ("day,06:00,day,,", "column 'schedule_id': 'day' is the name of a plan"),
        ("week,00:00,day,sun,", "column 'start': '00:00' is there twice on one day"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_named(scenario, row, message):
    file = scenario / "signal_schedule.csv"
    file.write_text(file.read_text() + row + "\n")
    with pytest.raises(InputError, match=message.replace("'", "['’]")):
        load(scenario)


def test_a_schedule_that_leaves_a_junction_out_is_refused(scenario):
    (scenario / "signal_schedule.csv").write_text("schedule_id,start,plan_id\nweek,00:00,day\n")
    load(scenario)
    toml = scenario / "scenario.toml"
    toml.write_text(toml.read_text().replace('deployed = "week"', 'deployed = "weekend"'))
    with pytest.raises(InputError, match="it has: day, night, week"):
        load(scenario)
