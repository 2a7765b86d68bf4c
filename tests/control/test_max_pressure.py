"""Max-pressure against hand-computed cases and a slow twin."""

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.max_pressure import EVENLY, MaxPressure
from signalsim.errors import InputError

pytestmark = pytest.mark.nojit

STAGES = ((1, 5), (0, 4), (3, 7), (2, 6))  # groups of the crossing's stages
N_LANES = 16


def test_serves_the_stage_with_the_longest_queues(built, observation, decide):
    policy = MaxPressure().prepare(built)
    # lane 2 i: left turn of approach i; lane 2 i + 1: straight. Lefts of approaches 1 and 3: stage 3
    assert decide(policy, observation(7, 0, lane_queue={2: 4, 6: 4, 3: 5})) == (3, 7, 10)
    assert decide(policy, observation(7, 0, lane_queue={2: 4, 6: 4, 3: 9})) == (2, 7, 10)


def test_a_change_must_be_worth_its_time(built, observation, decide):
    # a change takes 5 s and 3 s of start-up: over 10 s of green the gain must exceed 18/10 of staying
    policy = MaxPressure(commitment_s=10).prepare(built)
    assert decide(policy, observation(5, 0, lane_queue={1: 5, 3: 9}))[0] == 0
    assert decide(policy, observation(5, 0, lane_queue={1: 5, 3: 9.1}))[0] == 2
    assert decide(policy, observation(5, 0))[0] == 0


def test_running_vehicles_count_by_their_weight(built, observation, decide):
    seen = observation(5, 0, lane_queue={1: 2}, lane_near={1: 2, 3: 8})
    assert decide(MaxPressure(running_weight=0.0).prepare(built), seen)[0] == 0
    assert decide(MaxPressure(running_weight=1.0).prepare(built), seen)[0] == 2


def test_nothing_is_asked_while_changing(built, observation, decide):
    assert decide(MaxPressure().prepare(built), observation(5, -1, lane_queue={3: 9})) == (-1, 0, 10)


def test_decisions_come_at_whole_multiples_of_the_interval(built, observation, decide):
    policy = get("max-pressure:interval_s=4").prepare(built)
    assert [decide(policy, observation(now))[2] for now in (0, 3.9, 4, 4.1)] == [4, 4, 8, 8]


def _twin(rule, seen):
    """The rule once more in plain Python for the crossing; exits weigh nothing."""
    waiting = {}
    for approach in range(4):
        for lane, group in ((2 * approach, 2 * approach), (2 * approach + 1, 2 * approach + 1)):
            standing = seen.lane_queue[lane]
            waiting[group] = standing + rule.running_weight * max(0.0, seen.lane_near[lane] - standing)
    pressure = [sum(0.5 * waiting[g] for g in groups) for groups in STAGES]
    now = int(seen.stage[0])
    best, best_gain = now, 0.0
    for s, value in enumerate(pressure):
        stay = max(pressure[now], 0.0) * (rule.commitment_s + 5 + 3)
        if s != now and value * rule.commitment_s - stay > best_gain:
            best, best_gain = s, value * rule.commitment_s - stay
    return best


def test_compiled_equals_plain(built, observation, decide):
    rule, draw = MaxPressure(), np.random.default_rng(8)
    policy, chosen = rule.prepare(built), set()
    for _ in range(300):
        queue = draw.integers(0, 14, N_LANES).astype(float)
        near = queue + draw.integers(0, 5, N_LANES)
        share = draw.random(12)
        seen = observation(5, int(draw.integers(4)), lane_queue=queue, lane_near=near, movement_share=share)
        stage = decide(policy, seen)[0]
        assert stage == _twin(rule, seen)
        chosen.add((int(seen.stage[0]), stage))
    assert len(chosen) == 16


def test_downstream_vehicles_hold_a_stage_back(built, observation, decide):
    # make the crossing's exits lead nowhere but to link 4 = approach 0 of itself: a loop by hand
    policy = MaxPressure().prepare(built)
    policy.road.movement_to[3 * 1 + 1] = 0  # straight of approach 1 now ends on approach 0
    empty = observation(5, 0, lane_queue={3: 6})
    full = observation(5, 0, lane_queue={3: 6, 0: 12})
    decide(policy, empty)
    assert policy.work.behind[0] == 0
    assert decide(policy, full)[0] == 1  # the left turn that blocks is served instead
    assert policy.work.behind[0] == pytest.approx(12 / 3)  # a third of approach 0 turns left


def test_a_movement_that_is_never_counted_keeps_half_its_lane(built, observation, decide):
    policy = MaxPressure().prepare(built)
    policy.weights.lane_movement[:] = built.tables.lane_movement[: len(policy.weights.lane_movement)]
    weights = policy.weights._replace(lane_movement_id=built.tables.lane_movement_id)
    policy.weights = weights  # as if the right turns had a signal: straight and right share lanes
    share = np.array([0.1, 0.0, 0.9] * 4)
    decide(policy, observation(5, 0, lane_queue={1: 8}, movement_share=share))
    assert policy.work.load[1] == policy.work.load[2] == pytest.approx(8)
    flow = policy.weights.movement_flow
    assert policy.work.flow[1] == pytest.approx(flow[1] * EVENLY / 2)
    assert policy.work.flow[2] == pytest.approx(flow[2] * (1 - EVENLY / 2))
    lane = policy.work.flow[1] * policy.work.load[1] + policy.work.flow[2] * policy.work.load[2]
    assert lane == pytest.approx(8 * flow[1])  # the shared lane presses once, whatever the shares


def test_parameters_out_of_range_are_named():
    with pytest.raises(InputError, match=r"MaxPressure, parameter 'interval_s': 0 is outside 0\.1 to 300"):
        MaxPressure(interval_s=0)
