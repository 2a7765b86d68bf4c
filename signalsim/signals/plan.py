"""Plans as the loop wants them: arrays over all junctions, in milliseconds."""

from typing import NamedTuple

import numpy as np

from signalsim.signals.model import Plan, SignalSystem


class PlanArrays(NamedTuple):
    """A fixed plan of every junction. Stage k of junction j is at ``start[j] + k``.

    In the cycle a stage's green is followed by its intergreen; ``offset_ms`` is when the first
    stage's green starts, after simulated time 0, modulo the cycle.
    """

    start: np.ndarray  # (n_junctions + 1,) int32
    stage: np.ndarray  # (n,) int32 local stage
    green_ms: np.ndarray  # (n,) int64
    change_ms: np.ndarray  # (n,) int64 intergreen behind it
    cycle_ms: np.ndarray  # (n_junctions,) int64
    offset_ms: np.ndarray  # (n_junctions,) int64, 0 <= offset < cycle


class Program(NamedTuple):
    """What every junction shows from beginning to end: periods, each a plan's cycle repeated.

    The periods of junction j are ``start[j]`` to ``start[j + 1]``; the stages of period p are the rows
    ``row[p]`` to ``row[p + 1]``.
    """

    start: np.ndarray  # (n_junctions + 1,) int32
    begin_ms: np.ndarray  # (n_periods,) int64, start of the first stage's green in one of its cycles
    row: np.ndarray  # (n_periods + 1,) int32
    stage: np.ndarray  # (n,) int32 local stage
    green_ms: np.ndarray  # (n,) int64
    change_ms: np.ndarray  # (n,) int64 intergreen behind it


def always(plan: PlanArrays) -> Program:
    """One plan and no other."""
    start = np.arange(len(plan.cycle_ms) + 1, dtype=np.int32)
    return Program(start, plan.offset_ms, plan.start, plan.stage, plan.green_ms, plan.change_ms)


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def plan_arrays(
    signals: SignalSystem,
    plans: dict[int, Plan],
    reference_s: float = 0.0,
    offset_point: str = "start_of_green",
) -> PlanArrays:
    """Pack the plans of all junctions.

    ``reference_s``: the reference second of the offsets, in seconds after simulated time 0 (negative
    for a midnight before it). ``offset_point``: start_of_green, end_of_green or end_of_yellow of
    each plan's first stage.
    """
    start = [0]
    stage: list[int] = []
    green: list[int] = []
    change: list[int] = []
    cycle: list[int] = []
    offset: list[int] = []
    for j in range(len(signals.junctions)):
        plan = plans[j]
        greens = [ms(g) for g in plan.green_s]
        changes = [ms(c) for c in signals.changes_s(j, plan.stages)]
        stage += plan.stages
        green += greens
        change += changes
        start.append(len(stage))
        cycle.append(sum(greens) + sum(changes))
        shift = 0
        if offset_point != "start_of_green":
            shift = greens[0]
        if offset_point == "end_of_yellow":
            shift += ms(max(float(signals.yellow_s[g]) for g in signals.stage_groups[j][plan.stages[0]]))
        offset.append((ms(reference_s) + ms(plan.offset_s) - shift) % cycle[-1])
    return PlanArrays(
        start=np.array(start, np.int32),
        stage=np.array(stage, np.int32),
        green_ms=np.array(green, np.int64),
        change_ms=np.array(change, np.int64),
        cycle_ms=np.array(cycle, np.int64),
        offset_ms=np.array(offset, np.int64),
    )
