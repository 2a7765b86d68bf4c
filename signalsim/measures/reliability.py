"""Travel time from origin to destination, and how far one can rely on it."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import Arrivals, Tables

from .rows import Rows, ratio
from .sums import SumsLike


class Trips(NamedTuple):
    """The counted vehicles that arrived, and the pair of origin and destination that each belongs to."""

    rows: Rows
    origin: np.ndarray  # (rows.n,) int64 link on which the pair's trips begin
    destination: np.ndarray  # (rows.n,) int64 link on which they end
    begun: np.ndarray  # (rows.n,) int64, counted vehicles of the pair, arrived or not
    travel_ms: np.ndarray  # (n_arrived,) int64, wished departure to arrival
    freeflow_ms: np.ndarray  # (n_arrived,) int64


def trips(sums: SumsLike, tables: Tables, arrivals: Arrivals) -> Trips:
    """The trips of one run, pairs by origin and destination."""
    into = tables.segment["link"][tables.movement["to_segment"]]
    last = arrivals.route_movement[np.maximum(arrivals.route_start[1:] - 2, 0)]
    longer = np.diff(arrivals.route_start) > 1
    end = arrivals.route_link.astype(np.int64)
    end[longer] = into[last[longer]]
    n_links = len(tables.link_first_segment)
    key = (arrivals.route_link.astype(np.int64) * n_links + end)[arrivals.route]
    pairs, of = np.unique(key[sums.counted], return_inverse=True)
    arrived = (sums.arrive_ms >= 0)[sums.counted]
    travel = (sums.arrive_ms - sums.depart_ms)[sums.counted]
    return Trips(
        rows=Rows(of[arrived], len(pairs)),
        origin=pairs // n_links,
        destination=pairs % n_links,
        begun=np.bincount(of, minlength=len(pairs)),
        travel_ms=travel[arrived],
        freeflow_ms=sums.freeflow_ms[sums.counted][arrived],
    )


def travel_time_s(t: Trips) -> np.ndarray:
    """(n_pairs,) mean travel time of those that arrived, s; the wait to enter is part of it."""
    return t.rows.mean(t.travel_ms) / 1000


def travel_time_percentile_s(t: Trips, percent: int) -> np.ndarray:
    """(n_pairs,) the travel time that so many per cent of them do not exceed, s (nearest rank)."""
    return t.rows.percentile(t.travel_ms, percent) / 1000


def freeflow_time_s(t: Trips) -> np.ndarray:
    """(n_pairs,) their mean travel time if nobody were in the way and all lamps green, s."""
    return t.rows.mean(t.freeflow_ms) / 1000


def planning_time_index(t: Trips) -> np.ndarray:
    """(n_pairs,) 95th percentile of travel time over free-flow time: the time to plan for.

    FHWA 2006, Travel Time Reliability: Making It There On Time, All The Time. There over days, here over
    the vehicles of one run.
    """
    return ratio(travel_time_percentile_s(t, 95), freeflow_time_s(t))


def buffer_index(t: Trips) -> np.ndarray:
    """(n_pairs,) (95th percentile - mean) / mean travel time: the share to add to the mean (FHWA 2006)."""
    mean = travel_time_s(t)
    return ratio(travel_time_percentile_s(t, 95) - mean, mean)
