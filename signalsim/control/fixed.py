"""Following a fixed plan: every junction steps through its stages by the clock.

The plan asks for switches like any other controller. Its times are absolute: whatever delays a
switch (a minimum green, a change under way) does not shift the cycles that follow.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation
from signalsim.signals.plan import Program

from .base import Request

NEVER_MS = 1 << 60
TICK_MS = 5000


class Timetable(NamedTuple):
    """CSR by junction and period. Second 0 of a cycle is the first stage's start of green.

    In ``[end_ms[k - 1], end_ms[k])`` of the cycle stage ``k`` is in force or being changed to; after
    the last end it is the first stage of the next cycle.
    """

    start: np.ndarray  # (n_junctions + 1,) int32: periods of a junction
    begin_ms: np.ndarray  # (n_periods,) int64: cycle second 0 of one of its cycles; of all but the first
    cycle_ms: np.ndarray  # (n_periods,) int64
    row: np.ndarray  # (n_periods + 1,) int32: stages of a period
    stage: np.ndarray  # int32 local
    end_ms: np.ndarray  # int64, end of its green in the cycle, ascending within a period


def timetable(program: Program) -> Timetable:
    """When each green of a program ends in its cycle."""
    whole = np.concatenate(([0], np.cumsum(program.green_ms + program.change_ms)))
    first = program.row[:-1]
    before = whole[:-1] - np.repeat(whole[first], np.diff(program.row))
    cycle = whole[program.row[1:]] - whole[first]
    return Timetable(
        program.start, program.begin_ms, cycle, program.row, program.stage, before + program.green_ms
    )


@njit
def follow(plan, asked, coming, now, due, request):
    """Ask each due junction for the stage of this moment or, if it has that, for the next one at the end
    of this one's green; ``asked``: (n_junctions,) int32, the row of the plan asked for last; ``coming``:
    (n_junctions,) int32, the local stage in force or being changed to.

    What comes is asked for in advance, so that junctions wake together, at multiples of ``TICK_MS``.
    """
    for j in due:
        row, end, period, began = _present(plan, j, now)
        following, following_end = _behind(plan, j, row, period, began)
        is_alone = following == row
        switch, is_again = now, asked[j] == row
        if is_again and coming[j] == plan.stage[row] and not is_alone:
            is_again = False
            switch = end
            row, end = following, following_end
        asked[j] = row
        request.stage[j] = plan.stage[row]
        request.switch_at_ms[j] = switch
        tick = (switch // TICK_MS + 1) * TICK_MS
        soon = end if is_again else switch + 1
        request.next_decision_ms[j] = tick if tick < end else soon
        if is_alone and period == plan.start[j + 1] - 1:
            request.next_decision_ms[j] = NEVER_MS


@njit
def _period(plan, j, now):
    """The period of junction ``j`` that has begun last."""
    p = plan.start[j + 1] - 1
    while p > plan.start[j] and plan.begin_ms[p] > now:
        p -= 1
    return p


@njit
def _present(plan, j, now):
    """(row whose stage is in force or being changed to, end of its green, its period, beginning of its
    cycle)."""
    p = _period(plan, j, now)
    began = now - (now - plan.begin_ms[p]) % plan.cycle_ms[p]
    for row in range(plan.row[p], plan.row[p + 1]):
        if began + plan.end_ms[row] > now:
            return row, began + plan.end_ms[row], p, began
    return _first_of_next(plan, j, p, began)


@njit
def _behind(plan, j, row, p, began):
    """(the row behind ``row``, end of its green)."""
    if row + 1 < plan.row[p + 1]:
        return row + 1, began + plan.end_ms[row + 1]
    row, end, _, _ = _first_of_next(plan, j, p, began)
    return row, end


@njit
def _first_of_next(plan, j, p, began):
    """What ``_present`` gives for the first stage of the next cycle, which may be of the next period."""
    began += plan.cycle_ms[p]
    if p + 1 < plan.start[j + 1] and plan.begin_ms[p + 1] <= began:
        p += 1
    row = plan.row[p]
    return row, began + plan.end_ms[row], p, began


class PlanPolicy:
    """A plan at work; it looks at the clock only."""

    needs_sensing = False

    def __init__(self, plan: Timetable) -> None:
        self.plan = plan
        self._asked = np.full(len(plan.start) - 1, -1, np.int32)

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask for what the plan has at this moment."""
        follow(self.plan, self._asked, observation.next_stage, observation.now_ms, due, request)
