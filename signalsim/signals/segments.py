"""The day in segments, a plan for each: how many, and from when to when, by what it brings.

Dynamic programming over the day's intervals: the cost of a segment is the estimated delay of all its
intervals under the plan that is designed on its mean flows; each change of plan costs something too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TRANSITION_S, TRANSITION_LOSS_S = (
    300.0,
    10.0,
)  # who arrives so soon behind a change loses so much (assumption)


@dataclass(frozen=True)
class Segments:
    """``first``: the first interval of each segment; ``cost``: delay of the best division by number of
    plans, 1, 2, …, veh·s, costs of the changes included."""

    first: tuple[int, ...]
    cost: tuple[float, ...]


def segment(
    n: int, delay: Callable[[int, int], float], change: Callable[[int], float], most: int = 8
) -> Segments:
    """The cheapest division of ``n`` intervals. ``delay(a, b)``: of intervals a to b - 1 under one plan,
    veh·s; ``change(a)``: what it costs to change the plan before interval a. Exact for up to ``most`` plans.
    """
    most = min(most, n)
    one = np.array([[delay(a, b) if a < b else np.inf for b in range(n + 1)] for a in range(n)])
    best = np.full((most + 1, n + 1), np.inf)
    before = np.zeros((most + 1, n + 1), int)
    best[0, 0] = 0.0
    for k in range(1, most + 1):
        for b in range(1, n + 1):
            costs = [best[k - 1, a] + one[a, b] + (change(a) if a else 0.0) for a in range(b)]
            before[k, b] = int(np.argmin(costs))
            best[k, b] = costs[before[k, b]]
    count = 1 + int(np.argmin(best[1:, n]))
    first, end = [], n
    for k in range(count, 0, -1):
        end = int(before[k, end])
        first.append(end)
    return Segments(tuple(reversed(first)), tuple(float(c) for c in best[1:, n]))
