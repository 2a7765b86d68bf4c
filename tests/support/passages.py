"""Passages and greens by hand."""

import numpy as np

from signalsim.measures import Greens, Passages, Rows


def passages_of(n: int, **columns: object) -> Passages:
    """``n`` cars on link 0 for movement 0 that cross at once; ``columns`` say what is different."""
    zero = np.zeros(n, np.int64)
    given = {
        "vehicle": np.arange(n),
        "link": zero,
        "movement": zero,
        "enter_ms": zero,
        "line_ms": zero,
        "cross_ms": zero,
        "delay_ms": zero,
        "wait_ms": zero,
        "stops": zero,
        "size": zero + 2,
        "is_bus": zero > 0,
        "counted": zero == 0,
    }
    return Passages(**given | {name: np.array(values) for name, values in columns.items()})


def in_one_row(p: Passages) -> Rows:
    return Rows(np.zeros(len(p.vehicle), np.int64), 1)


def greens_of(rows: list[tuple[int, int, int]], until_ms: int) -> Greens:
    """``(group, start ms, end ms)`` per green."""
    group, start, end = np.array(rows, np.int64).reshape(-1, 3).T
    return Greens(group, start, end, until_ms)
