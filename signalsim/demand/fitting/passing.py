"""Which share of a route's vehicles each count has seen: the matrix between route flows and counts."""

from typing import TYPE_CHECKING

import numpy as np

from signalsim.demand.fitting.candidates import Candidates
from signalsim.demand.fitting.observed import Observed
from signalsim.network import Network

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def passing(
    candidates: Candidates, observed: Observed, edges_ms: np.ndarray, network: Network
) -> "csr_array":
    """(n_counts, n_routes * n_slots): share of the vehicles of a route and slot that a count has seen.

    They depart evenly within their slot and reach each point at free flow; columns are slot after slot
    within a route.
    """
    from scipy.sparse import csr_array

    point, route, lag = _places(candidates, observed, network)
    spans, span = np.unique(
        np.stack([observed.start_ms, observed.end_ms], axis=1), axis=0, return_inverse=True
    )
    row_of = np.full((observed.n_points, len(spans)), -1, np.int64)
    row_of[observed.point, span.reshape(-1)] = np.arange(len(observed))
    n_slots = len(edges_ms) - 1
    rows, columns, values = [], [], []
    for slot in range(n_slots):
        a, b = edges_ms[slot], edges_ms[slot + 1]
        for k, (begin, end) in enumerate(spans):
            seen = np.clip(np.minimum(b + lag, end) - np.maximum(a + lag, begin), 0, None) / (b - a)
            row = row_of[point, k]
            there = np.flatnonzero((seen > 0) & (row >= 0))
            rows.append(row[there])
            columns.append(route[there] * n_slots + slot)
            values.append(seen[there])
    shape = (len(observed), len(candidates) * n_slots)
    return csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _places(
    candidates: Candidates, observed: Observed, network: Network
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(point, route, ms after departure) of every passage of a route at a point."""
    route, flat = candidates.route, np.arange(len(candidates.link))
    is_first = np.isin(flat, candidates.start[:-1])
    point_at = np.full(len(network.movement) + 1, -1, np.int64)  # the last: no movement
    is_turn = observed.point_movement >= 0
    point_at[observed.point_movement[is_turn]] = np.flatnonzero(is_turn)
    begins, leaves = (np.full(len(network.link), -1, np.int64) for _ in range(2))
    is_whole, is_entry = ~is_turn, network.is_origin[observed.point_link]
    begins[observed.point_link[is_whole & is_entry]] = np.flatnonzero(is_whole & is_entry)
    leaves[observed.point_link[is_whole & ~is_entry]] = np.flatnonzero(is_whole & ~is_entry)
    parts = []
    for point, lag in (
        (point_at[candidates.movement], candidates.end_ms),
        (np.where(is_first, begins[candidates.link], -1), np.zeros(len(flat))),
        (leaves[candidates.link], candidates.end_ms),
    ):
        there = point >= 0
        parts.append((point[there], route[there], lag[there]))
    point, route, lag = (np.concatenate(values) for values in zip(*parts, strict=True))
    return point, route, lag
