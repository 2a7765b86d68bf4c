"""One rush hour in the streets: who begins where, and which way everybody takes.

Homes are spread over the city, work lies towards its centre. Ways are shortest by time, in rounds in
which a part of the destinations each finds the streets as slow as the rounds before have filled them
(method of successive averages with the function of the Bureau of Public Roads), so parallel streets
share what one cannot carry.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from signalsim.engine.random import stream_key, uniform

from .city import SPEED_KMH, City

ROUNDS = 20
_REACH_S = 500.0  # so much longer a way takes one to the power of minus one of the people
_EASY_VEH_H = np.array([240.0, 600.0])  # of small streets and arterials: twice of it takes thrice the time


class Traffic(NamedTuple):
    """Directed links (both ways of every street), movements and their vehicles an hour."""

    from_node: np.ndarray  # (n_links,)
    to_node: np.ndarray
    street: np.ndarray  # (n_links,) row of the city
    movement: np.ndarray  # (n_movements, 2) link before and behind
    volume: np.ndarray  # (n_movements,) veh/h
    begins: np.ndarray  # (n_links,) veh/h that begin there
    ends: np.ndarray  # (n_links,) veh/h that end there


def make_traffic(city: City, moves: float, seed: int) -> Traffic:
    """The hour's volumes, so that about ``moves`` links are entered."""
    n, street = len(city.x_m), city.street
    from_node, to_node = np.concatenate([street, street[:, ::-1]]).T
    order = np.lexsort((to_node, from_node))
    from_node, to_node, of_street = (
        from_node[order],
        to_node[order],
        np.tile(np.arange(len(street)), 2)[order],
    )
    start = np.searchsorted(from_node, np.arange(n + 1))
    length = np.hypot(city.x_m[from_node] - city.x_m[to_node], city.y_m[from_node] - city.y_m[to_node])
    free_s = length / (SPEED_KMH[city.kind[of_street]] / 3.6) + 12.0  # and a signal at the end
    easy = _EASY_VEH_H[city.kind[of_street]]
    radius = np.hypot(city.x_m - city.x_m.mean(), city.y_m - city.y_m.mean()) / np.hypot(
        *np.ptp((city.x_m, city.y_m), 1)
    )
    key = stream_key(seed, "metropolis/trips")
    home = 0.3 + radius + uniform(key, np.arange(n), 0)
    work = np.exp(-2 * radius) * (0.2 + uniform(key, np.arange(n), 1))
    chosen = np.sort(np.argsort(uniform(key, np.arange(n), 2) ** (1 / work))[::-1][: max(ROUNDS, n // 7)])
    movement = _movements(from_node, to_node, start)
    first = np.searchsorted(movement[:, 0], np.arange(len(from_node) + 1))
    flow, begins, ends = np.zeros(len(movement)), np.zeros(len(from_node)), np.zeros(len(from_node))
    cost = free_s

    def seen(k: int) -> np.ndarray:
        """Nobody knows all times to the second: what is as good as equal is shared out."""
        return 0.75 + 0.5 * uniform(key, np.arange(len(free_s)), 10 + k)

    for k in range(ROUNDS):
        new = _assigned(cost * seen(k), from_node, to_node, start, movement, first, chosen[k::ROUNDS], home)
        scale = moves / (new[0].sum() + new[1].sum())
        flow, begins, ends = (
            old + (scale * part - old) / (k + 1) for old, part in zip((flow, begins, ends), new, strict=True)
        )
        on_link = np.bincount(movement[:, 0], flow, len(from_node)) + ends
        cost = free_s * (1 + 2 * (on_link / easy) ** 2)
    return Traffic(from_node, to_node, of_street, movement, flow, begins, ends)


def _movements(from_node: np.ndarray, to_node: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(n, 2) all pairs of links that meet at a node, but turns back, by the link before."""
    n_out = np.diff(start)[to_node]
    before = np.repeat(np.arange(len(to_node)), n_out)
    behind = start[to_node[before]] + np.arange(len(before)) - np.repeat(np.cumsum(n_out) - n_out, n_out)
    onward = to_node[behind] != from_node[before]
    return np.column_stack([before, behind])[onward]


def _assigned(cost, from_node, to_node, start, movement, first, chosen, home):  # type: ignore[no-untyped-def]
    """All trips on their shortest ways: vehicles by movement, begun and ended by link, to a scale."""
    n = len(start) - 1
    backwards = csr_array((cost, (to_node, from_node)), shape=(n, n))
    flow, begins, ends = np.zeros(len(movement)), np.zeros(len(cost)), np.zeros(len(cost))
    for some in np.array_split(chosen, max(1, len(chosen) // 50)):
        far, before = dijkstra(backwards, indices=some, return_predecessors=True)
        for d, target in enumerate(some.tolist()):
            order = np.argsort(far[d])[::-1]
            willing = home * np.exp(-far[d] / _REACH_S)
            _load(
                order,
                before[d],
                willing,
                target,
                from_node,
                to_node,
                start,
                movement,
                first,
                flow,
                begins,
                ends,
            )
    return flow, begins, ends


@njit(cache=True)
def _load(order, onward, home, target, from_node, to_node, start, movement, first, flow, begins, ends):  # type: ignore[no-untyped-def]
    """Send everybody to ``target``, the farthest first; ``onward``: the next node of each."""
    came = np.zeros(len(from_node))  # on each link
    for u in order:
        if u == target or onward[u] < 0:
            continue
        out = -1
        for e in range(start[u], start[u + 1]):
            if to_node[e] == onward[u]:
                out = e
        n_in = start[u + 1] - start[u] - 1
        for e in range(start[u], start[u + 1]):  # the other way of each street that leaves u leads to it
            if e == out:
                continue
            into = -1
            for back in range(start[to_node[e]], start[to_node[e] + 1]):
                if to_node[back] == u:
                    into = back
            begins[into] += home[u] / n_in
            for m in range(first[into], first[into + 1]):
                if movement[m, 1] == out:
                    flow[m] += came[into] + home[u] / n_in
        came_all = home[u]
        for e in range(start[u], start[u + 1]):
            for back in range(start[to_node[e]], start[to_node[e] + 1]):
                if to_node[back] == u:
                    came_all += came[back]
        came[out] += came_all
        if to_node[out] == target:
            ends[out] += came_all
