"""Fixed plans without the stages that only pass by, for controllers that give every stage a green.

Where rings change apart, a plan shows stages for less than their minimum green, between others that
show the same groups. A controller that gives each stage of the order its minimum green or more would
stretch them.
"""

from functools import reduce
from itertools import pairwise
from operator import or_

import numpy as np

from signalsim.engine.tables import Signals
from signalsim.signals.plan import PlanArrays

from .layout import stage_times

_SLACK_MS = 50  # plans are checked to a twentieth of a second


def lasting_plan(plan: PlanArrays, signals: Signals) -> PlanArrays:
    """The plan without such stages; their time goes to the stage before. The same object where it has
    none.
    """
    least, change_start, change = stage_times(signals)
    out: list[tuple[list[int], ...]] = []
    for j, row in enumerate(signals.junction):
        at = slice(int(plan.start[j]), int(plan.start[j + 1]))
        stages, green = plan.stage[at].tolist(), plan.green_ms[at].tolist()
        shown = [int(signals.stage[row.first_stage + s]) for s in stages]
        lasts = [g >= least[row.first_stage + s] - _SLACK_MS for s, g in zip(stages, green, strict=True)]
        kept = _kept(stages, shown, lasts)
        if len(kept) == len(stages):
            out.append((stages, green, plan.change_ms[at].tolist(), [int(plan.offset_ms[j])]))
            continue
        order = [stages[k] for k in kept]
        whole = np.cumsum(plan.green_ms[at] + plan.change_ms[at]).tolist()
        starts = [[0, *whole][k] for k in kept]
        spans = [b - a for a, b in pairwise([*starts, starts[0] + whole[-1]])]
        following = order[1:] + order[:1]
        changes = [
            int(change[change_start[j] + a * row.n_stages + b]) for a, b in zip(order, following, strict=True)
        ]
        greens = [
            max(span - c, int(least[row.first_stage + s]))
            for span, c, s in zip(spans, changes, order, strict=True)
        ]
        out.append((order, greens, changes, [int(plan.offset_ms[j]) + starts[0]]))
    sizes = [len(row[0]) for row in out]
    if sizes == np.diff(plan.start).tolist():
        return plan
    cycle = np.array([sum(row[1]) + sum(row[2]) for row in out], np.int64)
    flat = [np.array([x for row in out for x in row[column]], np.int64) for column in range(4)]
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    return PlanArrays(start, flat[0].astype(np.int32), flat[1], flat[2], cycle, flat[3] % cycle)


def _kept(stages: list[int], shown: list[int], lasts: list[bool]) -> list[int]:
    """Places that last, of neighbours that are the same stage the first; all where a group would not be
    served without the rest. ``shown``: groups as a mask.
    """
    kept: list[int] = []
    for k, stage in enumerate(stages):
        if lasts[k] and not (kept and stages[kept[-1]] == stage):
            kept.append(k)
    while len(kept) > 1 and stages[kept[0]] == stages[kept[-1]]:
        kept.pop()
    served = reduce(or_, (shown[k] for k in kept), 0)
    return kept if served == reduce(or_, shown, 0) else list(range(len(stages)))
