"""Gridlock: lanes that wait for each other in a closed circle.

A head that waits for room needs any one of the lanes behind the junction that serve it; one whose way is
blocked by vehicles that stand inside the junction needs all of them to go. Lanes that can only be freed
by each other, and have seen no departure for ``PATIENCE_MS``, will never move again by themselves (an
emergency vehicle apart: it too needs room). Those that only queue behind them are not counted.
"""

import numpy as np

from signalsim.engine.gridlock import Holdups
from signalsim.engine.tables import Tables

PATIENCE_MS = 300_000


def gridlocks(tables: Tables, held: Holdups) -> list[np.ndarray]:
    """The closed circles of lanes, each ascending; the one with the lowest lane first."""
    long_enough = held.now_ms - held.since_ms >= PATIENCE_MS
    stuck = long_enough & (held.waits_for >= 0)
    stuck[held.blocked_by[:, 0]] |= long_enough[held.blocked_by[:, 0]]
    if not stuck.any():
        return []
    edges = _edges(tables, held, stuck)
    stuck = _closed(stuck, edges, held.blocked_by)
    return _circles(stuck, np.concatenate([edges, held.blocked_by]))


def _edges(tables: Tables, held: Holdups, stuck: np.ndarray) -> np.ndarray:
    """(k, 2) lane that waits for room, lane that it could enter."""
    lanes = np.flatnonzero(stuck & (held.waits_for >= 0))
    segment = tables.segment[held.waits_for[lanes]]
    pairs = [np.zeros((0, 2), np.int64)]
    for i in range(int(segment["n_lanes"].max(initial=0))):
        has = held.serve[lanes] >> i & 1 == 1
        pairs.append(np.column_stack([lanes[has], segment["first_lane"][has] + i]))
    return np.concatenate(pairs)


def _closed(stuck: np.ndarray, edges: np.ndarray, blocked_by: np.ndarray) -> np.ndarray:
    """The largest part of the stuck lanes in which everybody waits for others of it."""
    n = len(stuck)
    while True:
        hopes = np.bincount(edges[:, 0], ~stuck[edges[:, 1]], n) > 0  # one of its lanes may yet move
        waits = np.bincount(edges[:, 0], minlength=n) > 0
        barred = np.bincount(blocked_by[:, 0], stuck[blocked_by[:, 1]], n) > 0
        rest = stuck & ((waits & ~hopes) | barred)
        if (rest == stuck).all():
            return rest
        stuck = rest


def _circles(stuck: np.ndarray, edges: np.ndarray) -> list[np.ndarray]:
    """Lanes of the closed part that can reach themselves, by strongly connected component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inner = edges[stuck[edges].all(axis=1)]
    if not len(inner):
        return []
    n = len(stuck)
    graph = coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(n, n))
    _, label = connected_components(graph, connection="strong")
    own = inner[inner[:, 0] == inner[:, 1], 0]
    large = np.bincount(label) > 1
    in_circle = stuck & (large[label] | np.isin(np.arange(n), own))
    return [np.flatnonzero(in_circle & (label == k)) for k in dict.fromkeys(label[in_circle].tolist())]
