"""Nodes, links, lanes and movements of a GMNS folder as roads and moves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.draft import Draft, plain_id
from signalsim.formats.gmns.control import ALL_WAY_NODES
from signalsim.formats.gmns.moves import movements
from signalsim.formats.gmns.rows import NO_CARS, Folder, Row
from signalsim.formats.gmns.units import Units, places, units
from signalsim.formats.plane import Point
from signalsim.formats.roads import HIGHEST_KMH, LOWEST_KMH, MAX_LANES, Move, Road
from signalsim.network.specs import LINK

USUAL_BAY_M = 60.0
_NOT_ROADS = ("walk", "ped", "bike", "cycle", "crosswalk", "path", "rail", "transit", "stairs", "escalator")


@dataclass
class Found:
    """What a folder's network tables hold, with the rows that things came from."""

    place: dict[str, Point] = field(default_factory=dict)
    roads: list[Road] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)  # further cells of node.csv
    lit: set[str] = field(default_factory=set)  # nodes that are said to have signals
    all_way: set[str] = field(default_factory=set)  # nodes that are said to be all-way stops
    move_of: dict[str, Move] = field(default_factory=dict)  # by the folder's mvmt_id


def network(folder: Folder, draft: Draft) -> Found:
    """The folder's network for cars. Raises InputError."""
    for name in ("node.csv", "link.csv"):
        if folder.file(name) is None:
            raise InputError(f"{folder.path}: has no {name}; a GMNS folder needs node.csv and link.csv")
    nodes = folder.rows("node.csv", ("node_id", "x_coord", "y_coord"))
    links = folder.rows("link.csv", ("link_id", "from_node_id", "to_node_id"))
    if not nodes:
        raise InputError(f"{folder.file('node.csv')}: has no rows; give at least the nodes of one junction")
    found = Found()
    raw_place = places(folder, nodes, draft)
    unit = units(folder, links, raw_place, draft)
    ids = _plain([row.text("node_id") for row in nodes])
    found.place = {ids[name]: point for name, point in raw_place.items()}
    for row in nodes:
        node = ids[row.text("node_id")]
        is_lit = "signal" in row.text("ctrl_type").lower()
        found.nodes[node] = {"name": row.text("name")}
        if is_lit:
            found.lit.add(node)
        if row.text("ctrl_type").lower() in ALL_WAY_NODES:
            found.all_way.add(node)
    link_ids = _plain([row.required("link_id") for row in links])
    _links(links, ids, link_ids, unit, found, draft)
    _lanes(folder, link_ids, unit, found, draft)
    movements(folder, link_ids, found, draft)
    return found


def _plain(names: Sequence[str]) -> dict[str, str]:
    """Ids without blanks, still different from each other."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = plain_id(name)[:150]
        unique, k = base, 2
        while unique in taken and name not in out:
            unique, k = f"{base}.{k}", k + 1
        out.setdefault(name, unique)
        taken.add(unique)
    return out


def _is_for_cars(row: Row) -> bool:
    kind = row.text("facility_type").lower()
    uses = {
        use.strip().lower() for use in row.text("allowed_uses").replace(";", ",").split(",") if use.strip()
    }
    lanes = row.number_of("lanes", -1e6, 1e6) if "lanes" in row.cells else None
    return not any(word in kind for word in _NOT_ROADS) and not (uses and uses <= NO_CARS) and lanes != 0


def _links(
    rows: Sequence[Row], ids: Mapping[str, str], link_ids: Mapping[str, str], unit: Units, found: Found,
    draft: Draft,
) -> None:  # fmt: skip
    own = {c.name for c in LINK.columns if c.name.startswith("opt_")}
    seen: set[str] = set()
    no_lanes, no_length, left_out, both_ways, zero = [], [], [], [], []
    for row in rows:
        name = link_ids[row.text("link_id")]
        if name in seen:
            raise row.fault("link_id", "is there twice; give each link its own")
        seen.add(name)
        if not _is_for_cars(row):
            left_out.append(name)
            continue
        a, b = (_end(row, column, ids) for column in ("from_node_id", "to_node_id"))
        if a == b or found.place[a] == found.place[b]:
            zero.append(name)
            continue
        lanes = row.whole("lanes", 1, 100) if row.text("lanes") else None
        length = row.number_of("length", 0, 1e9)
        if lanes is None:
            no_lanes.append(name)
        if not length:
            no_length.append(name)
        metres = length * unit.long_m if length else math.dist(found.place[a], found.place[b])
        speed = row.number_of("free_speed", 0, 1e4)
        directed = row.text("directed").lower() not in ("0", "false", "f", "no")
        for start, end, suffix in ((a, b, ""), (b, a, "-r"))[: 1 if directed else 2]:
            (x0, y0), (x1, y1) = found.place[start], found.place[end]
            bearing = math.atan2(y1 - y0, x1 - x0)
            found.roads.append(
                Road(
                    id=name + suffix, start=start, end=end, length_m=metres, lanes=min(lanes or 1, MAX_LANES),
                    speed_kmh=_speed(speed, unit), leaves=bearing, arrives=bearing, name=row.text("name"),
                    kind=row.text("facility_type").lower(),
                    more={c: row.number_of(c) for c in own if row.text(c)},
                )
            )  # fmt: skip
        if not directed:
            both_ways.append(name)
    if both_ways:
        draft.understood(f"{len(both_ways):,} undirected links became two links each")
    if no_lanes:
        draft.guessed("lanes", "1 where link.csv gives none", no_lanes)
    if no_length:
        draft.guessed("lengths", "the straight distance of the nodes where link.csv gives none", no_length)
    if left_out:
        draft.dropped("links that are not for cars", "by facility_type, allowed_uses or lanes = 0", left_out)
    if zero:
        draft.dropped("links of no extent", "both ends are one place", zero)


def _end(row: Row, column: str, ids: Mapping[str, str]) -> str:
    name = row.required(column)
    if name not in ids:
        raise row.fault(column, "is no node of node.csv; add it there or correct the id")
    return ids[name]


def _speed(value: float | None, unit: Units) -> float | None:
    if not value:
        return None
    return round(min(max(value * unit.speed_kmh, LOWEST_KMH), HIGHEST_KMH), 1)


def _lanes(folder: Folder, link_ids: Mapping[str, str], unit: Units, found: Found, draft: Draft) -> None:
    """Turn bays: lanes below 1 or above the link's, of lane.csv and segment_lane.csv, that cars may use."""
    segment = {row.text("segment_id"): row for row in folder.rows("segment.csv")}
    wanted: dict[str, dict[int, float | None]] = {}
    for row in (*folder.rows("lane.csv"), *folder.rows("segment_lane.csv")):
        of = segment.get(row.text("segment_id"))
        link = link_ids.get(row.text("link_id") or (of.text("link_id") if of else ""))
        number = row.whole("lane_num", -100, 100)
        uses = {use.strip().lower() for use in row.text("allowed_uses").split(",") if use.strip()}
        if link is None or not number or (uses and uses <= NO_CARS):
            continue
        metres = row.number_of("opt_length_m", 0, 1e5)
        if metres is None and of is not None:
            ends = [of.number_of(name, 0, 1e7) for name in ("start_lr", "end_lr")]
            metres = abs(ends[1] - ends[0]) * unit.short_m if None not in ends else None  # type: ignore[operator]
        wanted.setdefault(link, {})[number] = metres
    assumed = []
    for road in found.roads:
        bays = {n: m for n, m in wanted.get(road.id, {}).items() if not 1 <= n <= road.lanes}
        road.left_bays = _row(bays, -1)
        road.right_bays = _row({n - road.lanes: m for n, m in bays.items()}, 1)
        if road.left_bays + road.right_bays:
            given = [m for m in bays.values() if m]
            if not given:
                assumed.append(road.id)
            longest = max(given) if given else USUAL_BAY_M
            road.bay_m = min(max(longest, 5.0), 1000.0, road.length_m * 0.9)
            if road.bay_m < 5:
                road.left_bays = road.right_bays = 0
    if assumed:
        draft.guessed("lengths of turn bays", f"{USUAL_BAY_M:g} m where the folder gives none", assumed)


def _row(bays: Mapping[int, Any], step: int) -> int:
    """How many bays follow each other from ``step`` on, at most four."""
    count = 0
    while (count + 1) * step in bays and count < 4:
        count += 1
    return count
