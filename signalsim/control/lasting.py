"""Fixed plans without the stages that only pass by, for controllers that give every stage a green.

Where rings change apart, a plan shows stages for less than their minimum green, between others that
show the same groups. A controller that gives each stage of the order its minimum green or more would
stretch them.
"""

from itertools import pairwise

import numpy as np

from signalsim.signals import Plan, PlanArrays, SignalSystem, plan_arrays

_SLACK_MS = 50  # plans are checked to a twentieth of a second


def lasting_plan(plan: PlanArrays, signals: SignalSystem) -> PlanArrays:
    """The plan without such stages; their time goes to the stage before."""
    kept = [_kept(plan, signals, j) for j in range(len(plan.cycle_ms))]
    if all(len(places) == n for places, n in zip(kept, np.diff(plan.start), strict=True)):
        return plan
    return plan_arrays(signals, {j: _lasting(plan, signals, j, places) for j, places in enumerate(kept)})


def _kept(plan: PlanArrays, signals: SignalSystem, junction: int) -> list[int]:
    """Places that last for their minimum green; all where a group would not be served without the rest."""
    first, last = plan.start[junction : junction + 2].tolist()
    stages, shown = plan.stage[first:last].tolist(), signals.stage_groups[junction]
    kept: list[int] = []
    for k, (stage, green) in enumerate(zip(stages, plan.green_ms[first:last].tolist(), strict=True)):
        lasts = green >= 1000 * signals.stage_min_green_s(junction, stage) - _SLACK_MS
        if lasts and not (kept and stages[kept[-1]] == stage):
            kept.append(k)
    while len(kept) > 1 and stages[kept[0]] == stages[kept[-1]]:
        kept.pop()
    served = frozenset[int]().union(*(shown[stages[k]] for k in kept))
    wanted = frozenset[int]().union(*(shown[stage] for stage in stages))
    return kept if served >= wanted else list(range(len(stages)))


def _lasting(plan: PlanArrays, signals: SignalSystem, junction: int, kept: list[int]) -> Plan:
    """These places, each until the change to the next."""
    first, last = plan.start[junction : junction + 2].tolist()
    order = tuple(int(plan.stage[first + k]) for k in kept)
    whole = np.cumsum(plan.green_ms[first:last] + plan.change_ms[first:last]).tolist()
    starts = [[0, *whole][k] for k in kept]
    spans = [b - a for a, b in pairwise([*starts, starts[0] + whole[-1]])]
    greens = (
        max(span / 1000 - change, signals.stage_min_green_s(junction, stage))
        for span, change, stage in zip(spans, signals.changes_s(junction, order), order, strict=True)
    )
    return Plan(order, tuple(greens), (int(plan.offset_ms[junction]) + starts[0]) / 1000)
