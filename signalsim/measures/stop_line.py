"""Delay, stops and flow at stop lines. Each function gives one value per row of a table: (n,)."""

import numpy as np

from .passages import Passages
from .rows import Rows


def control_delay_s(p: Passages, rows: Rows) -> np.ndarray:
    """Mean control delay of a vehicle, s: what the control at the end of the link costs it.

    Held up on the link, the loss of the start behind the line and, on the link on which it begins, the
    wait for room to enter; not what it loses behind slower vehicles while driving. Vehicles that have
    not crossed count with what they have lost so far. Highway Capacity Manual (HCM, 7th ed.), ch. 19;
    slowing down before the line is part of it as far as the vehicle arrives late by it.
    """
    return rows.mean(p.delay_ms + p.wait_ms) / 1000


def control_delay_p95_s(p: Passages, rows: Rows) -> np.ndarray:
    """The control delay that 95 % of the vehicles do not exceed, s (nearest rank)."""
    return rows.percentile(p.delay_ms + p.wait_ms, 95) / 1000


def total_control_delay_h(p: Passages, rows: Rows) -> np.ndarray:
    """Sum of the control delays, vehicle-hours."""
    return rows.total(p.delay_ms + p.wait_ms) / 3_600_000


def entry_wait_s(p: Passages, rows: Rows) -> np.ndarray:
    """The part of the mean control delay that is spent outside the network, s: the link was full."""
    return rows.mean(p.wait_ms) / 1000


def stops_per_passage(p: Passages, rows: Rows) -> np.ndarray:
    """Mean number of stops of a vehicle on the link; what a stop is: ``queues.stops_per_vehicle``."""
    return rows.mean(p.stops)


def demand_veh(p: Passages, rows: Rows) -> np.ndarray:
    """Vehicles that wanted to cross, whether they did or not."""
    return rows.number()


def not_crossed_veh(p: Passages, rows: Rows) -> np.ndarray:
    """Those of them that had not crossed when the run ended. Not 0 means: their delays are lower bounds."""
    return rows.total(p.cross_ms < 0).astype(np.int64)


def flow_vph(rows: Rows, length_ms: int) -> np.ndarray:
    """Vehicles per hour in a time of ``length_ms``: throughput if ``rows`` goes by the time of crossing."""
    return rows.number() * (3_600_000 / length_ms)
