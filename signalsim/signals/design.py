"""Analytic design of fixed plans: pure functions of flows, saturation flows and stages.

Words: the *flow ratio* of a movement is its flow over its saturation flow; the *critical ratio* of a
stage is the largest that only this stage can serve; Y is their sum; *lost time* is what of a cycle
no movement can use.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_CYCLE_S, MAX_CYCLE_S = 20.0, 180.0
MAX_SUM = 0.95  # of critical ratios in Webster's formula; above, the longest cycle is taken


@dataclass(frozen=True)
class Design:
    """Greens of one junction's stages, in the order given; ``is_oversaturated``: Y left no room."""

    cycle_s: float
    green_s: tuple[float, ...]
    critical_ratios: tuple[float, ...]
    is_oversaturated: bool

    @property
    def sum_of_ratios(self) -> float:
        return sum(self.critical_ratios)


def webster_cycle_s(lost_s: float, sum_of_ratios: float) -> float:
    """Cycle of least delay, s: (1.5 L + 5) / (1 - Y); infinite for Y >= 1.

    Source: Webster, F. V. (1958), Traffic Signal Settings, Road Research Technical Paper 39.
    """
    if sum_of_ratios >= 1:
        return float("inf")
    return (1.5 * lost_s + 5) / (1 - sum_of_ratios)


def permissive_saturation(flow_against: float, gap_s: float, follow_s: float) -> float:
    """Saturation flow of a turn that gives way, vehicles/h, to ``flow_against`` vehicles/h:
    q exp(-q t_c) / (1 - exp(-q t_f)), or 1 / t_f where nothing comes.

    Source: Harders (1968); HCM 2010, ch. 31 (permissive left turns).
    """
    q = flow_against / 3600
    if q * follow_s < 1e-9:
        return 3600 / follow_s
    return float(3600 * q * np.exp(-q * gap_s) / -np.expm1(-q * follow_s))


def critical_ratios(
    ratio: np.ndarray, stages: Sequence[frozenset[int] | set[int]], worth: np.ndarray | None = None
) -> tuple[float, ...]:
    """Critical ratio of each stage. ``stages[s]``: the movements that stage s serves.

    A movement of one stage counts there. One of several stages, taken after those, adds only what
    is still missing to it, to the stages that serve it best, shared equally between them. ``worth``:
    (n_stages, n_movements) what a second of green passes over what it passes in the movement's best
    stage, as where a left turn that is protected in one stage has to wait for gaps in another; 1
    everywhere where it is not given.
    """
    out = [0.0] * len(stages)
    serving = [[s for s, movements in enumerate(stages) if m in movements] for m in range(len(ratio))]
    value = np.ones((len(stages), len(ratio))) if worth is None else worth
    for m in sorted(range(len(ratio)), key=lambda m: (len(serving[m]), -ratio[m], m)):
        missing = float(ratio[m]) - sum(out[s] * value[s, m] for s in serving[m])
        best = [s for s in serving[m] if value[s, m] == max(value[t, m] for t in serving[m])]
        for s in best:
            out[s] += max(missing, 0.0) / len(best)
    return tuple(float(y) for y in out)


def split_green(total_s: float, weight: Sequence[float], min_green_s: Sequence[float]) -> tuple[float, ...]:
    """Share ``total_s`` of green by weight; a stage below its minimum gets the minimum, the others the rest.

    Equal weights where all are 0. ``total_s`` below the sum of minimum greens is raised to it.
    """
    n = len(weight)
    least = np.asarray(min_green_s, float)
    share = np.asarray(weight, float)
    if share.sum() <= 0:
        share = np.ones(n)
    green = least.copy()
    free = np.ones(n, bool)
    total = max(total_s, float(least.sum()))
    while free.any():
        rest = total - least[~free].sum()
        weights = np.where(free, share, 0.0)
        if weights.sum() <= 0:
            green[free] = rest / free.sum()
            break
        wish = rest * weights / weights.sum()
        low = free & (wish < least - 1e-12)
        if not low.any():
            green[free] = wish[free]
            break
        free &= ~low
    return tuple(float(g) for g in green)


def _limited_cycle(wish: float, least_s: float, low: float, high: float) -> float:
    """The cycle within limits; room for minimum greens goes before the upper limit."""
    return max(min(max(wish, low), high), least_s)


def _wished_cycle_s(lost_s: float, ratios: Sequence[float], least_s: Sequence[float]) -> float:
    """Webster's cycle where minimum greens are more than some stages' share of it: what they have too much
    is lost to the others, and counts as lost time. ``least_s``: effective greens.
    """
    share, least, total = np.array(ratios, float), np.asarray(least_s, float), float(sum(ratios))
    share = share / total if total > 0 else share

    def excess(wasted: float) -> float:
        green = webster_cycle_s(lost_s + wasted, total) - lost_s - wasted
        return float(np.maximum(least - share * green, 0.0).sum()) - wasted

    low, high = 0.0, float(least.sum())  # excess falls from one to the other
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return webster_cycle_s(lost_s + high, total)


def webster(
    ratios: Sequence[float],
    change_s: Sequence[float],
    min_green_s: Sequence[float],
    *,
    loss_per_stage_s: float | Sequence[float] = 0.0,
    min_cycle_s: float = MIN_CYCLE_S,
    max_cycle_s: float = MAX_CYCLE_S,
    cycle_s: float | None = None,
) -> Design:
    """Webster's plan: cycle of least delay, effective greens by critical ratio.

    ``ratios``: per stage. ``change_s``: the intergreen behind each stage. ``loss_per_stage_s``:
    start-up loss minus end gain, of all stages or of each. Lost time L is the sum of both, and of what
    stages get as minimum green that their traffic does not ask for. Where Y exceeds MAX_SUM the formula
    explodes: the longest cycle is taken and the design says ``is_oversaturated``. ``cycle_s`` fixes the
    cycle instead.
    """
    loss_s = np.broadcast_to(loss_per_stage_s, len(change_s)).tolist()
    lost = sum(change_s) + sum(loss_s)
    effective_min = [max(g - loss, 0.0) for g, loss in zip(min_green_s, loss_s, strict=True)]
    is_over = sum(ratios) > MAX_SUM
    wish = max_cycle_s if is_over else _wished_cycle_s(lost, ratios, effective_min)
    wish = wish if cycle_s is None else cycle_s
    cycle = _limited_cycle(wish, sum(change_s) + sum(min_green_s), min_cycle_s, max_cycle_s)
    effective = split_green(cycle - lost, ratios, effective_min)
    green = tuple(g + loss for g, loss in zip(effective, loss_s, strict=True))
    return Design(sum(green) + sum(change_s), green, tuple(ratios), is_over)


def uniform(
    ratios: Sequence[float],
    change_s: Sequence[float],
    min_green_s: Sequence[float],
    *,
    loss_per_stage_s: float | Sequence[float] = 0.0,
    min_cycle_s: float = MIN_CYCLE_S,
    max_cycle_s: float = MAX_CYCLE_S,
) -> Design:
    """Equal greens at Webster's cycle; a stage whose minimum is longer keeps its minimum.

    The cycle is Webster's for stages that are all as busy as the busiest: that is what equal greens
    give way to. (His cycle for the true ratios is too short for the busiest stage here, and a
    baseline that drowns for that reason would flatter whatever is compared with it.)
    """
    best = webster(
        [max(ratios, default=0.0)] * len(ratios), change_s, min_green_s,
        loss_per_stage_s=loss_per_stage_s, min_cycle_s=min_cycle_s, max_cycle_s=max_cycle_s,
    )  # fmt: skip
    green = split_green(best.cycle_s - sum(change_s), [1.0] * len(ratios), min_green_s)
    return Design(sum(green) + sum(change_s), green, tuple(ratios), best.is_oversaturated)
