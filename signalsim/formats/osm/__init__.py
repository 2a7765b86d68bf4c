"""OpenStreetMap: a .osm file, a GraphML file of osmnx, or a place name that osmnx looks up.

Files are read by this package itself; only a place name needs osmnx (extra: osm). OpenStreetMap has
roads and says where signals stand; stages, plan and demand are made by the rules of ``complete``.
"""

import logging
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.bearings import add_bearings
from signalsim.formats.complete import add_demand, add_plan, add_signals, network_of
from signalsim.formats.draft import Draft
from signalsim.formats.osm.border import STUB_M, add_stubs, hull
from signalsim.formats.osm.junctions import EXTENT_M, JOIN_M, NEAR_M, Streets, streets
from signalsim.formats.osm.raw import Raw, from_graph, from_xml
from signalsim.formats.osm.signs import add_signs, tell_signs
from signalsim.formats.osm.tags import DEFAULTS, LINK_DEFAULT, TAGS
from signalsim.formats.roads import deal_lanes, draw, prune
from signalsim.formats.wheel import PREFIX, resolve
from signalsim.formats.xmlfile import elements

_XML = (".osm", ".xml", ".osm.gz", ".xml.gz")
_GRAPHML = (".graphml", ".graphml.gz")


def read(name: str, *, source: str) -> Draft:
    """A draft of the roads, junctions and signals in ``source``. Raises InputError."""
    raw = _raw(source)
    if not raw.pieces:
        raise InputError(
            f"{source}: has no road for cars (highway=primary, residential, …); take another area"
        )
    cut = {node for node in raw.cut if node in raw.place}
    add_stubs(raw, cut)
    found = streets(raw)
    roads, moves, dropped = prune(found.roads, found.moves)
    if not moves and found.moves:  # nothing ends anywhere
        cut = set(hull(found.place))
        add_stubs(raw, cut)
        found = streets(raw)
        roads, moves, dropped = prune(found.roads, found.moves)
    if not moves:
        raise InputError(
            f"{source}: no road leads from one end of the area to another; take a larger area, with a "
            "junction whose roads reach its border"
        )
    deal_lanes(roads, moves)
    draft = Draft(
        name, description=f"Imported from OpenStreetMap ({Path(source).name}); demand is assumed",
        time_zone="UTC", start="2024-05-14T07:50:00",
    )  # fmt: skip
    draft.section(
        "source", description="OpenStreetMap", url="https://www.openstreetmap.org/copyright",
        licence="Open Database Licence (ODbL) 1.0",
    )  # fmt: skip
    _driving_side(draft, raw)
    used = {road.end for road in roads} | {road.start for road in roads}
    busy = {move.node for move in moves}
    lit = sorted(found.signals & busy)
    signs = add_signs(raw, found, moves, lit)
    draw(draft, found.place, roads, moves, {node: {"ctrl_type": "signal"} for node in lit})
    draft.understood(f"{len(roads):,} links, {len(used):,} nodes and {len(moves):,} movements")
    draft.understood(f"junctions with signals: {len(lit):,}")
    if cut:
        rule = f"two-way stubs of {STUB_M:g} m, of the highest class and with the lanes of the streets there"
        draft.guessed("streets that the border of the map cut off", rule, sorted(cut))
    tell_signs(draft, signs, moves)
    _tell(draft, raw, found, {road.id for road in roads}, dropped)
    network = network_of(draft, source)
    if turned := add_bearings(draft, network, roads, lit):
        draft.understood(
            f"pairs of movements whose right of way follows from the curves of roads: {turned:,}"
        )
        network = network_of(draft, source)
    junctions = add_signals(draft, network, lit, {road.id: road.arrives for road in roads})
    add_plan(draft, source, junctions)
    add_demand(draft, network, {road.id: road.kind for road in roads})
    return draft


def _raw(source: str) -> Raw:
    path = resolve(source)
    if source.startswith(PREFIX) or path.exists() or source.lower().endswith(_XML + _GRAPHML):
        if path.name.lower().endswith(_GRAPHML):
            return from_graph(_graphml(path), source)
        return from_xml(path)
    return from_graph(_place(source), source)


def _graphml(path: Path) -> Any:
    """The graph of a GraphML file that was searched for entities first."""
    root = None
    for element in elements(path):
        root = root or element.tag.rpartition("}")[2].rpartition(":")[2]
    if root != "graphml":
        raise InputError(f"{path}: the root is <{str(root)[:40]}>, not <graphml>; save a graph with osmnx")
    import networkx

    logging.getLogger("networkx").setLevel(logging.ERROR)
    try:
        return networkx.read_graphml(path, node_type=str, force_multigraph=True)
    except (networkx.NetworkXError, ValueError, KeyError, TypeError, AttributeError, LookupError) as error:
        told = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path}: is no GraphML graph ({told}); save it with osmnx.save_graphml") from None


def _place(source: str) -> Any:
    """The road graph of a place, looked up by osmnx."""
    try:
        import osmnx
    except ImportError:
        raise InputError(
            f"'{source}': is no file, and to look up a place osmnx is needed: pip install 'signalsim[osm]'"
        ) from None
    import networkx

    usual = osmnx.settings.useful_tags_way, osmnx.settings.useful_tags_node, osmnx.settings.use_cache
    osmnx.settings.useful_tags_way = list(TAGS)
    osmnx.settings.useful_tags_node = ["highway", "traffic_signals:direction", "direction", "stop"]
    osmnx.settings.use_cache = False
    try:
        graph = osmnx.graph_from_place(source, network_type="drive", simplify=False, retain_all=True)
    except (OSError, ValueError, TypeError) as error:  # requests' and osmnx's own are among them
        told = " ".join(str(error).split())[:120]
        raise InputError(
            f"'{source}': is no file, and as a place it could not be looked up ({told}); give a .osm or "
            ".graphml file, or check the name and the connection"
        ) from None
    finally:
        osmnx.settings.useful_tags_way, osmnx.settings.useful_tags_node, osmnx.settings.use_cache = usual
    return networkx.relabel_nodes(graph, str)


def _driving_side(draft: Draft, raw: Raw) -> None:
    sides = [piece.tags["driving_side"] for piece in raw.pieces if "driving_side" in piece.tags]
    side = "left" if sides.count("left") > len(sides) / 2 else "right"
    draft.section("network", driving_side=side)
    rule = "as the roads are tagged" if sides else "no road is tagged"
    draft.guessed("driving side", f"{side}, {rule}; change driving_side in scenario.toml if it is the other")


def _tell(draft: Draft, raw: Raw, found: Streets, kept: set[str], dropped: list[str]) -> None:
    """The report on what was joined, assumed and left out."""
    if found.joined:
        draft.guessed(
            "junctions of several nodes",
            f"signalised nodes joined by roads of up to {JOIN_M:g} m are one, up to {EXTENT_M:g} m wide",
            [f"{node}: {' '.join(members)}" for node, members in found.joined.items()],
        )
    if raw.signals:
        draft.guessed(
            "junctions of signals that stand before them", f"the nearest one ahead within {NEAR_M:g} m"
        )
    lanes = [name for name in found.assumed_lanes if name in kept]
    if lanes:
        table = ", ".join(f"{kind} {n}" for kind, (n, _) in DEFAULTS.items())
        draft.guessed("lanes of one direction", f"by class of road: {table}, ramps {LINK_DEFAULT[0]}", lanes)
    speeds = [name for name in found.assumed_speeds if name in kept]
    if speeds:
        table = ", ".join(f"{kind} {v:g}" for kind, (_, v) in DEFAULTS.items())
        draft.guessed("free speeds in km/h", f"by class of road: {table}, ramps {LINK_DEFAULT[1]:g}", speeds)
    draft.guessed(
        "lanes of turns that have no arrows",
        "left from the leftmost, right from the rightmost, straight on from all",
    )
    if found.forbidden_turns:
        draft.understood(f"turns forbidden by turn restrictions: {found.forbidden_turns:,}")
    if raw.left_out:
        kinds = [
            f"{kind} {n}" for kind, n in sorted(raw.left_out.items(), key=lambda both: (-both[1], both[0]))
        ]
        draft.dropped("ways that are no roads for cars", "by their tags", kinds)
    if found.far_signals:
        draft.dropped(
            "signals", f"no junction within {NEAR_M:g} m ahead (crossings of pedestrians)", found.far_signals
        )
    if found.loops:
        draft.dropped("roads from a junction to itself", "a link joins two nodes", found.loops)
    if dropped:
        draft.dropped("links", "no entry reaches them or they lead to no exit", dropped)
