"""From vehicles to trips: routes checked against the movements, trips routed by the shortest time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise, repeat
from typing import NamedTuple

import numpy as np

from signalsim.demand.trips import MovementFinder
from signalsim.formats.sumo.halts import Halt, end_m, served
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.traffic import HEAVY, Demand, Traffic
from signalsim.formats.ways import shortest_ways

_CHUNK_ROUTES = 20_000  # routes that are taken apart at a time
_BUSES = frozenset(("bus", "coach"))


class Way(NamedTuple):
    """A route: all edges, separated by blanks, and the bus stops it serves."""

    edges: str
    halts: tuple[Halt, ...] = ()


@dataclass
class Trips:
    """Columns of trips.csv, and the routes."""

    vehicle: list[str] = field(default_factory=list)
    depart_s: list[float] = field(default_factory=list)  # SUMO's clock
    kind: list[str] = field(default_factory=list)  # car, heavy, bus or emergency
    route: list[int] = field(default_factory=list)
    routes: dict[Way, int] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)  # movements on any route
    begins: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)  # vehicles whose route is not possible
    lost: list[str] = field(default_factory=list)  # trips between edges that nothing joins


def make_trips(layout: Layout, traffic: Traffic, begin_s: float, end_s: float | None) -> Trips:
    """Trips of the vehicles that depart from ``begin_s`` on and before ``end_s``."""
    inside = [v for v in traffic.vehicles if v.depart_s >= begin_s and (end_s is None or v.depart_s < end_s)]
    ways = _ways(layout, {vehicle.stops for vehicle in inside if vehicle.stops})
    listed = dict.fromkeys(vehicle.edges or ways.get(vehicle.stops, "") for vehicle in inside)
    listed.pop("", None)
    trips = Trips()
    possible = _possible(layout, list(listed), trips)
    halts = Halts(layout, traffic)
    for vehicle in inside:
        edges = vehicle.edges or ways.get(vehicle.stops, "")
        if not edges:
            trips.lost.append(vehicle.id)
        elif edges in possible:
            way = Way(edges, halts.on(vehicle, edges))
            _add(trips, vehicle, way, _class(traffic.kind(vehicle.kind).v_class))
        else:
            trips.broken.append(vehicle.id)
    return trips


def _possible(layout: Layout, routes: list[str], trips: Trips) -> set[str]:
    """Routes of which every step is a movement; notes in ``trips`` what they use."""
    names = list(layout.lanes)
    place = {name: i for i, name in enumerate(names)}
    moves = list(layout.moves)
    ends = np.array([(place[a], place[b]) for a, b in moves], np.int64).reshape(-1, 2)
    finder = MovementFinder(ends[:, 0], ends[:, 1], len(names))
    used = np.zeros(len(moves), bool)
    possible: set[str] = set()
    for first in range(0, len(routes), _CHUNK_ROUTES):
        some = routes[first : first + _CHUNK_ROUTES]
        split = [route.split() for route in some]
        length = np.fromiter(map(len, split), np.int64, len(split))
        end = np.cumsum(length)
        edge = np.fromiter(map(place.get, chain.from_iterable(split), repeat(-1)), np.int64, int(end[-1]))
        step = finder.find(np.maximum(edge[:-1], 0), edge[1:])
        step[edge[:-1] < 0] = -1
        is_between = np.zeros(len(step), bool)  # from the last edge of a route to the first of the next
        is_between[end[:-1] - 1] = True
        row = np.repeat(np.arange(len(some)), length)[:-1]
        wrong = np.bincount(row[(step < 0) & ~is_between], minlength=len(some)) > 0
        wrong |= edge[end - length] < 0
        used[step[~is_between & ~wrong[row]]] = True
        for k in np.flatnonzero(~wrong).tolist():
            possible.add(some[k])
            trips.begins.add(split[k][0])
            trips.ends.add(split[k][-1])
    trips.used.update(moves[i] for i in np.flatnonzero(used))
    return possible


class Halts:
    """Which stops vehicles serve on their ways; those that cannot be are told."""

    def __init__(self, layout: Layout, traffic: Traffic) -> None:
        self._layout, self._traffic = layout, traffic
        self._stops = {name: stop for name, stop in traffic.bus_stops.items() if stop.edge in layout.lanes}
        self._known: dict[tuple[str, tuple[Halt, ...]], tuple[Halt, ...]] = {}

    def on(self, vehicle: Demand, edges: str) -> tuple[Halt, ...]:
        """Those of a vehicle that lie on its way."""
        if not vehicle.halts:
            return ()
        key = edges, vehicle.halts
        if key not in self._known:
            self._known[key] = served(
                vehicle.halts, edges.split(), self._stops, lambda stop: end_m(self._layout, stop)
            )
        if len(self._known[key]) < len(vehicle.halts):
            self._traffic.drop("stops at bus stops that do not lie on the way: they drive on", vehicle.id)
        return self._known[key]


def _class(v_class: str) -> str:
    if v_class == "emergency":
        return v_class
    return "bus" if v_class in _BUSES else "heavy" if v_class in HEAVY else "car"


def _add(trips: Trips, vehicle: Demand, way: Way, kind: str) -> None:
    trips.vehicle.append(vehicle.id)
    trips.depart_s.append(vehicle.depart_s)
    trips.kind.append(kind)
    trips.route.append(trips.routes.setdefault(way, len(trips.routes)))


def _ways(layout: Layout, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """All edges from stop to stop, of those trips that can be made.

    Shortest by time at the speed limits, the way across junctions included; where a movement gives
    way, the penalty that SUMO's routers add.
    """
    wanted = list(wanted)
    moves = list(layout.moves.values())
    found = shortest_ways(
        list(layout.lanes),
        list(layout.moves),
        [layout.length_m(m.end) / max(layout.speed_mps(m.end), 0.1) + m.cost_s for m in moves],
        (leg for stops in wanted for leg in pairwise(stops)),
    )
    return {stops: " ".join(way) for stops in wanted if (way := _joined(stops, found))}


def _joined(stops: tuple[str, ...], found: dict[tuple[str, str], list[str]]) -> list[str]:
    whole = [stops[0]]
    for leg in pairwise(stops):
        if leg not in found:
            return []
        whole += found[leg][1:]
    return whole
