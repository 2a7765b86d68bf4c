"""Streets that the border of a map cut off: stubs stand for them, so that traffic can come and go."""

import math
from collections.abc import Collection, Iterable

from signalsim.formats.osm.raw import Piece, Raw
from signalsim.formats.osm.tags import DEFAULTS, kind_of, way
from signalsim.formats.plane import Point

STUB_M = 100.0


def add_stubs(raw: Raw, nodes: Collection[str]) -> None:
    """A two-way street of 100 m at each of these nodes, away from its other streets and of their
    highest class.
    """
    others: dict[str, list[Piece]] = {node: [] for node in nodes}
    for piece in raw.pieces:
        for node in (piece.start, piece.end):
            if node in others:
                others[node].append(piece)
    for node, pieces in sorted(others.items()):
        if not pieces:
            continue
        x, y = raw.place[node]
        heading = _away(raw, node, pieces)
        end = (x + STUB_M * math.cos(heading), y + STUB_M * math.sin(heading))
        best = min(pieces, key=lambda p: (list(DEFAULTS).index(_plain(kind_of(p.tags))), p.way, p.start))
        lanes = way(best.tags, best.forward, best.both_ways).lanes
        tags = {"highway": _plain(kind_of(best.tags)), "lanes": str(2 * lanes), "oneway": "no"}
        if "maxspeed" in best.tags:
            tags["maxspeed"] = best.tags["maxspeed"]
        stub = f"{node}.out"
        raw.place[stub] = end
        for start, stop, shape in ((node, stub, ((x, y), end)), (stub, node, (end, (x, y)))):
            raw.pieces.append(Piece(start, stop, stub, tags, start == node, True, shape, STUB_M))


def _plain(kind: str) -> str:
    return kind.removesuffix("_link")


def _away(raw: Raw, node: str, pieces: Iterable[Piece]) -> float:
    """The direction opposite to the mean of a node's streets; away from the middle where they cancel."""
    x, y = raw.place[node]
    angles = {
        math.atan2(b - y, a - x)
        for piece in pieces
        for a, b in [piece.shape[1] if piece.start == node else piece.shape[-2]]
    }
    across, along = sum(map(math.cos, sorted(angles))), sum(map(math.sin, sorted(angles)))
    if math.hypot(across, along) > 0.1:
        return math.atan2(-along, -across)
    middle = [sum(p[k] for p in raw.place.values()) / len(raw.place) for k in (0, 1)]
    return math.atan2(y - middle[1], x - middle[0])


def hull(place: dict[str, Point]) -> list[str]:
    """The nodes on the border of the convex hull (Andrew 1979, monotone chain), those on its sides too."""
    order = sorted(place, key=lambda node: (place[node], node))

    def chain(nodes: Iterable[str]) -> list[str]:
        out: list[str] = []
        for node in nodes:
            while len(out) > 1 and _turn(place[out[-2]], place[out[-1]], place[node]) < -1e-6:
                out.pop()
            out.append(node)
        return out

    return sorted({*chain(order), *chain(reversed(order))})


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
