"""Self-organising control: the index by hand, and the rule that nobody waits too long."""

import pytest

from signalsim.control.self_organising import SelfOrganising
from signalsim.errors import InputError

pytestmark = pytest.mark.nojit


def test_serves_most_vehicles_per_second(built, observation, decide):
    policy = SelfOrganising().prepare(built)
    assert decide(policy, observation(10, 0, lane_queue={3: 5, 7: 5, 2: 6})) == (2, 10, 15)
    assert decide(policy, observation(10, 0, lane_queue={3: 2, 2: 6, 6: 6}))[0] == 3


def test_a_change_must_be_worth_its_time(built, observation, decide):
    # staying serves 5 in 10 s on lane 1: 0.5 a second; a change (5 s, 1 s of start-up) and 10 vehicles
    # take 26 s, rounded up to steps, and a penalty of 5 s: 10 / 35
    policy = SelfOrganising().prepare(built)
    assert decide(policy, observation(20, 0, 10, lane_queue={1: 5, 3: 10}))[0] == 0
    assert decide(policy, observation(20, 0, 10, lane_queue={1: 1, 3: 10, 7: 10}))[0] == 2


def test_nobody_waits_longer_than_the_longest_red(built, observation, decide):
    """One vehicle before a red light while the main road never empties."""
    policy = SelfOrganising(mean_red_s=60, max_red_s=90).prepare(built)
    busy = {1: 12, 5: 12, 3: 1}
    stages = {}
    for now in range(0, 125, 5):
        seen = observation(now, 0, 0, lane_queue=busy, lane_arrival_rate={3: 0.1})
        stages[now] = decide(policy, seen)[0]
    assert stages[60] == stages[85] == 0  # tolerable: 6 after 60 s of red, 1 after 85 s, 0 after 90 s
    assert all(stages[now] == 2 for now in range(90, 125, 5))


def test_who_is_due_is_served_until_nobody_stands(built, observation, decide):
    policy = SelfOrganising(mean_red_s=60, max_red_s=90, max_green_s=20).prepare(built)
    busy = {1: 12, 5: 12}
    for now in range(0, 100, 5):
        last = decide(policy, observation(now, 0, 0, lane_queue={**busy, 3: 3}))[0]
    assert last == 2
    assert decide(policy, observation(105, 2, 102, lane_queue={**busy, 3: 3}))[0] == 2
    assert decide(policy, observation(110, 2, 102, lane_queue={**busy, 3: 0}))[0] == 0


def test_who_is_due_gets_no_more_than_the_longest_green(built, observation, decide):
    policy = SelfOrganising(mean_red_s=60, max_red_s=90, max_green_s=20).prepare(built)
    busy = {1: 12, 5: 12, 3: 3}
    for now in range(0, 100, 5):
        decide(policy, observation(now, 0, 0, lane_queue=busy))
    assert decide(policy, observation(120, 2, 101, lane_queue=busy))[0] == 2
    assert decide(policy, observation(125, 2, 101, lane_queue=busy))[0] == 0


def test_parameters_out_of_range_are_named():
    with pytest.raises(InputError, match="SelfOrganising, parameter 'max_red_s': 10 is outside 121 to 1200"):
        SelfOrganising(max_red_s=10)
