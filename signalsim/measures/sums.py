"""What every measure is made of: the integers that a run leaves, and two helpers over them.

A vehicle is *counted* when its wished departure lies in the demand window (after warm-up, before
the demand's end). Measures are over counted vehicles, finished or not; what is said about one that
has not arrived holds up to the end of the run.
"""

from typing import Protocol

import numpy as np


class SumsLike(Protocol):
    """What a measure reads; both engines return it. Times in int64 ms, -1 = has not happened."""

    @property
    def depart_ms(self) -> np.ndarray: ...  # (n_vehicles,) wished departure
    @property
    def enter_ms(self) -> np.ndarray: ...  # (n_vehicles,) left the source queue
    @property
    def arrive_ms(self) -> np.ndarray: ...  # (n_vehicles,)
    @property
    def freeflow_ms(self) -> np.ndarray: ...  # (n_vehicles,) free-flow time of the distance covered
    @property
    def counted(self) -> np.ndarray: ...  # (n_vehicles,) bool
    @property
    def lane_crossed(self) -> np.ndarray: ...  # (n_lanes,) crossings by counted vehicles
    @property
    def lane_delay_ms(self) -> np.ndarray: ...  # (n_lanes,) their delay at this stop line
    @property
    def lane_stops(self) -> np.ndarray: ...  # (n_lanes,) their stops there
    @property
    def lane_max_queue(self) -> np.ndarray: ...  # (n_lanes,) over all vehicles
    @property
    def gridlocks(self) -> int: ...  # found during the run
    @property
    def now_ms(self) -> int: ...  # end of the run


NAN = float("nan")  # the value of a mean over no vehicle


def travel_time_ms(sums: SumsLike) -> np.ndarray:
    """Wished departure to arrival, or to the end of the run, of each counted vehicle: int64 (n_counted,)."""
    end = np.where(sums.arrive_ms >= 0, sums.arrive_ms, sums.now_ms)
    return (end - sums.depart_ms)[sums.counted].astype(np.int64)


def delay_ms(sums: SumsLike) -> np.ndarray:
    """Travel time minus the free-flow time of the distance covered, per counted vehicle: int64 (n_counted,).

    The wait in a source queue is delay in full: no distance is covered there.
    """
    return travel_time_ms(sums) - sums.freeflow_ms[sums.counted]
