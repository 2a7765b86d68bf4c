"""Split reallocation: the arithmetic against a slow twin, the stepping against hand-written times."""

import numpy as np
import pytest

from signalsim.control.resplit import FLOW_RATIO_FLOOR, SATURATED, plan_cycle
from signalsim.control.split_reallocation import SplitReallocation

pytestmark = pytest.mark.nojit

STAGE_LANES = ((1, 5), (0, 4), (3, 7), (2, 6))
LOST, LOSS = 4 * 5.0, 0.0  # s: changes, and start-up loss 2 - end gain 2 per stage


def _policy(built, **parameters):
    policy = SplitReallocation(**parameters).prepare(built)
    policy.cycles.place[0] = 0
    return policy


def _plan(policy, seen):
    plan_cycle((policy.layout, policy.course, policy.rule), seen, policy.cycles, policy._scratch, 0)
    return (policy.cycles.green_ms / 1000).tolist()


def test_webster_s_cycle_from_counted_flow_ratios(built, observation):
    policy = _policy(built, max_change_s=600, smoothing=1.0)
    policy.cycles.green_ms[:] = [45_000, 15_000, 30_000, 15_000]  # none of them saturated
    # in 100 s: 15, 5, 10, 5 vehicles on the critical lanes, 2 s each: ratios .3, .1, .2, .1, Y = .7
    seen = observation(100, 3, lane_count={1: 15, 5: 3, 0: 5, 3: 10, 2: 5, 6: 1})
    # C = (1.5 * 20 + 5) / 0.3 = 116.7 s: 96.7 s of green, shared 3 : 1 : 2 : 1, whole seconds
    assert _plan(policy, seen) == [41, 14, 28, 14]


def test_a_change_is_bounded_and_minimum_greens_hold(built, observation):
    policy = _policy(built, max_change_s=6, smoothing=1.0)
    assert _plan(policy, observation(100, 3, lane_count={1: 30})) == [26, 14, 14, 14]
    assert _plan(policy, observation(200, 3, lane_count={1: 60})) == [32, 8, 8, 8]
    assert _plan(policy, observation(300, 3, lane_count={1: 90})) == [38, 5, 5, 5]


def test_a_queue_left_behind_raises_demand(built, observation):
    counts = {1: 9, 0: 5, 3: 10, 2: 5}
    free, left = (_policy(built, max_change_s=600, smoothing=1.0) for _ in range(2))
    left.cycles.left[1] = 6
    seen = observation(100, 3, lane_count=counts)
    _plan(free, seen)
    _plan(left, seen)
    assert free.cycles.demand[1] * 1000 == pytest.approx(9 / 100)
    assert left.cycles.demand[1] * 1000 == pytest.approx(9 / 100 * 1.1 + 6 / 200)


def test_a_saturated_green_raises_demand(built, observation):
    policy = _policy(built, max_change_s=600, smoothing=1.0)
    _plan(policy, observation(100, 3, lane_count={1: 10}))  # 10 x 2 s: all of a green of 20 s
    assert policy.cycles.demand[1] * 1000 == pytest.approx(0.11)


def test_without_cameras_on_a_stage_the_plan_s_greens_come_back(built, observation):
    policy = _policy(built, max_change_s=10, smoothing=1.0)
    policy.cycles.green_ms[:] = [45_000, 10_000, 20_000, 8000]
    valid = np.arange(16) < 8
    valid[[0, 4]] = False
    seen = observation(100, 3, lane_count={1: 15, 3: 10, 2: 5}, lane_valid=valid)
    assert _plan(policy, seen) == [35, 20, 20, 18]
    assert _plan(policy, seen._replace(now_ms=200_000)) == [25, 20, 20, 20]


def test_stage_order_and_times(built, observation, decide):
    policy = SplitReallocation().prepare(built)
    assert decide(policy, observation(0, 0, 0)) == (-1, 0, 20)  # the plan's green of 20 s
    assert decide(policy, observation(20, 0, 0)) == (1, 20, 45)
    assert decide(policy, observation(45, -1, 0)) == (-1, 0, 45.5)  # the interlock took longer
    assert decide(policy, observation(45.5, 1, 25.2)) == (2, 45.5, 70.5)
    assert decide(policy, observation(70.5, 2, 51)) == (-1, 0, 71)  # green began late: it is not cut
    assert decide(policy, observation(71, 2, 51)) == (3, 71, 96)
    assert decide(policy, observation(80, 1, 78)) == (3, 80, 105)  # the interlock served another stage


def _twin(policy, seen, rule):
    """The rule once more, in seconds and plain lists."""
    passed = seen.now_ms / 1000 - policy.cycles.began_ms[0] / 1000
    green = (policy.cycles.green_ms / 1000).tolist()
    ratios = []
    for stage, lanes in enumerate(STAGE_LANES):
        worst = 0.0
        for lane in lanes:
            crossed = seen.lane_count[lane] - policy.cycles.counted[lane]
            left = policy.cycles.left[lane]
            demand = max(crossed / passed, seen.lane_arrival_rate[lane])
            if left >= 2 or crossed * 2 >= SATURATED * green[stage]:
                demand = max(demand, crossed / passed * (1 + rule.raise_share))
            demand += left / (2 * passed)
            before = policy.cycles.demand[lane] * 1000
            if before >= 0:
                demand = before + rule.smoothing * (demand - before)
            worst = max(worst, demand * 2)
        ratios.append(max(worst, FLOW_RATIO_FLOOR))
    total = sum(ratios)
    cycle = (1.5 * LOST + 5) / (1 - total) if total < 0.99 else rule.max_cycle_s
    cycle = max(min(cycle, rule.max_cycle_s), rule.min_cycle_s)
    bounded = [_bounded(new, old, rule) for new, old in zip(_shares(ratios, cycle), green, strict=True)]
    return _within_limits(bounded, green, rule)


def _shares(ratios, cycle):
    """Greens in proportion to the ratios, except those that would be below 5 s."""
    new, room, sharing = [None] * 4, max(cycle - LOST, 0), sum(ratios)
    found = True
    while found:
        found = False
        for i in range(4):
            if new[i] is None and room * ratios[i] / sharing < 5:
                new[i], found = 5.0, True
                room, sharing = max(room - 5.0, 0), sharing - ratios[i]
                if all(g is not None for g in new):
                    return new
    each = room / max(sharing, FLOW_RATIO_FLOOR)
    return [each * r if g is None else g for g, r in zip(new, ratios, strict=True)]


def _bounded(new, old, rule):
    return max(int(min(max(new, old - rule.max_change_s), old + rule.max_change_s) + 0.5), 5)


def _within_limits(new, old, rule):
    while sum(new) + LOST > rule.max_cycle_s:
        way = [g - max(o - rule.max_change_s, 5) for g, o in zip(new, old, strict=True)]
        if max(way) < 1:
            break
        new[way.index(max(way))] -= 1
    while sum(new) + LOST < rule.min_cycle_s:
        way = [o + rule.max_change_s - g for g, o in zip(new, old, strict=True)]
        if max(way) < 1:
            break
        new[way.index(max(way))] += 1
    return new


@pytest.mark.parametrize("greens", [(20, 20, 20, 20), (60, 10, 10, 20)])
@pytest.mark.parametrize("load", [0.1, 2.0])
def test_the_cycle_stays_within_its_limits(built, observation, greens, load):
    rule = SplitReallocation(min_cycle_s=80)
    policy, draw = _policy(built, min_cycle_s=80), np.random.default_rng(6)
    policy.cycles.green_ms[:] = 1000 * np.array(greens)
    counts = np.zeros(16)
    for cycle in range(1, 100):
        before = policy.cycles.green_ms / 1000
        now = policy.cycles.began_ms[0] / 1000 + before.sum() + LOST
        counts[:8] += draw.poisson(load * before.repeat(2) / 2 * draw.uniform(0, 1, 8))
        after = np.array(_plan(policy, observation(now, 3, lane_count=counts)))
        assert rule.min_cycle_s <= after.sum() + LOST <= rule.max_cycle_s, cycle
        assert (np.abs(after - before) <= rule.max_change_s).all()
        assert (after >= 5).all() and (after % 1 == 0).all()


def test_a_cycle_far_beyond_its_limit_comes_down_by_the_bounded_change(built, observation):
    policy = _policy(built, max_change_s=10, max_cycle_s=120)
    policy.cycles.green_ms[:] = 1000 * np.array([60, 60, 60, 20])
    assert _plan(policy, observation(220, 3, lane_count={0: 30, 1: 60, 3: 60, 2: 20})) == [50, 50, 50, 10]
    assert _plan(policy, observation(400, 3, lane_count={0: 60, 1: 120, 3: 120, 2: 40})) == [40, 40, 40, 5]
    assert sum(_plan(policy, observation(550, 3, lane_count={0: 90, 1: 180, 3: 180, 2: 60}))) == 120 - LOST


def test_compiled_equals_plain(built, observation):
    rule, draw = SplitReallocation(), np.random.default_rng(4)
    policy, counts, seen_greens = _policy(built), np.zeros(16), set()
    for cycle in range(1, 200):
        load = draw.uniform(0.2, 1.6)
        counts[:8] += draw.poisson(load * policy.cycles.green_ms.repeat(2)[:8] / 2000)
        policy.cycles.left[:8] = draw.integers(0, 5, 8) * (load > 1)
        rate = np.where(np.arange(16) < 8, draw.uniform(0, 0.12, 16), 0)
        now = policy.cycles.began_ms[0] / 1000 + policy.cycles.green_ms.sum() / 1000 + LOST
        seen = observation(now, 3, lane_count=counts, lane_arrival_rate=rate)
        expected = _twin(policy, seen, rule)
        greens = _plan(policy, seen)
        assert greens == expected, cycle
        seen_greens.add(tuple(greens))
    assert len(seen_greens) > 50
