"""Rolling horizon against an exhaustive search, and cases that a reader can judge."""

from itertools import product

import numpy as np
import pytest

from signalsim.control.rolling_horizon import RollingHorizon
from signalsim.errors import InputError

pytestmark = pytest.mark.nojit

STAGE_LANES = ((1, 5), (0, 4), (3, 7), (2, 6))
CHANGE, LEAST, HEADWAY, LOSS, GAIN, STEP = 5.0, 5.0, 2.0, 1.0, 2.0, 5.0


def test_serves_who_waits(built, observation, decide):
    policy = RollingHorizon().prepare(built)
    assert decide(policy, observation(10, 0, lane_queue={3: 4})) == (2, 10, 12)
    assert decide(policy, observation(10, 0, lane_queue={2: 4, 6: 4, 3: 4})) == (3, 10, 12)


def test_leaves_a_green_alone_that_still_serves(built, observation, decide):
    policy = RollingHorizon().prepare(built)
    assert decide(policy, observation(20, 0, 5, lane_queue={1: 6, 5: 6, 3: 2}))[0] == 0
    assert decide(policy, observation(20, 0))[0] == 0


def test_waits_for_a_platoon_that_is_about_to_arrive(built, observation, decide):
    """Five cars 2 to 8 s before the line keep their green; the same five already gone do not."""
    policy = RollingHorizon().prepare(built)
    near, waiting = {1: 5, 5: 5}, {3: 2}
    coming = observation(20, 0, 10, lane_near=near, lane_vehicles={1: 5, 5: 5, 3: 2}, lane_queue=waiting)
    assert decide(policy, coming)[0] == 0
    assert decide(policy, observation(20, 0, 10, lane_vehicles=waiting, lane_queue=waiting))[0] == 2


def test_what_left_since_the_cameras_looked_does_not_hold_a_green(built, observation, decide):
    """Four cars before the line, seen at 20 s: at 28 s they are through, and others have their turn."""
    policy = RollingHorizon().prepare(built)
    rows = {1: 4, 5: 4, 3: 4}
    seen = {"lane_queue": rows, "lane_near": rows, "lane_vehicles": rows}
    assert decide(policy, observation(28, 0, 10, **seen))[0] == 0
    old = observation(28, 0, 10, **seen, lane_read_ms=np.full(16, 20_000))
    assert decide(policy, old)[0] == 2
    assert policy.ahead.standing[[1, 5, 3]] == pytest.approx([0, 0, 4])


def test_a_green_in_which_a_queue_does_not_move_is_given_up(built, observation, decide):
    """Five cars that stay where they are for 27 s of green, one at red; had one left, they would go on."""
    rows = {1: 5, 3: 1}
    seen = {"lane_queue": rows, "lane_near": rows, "lane_vehicles": rows}
    for left, stage in ((0, 2), (1, 0)):
        policy = RollingHorizon().prepare(built)
        assert decide(policy, observation(10, 0, 5, **seen))[0] == 0
        assert decide(policy, observation(37, 0, 5, **seen, lane_count={1: left}))[0] == stage


def test_a_stage_in_which_a_walk_rests_is_left(built, observation, decide):
    """The interlock lets it end 10 s after it is asked to, whenever that is: waiting would have no end."""
    for now, queue, stage in ((40, {3: 4}, 2), (40, {1: 9, 3: 1}, 0), (8, {3: 4}, 0)):
        seen = observation(now, 0, 5, lane_queue=queue)
        seen = seen._replace(earliest_switch_ms=np.array([1000 * now + 10_000]))
        assert decide(RollingHorizon().prepare(built), seen)[0] == stage


def test_nothing_is_asked_while_changing(built, observation, decide):
    assert decide(RollingHorizon().prepare(built), observation(5, -1, lane_queue={3: 9})) == (-1, 0, 6)


def test_a_minimum_green_is_not_planned_away(built, observation, decide):
    seen = observation(7, 0, 5, lane_queue={3: 9})  # the interlock holds the stage until 10 s
    assert decide(RollingHorizon().prepare(built), seen)[0] == 0


def test_a_lane_whose_receiving_link_is_full_is_not_worth_a_green(built, observation, decide):
    policy = RollingHorizon().prepare(built)
    queue = {3: 6, 2: 3}
    assert decide(policy, observation(10, 0, lane_queue=queue))[0] == 2
    exit_link = policy.road.movement_to[3 * 1 + 1]  # where lane 3 leads: straight of approach 1
    full = {2 * exit_link: 50, 2 * exit_link + 1: 50}
    assert decide(policy, observation(10, 0, lane_queue=queue, lane_vehicles=full))[0] == 3


def _cost(policy, seen, sequence, terminal_s):
    """Vehicle-seconds of one sequence of stages, None if a minimum green forbids it."""
    stage, free = int(seen.stage[0]), max(0.0, (seen.earliest_switch_ms[0] - seen.now_ms) / 1000)
    age = (seen.now_ms - seen.stage_since_ms[0]) / 1000
    opens = dict.fromkeys(STAGE_LANES[stage], LOSS - age)
    queue = {lane: float(seen.lane_queue[lane]) for lane in range(8)}
    total = 0.0
    for k, following in enumerate(sequence):
        t, ending = k * STEP, ()
        if following != stage:
            if free > t:
                return None
            ending = [lane for lane in STAGE_LANES[stage] if opens[lane] < t]
            opens = dict.fromkeys(STAGE_LANES[following], t + CHANGE + LOSS)
            stage, free = following, t + CHANGE + LEAST
        for lane in range(8):
            served = GAIN / HEADWAY if lane in ending else 0.0
            if lane in opens:
                served = max(0.0, t + STEP - max(t, opens[lane])) / HEADWAY
            before = queue[lane]
            queue[lane] = max(0.0, before + policy.ahead.arrive[lane, k] - served)
            total += (before + queue[lane]) / 2 * STEP
    for lane, left in queue.items():
        total += left * (left * HEADWAY / 2 + (0 if lane in STAGE_LANES[stage] else terminal_s))
    return total


def test_as_good_as_trying_every_sequence(built, observation, decide):
    """Over three steps no sequence is lost by keeping one per stage and beginning: a full search agrees."""
    rule, draw = RollingHorizon(interval_s=STEP, horizon_s=15.0, width=50), np.random.default_rng(3)
    policy, chosen = rule.prepare(built), set()
    for _ in range(60):
        queue = draw.integers(0, 8, 16) * (np.arange(16) < 8).astype(float)
        near = queue + draw.integers(0, 4, 16)
        seen = observation(
            20, int(draw.integers(4)), float(draw.integers(5, 20)),
            lane_queue=queue, lane_near=near, lane_vehicles=near, lane_arrival_rate=draw.random(16) / 8,
        )  # fmt: skip
        stage = decide(policy, seen)[0]
        costs = {s: _cost(policy, seen, s, rule.terminal_s) for s in product(range(4), repeat=3)}
        best = min(cost for cost in costs.values() if cost is not None)
        reached = min(cost for s, cost in costs.items() if cost is not None and s[0] == stage)
        assert reached == pytest.approx(best)
        chosen.add((int(seen.stage[0]), stage))
    assert len(chosen) >= 12


def test_parameters_out_of_range_are_named():
    with pytest.raises(InputError, match="RollingHorizon, parameter 'width': 0 is outside 1 to 1000"):
        RollingHorizon(width=0)
