"""Where links lie: their lines, and where lines of different roads cross."""

from collections.abc import Iterator

import numpy as np

from signalsim.network.csvfile import Fault
from signalsim.network.model import Network

_TOLERANCE_M = 1.0  # a crossing this close to a link's end is at its node
_LOOSE_END_M = 30.0  # a geometry's ends may lie this far from the nodes: at the stop lines
_PIECES = 8  # mean number of pieces that a segment is cut into for the grid, at most


def link_lines(net: Network) -> list[np.ndarray]:
    """Points (k, 2) of every link in m: its ``geometry`` where it leads from node to node, else straight.

    A link with an end of unknown position has NaN there.
    """
    x, y = net.node.numbers("x_coord"), net.node.numbers("y_coord")
    ends = np.stack([np.stack([x[i], y[i]], -1) for i in (net.link_from, net.link_to)], 1)  # (n, 2, 2)
    given = net.link.data.get("geometry", ("",) * len(net.link))
    return [_line(str(text), straight) for text, straight in zip(given, ends, strict=True)]


def _line(text: str, straight: np.ndarray) -> np.ndarray:
    points = _wkt_points(text) if text else None
    if points is None:
        return straight
    # degrees, feet or another link's line: it does not begin and end where the link does
    gap = np.abs(points[[0, -1]] - straight).max()
    span = np.hypot(*(straight[1] - straight[0]))
    return points if gap <= max(_LOOSE_END_M, 0.1 * span) else straight


def _wkt_points(text: str) -> np.ndarray | None:
    """Points (k, 2), k > 1, of ``LINESTRING (x y, x y, …)``; None for what is none."""
    kind, _, rest = text.strip().partition("(")
    if kind.split()[:1] not in (["LINESTRING"], ["linestring"]) or not rest.endswith(")"):
        return None
    try:
        points = np.array([[float(part) for part in point.split()[:2]] for point in rest[:-1].split(",")])
    except ValueError:
        return None
    return points if points.ndim == 2 and points.shape[0] > 1 and points.shape[1] == 2 else None


def point_along(line: np.ndarray, share: float, before_m: float = 0.0) -> tuple[float, float]:
    """The point of a line (k, 2) at a share of its length, or so many metres before it."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = share * along[-1] - before_m
    return float(np.interp(at, along, line[:, 0])), float(np.interp(at, along, line[:, 1]))


def find_crossings(net: Network) -> Iterator[Fault]:
    """Roads that cross where they have no node in common: a bridge, or a junction that is missing.

    A pair of roads is told once, whatever the number of their links and crossings.
    """
    lines = link_lines(net)
    counts = np.array([len(line) - 1 for line in lines], np.int64)
    start = np.concatenate([line[:-1] for line in lines])
    end = np.concatenate([line[1:] for line in lines])
    owner = np.repeat(np.arange(len(lines)), counts)
    known = np.isfinite(start).all(1) & np.isfinite(end).all(1)
    start, end, owner = start[known], end[known], owner[known]
    a, b = _close_pairs(start, end)
    apart = owner[a] != owner[b]
    a, b = a[apart], b[apart]
    crosses, where = _crossing(start, end, a, b)
    a, b, where = owner[a[crosses]], owner[b[crosses]], where[crosses]
    inner = np.ones(len(a), bool)
    for link in (a, b):
        for i in (0, -1):
            tips = np.array([lines[k][i] for k in link]).reshape(-1, 2)
            inner &= np.hypot(*(where - tips).T) > _TOLERANCE_M
    told: set[tuple[frozenset[int], ...]] = set()
    for i in np.lexsort((b, a)).tolist():
        if not inner[i]:
            continue
        roads = [frozenset((int(net.link_from[k]), int(net.link_to[k]))) for k in (a[i], b[i])]
        key = tuple(sorted(roads, key=sorted))
        if key in told:
            continue
        told.add(key)
        first, second = sorted((int(a[i]), int(b[i])))
        yield _crossing_note(net, first, second, where[i])


def _crossing_note(net: Network, first: int, second: int, where: np.ndarray) -> Fault:
    x, y = where.tolist()
    return net.link.remark(
        first,
        f"{net.link.path}, row {net.link.row[first]}: link '{net.link.ids[first]}' crosses link "
        f"'{net.link.ids[second]}' at ({x:.1f}, {y:.1f}), where they have no node in common; "
        "fine for a bridge, else add the junction",
        f"geometry {net.link.ids[second]}",
        (x, y),
    )


def _crossing(
    start: np.ndarray, end: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For pairs of segments: whether they meet in one point (k,) bool, and where (k, 2)."""
    way_a, way_b, gap = end[a] - start[a], end[b] - start[b], start[b] - start[a]
    turn = _cross(way_a, way_b)
    scale = np.hypot(*way_a.T) * np.hypot(*way_b.T)
    meets = np.abs(turn) > 1e-9 * scale  # not parallel
    safe = np.where(meets, turn, 1.0)
    along_a, along_b = _cross(gap, way_b) / safe, _cross(gap, way_a) / safe
    meets &= (along_a >= 0) & (along_a <= 1) & (along_b >= 0) & (along_b <= 1)
    return meets, start[a] + np.clip(along_a, 0, 1)[:, None] * way_a


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _close_pairs(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (a < b) of segments that may cross, each once: those with pieces in one cell of a grid.

    Segments are cut into pieces no longer than a cell, so that a piece lies in four cells at most.
    """
    length = np.hypot(*(end - start).T)
    if not length.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    size = max(float(np.median(length)), float(length.sum()) / (_PIECES * len(length)), 1e-3)
    n_pieces = np.maximum(np.ceil(length / size), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(length)), n_pieces)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    share = np.stack([place, place + 1]) / n_pieces[segment]  # (2, n): where the piece begins and ends
    points = start[segment] + share[:, :, None] * (end - start)[segment]
    cells = np.floor((points - start.min(0)) / size).astype(np.int64)
    low, high = cells.min(0), cells.max(0)
    corners = np.stack(
        [np.stack([cx, cy], -1) for cx in (low[:, 0], high[:, 0]) for cy in (low[:, 1], high[:, 1])]
    )
    rows = np.unique(
        np.column_stack([corners.reshape(-1, 2), np.tile(segment, len(corners))]), axis=0
    )  # a cell's segments lie together, each once
    return _pairs_within(rows)


def _pairs_within(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of the third column among rows (sorted, unique) that agree in the first two."""
    found: list[np.ndarray] = []
    at, shift = np.arange(len(rows)), 1
    while True:
        at = at[at + shift < len(rows)]
        at = at[(rows[at, :2] == rows[at + shift, :2]).all(1)]
        if not len(at):
            break
        found.append(np.unique(rows[at, 2] * (int(rows[:, 2].max()) + 1) + rows[at + shift, 2]))
        shift += 1
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys = np.unique(np.concatenate(found))
    return np.divmod(keys, int(rows[:, 2].max()) + 1)
