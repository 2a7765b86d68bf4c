"""From one plan to the next: cycles that are stretched or cut until the offset is right.

A plan ends with the first of its cycles that ends when the next plan's time has come. From there on
the next plan's stages are shown, in cycles that differ from its own until they begin when its offset
says (NTCIP 1202, coordCorrectionMode):

* ``shortway``: stretched or cut, whichever needs fewer cycles; a cycle grows by at most 20 % and
  shrinks by at most 17 %, and never below the minimum greens (both usual settings of controllers,
  and assumed here);
* ``add``: stretched only;
* ``dwell``: the first stage's green waits in one cycle for the whole difference.

What is added or taken is shared out by the stages' greens, or by what they have above their minimum.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from signalsim.signals.model import SignalSystem
from signalsim.signals.plan import PlanArrays, Program, ms
from signalsim.signals.schedule import Schedule, plan_changes

METHODS = ("shortway", "add", "dwell")
FOREVER_MS = 1 << 60
_MOST_ADDED, _MOST_CUT = 0.20, 0.17  # of a cycle


class Course(NamedTuple):
    """What a plan shows of one junction in a cycle."""

    stage: np.ndarray  # (n,) local stage
    green_ms: np.ndarray  # (n,) int64
    change_ms: np.ndarray  # (n,) int64, intergreen behind it

    @property
    def cycle_ms(self) -> int:
        return int(self.green_ms.sum() + self.change_ms.sum())


class Period(NamedTuple):
    """From ``begin_ms`` on, the start of the first stage's green in a cycle, a course is repeated."""

    begin_ms: int
    course: Course


def scheduled(
    signals: SignalSystem, plans: Mapping[str, PlanArrays], schedule: Schedule, start: datetime, end_s: float,
    method: str,
) -> Program:  # fmt: skip
    """What every junction shows by a schedule from ``start``, simulated time 0, for ``end_s`` seconds."""
    starts, found = [0], list[Period]()
    for j in range(len(signals.junctions)):
        changes = []
        for at_s, name in plan_changes(schedule[j], start, end_s):
            course = course_of(plans[name], j)
            least = [ms(signals.stage_min_green_s(j, stage)) for stage in course.stage.tolist()]
            changes.append((ms(at_s), course, int(plans[name].offset_ms[j]), np.array(least, np.int64)))
        found += periods(changes, method)
        starts.append(len(found))
    sizes = [len(period.course.stage) for period in found]

    def rows(name: str, dtype: type) -> np.ndarray:
        return np.concatenate([getattr(period.course, name) for period in found] or [[]]).astype(dtype)

    return Program(
        start=np.array(starts, np.int32),
        begin_ms=np.array([period.begin_ms for period in found], np.int64),
        row=np.cumsum([0, *sizes]).astype(np.int32),
        stage=rows("stage", np.int32),
        green_ms=rows("green_ms", np.int64),
        change_ms=rows("change_ms", np.int64),
    )


def plan_at(plans: Mapping[str, PlanArrays], schedule: Schedule, when: datetime) -> PlanArrays:
    """The plan that each junction has by a schedule at one instant."""
    names = [plan_changes(schedule[j], when, 1.0)[0][1] for j in sorted(schedule)]
    courses = [course_of(plans[name], j) for j, name in enumerate(names)]
    return PlanArrays(
        start=np.cumsum([0, *(len(course.stage) for course in courses)]).astype(np.int32),
        stage=np.concatenate([course.stage for course in courses]),
        green_ms=np.concatenate([course.green_ms for course in courses]),
        change_ms=np.concatenate([course.change_ms for course in courses]),
        cycle_ms=np.array([course.cycle_ms for course in courses], np.int64),
        offset_ms=np.array([plans[name].offset_ms[j] for j, name in enumerate(names)], np.int64),
    )


def course_of(plan: PlanArrays, junction: int) -> Course:
    """A junction's rows of a plan."""
    rows = slice(plan.start[junction], plan.start[junction + 1])
    return Course(plan.stage[rows], plan.green_ms[rows], plan.change_ms[rows])


def periods(changes: Sequence[tuple[int, Course, int, np.ndarray]], method: str) -> list[Period]:
    """What one junction shows: ``changes`` are (when due ms, course, offset ms, minimum green of each of
    its stages ms), in order of time; the first is in force from the beginning.
    """
    first_due, course, offset, _ = changes[0]
    begin = first_due + (offset - first_due) % course.cycle_ms
    found = [Period(begin - (course.cycle_ms if begin > first_due else 0), course)]
    dues = [change[0] for change in changes[1:]] + [FOREVER_MS]
    for (due, course, offset, least), following in zip(changes[1:], dues[1:], strict=True):
        begin = _next_boundary(found[-1], due)
        for step in _steps(course, (offset - begin) % course.cycle_ms, least, method):
            if begin >= following:
                break  # the plan after this one is due already
            found.append(Period(begin, step))
            begin += step.cycle_ms
        else:
            found.append(Period(begin, course))
    return found


def _next_boundary(period: Period, due: int) -> int:
    """The first beginning of a cycle at or after ``due`` in a course that is repeated."""
    cycles = -(-(due - period.begin_ms) // period.course.cycle_ms)
    return period.begin_ms + max(1, cycles) * period.course.cycle_ms


def _steps(course: Course, lag: int, least: np.ndarray, method: str) -> list[Course]:
    """The cycles that shift the plan by ``lag`` (0 <= lag < cycle), ms."""
    if lag == 0:
        return []
    if method == "dwell":
        green = course.green_ms.copy()
        green[0] += lag
        return [course._replace(green_ms=green)]
    spare = np.maximum(course.green_ms - least, 0)
    most = min(int(course.cycle_ms * _MOST_CUT), int(spare.sum()))
    cut = course.cycle_ms - lag
    n_added = -(-lag // max(1, int(course.cycle_ms * _MOST_ADDED)))
    if method == "add" or most < 1 or n_added <= -(-cut // most):
        return [
            course._replace(green_ms=course.green_ms + _shared(part, course.green_ms))
            for part in _evenly(lag, n_added)
        ]
    return [
        course._replace(green_ms=course.green_ms - _shared(part, spare))
        for part in _evenly(cut, -(-cut // most))
    ]


def _evenly(total: int, n: int) -> list[int]:
    """``n`` whole numbers that differ by one at most."""
    return [total * (k + 1) // n - total * k // n for k in range(n)]


def _shared(total: int, weight: np.ndarray) -> np.ndarray:
    """``total`` in whole parts by the weights, none above its weight if ``total`` is not above their sum."""
    ends = np.cumsum(weight.astype(np.int64)) * total // int(weight.sum())
    return np.diff(ends, prepend=0)
