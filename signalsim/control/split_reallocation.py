"""Split reallocation: once per cycle, the green of the next cycle from what cameras counted in this.

The stage order of the plan is kept. At the end of each cycle, per junction:

1. Demand of a lane: what it discharged or, if more, what arrived at its advance line. A lane that
   kept a queue at the end of its green, or that discharged at saturation all through it, discharges
   what its green allows and not what wants to pass: its demand is raised by ``raise_share``, and by
   the queue left, to be served within two cycles.
2. Flow ratio of a stage: the largest demand over saturation flow among its lanes.
3. Cycle: Webster (1958, Road Research Technical Paper 39), C = (1.5 L + 5) / (1 - Y), within limits.
4. Green in proportion to the flow ratios, in whole seconds; no green below its minimum, none changed
   by more than ``max_change_s`` (these two come before the limits of the cycle, where they collide).

A stage without any working camera puts the junction back on the greens of the plan.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import Tables
from signalsim.sensing.approaches import Approaches, approaches
from signalsim.sensing.observation import Observation
from signalsim.signals.plan import PlanArrays

from .base import Request
from .lasting import lasting_plan
from .layout import Junctions, junctions
from .lookup import check_range
from .resplit import Rule, make_course, make_cycles, note_left, plan_cycle, start_counting

RETRY_MS = 500  # a change under way is looked at again after this


@dataclass(frozen=True)
class SplitReallocation:
    """Greens of the next cycle from camera counts; see the module for the rule."""

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0
    max_change_s: float = 10.0
    raise_share: float = 0.1
    smoothing: float = 0.3

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0), max_cycle_s=(self.min_cycle_s, 600.0))
        check_range(self, max_change_s=(0.0, 600.0), raise_share=(0.0, 1.0), smoothing=(0.01, 1.0))

    def prepare(self, built: Any) -> "SplitPolicy":
        """The rule on a network; begins with the greens of the deployed plan."""
        return SplitPolicy(self, built.tables, lasting_plan(built.deployed, built.tables.signals))


class SplitPolicy:
    """All junctions that are due in one compiled call."""

    needs_sensing = True

    def __init__(self, rule: SplitReallocation, tables: Tables, plan: PlanArrays) -> None:
        self.road: Approaches = approaches(tables)
        self.layout: Junctions = junctions(tables, self.road)
        self.rule = Rule(
            rule.min_cycle_s * 1000.0,
            rule.max_cycle_s * 1000.0,
            rule.max_change_s * 1000.0,
            float(rule.raise_share),
            float(rule.smoothing),
            whole_green=False,  # a lane without room behind the junction needs no more of it
        )
        self.course = make_course(tables, self.road, self.layout, plan)
        self.cycles = make_cycles(self.course, len(self.road.lane_link))
        self._scratch = np.zeros((6, np.diff(plan.start).max(initial=1)))

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Step the due junctions through their order; plan the next cycle where one ends."""
        net = (self.layout, self.course, self.rule)
        decide(net, observation, self.cycles, self._scratch, due, request)


@njit
def decide(net, seen, cycles, scratch, due, request):
    """Fill the request of the junctions in ``due``; ``net`` is (layout, course, rule)."""
    layout, course, _rule = net
    for j in due:
        now, stage = seen.now_ms, seen.stage[j]
        first, n = course.start[j], course.start[j + 1] - course.start[j]
        request.stage[j] = -1
        request.next_decision_ms[j] = now + RETRY_MS
        if stage < 0 or n == 0:
            continue
        if cycles.place[j] < 0:
            _begin(layout, course, seen, cycles, j)
        place = cycles.place[j]
        if stage == course.stage[first + place]:
            end = seen.stage_since_ms[j] + np.int64(cycles.green_ms[first + place])
            if now < end:
                request.next_decision_ms[j] = end
                continue
            note_left(layout, seen, cycles, layout.first_stage[j] + stage)
            place = (place + 1) % n
            cycles.place[j] = place
            if place == 0:
                plan_cycle(net, seen, cycles, scratch, j)
        wanted = course.stage[first + place]
        n_stages = layout.first_stage[j + 1] - layout.first_stage[j]
        change = layout.change_ms[layout.change_start[j] + stage * n_stages + wanted]
        request.stage[j] = wanted
        request.switch_at_ms[j] = now
        request.next_decision_ms[j] = now + change + np.int64(cycles.green_ms[first + place])


@njit
def _begin(layout, course, seen, cycles, j):
    """First decision: find the stage in force in the order; the first cycle is counted from here."""
    cycles.place[j] = 0
    for place in range(course.start[j + 1] - course.start[j]):
        if course.stage[course.start[j] + place] == seen.stage[j]:
            cycles.place[j] = place
            break
    cycles.began_ms[j] = seen.now_ms
    start_counting(layout, seen, cycles, j)
