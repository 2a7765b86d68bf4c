"""Shortest ways over a graph of roads: for routes that a file gives by some of their roads only."""

from collections.abc import Iterable, Sequence

import numpy as np

Leg = tuple[str, str]  # from road, to road
_CELLS = 4_000_000  # origins times roads that are searched at a time


def shortest_ways(
    roads: Sequence[str], turns: Sequence[Leg], cost: Sequence[float], legs: Iterable[Leg]
) -> dict[Leg, list[str]]:
    """By leg all roads from its first to its last, both included; a leg that has no way is left out.

    ``cost``: of every turn, with the road behind it; what is not positive counts as a thousandth.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    place = {name: i for i, name in enumerate(roads)}
    goals: dict[int, list[int]] = {}
    for a, b in sorted(set(legs)):
        if a in place and b in place:
            goals.setdefault(place[a], []).append(place[b])
    rows, columns = [place[a] for a, _ in turns], [place[b] for _, b in turns]
    weights = np.maximum(np.asarray(cost, float), 1e-3)
    graph = csr_matrix((weights, (rows, columns)), shape=(len(roads), len(roads)))
    found: dict[Leg, list[str]] = {}
    origins = sorted(goals)
    chunk = max(_CELLS // max(len(roads), 1), 1)
    for first in range(0, len(origins), chunk):
        some = origins[first : first + chunk]
        _, before = dijkstra(graph, indices=some, return_predecessors=True)
        for row, origin in zip(before, some, strict=True):
            for goal in goals[origin]:
                if steps := _walk(row, origin, goal):
                    found[roads[origin], roads[goal]] = [roads[i] for i in steps]
    return found


def _walk(before: np.ndarray, origin: int, goal: int) -> list[int]:
    """From origin to goal, both included; empty where there is no way."""
    way = [goal]
    while way[-1] != origin:
        at = int(before[way[-1]])
        if at < 0:
            return []
        way.append(at)
    return way[::-1]
