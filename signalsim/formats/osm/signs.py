"""Stop signs, give-way signs and roundabouts of OpenStreetMap: how movements without signals are controlled.

A sign is a node of a way, shortly before the junction that it is for. Where it does not say for which
direction, it is for the nearer end. On a junction itself a stop sign means an all-way stop.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from signalsim.formats.draft import Draft
from signalsim.formats.osm.junctions import NEAR_M, Chain, Streets
from signalsim.formats.osm.raw import Raw, Sign
from signalsim.formats.roads import Move

_CIRCLES = ("roundabout", "circular")


@dataclass
class Signs:
    """What was found: roads that end at a sign or in a roundabout, and junctions where all stop."""

    of_road: dict[str, str] = field(default_factory=dict)  # road -> stop or yield
    all_way: set[str] = field(default_factory=set)  # junctions
    circling: set[str] = field(default_factory=set)  # roads that are part of a roundabout at their end
    unused: list[str] = field(default_factory=list)  # nodes of signs that are for no road


def add_signs(raw: Raw, found: Streets, moves: Sequence[Move], lit: Collection[str]) -> Signs:
    """Give the movements of junctions that are not ``lit`` their ctrl_type."""
    signs = _signs(raw, found, {move.start for move in moves})
    rings = {move.node for move in moves if move.start in signs.circling}
    for move in moves:
        if move.node in lit:
            continue
        kind = "stop_4_way" if move.node in signs.all_way else signs.of_road.get(move.start)
        if kind is None and move.node in rings:
            kind = "no_control" if move.start in signs.circling else "yield"
        if kind is not None:
            move.more["ctrl_type"] = kind
    return signs


def _signs(raw: Raw, found: Streets, used: Collection[str]) -> Signs:
    out = Signs()
    seen: set[str] = set()
    arriving: dict[str, list[str]] = {}
    for road in found.roads:
        if road.id not in used:
            continue
        chain = found.chains[road.id]
        arriving.setdefault(road.end, []).append(road.id)
        if chain.pieces[-1].tags.get("junction") in _CIRCLES:
            out.circling.add(road.id)
        at_end = raw.signs.get(chain.end)
        if at_end is not None and at_end.kind == "stop":
            out.all_way.add(road.end)
            seen.add(chain.end)
        for node, sign in _ahead(raw, chain):
            out.of_road[road.id] = sign.kind
            seen.add(node)
            if sign.is_all:
                out.all_way.add(road.end)
    for node, roads in arriving.items():
        if len(roads) > 2 and all(out.of_road.get(road) == "stop" for road in roads):
            out.all_way.add(node)
    out.unused = sorted(raw.signs.keys() - seen)
    return out


def _ahead(raw: Raw, chain: Chain) -> Iterator[tuple[str, Sign]]:
    """Signs before the end of a road that are for its direction, the last one last."""
    left_m = chain.length_m
    for piece in chain.pieces[:-1]:
        left_m -= piece.length_m
        sign = raw.signs.get(piece.end)
        if sign is None or left_m > NEAR_M:
            continue
        if sign.side in ("forward", "backward"):
            is_meant = piece.forward == (sign.side == "forward")
        else:
            is_meant = left_m <= chain.length_m - left_m
        if is_meant:
            yield piece.end, sign


def tell_signs(draft: Draft, signs: Signs, moves: Sequence[Move]) -> None:
    """The report on signs and roundabouts."""
    kinds = [move.more.get("ctrl_type") for move in moves]
    told = {
        "all-way stops": len({m.node for m in moves if m.more.get("ctrl_type") == "stop_4_way"}),
        "movements with a stop sign": kinds.count("stop"),
        "movements that give way by a sign or to a roundabout": kinds.count("yield"),
    }
    for what, number in told.items():
        if number:
            draft.understood(f"{what}: {number:,}")
    if signs.unused:
        draft.dropped("stop and give-way signs", f"no road ends within {NEAR_M:g} m", signs.unused)
