"""Delay of people instead of vehicles, and of buses."""

from typing import NamedTuple

import numpy as np

from .passages import Passages
from .rows import Rows


class Occupancy(NamedTuple):
    """Persons in a vehicle, the driver included.

    FHWA 2018, Average Vehicle Occupancy Factors for Computing Travel Time Reliability Measures and Total
    Peak Hour Excessive Delay Metrics: national means of the United States. Count your own.
    """

    car: float = 1.7
    heavy: float = 1.0
    bus: float = 10.8


_CAR_SLOTS = 2


def persons(p: Passages, occupancy: Occupancy) -> np.ndarray:
    """(n_passages,) persons in each vehicle: a bus serves stops, a heavy vehicle is longer than a car."""
    return np.where(p.is_bus, occupancy.bus, np.where(p.size > _CAR_SLOTS, occupancy.heavy, occupancy.car))


def person_delay_h(p: Passages, rows: Rows, occupancy: Occupancy = Occupancy()) -> np.ndarray:  # noqa: B008
    """Sum of the control delays of all persons in vehicles, person-hours: delay x occupancy of the class.
    Those on foot add ``pedestrians.pedestrian_delay_h``, as in the table of junctions."""
    return rows.total((p.delay_ms + p.wait_ms) * persons(p, occupancy)) / 3_600_000


def bus_delay_s(p: Passages, rows: Rows) -> np.ndarray:
    """Mean control delay of a bus, s; its time at stops is none. NaN where no bus came.

    A bus is who serves stops: one that drives through counts as a heavy vehicle.
    """
    return Rows(np.where(p.is_bus, rows.of, -1), rows.n).mean(p.delay_ms + p.wait_ms) / 1000
