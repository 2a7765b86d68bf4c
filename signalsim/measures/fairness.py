"""Who pays: a better mean may be bought at one approach's cost."""

import numpy as np

from .sums import NAN, SumsLike, delay_ms


def worst_lane_delay_s(sums: SumsLike) -> float:
    """Mean delay per crossing at the stop line where it is highest, s.

    Lanes that fewer than ten counted vehicles crossed are left out: one late vehicle is no approach.
    """
    crossed = sums.lane_crossed
    busy = crossed >= 10
    if not busy.any():
        return NAN
    return float(np.max(sums.lane_delay_ms[busy] / crossed[busy])) / 1000


def delay_fairness(sums: SumsLike) -> float:
    """Jain's index of the counted vehicles' delays: 1 = all lost the same, 1/n = one lost everything.

    J = (sum x)^2 / (n * sum x^2); Jain, Chiu, Hawe 1984, "A quantitative measure of fairness and
    discrimination for resource allocation in shared computer systems", DEC-TR-301.
    """
    delays = delay_ms(sums)
    if not len(delays):
        return NAN
    squares = _sum_of_squares(delays)
    return int(delays.sum()) ** 2 / (len(delays) * squares) if squares else 1.0


def _sum_of_squares(values: np.ndarray) -> int:
    """Exact: the square of an hour in ms is 2**44, and a million of them outgrow int64."""
    high, low = values >> 16, values & 0xFFFF
    return (int((high * high).sum()) << 32) + (int((high * low).sum()) << 17) + int((low * low).sum())
