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
TICK_MS = 5000


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
def follow(plan, asked, coming, now, due, request):
    """Ask each due junction for the stage of this moment or, if it has that, for the next one at the end
    of this one's green; ``asked``: (n_junctions,) int32, the place in the plan asked for last; ``coming``:
    (n_junctions,) int32, the local stage in force or being changed to.

    What comes is asked for in advance, so that junctions wake together, at multiples of ``TICK_MS``.
    """
    for j in due:
        first, n = plan.start[j], plan.start[j + 1] - plan.start[j]
        if n < 2:
            request.stage[j] = plan.stage[first] if n == 1 else -1
            request.switch_at_ms[j] = now
            request.next_decision_ms[j] = NEVER_MS
            continue
        began = now - (now - plan.offset_ms[j]) % plan.cycle_ms[j]
        k = 0
        while k < n and began + plan.end_ms[first + k] <= now:
            k += 1
        switch, is_again = now, asked[j] == k % n
        if is_again and coming[j] == plan.stage[first + k % n]:
            is_again = False
            switch = began + _end(plan, first, n, k, plan.cycle_ms[j])
            k += 1
        asked[j] = k % n
        request.stage[j] = plan.stage[first + k % n]
        request.switch_at_ms[j] = switch
        tick = (switch // TICK_MS + 1) * TICK_MS
        end = began + _end(plan, first, n, k, plan.cycle_ms[j])
        soon = end if is_again else switch + 1
        request.next_decision_ms[j] = tick if tick < end else soon


@njit
def _end(plan, first, n, k, cycle):
    """End of the green of place ``k``, counted on beyond the cycle, from the cycle's beginning."""
    return plan.end_ms[first + k % n] + (k // n) * cycle


class PlanPolicy:
    """A plan at work; it looks at the clock only."""

    needs_sensing = False

    def __init__(self, plan: Timetable) -> None:
        self.plan = plan
        self._asked = np.full(len(plan.cycle_ms), -1, np.int32)

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask for what the plan has at this moment."""
        follow(self.plan, self._asked, observation.next_stage, observation.now_ms, due, request)
