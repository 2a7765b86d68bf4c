"""Following a fixed plan: every junction steps through its stages by the clock.

The plan asks for switches like any other controller. Its times are absolute: whatever delays a
switch (a minimum green, a change under way) does not shift the cycles that follow.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation
from signalsim.signals.plan import PlanArrays

from .base import Request

NEVER_MS = 1 << 60


class Timetable(NamedTuple):
    """CSR by junction. Second 0 of a cycle is the first stage's start of green.

    In ``[end_ms[k - 1], end_ms[k])`` of the cycle stage ``k`` is in force or being changed to; after
    the last end it is the first stage of the next cycle.
    """

    start: np.ndarray  # (n_junctions + 1,) int32
    stage: np.ndarray  # int32 local
    end_ms: np.ndarray  # int64, end of its green in the cycle, ascending within a junction
    cycle_ms: np.ndarray  # (n_junctions,) int64
    offset_ms: np.ndarray  # (n_junctions,) int64: cycle second 0 comes at this time, modulo the cycle


def timetable(plan: PlanArrays) -> Timetable:
    """When each green of a plan ends in its cycle."""
    whole = np.concatenate(([0], np.cumsum(plan.green_ms + plan.change_ms)))
    before = whole[:-1] - np.repeat(whole[plan.start[:-1]], np.diff(plan.start))
    return Timetable(plan.start, plan.stage, before + plan.green_ms, plan.cycle_ms, plan.offset_ms)


@njit
def follow(plan, now, due, request):
    """Ask each due junction for the stage of this moment; wake it at the end of that stage's green."""
    for j in due:
        first, end = plan.start[j], plan.start[j + 1]
        if end - first < 2:
            request.stage[j] = plan.stage[first] if end > first else -1
            request.switch_at_ms[j] = now
            request.next_decision_ms[j] = NEVER_MS
            continue
        at = (now - plan.offset_ms[j]) % plan.cycle_ms[j]
        k = first
        while k < end and plan.end_ms[k] <= at:
            k += 1
        request.stage[j] = plan.stage[k] if k < end else plan.stage[first]
        request.switch_at_ms[j] = now
        until = plan.end_ms[k] if k < end else plan.end_ms[first] + plan.cycle_ms[j]
        request.next_decision_ms[j] = now + until - at


class PlanPolicy:
    """A plan at work; it looks at the clock only."""

    needs_sensing = False

    def __init__(self, plan: Timetable) -> None:
        self.plan = plan

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask for what the plan has at this moment."""
        follow(self.plan, observation.now_ms, due, request)
