"""When a fixed plan shows which group green: what the interlock makes of it, by arithmetic."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from signalsim.signals.model import Plan, SignalSystem


class PlanGreen(NamedTuple):
    """A green of a group in a plan's cycle; second 0 is the first stage's start of green."""

    group: int
    begin_s: float
    end_s: float  # after begin_s, beyond the cycle where the green goes through its end
    places: tuple[int, ...]  # the plan's stages that show it, in order


def switch_times_s(signals: SignalSystem, junction: int, plan: Plan) -> list[float]:
    """When the change to each stage of a plan begins, s after the first stage's start of green (that of
    the first is before it or at it).
    """
    changes = signals.plan_changes_s(junction, plan)
    at, times = 0.0, []
    for k, green in enumerate(plan.green_s):
        times.append(at - changes[k - 1])
        at += green + changes[k]
    return times


def plan_greens(signals: SignalSystem, junction: int, plan: Plan) -> list[PlanGreen]:
    """Every green of a cycle, of groups that are not green throughout, by group and beginning.

    A group that enters is green when the intergreens after all that have ended are over, and its own
    yellow. A green that ends before it begins is one that the plan would take back: the interlock
    holds such a switch up.
    """
    n, cycle = len(plan.stages), signals.cycle_s(junction, plan)
    at = switch_times_s(signals, junction, plan)
    shown = [signals.stage_groups[junction][stage] for stage in plan.stages]
    ends = [(k, g) for k in range(n) for g in shown[k - 1] - shown[k]]
    found = []
    for k in range(n):
        for group in shown[k] - shown[k - 1]:
            begin = at[k]
            for m, other in ends:
                clear = float(signals.yellow_s[group]) if other == group else None
                clear = signals.intergreen_s.get((other, group), clear)
                if clear is not None:
                    begin = max(begin, at[k] - (at[k] - at[m]) % cycle + clear)
            last = next(m for m in range(k + 1, k + n + 1) if group not in shown[m % n])
            end = at[last % n] + (cycle if last >= n else 0.0)
            found.append(PlanGreen(group, begin, end, tuple(m % n for m in range(k, last))))
    return sorted(found)


def needed_greens_s(signals: SignalSystem, junction: int, plan: Plan) -> list[float]:
    """Shortest green of each stage of a plan that leaves its groups their minimum, s: what the
    neighbouring stages show of a group counts, and when exactly its green begins.
    """
    shown = [signals.stage_groups[junction][stage] for stage in plan.stages]
    elsewhere = signals.cycle_s(junction, plan) - np.array(plan.green_s)
    of = [
        {g: signals.group_green_s(junction, stage, g) for g in groups if not signals.has_button[g]}
        for stage, groups in zip(plan.stages, shown, strict=True)
    ]  # who is called takes the green that it needs
    most = [max(needs.values(), default=0.0) for needs in of]
    need = (most - elsewhere).tolist()  # of groups that are green throughout
    for one in plan_greens(signals, junction, plan):
        least = max(of[k].get(one.group, 0.0) for k in one.places)
        for k in one.places:
            need[k] = max(need[k], plan.green_s[k] + least - (one.end_s - one.begin_s))
    return list(need)


def least_greens_s(signals: SignalSystem, junction: int, sequence: Sequence[int]) -> list[float]:
    """Shortest green of each stage of a cyclic sequence, s: minimum greens, walks that were called, and what
    groups that begin late in a change, or share several stages, need beyond them.

    A plan with these greens or longer ones leaves every group its minimum: greens then begin no later.
    """
    least = [signals.stage_min_green_s(junction, stage) for stage in sequence]
    for _ in sequence:
        need = needed_greens_s(signals, junction, Plan(tuple(sequence), tuple(least), 0.0))
        longer = [max(green, round(other, 3)) for green, other in zip(least, need, strict=True)]
        if longer == least:
            break
        least = longer
    return least
