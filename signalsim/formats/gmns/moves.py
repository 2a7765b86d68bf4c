"""Movements of a GMNS folder: listed ones, and what is missing among them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from signalsim.formats.draft import Draft, plain_id
from signalsim.formats.gmns.control import control_of
from signalsim.formats.gmns.rows import NO_CARS, Folder, Row
from signalsim.formats.roads import Move, Road, all_turns, deal_lanes, turn_types
from signalsim.network.specs import CONTROLS, MOVEMENT, TYPES

if TYPE_CHECKING:
    from signalsim.formats.gmns.roads import Found


def movements(folder: Folder, link_ids: Mapping[str, str], found: "Found", draft: Draft) -> None:
    """Movements that are listed; for links that none starts from, all turns but those back."""
    by_id = {road.id: road for road in found.roads}
    listed: dict[tuple[str, str], Move] = {}
    no_lanes, left_out, unknown = [], [], []
    for row in folder.rows("movement.csv", ("mvmt_id", "ib_link_id", "ob_link_id")):
        name = row.required("mvmt_id")
        if name in found.move_of:
            raise row.fault("mvmt_id", "is there twice; give each movement its own")
        for column in ("ib_link_id", "ob_link_id"):
            if row.required(column) not in link_ids:
                raise row.fault(column, "is no link of link.csv; add it there or correct the id")
        pair = _met(row, by_id, link_ids)
        uses = {use.strip().lower() for use in row.text("allowed_uses").split(",") if use.strip()}
        if pair is None or (uses and uses <= NO_CARS):
            left_out.append(name)
            continue
        a, b = pair
        lanes = _range(row, a)
        move = listed.get((a.id, b.id))
        if move is None:
            move = Move(plain_id(name)[:180], a.end, a.id, b.id, _type(row, a, b), more=_own(row))
            listed[a.id, b.id] = move
            move.first, move.last = lanes or (0, 0)
        elif lanes:
            move.first, move.last = (
                min(move.first or lanes[0], lanes[0]),
                max(move.last or lanes[1], lanes[1]),
            )
        if control := control_of(row):
            move.more.setdefault("ctrl_type", control)
        elif row.text("ctrl_type"):
            unknown.append(name)
        found.move_of[name] = move
        if lanes is None:
            no_lanes.append(name)
        if "signal" in row.text("ctrl_type").lower():
            found.lit.add(a.end)
    taken: set[str] = set()
    for move in listed.values():  # plain ids may meet
        while move.id in taken:
            move.id += "+"
        taken.add(move.id)
    starts = {a for a, _ in listed}
    made = [move for move in all_turns(found.roads) if move.start not in starts]
    for move in made:
        while move.id in taken:
            move.id += "+"
        taken.add(move.id)
    found.moves = [*listed.values(), *made]
    _fit_lanes(found)
    if made:
        draft.guessed(
            "movements",
            "all turns but those back, from links that movement.csv has none for",
            [m.id for m in made],
        )
    if no_lanes:
        draft.guessed(
            "lanes of movements", "by their turn, where the lanes given are none of the link", no_lanes
        )
    if unknown:
        draft.dropped("control of movements", f"ctrl_type is none of {', '.join(CONTROLS)}", unknown)
    if left_out:
        draft.dropped("movements", "not for cars, or their links do not meet", left_out)


def _met(row: Row, by_id: Mapping[str, Road], link_ids: Mapping[str, str]) -> tuple[Road, Road] | None:
    """The two roads of a movement, in whichever direction of undirected links they meet."""
    names = [link_ids[row.text(column)] for column in ("ib_link_id", "ob_link_id")]
    for a in (by_id.get(names[0]), by_id.get(f"{names[0]}-r")):
        for b in (by_id.get(names[1]), by_id.get(f"{names[1]}-r")):
            if a and b and a.end == b.start and a is not b:
                return a, b
    return None


def _range(row: Row, road: Road) -> tuple[int, int] | None:
    """The lanes of a movement that its link has; None where that is none of them."""
    first = row.whole("start_ib_lane", -100, 100)
    if not first:
        return None
    last = row.whole("end_ib_lane", -100, 100) or first
    own = [n for n in road.lane_numbers if min(first, last) <= n <= max(first, last)]
    return (own[0], own[-1]) if own else None


def _type(row: Row, a: Road, b: Road) -> str:
    kind = row.text("type").lower()
    kind = {"through": "thru", "straight": "thru", "merge": "thru", "diverge": "thru", "u-turn": "uturn"}.get(
        kind, kind
    )
    return kind if kind in TYPES else turn_types(a, [b])[0]


def _own(row: Row) -> dict[str, Any]:
    """This project's columns, as they are."""
    out: dict[str, Any] = {}
    for column in MOVEMENT.columns:
        if column.name.startswith("opt_") and row.text(column.name):
            text = column.kind == "text"
            out[column.name] = row.text(column.name) if text else row.number_of(column.name)
    return out


def _fit_lanes(found: "Found") -> None:
    """Lanes by turn where none are given, and every lane serves a movement."""
    by_start: dict[str, list[Move]] = {}
    for move in found.moves:
        by_start.setdefault(move.start, []).append(move)
    for road in found.roads:
        own = by_start.get(road.id, [])
        missing = [move for move in own if move.first == 0]
        if missing:
            trial = [Move("", road.end, road.id, move.end, move.type) for move in own]
            deal_lanes([road], trial)
            for move, dealt in zip(own, trial, strict=True):
                if move.first == 0:
                    move.first, move.last = dealt.first, dealt.last
        for number in road.lane_numbers:
            if own and not any(move.first <= number <= move.last for move in own):
                nearest = min(
                    own, key=lambda m: (min(abs(m.first - number), abs(m.last - number)), m.type != "thru")
                )
                nearest.first, nearest.last = min(nearest.first, number), max(nearest.last, number)
