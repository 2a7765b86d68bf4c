"""OpenStreetMap data as one plain form, from a .osm file or from a graph of osmnx."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from signalsim.errors import InputError
from signalsim.formats.osm.tags import TAGS, Tags, direction, is_for_cars, values
from signalsim.formats.plane import Point, length_of, line, projected
from signalsim.formats.xmlfile import Element, Reader, elements
from signalsim.network.csvfile import shown

_MAX_POINTS = 20_000_000
_SIGNS = {"stop": "stop", "give_way": "yield"}


class Piece(NamedTuple):
    """One direction of a stretch between two nodes. ``shape``: its points in metres, ends included."""

    start: str
    end: str
    way: str
    tags: Tags
    forward: bool
    both_ways: bool
    shape: Sequence[Point]
    length_m: float


class Restriction(NamedTuple):
    """A turn from a way over a node into a way: forbidden, or the only one."""

    start: str
    node: str
    end: str
    is_only: bool


class Sign(NamedTuple):
    """A stop or give-way sign. ``side``: the direction of the way that it is for, if that is said."""

    kind: str  # stop or yield
    side: str
    is_all: bool  # all roads of the junction stop


@dataclass
class Raw:
    """Roads for cars as they were read. ``signals``: node -> direction of the way that they are for;
    ``signs``: by node;
    ``cut``: nodes of which osmnx says that they had more streets before the map was cut out.
    """

    place: dict[str, Point] = field(default_factory=dict)
    signals: dict[str, str] = field(default_factory=dict)
    signs: dict[str, Sign] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)  # class of way -> how many


def from_xml(path: Path) -> Raw:
    """Roads, signals and turn restrictions of a .osm file."""
    reader = Reader(path)
    degrees: dict[str, Point] = {}
    raw = Raw()
    ways: list[tuple[str, list[str], dict[str, str]]] = []
    stream = elements(path)
    for head, parts in _objects(path, stream):
        tags = {p.attributes.get("k", ""): p.attributes.get("v", "") for p in parts if p.tag == "tag"}
        if head.tag == "node":
            node = reader.text(head, "id")
            degrees[node] = (
                reader.number(head, "lon", low=-180, high=180),
                reader.number(head, "lat", low=-89, high=89),
            )
            if tags.get("highway") == "traffic_signals":
                raw.signals[node] = tags.get("traffic_signals:direction", "")
            elif sign := _sign(tags):
                raw.signs[node] = sign
        elif head.tag == "way" and "highway" in tags:
            if is_for_cars(tags):
                nodes = [reader.text(p, "ref") for p in parts if p.tag == "nd"]
                ways.append((reader.text(head, "id"), nodes, {k: v for k, v in tags.items() if k in TAGS}))
            else:
                _count(raw, tags["highway"])
        elif head.tag == "relation" and tags.get("type") == "restriction":
            raw.restrictions += _restriction(tags, parts)
    used = {node for _, nodes, _ in ways for node in nodes if node in degrees}
    raw.place = projected({node: degrees[node] for node in used})
    raw.signals = {node: side for node, side in raw.signals.items() if node in raw.place}
    raw.signs = {node: sign for node, sign in raw.signs.items() if node in raw.place}
    for name, nodes, tags in ways:
        sense = direction(tags)
        known = [node for node in nodes if node in raw.place]  # a crop leaves nodes out
        for a, b in pairwise(known):
            if a == b:
                continue
            for start, end, forward in ((a, b, True), (b, a, False)):
                if sense == 0 or (sense == 1) == forward:
                    shape = (raw.place[start], raw.place[end])
                    raw.pieces.append(
                        Piece(start, end, name, tags, forward, sense == 0, shape, length_of(shape))
                    )
    return raw


def _sign(tags: Mapping[str, str]) -> Sign | None:
    """The sign that a node is, if it is one."""
    kinds = [_SIGNS[kind] for kind in values(tags.get("highway", "")) if kind in _SIGNS]
    return Sign(kinds[0], tags.get("direction", ""), tags.get("stop") == "all") if kinds else None


def _objects(path: Path, stream: Iterator[Element]) -> Iterator[tuple[Element, list[Element]]]:
    """Nodes, ways and relations with the elements inside them."""
    head: Element | None = None
    parts: list[Element] = []
    for element in stream:
        if element.depth == 0 and element.tag != "osm":
            raise InputError(
                f"{path}, line {element.line}: the root is <{element.tag[:40]}>, not <osm>; give a file of "
                "OpenStreetMap (.osm), or a GraphML file whose name ends in .graphml"
            )
        if element.depth == 1:
            if head is not None:
                yield head, parts
            head, parts = element, []
        elif element.depth == 2:
            parts.append(element)
    if head is not None:
        yield head, parts


def _count(raw: Raw, kind: str) -> None:
    kind = kind if len(kind) <= 40 and kind.isprintable() else "other"
    raw.left_out[kind] = raw.left_out.get(kind, 0) + 1


def _restriction(tags: Tags, parts: Sequence[Element]) -> list[Restriction]:
    """A turn restriction over one node; those over ways, for some vehicles or times are not read."""
    kind = tags.get("restriction", "")
    role = {p.attributes.get("role", ""): p.attributes for p in parts if p.tag == "member"}
    if not kind.startswith(("no_", "only_")) or not {"from", "via", "to"} <= role.keys():
        return []
    if role["via"].get("type") != "node" or kind in ("no_entry", "no_exit"):
        return []
    start, node, end = (role[part].get("ref", "") for part in ("from", "via", "to"))
    return [Restriction(start, node, end, kind.startswith("only_"))]


def from_graph(graph: Any, source: str) -> Raw:
    """Roads and signals of a networkx graph that osmnx made (values may be texts, as GraphML has them)."""
    raw = Raw()
    coordinates = {str(node): _position(source, node, data) for node, data in graph.nodes(data=True)}
    in_degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in coordinates.values())
    lines: dict[str, Point] = dict(coordinates)
    pairs = {(str(u), str(v)) for u, v in graph.edges()}
    edges = []
    for k, (u, v, data) in enumerate(graph.edges(data=True)):
        tags = {str(key): _text(value) for key, value in data.items() if key in TAGS}
        if not is_for_cars(tags):
            _count(raw, (values(tags.get("highway", "")) or ["none"])[0])
            continue
        points = line(str(data.get("geometry") or ""))
        for n, point in enumerate(points):
            lines[f"{k}/{n}"] = point
        if len(lines) > _MAX_POINTS:
            raise InputError(f"{source}: has over {_MAX_POINTS:,} points; take a smaller part")
        edges.append((str(u), str(v), data, tags, [f"{k}/{n}" for n in range(len(points))]))
    metres = projected(lines) if in_degrees else lines
    raw.place = {node: metres[node] for node in coordinates}
    raw.signals = {
        str(node): _text(data.get("traffic_signals:direction", ""))
        for node, data in graph.nodes(data=True)
        if "traffic_signals" in values(_text(data.get("highway", "")))
    }
    for node, data in graph.nodes(data=True):
        if sign := _sign({str(key): _text(value) for key, value in data.items()}):
            raw.signs[str(node)] = sign
    raw.cut = _cut(graph)
    for u, v, data, tags, names in edges:
        shape = [metres[name] for name in names] or [metres[u], metres[v]]
        given = _float(data.get("length"))
        straight = math.dist(metres[u], metres[v])
        length = given if given is not None and 0.5 * straight <= given <= 1e5 else length_of(shape)
        forward = _text(data.get("reversed", "False")).lower() not in ("true", "1")
        both = (v, u) in pairs and _text(data.get("oneway", "")).lower() not in ("true", "yes")
        raw.pieces.append(Piece(u, v, _text(data.get("osmid", "")), tags, forward, both, shape, length))
    return raw


def _cut(graph: Any) -> set[str]:
    """Nodes with two streets or more that osmnx counted more streets at."""
    ways: dict[tuple[str, str], int] = {}
    for u, v in graph.edges():
        ways[str(u), str(v)] = ways.get((str(u), str(v)), 0) + 1
    streets: dict[str, int] = {}
    for (u, v), n in ways.items():
        back = ways.get((v, u), 0)
        if n > back or (n == back and u < v):
            streets[u], streets[v] = streets.get(u, 0) + n, streets.get(v, 0) + n
    before = {str(node): _float(data.get("street_count")) or 0 for node, data in graph.nodes(data=True)}
    return {node for node, n in streets.items() if n > 1 and before[node] > n}


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _position(source: str, node: Any, data: Mapping[str, Any]) -> Point:
    try:
        x, y = float(data["x"]), float(data["y"])
    except (KeyError, TypeError, ValueError):
        x = y = math.nan
    if not (abs(x) <= 1e8 and abs(y) <= 1e8):
        told = f"x = {shown(data.get('x'))}, y = {shown(data.get('y'))}"
        raise InputError(f"{source}, node {shown(node)}: {told} is no position; save the graph with osmnx")
    return x, y
