"""From pieces between OpenStreetMap's nodes to roads between junctions, and which of them have signals."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from signalsim.formats.osm.raw import Piece, Raw
from signalsim.formats.osm.tags import Way, bays_of, way
from signalsim.formats.plane import Point, length_of
from signalsim.formats.roads import Move, Road, all_turns, turn_of

NEAR_M = 40.0  # a signal within this distance before a junction belongs to it
JOIN_M = 30.0  # signalised nodes joined by a shorter road are one junction,
EXTENT_M = 60.0  # as long as it is no wider than this
_LOOK_M = 20.0  # over this distance a road's direction at a junction is measured
_BAY_M = 10.0  # shorter widenings at the stop line are no bays


@dataclass
class Chain:
    """The pieces of a road in one direction, from junction to junction."""

    pieces: list[Piece]

    @property
    def start(self) -> str:
        return self.pieces[0].start

    @property
    def end(self) -> str:
        return self.pieces[-1].end

    @property
    def length_m(self) -> float:
        return sum(piece.length_m for piece in self.pieces)


@dataclass
class Streets:
    """Roads and turns between junctions, and what became of the rest."""

    place: dict[str, Point] = field(default_factory=dict)
    roads: list[Road] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    chains: dict[str, Chain] = field(default_factory=dict)  # by road
    signals: set[str] = field(default_factory=set)  # junctions
    joined: dict[str, list[str]] = field(default_factory=dict)  # junction -> nodes that are one with it
    far_signals: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    assumed_lanes: list[str] = field(default_factory=list)
    assumed_speeds: list[str] = field(default_factory=list)
    forbidden_turns: int = 0


class Graph:
    """Pieces by node; which nodes are junctions or ends of roads."""

    def __init__(self, raw: Raw) -> None:
        self.out: dict[str, list[Piece]] = {}
        self.into: dict[str, list[Piece]] = {}
        for piece in raw.pieces:
            self.out.setdefault(piece.start, []).append(piece)
            self.into.setdefault(piece.end, []).append(piece)
        nodes = self.out.keys() | self.into.keys()
        self.junctions = {node for node in nodes if not self._leads_through(node)}

    def _leads_through(self, node: str) -> bool:
        """Whether a road only passes here: one way on, or both ways on."""
        came = [piece.start for piece in self.into.get(node, ())]
        goes = [piece.end for piece in self.out.get(node, ())]
        if len(came) == len(goes) == 1:
            return came != goes
        return len(came) == len(goes) == 2 and sorted(came) == sorted(goes) and came[0] != came[1]

    def next_of(self, piece: Piece) -> Piece:
        """Where a piece that ends at a passed node goes on."""
        out = self.out[piece.end]
        return next((other for other in out if other.end != piece.start), out[0])

    def chains(self) -> Iterator[Chain]:
        """Every road from junction to junction, in a fixed order."""
        for node in sorted(self.junctions):
            for piece in self.out.get(node, ()):
                pieces = [piece]
                while pieces[-1].end not in self.junctions:
                    pieces.append(self.next_of(pieces[-1]))
                yield Chain(pieces)

    def ahead(self, piece: Piece) -> tuple[float, str] | None:
        """Distance to the junction ahead of a piece's end, and the junction, if it is near."""
        distance = 0.0
        while piece.end not in self.junctions:
            piece = self.next_of(piece)
            distance += piece.length_m
            if distance > NEAR_M:
                return None
        return distance, piece.end


def streets(raw: Raw) -> Streets:
    """Contract the nodes that roads only pass, put signals to their junctions, join split junctions."""
    graph = Graph(raw)
    out = Streets()
    lit = _signals(graph, raw, out)
    chains = list(graph.chains())
    hub = _joined(chains, lit, raw.place)
    groups: dict[str, list[str]] = {}
    for node in sorted(graph.junctions, key=_order):
        groups.setdefault(hub.get(node, node), []).append(node)
    for node, members in groups.items():
        points = [raw.place[member] for member in members]
        out.place[node] = tuple(round(sum(side) / len(side), 2) for side in zip(*points, strict=True))
    out.joined = {node: members for node, members in groups.items() if len(members) > 1}
    out.signals = {hub.get(node, node) for node in lit}
    inside: dict[str, set[str]] = {}
    for chain in chains:
        start, end = hub.get(chain.start, chain.start), hub.get(chain.end, chain.end)
        if start != end and out.place[start] != out.place[end]:
            road = _road(_name(f"{start}-{end}", out.chains), chain, start, end, out)
            out.chains[road.id] = chain
            out.roads.append(road)
        elif chain.start != chain.end and chain.length_m <= EXTENT_M:
            inside.setdefault(chain.start, set()).add(chain.end)
        else:
            out.loops.append(start)
    _turn(raw, out, inside)
    return out


def _order(node: str) -> tuple[int, str]:
    return len(node), node


def _name(base: str, taken: dict[str, Chain]) -> str:
    name, k = base, 2
    while name in taken:
        name, k = f"{base}.{k}", k + 1
    return name


def _signals(graph: Graph, raw: Raw, out: Streets) -> set[str]:
    """Junctions with signals: tagged themselves, or just ahead of a tagged node."""
    lit: set[str] = set()
    for node, side in sorted(raw.signals.items()):
        if node in graph.junctions:
            lit.add(node)
            continue
        coming = graph.into.get(node, [])
        meant = [p for p in coming if side not in ("forward", "backward") or p.forward == (side == "forward")]
        found = [near for piece in meant if (near := graph.ahead(piece))]
        if found:
            lit.add(min(found)[1])
        elif coming:
            out.far_signals.append(node)
    return lit


def _joined(chains: Sequence[Chain], lit: set[str], place: dict[str, Point]) -> dict[str, str]:
    """Node -> the node that stands for its junction, for signalised nodes close to each other."""
    members = {node: [node] for node in lit}
    for chain in sorted(chains, key=lambda c: (c.length_m, c.start, c.end)):
        if chain.length_m > JOIN_M or chain.start not in lit or chain.end not in lit:
            continue
        one, other = members[chain.start], members[chain.end]
        if one is other:
            continue
        both = one + other
        if max(math.dist(place[a], place[b]) for a in both for b in both) <= EXTENT_M:
            for node in both:
                members[node] = both
    return {node: min(group, key=_order) for node, group in members.items()}


def _road(name: str, chain: Chain, start: str, end: str, out: Streets) -> Road:
    ways = [way(piece.tags, piece.forward, piece.both_ways) for piece in chain.pieces]
    total = max(chain.length_m, 0.1)
    longest = max(zip(chain.pieces, ways, strict=True), key=lambda both: both[0].length_m)
    lanes, bays, bay_m, arrows = _stop_line(chain, ways, total)
    shape = [chain.pieces[0].shape[0], *(point for piece in chain.pieces for point in piece.shape[1:])]
    seconds = sum(piece.length_m / w.speed_kmh for piece, w in zip(chain.pieces, ways, strict=True))
    if ways[-1].lanes_assumed:
        out.assumed_lanes.append(name)
    if longest[1].speed_assumed:
        out.assumed_speeds.append(name)
    return Road(
        id=name, start=start, end=end, length_m=total, lanes=lanes,
        speed_kmh=round(chain.length_m / seconds, 1) if seconds > 0 else ways[-1].speed_kmh,
        leaves=_bearing(shape), arrives=_bearing(shape[::-1]) + math.pi,
        name=longest[0].tags.get("name", ""), kind=longest[1].kind,
        left_bays=bays[0], right_bays=bays[1], bay_m=bay_m, arrows=arrows,
    )  # fmt: skip


def _stop_line(
    chain: Chain, ways: Sequence[Way], total: float
) -> tuple[int, tuple[int, int], float, Sequence[frozenset[str]] | None]:
    """Full lanes, bays, their length and the arrows: a short widening at the end is a bay."""
    runs = [
        (count, sum(piece.length_m for piece, _ in run))
        for count, run in ((n, list(g)) for n, g in groupby(
            zip(chain.pieces, ways, strict=True), key=lambda both: both[1].lanes))
    ]  # fmt: skip
    last, bay_m = runs[-1]
    if len(runs) > 1 and last > (before := runs[-2][0]) and _BAY_M <= bay_m <= min(total / 2, 900):
        return before, bays_of(before, ways[-1].arrows, last), bay_m, ways[-1].arrows
    return last, (0, 0), 0.0, ways[-1].arrows


def _bearing(shape: Sequence[Point]) -> float:
    """Direction from the first point to what lies 20 m along the line, or its end."""
    k = 1
    while k < len(shape) - 1 and length_of(shape[: k + 1]) < _LOOK_M:
        k += 1
    (x0, y0), (x1, y1) = shape[0], shape[k]
    return math.atan2(y1 - y0, x1 - x0)


def _turn(raw: Raw, out: Streets, inside: dict[str, set[str]]) -> None:
    """All turns that roads inside a joined junction and turn restrictions allow."""
    never = {(r.start, r.node, r.end) for r in raw.restrictions if not r.is_only}
    only: dict[tuple[str, str], set[str]] = {}
    for r in raw.restrictions:
        if r.is_only:
            only.setdefault((r.start, r.node), set()).add(r.end)
    reach: dict[str, set[str]] = {}
    ruled: set[tuple[str, str]] = set()

    def allowed(a: Road, b: Road) -> bool:
        last, first = out.chains[a.id].pieces[-1], out.chains[b.id].pieces[0]
        if first.start not in reach.setdefault(last.end, _closure(last.end, inside)):
            return False
        if first.start != last.end:
            return True
        must = only.get((last.way, last.end))
        if (last.way, last.end, first.way) in never or (must and first.way not in must):
            if abs(turn_of(a, b)) < math.radians(160):
                ruled.add((a.id, b.id))
            return False
        return True

    out.moves = all_turns(out.roads, allowed)
    out.forbidden_turns = len(ruled)


def _closure(node: str, inside: dict[str, set[str]]) -> set[str]:
    seen, stack = {node}, [node]
    while stack:
        for other in inside.get(stack.pop(), ()):
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen
