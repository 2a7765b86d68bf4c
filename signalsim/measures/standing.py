"""Queues at stop lines, looked at every so many seconds."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from .passages import Passages
from .rows import Rows


def queues(p: Passages, rows: Rows, times_ms: np.ndarray, weight: np.ndarray) -> Iterator[np.ndarray]:
    """For each row its queue at ``times_ms`` (ascending): (n_times,), the sum of ``weight`` (n_passages,).

    In the queue is who is on the link and would be at the stop line if nothing had held it there, until it
    crosses: standing, or moving up in the queue; the queue as if it stood on one point, as in the
    engine's own. Weight 1 gives vehicles; their lengths give metres.
    """
    order = np.argsort(rows.of, kind="stable")
    ends = np.searchsorted(rows.of[order], np.arange(rows.n + 1))
    for first, last in pairwise(ends):
        own = order[first:last]
        own = own[p.enter_ms[own] >= 0]
        joined = _by_then(p.line_ms[own], weight[own], times_ms)
        gone = own[p.cross_ms[own] >= 0]
        yield joined - _by_then(p.cross_ms[gone], weight[gone], times_ms)


def _by_then(t_ms: np.ndarray, weight: np.ndarray, times_ms: np.ndarray) -> np.ndarray:
    """The weight of those whose time has come at each of ``times_ms``."""
    order = np.argsort(t_ms, kind="stable")
    return np.append(0, np.cumsum(weight[order]))[np.searchsorted(t_ms[order], times_ms, side="right")]


def mean_queue(samples: np.ndarray) -> float:
    """Mean of the queue over time, in the unit of the samples (vehicles or metres)."""
    return float(samples.mean()) if len(samples) else float("nan")


def p95_queue(samples: np.ndarray) -> float:
    """The queue that is not exceeded in 95 % of the time (nearest rank): what a bay is designed for.

    Not the manual's 95th-percentile back of queue, which is one of cycles.
    """
    if not len(samples):
        return float("nan")
    rank = -(-95 * len(samples) // 100)
    return float(np.partition(samples, rank - 1)[rank - 1])


def max_queue(samples: np.ndarray) -> float:
    """The longest queue that was looked at."""
    return float(samples.max()) if len(samples) else float("nan")
