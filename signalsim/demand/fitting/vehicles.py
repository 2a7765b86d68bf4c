"""Whole vehicles with departure times, from flows that are not whole."""

from dataclasses import dataclass

import numpy as np

from signalsim.engine.random import stream_key, uniform


@dataclass(frozen=True)
class Vehicles:
    """In the order of departure."""

    depart_ms: np.ndarray  # (n,) int64
    route: np.ndarray  # (n,) int64
    is_heavy: np.ndarray  # (n,) bool


def whole_vehicles(flow: np.ndarray, edges_ms: np.ndarray, seed: int, heavy_share: float = 0.0) -> Vehicles:
    """Vehicles of flows (n_routes, n_slots), each at an even random time of its slot.

    Running sums are rounded, route by route: so the total, every route's sum, and that of routes which begin
    alike (they lie together) are right within one vehicle.
    """
    number = np.diff(np.round(np.cumsum(flow.reshape(-1))), prepend=0.0).astype(np.int64)
    cell = np.repeat(np.arange(number.size), number)
    route, slot = np.divmod(cell, flow.shape[1])
    vehicle = np.arange(len(cell))
    u = uniform(stream_key(seed, "fitted departures", 0), vehicle, np.zeros(1, np.int64))
    heavy = uniform(stream_key(seed, "fitted classes", 0), vehicle, np.zeros(1, np.int64)) < heavy_share
    depart = (edges_ms[slot] + u * np.diff(edges_ms)[slot]).astype(np.int64)
    order = np.argsort(depart, kind="stable")
    return Vehicles(depart[order], route[order], heavy[order])
