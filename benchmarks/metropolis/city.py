"""The streets of a made-up metropolis: districts, arterials, boulevards, a river with few bridges.

A lattice is bent and stretched (dense in the centre, wide outside), every fourth street is an arterial,
each district lacks some of its small streets, and a river takes away all that cross it but a few
bridges. What is left without a choice of way is removed.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from signalsim.engine.random import stream_key, uniform

LOCAL, ARTERIAL = 0, 1
SPEED_KMH = np.array([45.0, 60.0])
_EVERY = 4  # a street in so many is an arterial


class City(NamedTuple):
    """Nodes and undirected streets."""

    x_m: np.ndarray  # (n_nodes,)
    y_m: np.ndarray
    street: np.ndarray  # (n_streets, 2) nodes, lower first
    kind: np.ndarray  # (n_streets,) LOCAL or ARTERIAL


def make_city(nx: int, ny: int, seed: int) -> City:
    """The streets of a city of about nx x ny junctions."""
    draw = _Draw(seed)
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"))
    x, y = _bent(_spaced(i, nx), _spaced(j, ny), nx, ny, draw)
    street, kind = _lattice(nx, ny)
    kept = _not_thinned(street, kind, i, j, (nx, ny), draw)
    kept &= _not_over_the_river(street, kind, i, j, (nx, ny), draw)
    street, kind = street[kept], kind[kept]
    return _with_choices(City(x, y, street, kind))


class _Draw:
    """Numbers of one seed, by what they are for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, what: str, n: int) -> np.ndarray:
        return uniform(stream_key(self._seed, f"metropolis/{what}"), np.arange(n), 0)


def _spaced(place: np.ndarray, n: int) -> np.ndarray:
    """Metres along an axis: blocks of 200 m in the middle to 320 m at the edge."""
    centre = np.abs((np.arange(n) + 0.5) / n - 0.5) * 2
    width = 200 + 120 * centre**1.5
    return (np.cumsum(width) - width.sum() / 2)[place]


def _bent(x: np.ndarray, y: np.ndarray, nx: int, ny: int, draw: _Draw) -> tuple[np.ndarray, np.ndarray]:
    """The lattice bent by long waves and shaken by a few metres."""
    size = max(np.ptp(x), np.ptp(y), 1.0)
    phase = 2 * np.pi * draw("waves", 8)
    bend = 0.02 * size
    new_x = x + bend * np.sin(2 * np.pi * y / size + phase[0]) + bend / 3 * np.sin(7 * y / size + phase[1])
    new_y = y + bend * np.sin(2 * np.pi * x / size + phase[2]) + bend / 3 * np.sin(5 * x / size + phase[3])
    shake = 24 * (draw("shake", 2 * nx * ny) - 0.5)
    return new_x + shake[: nx * ny], new_y + shake[nx * ny :]


def _lattice(nx: int, ny: int) -> tuple[np.ndarray, np.ndarray]:
    """(streets, kinds): those to the east, then those to the north."""
    streets, lines = [], []
    for dx, dy in ((1, 0), (0, 1)):
        i, j = (a.ravel() for a in np.meshgrid(np.arange(nx - dx), np.arange(ny - dy), indexing="ij"))
        streets.append(np.column_stack([i * ny + j, (i + dx) * ny + j + dy]))
        lines.append(j if dx else i)
    line = np.concatenate(lines)
    return np.concatenate(streets), np.where(line % _EVERY == _EVERY // 2, ARTERIAL, LOCAL)


def _not_thinned(
    street: np.ndarray, kind: np.ndarray, i: np.ndarray, j: np.ndarray, size: tuple[int, int], draw: _Draw
) -> np.ndarray:
    """Small streets that are left: each district (the land nearest to its centre) lacks up to 8 %."""
    n = max(4, size[0] * size[1] // 300)
    centre = np.column_stack([draw("east", n) * size[0], draw("north", n) * size[1]])
    middle = np.column_stack([i[street].mean(axis=1), j[street].mean(axis=1)])
    district = np.array([np.argmin(((centre - m) ** 2).sum(axis=1)) for m in middle])
    lacking = 0.08 * draw("districts", n)
    return (kind != LOCAL) | (draw("thinning", len(street)) >= lacking[district])


def _not_over_the_river(
    street: np.ndarray, kind: np.ndarray, i: np.ndarray, j: np.ndarray, size: tuple[int, int], draw: _Draw
) -> np.ndarray:
    """Streets that do not cross the river, and the arterials, which have bridges."""
    phase = 2 * np.pi * draw("river", 2)
    u = i / size[0]
    bank = size[1] * (0.45 + 0.12 * np.sin(2 * np.pi * u + phase[0]) + 0.05 * np.sin(9 * u + phase[1]))
    is_north = j > bank
    crosses = is_north[street[:, 0]] != is_north[street[:, 1]]
    return ~crosses | (kind == ARTERIAL)


def _with_choices(city: City) -> City:
    """The largest connected part without dead ends, nodes numbered anew."""
    street, kind = city.street, city.kind
    while True:
        degree = np.bincount(street.ravel(), minlength=len(city.x_m))
        ends = (degree[street] < 2).any(axis=1)
        if not ends.any():
            break
        street, kind = street[~ends], kind[~ends]
    n = len(city.x_m)
    graph = coo_array((np.ones(len(street)), (street[:, 0], street[:, 1])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    largest = np.argmax(np.bincount(part[street[:, 0]]))
    inside = part[street[:, 0]] == largest
    street, kind = street[inside], kind[inside]
    nodes, numbered = np.unique(street, return_inverse=True)
    return City(city.x_m[nodes], city.y_m[nodes], numbered.reshape(-1, 2), kind)
