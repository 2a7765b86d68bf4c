"""Which movements meet, and who gives way: from the <request> rows of SUMO's junctions.

A row says of one link of a junction which others it meets (foes) and which go first (response).
Movements meet when any of their links do. At an all-way stop those that meet take turns, whoever the
row names first. At a signal, movements that meet and that no stage shows
together are never green together.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from signalsim.errors import InputError
from signalsim.formats.sumo.layout import Layout, Move
from signalsim.formats.sumo.lights import Key
from signalsim.formats.sumo.net import Junction

_MAX_MOVES = 1000  # at one junction: every pair is looked at
YIELD, FORBIDDEN = "yield", "forbidden"
ALL_WAY = "allway_stop"  # type of a junction


@dataclass(frozen=True)
class Rule:
    """A pair of movements; of a yield, ``first`` gives way."""

    first: Key
    second: Key
    kind: str


class Requests:
    """The rows of one junction, by connection."""

    def __init__(self, layout: Layout, junction: Junction) -> None:
        self.layout = layout
        self.junction = junction
        self._by_lane = {lane: k for k, lane in enumerate(junction.internal)}

    def indices(self, move: Move) -> list[int]:
        """Rows of a movement's links: a link's row has the place of its internal lane, the last one
        where a car waits inside the junction.
        """
        found = []
        for link in move.links:
            lanes = self.layout.internal_lanes(link)
            own = [self._by_lane[lane] for lane in lanes if lane in self._by_lane]
            found += own[-1:]
        return found

    def bits(self, rows: list[int], what: int) -> int:
        """Links named in ``what`` (0: response, 1: foes) of some rows, as a mask."""
        mask = 0
        for row in rows:
            text = self.junction.requests.get(row, ("", ""))[what]
            mask |= int(text, 2) if text else 0
        return mask


def rules(layout: Layout, together: Callable[[str, Key, Key], bool]) -> Iterator[Rule]:
    """Every pair of movements that meets. ``together``: whether two are ever green at one time at a
    node (true where it has no signal). Raises InputError.
    """
    by_node: dict[str, list[Move]] = {}
    for move in layout.moves.values():
        by_node.setdefault(move.node, []).append(move)
    for node, moves in by_node.items():
        junction = layout.net.junctions[node]
        if len(moves) > _MAX_MOVES:
            raise InputError(
                f"{layout.net.path}: junction '{node}' joins {len(moves):,} pairs of edges; at most "
                f"{_MAX_MOVES:,} are possible, split it"
            )
        if len(junction.requests) > len(junction.internal) and junction.internal:
            raise InputError(
                f"{layout.net.path}: junction '{node}' has {len(junction.requests)} <request> rows for "
                f"{len(junction.internal)} internal lanes; is the file whole?"
            )
        yield from _rules(Requests(layout, junction), node, moves, together)


def _rules(
    requests: Requests, node: str, moves: list[Move], together: Callable[[str, Key, Key], bool]
) -> Iterator[Rule]:
    rows = [requests.indices(move) for move in moves]
    own = [sum(1 << row for row in set(of_move)) for of_move in rows]
    responses = [requests.bits(of_move, 0) for of_move in rows]
    foes = [requests.bits(of_move, 1) for of_move in rows]
    for i, k in combinations(range(len(moves)), 2):
        a, b = moves[i], moves[k]
        if a.start == b.start or not (foes[i] & own[k] or foes[k] & own[i]):
            continue
        first, second = (a.start, a.end), (b.start, b.end)
        if not together(node, first, second):
            yield Rule(first, second, FORBIDDEN)
            continue
        a_waits, b_waits = bool(responses[i] & own[k]), bool(responses[k] & own[i])
        if a_waits and b_waits:  # each for a lane of the other: who turns waits
            a_waits, b_waits = (a.turn != "thru", False) if a.turn != b.turn else (False, True)
            b_waits = b_waits or not a_waits
        if a_waits:
            yield Rule(first, second, YIELD)
        elif b_waits or requests.junction.type == ALL_WAY:
            yield Rule(second, first, YIELD)
