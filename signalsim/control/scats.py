"""SCATS-like: cycle and splits from how well the last greens were used.

After Sims & Dobinson (1980, IEEE Transactions on Vehicular Technology VT-29, The Sydney Coordinated
Adaptive Traffic (SCAT) System: Philosophy and Benefits) and Lowrie (1982, The Sydney Coordinated
Adaptive Traffic System: Principles, Methodology, Algorithms). Once per cycle, from counts at the stop
lines alone:

1. Degree of saturation of a lane: the green that its vehicles needed at saturation flow, over the green
   that it had, both without the start-up loss. That of a stage is its worst lane's.
2. Splits: greens that would make all stages equally saturated. The green of no stage changes by more
   than ``max_change_s`` in a cycle beyond its part in a change of the cycle.
3. Cycle: one for all junctions that the deployed plan coordinates. It grows while the most saturated
   stage among them is above ``target_saturation``, and shrinks while it is below: by ``GAIN_S`` times
   the difference, at most by ``cycle_step_s``.
4. Offsets: by vote, from the deployed plan's towards those that suit the heavier way along each link, by
   ``offset_step_s`` in a cycle (``offset_vote``).

Where a camera fails, the last figures stand for a while, then the plan is followed (``fallback``).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation

from .base import Request
from .common_cycle import (
    Clock,
    ask,
    begin_cycle,
    ended,
    lengthen_area,
    make_clock,
    needs_area_cycle,
    next_begin,
    watch,
)
from .lasting import lasting_plan
from .lookup import check_range
from .offset_vote import Votes, go_to_offset, make_votes, vote
from .resplit import (
    FLOW_RATIO_FLOOR,
    LEFT_VEH,
    Cycles,
    flow_ratio,
    green_of,
    is_again,
    make_course,
    make_cycles,
    start_counting,
)
from .seeing import SeeingPolicy

GAIN_S = 60.0  # seconds of cycle per unit of degree of saturation


class Rule(NamedTuple):
    """The parameters as the kernel takes them."""

    min_cycle_ms: int
    max_cycle_ms: int
    cycle_step_ms: float
    max_change_ms: float
    offset_step_ms: int
    target: float
    smoothing: float


@dataclass(frozen=True)
class ScatsLike:
    """Cycle and splits by degree of saturation; see the module for the rule.

    ``smoothing``: weight of the last cycle's counts.
    """

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0
    cycle_step_s: float = 6.0
    max_change_s: float = 4.0
    offset_step_s: float = 4.0
    target_saturation: float = 0.9
    smoothing: float = 0.5

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0), max_cycle_s=(self.min_cycle_s, 600.0))
        check_range(self, cycle_step_s=(0.0, 60.0), max_change_s=(0.0, 600.0))
        check_range(self, offset_step_s=(0.0, 60.0))
        check_range(self, target_saturation=(0.1, 1.0), smoothing=(0.01, 1.0))

    def prepare(self, built: Any) -> "ScatsPolicy":
        """The rule on a network; begins with cycles, greens and offsets of the deployed plan."""
        return ScatsPolicy(self, built)


class ScatsPolicy(SeeingPolicy):
    """All junctions that are due in one compiled call."""

    def __init__(self, rule: ScatsLike, built: Any) -> None:
        super().__init__(built)
        tables = built.tables
        plan = lasting_plan(built.deployed, tables.signals)
        self.rule = Rule(
            round(rule.min_cycle_s * 1000),
            round(rule.max_cycle_s * 1000),
            rule.cycle_step_s * 1000.0,
            rule.max_change_s * 1000.0,
            round(rule.offset_step_s * 1000),
            float(rule.target_saturation),
            float(rule.smoothing),
        )
        self.course = make_course(tables, self.road, self.layout, plan)
        self.clock: Clock = make_clock(tables, self.layout, plan)
        self.votes: Votes = make_votes(tables, self.road, self.layout, self.clock)
        self.cycles: Cycles = make_cycles(self.course, len(self.road.lane_link))
        self.saturation = np.full(len(plan.cycle_ms), -1.0)  # of the worst stage, -1: not yet known
        self._scratch = np.zeros((2, np.diff(plan.start).max(initial=1)))

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Step the due junctions by the clock; plan the next cycle where one ends."""
        net = (self.layout, self.course, self.rule)
        known = (self.saturation, self.votes, self.road, self._scratch)
        decide(net, self.clock, observation, self.cycles, known, due, request)
        self.fallback.take(observation, due, request)


@njit
def decide(net, clock, seen, cycles, known, due, request):
    """Fill the request of the junctions in ``due``; ``net`` is (layout, course, rule), ``known`` (saturation,
    votes, road, scratch)."""
    layout, _course, rule = net
    saturation, votes, road, scratch = known
    for j in due:
        if clock.start[j + 1] == clock.start[j]:
            request.stage[j] = -1
            request.next_decision_ms[j] = seen.now_ms + 5000
            continue
        if cycles.place[j] < 0:
            cycles.began_ms[j] = seen.now_ms
            start_counting(layout, seen, cycles, j)
        watch(clock, layout, seen, cycles, j)
        while ended(clock, j, seen.now_ms):
            look_back(net, clock, seen, cycles, saturation, scratch, j)
            if needs_area_cycle(clock, j):
                lengthen_area(clock, clock.area[j], next_cycle(rule, clock, saturation, clock.area[j]))
                vote(votes, road, clock, seen, clock.area[j])
            go_to_offset(votes, clock, j, rule.offset_step_ms, rule.max_cycle_ms)
            begin_cycle(clock, j, cycles.green_ms)
            cycles.place[j] = 0
        ask(clock, seen, j, request)


@njit
def look_back(net, clock, seen, cycles, saturation, scratch, j):
    """Saturation of the cycle that ends, and greens for the next, before they are fitted into it."""
    layout, course, rule = net
    passed = float(seen.now_ms - cycles.began_ms[j])
    if passed <= 0.0:
        return
    _measure(net, seen, cycles, passed, j)
    cycles.began_ms[j] = seen.now_ms
    start_counting(layout, seen, cycles, j)
    first, n = course.start[j], course.start[j + 1] - course.start[j]
    ratio, change = scratch[0], scratch[1]
    total, green, worst = 0.0, 0.0, 0.0
    cycle = float(next_begin(clock, j) - clock.begin_ms[j])
    for i in range(n):
        s = layout.first_stage[j] + course.stage[first + i]
        ratio[i] = flow_ratio(layout, course, cycles, j, first + i, s)
        if ratio[i] < 0.0:
            return
        used = cycles.green_ms[first + i] - course.stage_loss_ms[s]
        worst = max(worst, ratio[i] * cycle / max(used, 1000.0))
        ratio[i] = max(ratio[i], FLOW_RATIO_FLOOR)
        total += ratio[i]
        green += used
    saturation[j] = worst
    up, down = 0.0, 0.0
    for i in range(n):
        s = layout.first_stage[j] + course.stage[first + i]
        wanted = green * ratio[i] / total + course.stage_loss_ms[s] - cycles.green_ms[first + i]
        change[i] = min(max(wanted, -rule.max_change_ms), rule.max_change_ms)
        up += max(change[i], 0.0)
        down += max(-change[i], 0.0)
    for i in range(n):
        larger = up if change[i] > 0.0 else down
        cycles.green_ms[first + i] += change[i] * min(up, down) / max(larger, 1.0)


@njit
def _measure(net, seen, cycles, passed, j):
    """Flow of every lane of the junction into ``cycles.demand``, veh/ms; where a queue was left, all that its
    green could pass, however slowly it went. Lanes without a working camera keep what they had.
    """
    layout, course, rule = net
    for i in range(course.start[j], course.start[j + 1]):
        s = layout.first_stage[j] + course.stage[i]
        for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
            lane = layout.stage_lane_id[k]
            if not seen.lane_valid[lane] or is_again(layout, course, j, i, lane):
                continue
            flow = max(0.0, seen.lane_count[lane] - cycles.counted[lane]) / passed
            if cycles.left[lane] >= LEFT_VEH:
                served = green_of(layout, course, cycles, j, lane) - course.stage_loss_ms[s]
                flow = max(flow, served / course.lane_headway_ms[lane] / passed)
            before = cycles.demand[lane]
            weight = rule.smoothing if before >= 0.0 else 1.0
            cycles.demand[lane] = max(before, 0.0) + weight * (flow - max(before, 0.0))


@njit
def next_cycle(rule, clock, saturation, a):
    """Length of the next cycle of area ``a``, ms (point 3 of the module)."""
    worst = -1.0
    for k in range(clock.area_start[a], clock.area_start[a + 1]):
        worst = max(worst, saturation[clock.area_junction[k]])
    old = float(clock.area_cycle_ms[a])
    if worst < 0.0:
        return np.int64(old)
    step = min(max(1000.0 * GAIN_S * (worst - rule.target), -rule.cycle_step_ms), rule.cycle_step_ms)
    new = min(max(old + step, rule.min_cycle_ms), rule.max_cycle_ms)
    return np.int64(min(max(new, old - rule.cycle_step_ms), old + rule.cycle_step_ms))
