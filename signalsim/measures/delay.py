"""Delay: what a vehicle lost against driving through at free flow (control delay and waiting to enter)."""

import numpy as np

from .sums import NAN, SumsLike, delay_ms


def mean_delay_s(sums: SumsLike) -> float:
    """Mean delay of a counted vehicle, s.

    The mean control delay of the Highway Capacity Manual (HCM, 7th ed., ch. 19), summed over a
    vehicle's whole trip and with the wait before entering the network included.
    """
    delays = delay_ms(sums)
    return int(delays.sum()) / len(delays) / 1000 if len(delays) else NAN


def p95_delay_s(sums: SumsLike) -> float:
    """The delay that 95 % of the counted vehicles do not exceed, s (nearest rank: a value that occurred)."""
    delays = delay_ms(sums)
    if not len(delays):
        return NAN
    rank = -(-95 * len(delays) // 100)  # ceil(0.95 n) in integers
    return int(np.partition(delays, rank - 1)[rank - 1]) / 1000


def total_delay_h(sums: SumsLike) -> float:
    """Sum of the delays of all counted vehicles, vehicle-hours: what an appraisal puts a price on."""
    return int(delay_ms(sums).sum()) / 3_600_000
