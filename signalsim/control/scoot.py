"""SCOOT-like: splits, offsets and cycle by small steps, from queues and flows predicted just before.

After Hunt, Robertson, Bretherton & Winton (1981, TRRL Laboratory Report 1014, SCOOT - a traffic
responsive method of coordinating signals) and Robertson & Bretherton (1991, IEEE Transactions on
Vehicular Technology 40, Optimizing networks of traffic signals in real time: the SCOOT method).

- Split: ``LOOK_MS`` before a stage ends, its end comes ``split_step_s`` sooner, as it is, or as much
  later, whichever leaves the worse of this stage and the next least saturated.
  What stands and comes before both counts, beside the flows of past cycles. Of the step only
  ``lasting_step_s`` remains for the cycles to come.
- Offset: once per cycle a junction's greens come ``offset_step_s`` sooner, as they do, or as much later,
  whichever makes vehicles wait least on its links from and to others of its area, by their cyclic flow
  profiles (``flow_profile``).
- Cycle: every ``cycle_interval_s``, one for all neighbours that have one in the deployed plan. It grows by
  ``cycle_step_s`` where a junction is more saturated than ``target_saturation``, with greens that
  saturate all its stages equally: X = Y C / (C - L). It shrinks where none would be after the step.

Where a camera fails, the last figures stand for a while, then the plan is followed (``fallback``).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation

from .base import SOONEST_MS, Request
from .common_cycle import (
    Clock,
    ask,
    begin_cycle,
    ended,
    lengthen_area,
    make_clock,
    needs_area_cycle,
    place_now,
    watch,
)
from .flow_profile import Profiles, end_profile, make_profiles, shift_offset, take_arrivals
from .lasting import lasting_plan
from .lookup import check_range
from .resplit import Cycles, flow_ratio, make_course, make_cycles, measure, serves, start_counting
from .seeing import SeeingPolicy

LOOK_MS = 5000  # before the end of a green, its end is looked at


class Rule(NamedTuple):
    """The parameters as the kernel takes them; the last three are for ``resplit.measure``."""

    min_cycle_ms: float
    max_cycle_ms: float
    cycle_step_ms: float
    cycle_interval_ms: int
    split_step_ms: int
    lasting_step_ms: float
    offset_step_ms: int
    target: float
    raise_share: float
    smoothing: float
    whole_green: bool


class Needs(NamedTuple):
    """What junctions need, as it was last known, and when it was last looked at."""

    ratio: np.ndarray  # (n_junctions,) sum of the stages' flow ratios, -1: not yet known
    lost_ms: np.ndarray  # (n_junctions,) changes and start-up losses of a cycle
    looked: np.ndarray  # (n_junctions,) int32, last place whose end was looked at in this cycle, -1: none
    cycle_set_ms: np.ndarray  # (n_areas,) int64


@dataclass(frozen=True)
class ScootLike:
    """Splits and cycle by small steps; see the module for the rule.

    ``smoothing``: weight of the last cycle's counts. A lane that was saturated has ``raise_share`` more
    demand than it could discharge, or than its green could pass where it gave way.
    """

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0
    cycle_step_s: float = 8.0
    cycle_interval_s: float = 150.0
    split_step_s: float = 4.0
    lasting_step_s: float = 2.0
    offset_step_s: float = 4.0
    target_saturation: float = 0.9
    raise_share: float = 0.1
    smoothing: float = 0.3

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0), max_cycle_s=(self.min_cycle_s, 600.0))
        check_range(self, cycle_step_s=(0.0, 60.0), cycle_interval_s=(1.0, 3600.0))
        check_range(self, split_step_s=(0.0, 60.0), lasting_step_s=(0.0, self.split_step_s))
        check_range(self, offset_step_s=(0.0, 60.0))
        check_range(self, target_saturation=(0.1, 1.0), raise_share=(0.0, 1.0), smoothing=(0.01, 1.0))

    def prepare(self, built: Any) -> "ScootPolicy":
        """The rule on a network; begins with cycles, greens and offsets of the deployed plan."""
        return ScootPolicy(self, built)


class ScootPolicy(SeeingPolicy):
    """All junctions that are due in one compiled call."""

    def __init__(self, rule: ScootLike, built: Any) -> None:
        super().__init__(built)
        tables = built.tables
        plan = lasting_plan(built.deployed, tables.signals)
        self.rule = Rule(
            rule.min_cycle_s * 1000.0,
            rule.max_cycle_s * 1000.0,
            rule.cycle_step_s * 1000.0,
            round(rule.cycle_interval_s * 1000),
            round(rule.split_step_s * 1000),
            rule.lasting_step_s * 1000.0,
            round(rule.offset_step_s * 1000),
            float(rule.target_saturation),
            float(rule.raise_share),
            float(rule.smoothing),
            whole_green=True,
        )
        self.course = make_course(tables, self.road, self.layout, plan)
        self.clock: Clock = make_clock(tables, self.layout, plan, new_offsets=True)
        self.cycles: Cycles = make_cycles(self.course, len(self.road.lane_link))
        n = len(plan.cycle_ms)
        self.needs = Needs(
            ratio=np.full(n, -1.0),
            lost_ms=np.zeros(n),
            looked=np.full(n, -1, np.int32),
            cycle_set_ms=np.zeros(len(self.clock.area_number), np.int64),
        )
        self.profiles: Profiles = make_profiles(tables, self.road, self.layout, self.course, self.clock)

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Step the due junctions by the clock; look at the ends of greens that are near."""
        net = (self.layout, self.course, self.rule)
        decide(net, self.clock, observation, self.cycles, self.needs, self.profiles, due, request)
        self.fallback.take(observation, due, request)


@njit
def decide(net, clock, seen, cycles, needs, profiles, due, request):
    """Fill the request of the junctions in ``due``; ``net`` is (layout, course, rule)."""
    layout, _course, rule = net
    for j in due:
        if clock.start[j + 1] == clock.start[j]:
            request.stage[j] = -1
            request.next_decision_ms[j] = seen.now_ms + LOOK_MS
            continue
        if cycles.place[j] < 0:
            cycles.began_ms[j] = seen.now_ms
            start_counting(layout, seen, cycles, j)
        watch(clock, layout, seen, cycles, j)
        take_arrivals(profiles, clock, seen, j)
        while ended(clock, j, seen.now_ms):
            look_back(net, seen, cycles, needs, j)
            end_profile(profiles, j)
            if needs_area_cycle(clock, j):
                lengthen_area(
                    clock, clock.area[j], next_cycle(rule, clock, seen.now_ms, needs, clock.area[j])
                )
            shift_offset(profiles, clock, j, rule.offset_step_ms, rule.max_cycle_ms)
            begin_cycle(clock, j, cycles.green_ms)
            cycles.place[j] = 0
            needs.looked[j] = -1
        look = shift_end(net, clock, seen, cycles, needs, j)
        ask(clock, seen, j, request)
        request.next_decision_ms[j] = min(request.next_decision_ms[j], look)


@njit
def look_back(net, seen, cycles, needs, j):
    """What the cycle that ends says of the junction's flows."""
    layout, course, _rule = net
    passed = float(seen.now_ms - cycles.began_ms[j])
    if passed <= 0.0:
        return
    measure(net, seen, cycles, passed, j)
    cycles.began_ms[j] = seen.now_ms
    start_counting(layout, seen, cycles, j)
    total, lost = 0.0, 0.0
    n = course.start[j + 1] - course.start[j]
    n_stages = layout.first_stage[j + 1] - layout.first_stage[j]
    for i in range(n):
        stage, following = course.stage[course.start[j] + i], course.stage[course.start[j] + (i + 1) % n]
        s = layout.first_stage[j] + stage
        total += max(flow_ratio(layout, course, cycles, j, course.start[j] + i, s), 0.0)
        lost += course.stage_loss_ms[s]
        lost += layout.change_ms[layout.change_start[j] + stage * n_stages + following]
    needs.ratio[j], needs.lost_ms[j] = total, lost


@njit
def next_cycle(rule, clock, now, needs, a):
    """Length of the next cycle of area ``a``, ms."""
    old = float(clock.area_cycle_ms[a])
    if now - needs.cycle_set_ms[a] < rule.cycle_interval_ms:
        return np.int64(old)
    needs.cycle_set_ms[a] = now
    if _saturation(clock, needs, a, old) > rule.target:
        new = min(old + rule.cycle_step_ms, max(rule.max_cycle_ms, old - rule.cycle_step_ms))
    elif _saturation(clock, needs, a, old - rule.cycle_step_ms) <= rule.target:
        new = max(old - rule.cycle_step_ms, min(rule.min_cycle_ms, old + rule.cycle_step_ms))
    else:
        new = min(max(old, rule.min_cycle_ms), rule.max_cycle_ms)
    return np.int64(new)


@njit
def _saturation(clock, needs, a, cycle_ms):
    """Degree of saturation of the most saturated junction of an area at this cycle."""
    worst = 0.0
    for k in range(clock.area_start[a], clock.area_start[a + 1]):
        j = clock.area_junction[k]
        worst = max(worst, needs.ratio[j] * cycle_ms / max(cycle_ms - needs.lost_ms[j], 1.0))
    return worst


@njit
def shift_end(net, clock, seen, cycles, needs, j):
    """Move the end of the green in force if it is near; when to look again, ms.

    The end of the last green is the cycle's and stays.
    """
    layout, course, rule = net
    now, first, n = seen.now_ms, course.start[j], course.start[j + 1] - course.start[j]
    i = place_now(clock, j, now)
    if i >= n - 1 or needs.looked[j] >= i or seen.next_stage[j] != clock.stage[first + i]:
        return now + LOOK_MS
    end = clock.begin_ms[j] + clock.end_ms[first + i]
    if now < end - LOOK_MS:
        return max(end - LOOK_MS, now + SOONEST_MS)
    needs.looked[j] = i
    this, following = _work_ms(net, clock, seen, cycles, j, i, end)
    s, t = (
        layout.first_stage[j] + course.stage[first + i],
        layout.first_stage[j] + course.stage[first + i + 1],
    )
    green, after = cycles.green_ms[first + i], cycles.green_ms[first + i + 1]
    best, lowest = 0, np.inf
    for turn in (0, -1, 1):
        step = turn * rule.split_step_ms
        if green + step < clock.least_ms[first + i] or after - step < clock.least_ms[first + i + 1]:
            continue
        if end + step < now:
            continue
        x = max(
            this / max(green + step - course.stage_loss_ms[s], 1000.0),
            following / max(after - step - course.stage_loss_ms[t], 1000.0),
        )
        if x < lowest:
            best, lowest = turn, x
    clock.end_ms[first + i] += best * rule.split_step_ms
    cycles.green_ms[first + i] += best * rule.lasting_step_ms
    cycles.green_ms[first + i + 1] -= best * rule.lasting_step_ms
    return now + LOOK_MS


@njit
def _work_ms(net, clock, seen, cycles, j, i, end):
    """Green that place ``i``, about to end at ``end``, and the next one need, each: as past cycles say or, if
    more, as what stands before its worst lane says.
    """
    layout, course, _rule = net
    first = course.start[j]
    s, t = (
        layout.first_stage[j] + course.stage[first + i],
        layout.first_stage[j] + course.stage[first + i + 1],
    )
    cycle = float(clock.area_cycle_ms[clock.area[j]])
    this = flow_ratio(layout, course, cycles, j, first + i, s) * cycle
    following = flow_ratio(layout, course, cycles, j, first + i + 1, t) * cycle
    left = float(end - seen.now_ms)
    for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
        lane = layout.stage_lane_id[k]
        needed = _there(seen, lane) * course.lane_headway_ms[lane]
        if needed > left and not serves(layout, t, lane):
            this = max(this, cycles.green_ms[first + i] + needed - left)
    for k in range(layout.stage_lane[t], layout.stage_lane[t + 1]):
        lane = layout.stage_lane_id[k]
        if not serves(layout, s, lane):
            until = left + clock.change_ms[first + i] + cycles.green_ms[first + i + 1]
            coming = seen.lane_arrival_rate[lane] / 1000.0 * until
            following = max(following, (_there(seen, lane) + coming) * course.lane_headway_ms[lane])
    return this, following


@njit
def _there(seen, lane):
    """Vehicles that a green has to serve: those in view, or the queue where it is longer."""
    return max(seen.lane_near[lane], seen.lane_queue[lane])
