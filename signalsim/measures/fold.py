"""Full records folded into the integers that ``record="sums"`` adds up while it runs.

Both ways must give equal integers; the tests hold them together.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.records import STOP_MS, Kind


class Folded(NamedTuple):
    """The fields of the engine's sums that follow from records alone, with the same names."""

    enter_ms: np.ndarray  # (n_vehicles,) int64, -1: still waiting in its source queue
    arrive_ms: np.ndarray  # (n_vehicles,) int64, -1: not yet
    stops: np.ndarray  # (n_vehicles,) int32
    lane_crossed: np.ndarray  # (n_lanes,) int64, by counted vehicles
    lane_delay_ms: np.ndarray  # (n_lanes,) int64
    lane_stops: np.ndarray  # (n_lanes,) int64


def fold(records: np.ndarray, counted: np.ndarray, n_lanes: int) -> Folded:
    """Fold the records of one run; ``counted`` (n_vehicles,) bool says whose crossings lanes add up."""
    depart = records[records["kind"] == Kind.DEPART]
    cross = records[records["kind"] == Kind.CROSS]
    arrive = records[records["kind"] == Kind.ARRIVE]

    enter_ms = np.full(len(counted), -1, np.int64)
    enter_ms[depart["entity"]] = depart["t_ms"]
    arrive_ms = np.full(len(counted), -1, np.int64)
    arrive_ms[arrive["entity"]] = arrive["t_ms"]

    stopped = cross[cross["value"] >= STOP_MS]
    stops = np.bincount(stopped["entity"], minlength=len(counted)).astype(np.int32)

    ours = cross[counted[cross["entity"]]]
    delay = np.zeros(n_lanes, np.int64)
    np.add.at(delay, ours["place"], ours["value"])
    return Folded(
        enter_ms,
        arrive_ms,
        stops,
        np.bincount(ours["place"], minlength=n_lanes).astype(np.int64),
        delay,
        np.bincount(ours["place"][ours["value"] >= STOP_MS], minlength=n_lanes).astype(np.int64),
    )
