"""Plans are followed by the clock."""

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.fixed import NEVER_MS, PlanPolicy, timetable
from signalsim.errors import InputError
from signalsim.signals.plan import PlanArrays, always

pytestmark = pytest.mark.nojit


def _plan(stages, greens, changes, offset):
    return PlanArrays(
        np.array([0, len(stages)], np.int32),
        np.array(stages, np.int32),
        np.array(greens) * 1000,
        np.array(changes) * 1000,
        np.array([1000 * (sum(greens) + sum(changes))]),
        np.array([1000 * offset]),
    )


def _always(*plan):
    return always(_plan(*plan))


def _follow(policy, observation, decide, start_s, until_s):
    """(time, stage) of every switch that is asked for; the interlock follows at once."""
    now, log = start_s, []
    while now < until_s:
        in_force = next((stage for switch, stage in reversed(log) if switch <= now), 0)
        stage, switch, following = decide(policy, observation(now, stage=in_force))
        assert now <= switch and now < following
        log.append((switch, stage))
        now = following
    return [row for row in log if row[0] < until_s]


def test_deployed_plan_switches_at_the_ends_of_its_greens(built, observation, decide):
    policy = get("deployed").prepare(built)
    assert _follow(policy, observation, decide, 0, 200) == [
        (0, 0), (20, 1), (45, 2), (70, 3), (95, 0), (120, 1), (145, 2), (170, 3), (195, 0),
    ]  # fmt: skip


def test_offset_shifts_the_plan_later(observation, decide):
    # stage 2 green 10-40, change 4, stage 0 green 44-56, change 6: cycle 52
    policy = PlanPolicy(timetable(_always([2, 0], [30, 12], [4, 6], 10)))
    assert _follow(policy, observation, decide, 0, 115) == [
        (0, 0), (4, 2), (40, 0), (56, 2), (92, 0), (108, 2),
    ]  # fmt: skip


def test_a_late_wake_does_not_shift_the_cycle(built, observation, decide):
    policy = get("deployed").prepare(built)
    assert decide(policy, observation(21.3)) == (1, 21.3, 25.0)
    assert decide(policy, observation(25, stage=1)) == (2, 45.0, 50.0)
    assert decide(policy, observation(1_000_021)) == (1, 1_000_021, 1_000_025)
    assert decide(policy, observation(1_000_025, stage=1)) == (2, 1_000_045, 1_000_050)


def test_a_stage_that_is_held_up_is_asked_for_again(built, observation, decide):
    """The junction is still in another stage (a minimum green): what comes next must wait for its turn."""
    policy = get("deployed").prepare(built)
    assert decide(policy, observation(21)) == (1, 21.0, 25.0)
    assert decide(policy, observation(25, stage=0)) == (1, 25.0, 30.0)
    assert decide(policy, observation(44, stage=0)) == (1, 44.0, 45.0)
    assert decide(policy, observation(45, stage=0)) == (2, 45.0, 50.0)


def test_a_stage_shorter_than_the_tick_is_not_missed(observation, decide):
    policy = PlanPolicy(timetable(_always([0, 1, 2], [3, 2, 30], [0, 0, 0], 0)))
    assert _follow(policy, observation, decide, 0, 71) == [
        (0, 0), (3, 1), (5, 2), (35, 0), (38, 1), (40, 2), (70, 0),
    ]  # fmt: skip


def test_one_stage_stays(observation, decide):
    policy = PlanPolicy(timetable(_always([3], [30], [0], 0)))
    assert decide(policy, observation(5)) == (3, 5, NEVER_MS / 1000)


def test_an_unknown_plan_is_named(built):
    with pytest.raises(InputError, match="plan 'night': the scenario has no such plan; there are: deployed"):
        get("deployed:plan=night").prepare(built)
