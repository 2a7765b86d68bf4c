"""Roads and the turns between them: what readers of plain road graphs share.

Such a graph says where roads lie, often how many lanes they have, seldom which lane serves which
turn. Here turns are listed, lanes dealt out to them, and what no vehicle can use is left out.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from signalsim.formats.draft import Draft
from signalsim.network.geometry import turn_type
from signalsim.network.specs import LANE, LINK, MOVEMENT, NODE

LOWEST_KMH, HIGHEST_KMH = 20.0, 150.0  # below, 1,900 pcu/h have no room between standing cars
SHORTEST_M, LONGEST_M = 0.1, 100_000.0
MAX_LANES = 10  # of one direction: more is an error of the source
_BACK = math.radians(160)  # from here on a turn goes back, even to another road
_BACK_SAME = math.radians(120)  # the same where it leads to the node that the road came from
_STRAIGHT_ENOUGH = math.radians(15)
_SIDES = ("left", "thru", "right")


@dataclass
class Road:
    """A link on its way into a draft.

    ``leaves`` and ``arrives``: bearings at its beginning and its end, radians counter-clockwise from
    east. ``arrows``: the turns painted on each lane at the stop line, bays included, from the left;
    None where the source does not say, an empty set for a lane without arrows.
    """

    id: str
    start: str
    end: str
    length_m: float
    lanes: int
    speed_kmh: float | None
    leaves: float
    arrives: float
    name: str = ""
    kind: str = ""
    left_bays: int = 0
    right_bays: int = 0
    bay_m: float = 0.0
    arrows: Sequence[frozenset[str]] | None = None
    more: dict[str, Any] = field(default_factory=dict)  # further cells of link.csv

    @property
    def lane_numbers(self) -> list[int]:
        """At the stop line, from the left, as lane.csv counts them."""
        return [
            *range(-self.left_bays, 0),
            *range(1, self.lanes + self.right_bays + 1),
        ]


@dataclass
class Move:
    """A movement on its way into a draft; lanes as in movement.csv."""

    id: str
    node: str
    start: str
    end: str
    type: str
    first: int = 0
    last: int = 0
    more: dict[str, Any] = field(default_factory=dict)


def turn_of(a: Road, b: Road) -> float:
    """Change of direction from one road to the next, radians, positive to the left."""
    return (b.leaves - a.arrives + math.pi) % (2 * math.pi) - math.pi


def is_back(a: Road, b: Road) -> bool:
    """Whether a turn leads back where it came from."""
    turn = abs(turn_of(a, b))
    return turn >= _BACK or (b.end == a.start and turn >= _BACK_SAME)


def ends_at(roads: Iterable[Road]) -> tuple[dict[str, list[Road]], dict[str, list[Road]]]:
    """Roads by the node they lead to, and by the node they come from."""
    into: dict[str, list[Road]] = {}
    out: dict[str, list[Road]] = {}
    for road in roads:
        into.setdefault(road.end, []).append(road)
        out.setdefault(road.start, []).append(road)
    return into, out


def all_turns(roads: Iterable[Road], allowed: Callable[[Road, Road], bool] = lambda a, b: True) -> list[Move]:
    """Every turn that is ``allowed`` but those back, with its type.

    A turn back stays where a road would else lead nowhere at a node that others pass.
    """
    into, out = ends_at(roads)
    moves: list[Move] = []
    for node, arriving in into.items():
        found = {
            a.id: [b for b in out.get(node, ()) if not is_back(a, b) and allowed(a, b)] for a in arriving
        }
        if any(found.values()):
            for a in arriving:
                found[a.id] = found[a.id] or [b for b in out[node] if is_back(a, b)]
        for a in arriving:
            kinds = turn_types(a, found[a.id])
            moves += [
                Move(f"{a.id}>{b.id}", node, a.id, b.id, kind)
                for b, kind in zip(found[a.id], kinds, strict=True)
            ]
    return moves


def turn_types(a: Road, ways: Sequence[Road]) -> list[str]:
    """The turn into each of the ways; of several straight ones the straightest is 'thru'."""
    kinds = ["uturn" if is_back(a, b) else turn_type(a.arrives, b.leaves) for b in ways]
    straight = [k for k, kind in enumerate(kinds) if kind == "thru"]
    if len(straight) > 1:
        best = min(straight, key=lambda k: abs(turn_of(a, ways[k])))
        for k in straight:
            turn = turn_of(a, ways[k])
            if k != best and abs(turn) > _STRAIGHT_ENOUGH:
                kinds[k] = "left" if turn > 0 else "right"
    return kinds


def deal_lanes(roads: Iterable[Road], moves: Iterable[Move]) -> None:
    """Give every movement its lanes, by arrows where there are any."""
    by_road: dict[str, list[Move]] = {}
    for move in moves:
        by_road.setdefault(move.start, []).append(move)
    for road in roads:
        own = by_road.get(road.id, [])
        if not own:
            continue
        numbers = road.lane_numbers
        ranges = lane_ranges(road, {move.type for move in own})
        for move in own:
            first, last = ranges[move.type]
            move.first, move.last = numbers[first], numbers[last]


def lane_ranges(road: Road, kinds: set[str]) -> dict[str, tuple[int, int]]:
    """First and last lane (positions from the left) of each kind of turn; every lane serves one.

    Without arrows: bays serve their side; of the full lanes the leftmost turns left, the rightmost
    right, and all go straight on; where nothing goes straight on, left turns have the left half.
    """
    sides = {"left" if kind == "uturn" else kind for kind in kinds}
    n = len(road.lane_numbers)
    known = road.arrows is not None and len(road.arrows) == n
    lanes = [set(arrows) & sides for arrows in _painted(road, sides)] if known else _plain(road, sides)
    for side in sides:  # a turn without a lane takes the outermost
        if not any(side in own for own in lanes):
            for at in range(n) if side == "thru" else [0 if side == "left" else n - 1]:
                lanes[at].add(side)
    for at, own in enumerate(lanes):  # a lane without a turn goes with its neighbour's
        if not own:
            own.add(_nearest(at, lanes, sides))
    spans = {side: [at for at, own in enumerate(lanes) if side in own] for side in sides}
    return {
        kind: (min(span), max(span))
        for kind in kinds
        for span in [spans["left" if kind == "uturn" else kind]]
    }


def _painted(road: Road, sides: set[str]) -> list[set[str]]:
    """Arrows as turns that exist; lanes without arrows go straight on, at the edges also to the side."""
    assert road.arrows is not None
    lanes = [set(arrows) for arrows in road.arrows]
    painted = set().union(*lanes)
    for at, own in enumerate(lanes):
        if not own:
            own.add("thru")
            if at == 0 and "left" not in painted:
                own.add("left")
            if at == len(lanes) - 1 and "right" not in painted:
                own.add("right")
        elif not own & sides:  # an arrow to nowhere: the next turn to its side
            rank = min(_SIDES.index(side) for side in own)
            own.add(min(sides, key=lambda side: (abs(_SIDES.index(side) - rank), side)))
    return lanes


def _plain(road: Road, sides: set[str]) -> list[set[str]]:
    lanes: list[set[str]] = [set() for _ in road.lane_numbers]
    full = list(range(road.left_bays, road.left_bays + road.lanes))
    for at in range(road.left_bays):
        lanes[at] |= sides & {"left"}
    for at in range(full[-1] + 1, len(lanes)):
        lanes[at] |= sides & {"right"}
    if "thru" in sides:
        for at in full:
            lanes[at].add("thru")
        if "left" in sides and not road.left_bays:
            lanes[full[0]].add("left")
        if "right" in sides and not road.right_bays:
            lanes[full[-1]].add("right")
    else:
        half = (len(full) + 1) // 2
        for at in full if "right" not in sides else full[:half]:
            lanes[at] |= sides & {"left"}
        for at in full if "left" not in sides else full[-(len(full) - half) or -1 :]:
            lanes[at] |= sides & {"right"}
    return lanes


def _nearest(at: int, lanes: Sequence[set[str]], sides: set[str]) -> str:
    """The turn of the nearest lane that has one, straight on before others."""
    order = sorted((k for k in range(len(lanes)) if lanes[k]), key=lambda k: (abs(k - at), k))
    own = lanes[order[0]]
    return next(
        side for side in ("thru", "right", "left") if side in (own if own & {"thru"} else own & sides)
    )


def prune(roads: list[Road], moves: list[Move]) -> tuple[list[Road], list[Move], list[str]]:
    """Roads that an entry reaches and that lead to an exit, their turns, and the ids of the others.

    An entry is a road that no turn leads to, an exit one that none leads on from and that ends where
    no other road goes on.
    """
    dropped: list[str] = []
    while True:
        ids = [road.id for road in roads]
        onward: dict[str, list[str]] = {i: [] for i in ids}
        backward: dict[str, list[str]] = {i: [] for i in ids}
        for move in moves:
            onward[move.start].append(move.end)
            backward[move.end].append(move.start)
        busy = {move.node for move in moves}
        exits = [road.id for road in roads if not onward[road.id] and road.end not in busy]
        keep = reached([i for i in ids if not backward[i]], onward) & reached(exits, backward)
        if len(keep) == len(ids):
            return roads, moves, dropped
        dropped += [i for i in ids if i not in keep]
        roads = [road for road in roads if road.id in keep]
        moves = [move for move in moves if move.start in keep and move.end in keep]


def reached(start: Iterable[str], follow: dict[str, list[str]]) -> set[str]:
    """All that is reached from ``start`` by ``follow``, the start included."""
    seen = set(start)
    stack = list(seen)
    while stack:
        for other in follow[stack.pop()]:
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


def draw(
    draft: Draft,
    place: dict[str, tuple[float, float]],
    roads: Iterable[Road],
    moves: Iterable[Move],
    nodes: dict[str, dict[str, Any]],
) -> None:
    """Rows of node.csv, link.csv, lane.csv and movement.csv. ``nodes``: further cells by node."""
    used = sorted({node for road in roads for node in (road.start, road.end)})
    for node in used:
        x, y = place[node]
        draft.add(NODE, node_id=node, x_coord=round(x, 2), y_coord=round(y, 2), **nodes.get(node, {}))
    for road in roads:
        draft.add(
            LINK, link_id=road.id, from_node_id=road.start, to_node_id=road.end,
            length=round(min(max(road.length_m, SHORTEST_M), LONGEST_M), 1), lanes=road.lanes,
            free_speed=road.speed_kmh, name=road.name, **road.more,
        )  # fmt: skip
        for number in road.lane_numbers:
            if not 1 <= number <= road.lanes:
                draft.add(LANE, lane_id=f"{road.id}:{number}", link_id=road.id, lane_num=number,
                          opt_length_m=round(road.bay_m, 1))  # fmt: skip
    for move in moves:
        draft.add(
            MOVEMENT, mvmt_id=move.id, node_id=move.node, ib_link_id=move.start, ob_link_id=move.end,
            start_ib_lane=move.first, end_ib_lane=move.last, type=move.type, **move.more,
        )  # fmt: skip
