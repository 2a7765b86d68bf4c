"""What drives in SUMO's files, whatever file it was in: types, vehicles, distributions."""

from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from signalsim.engine.random import stream_key, uniform
from signalsim.formats.sumo.halts import BusStop, Halt

USUAL_TYPE = "DEFAULT_VEHTYPE"
HEAVY = frozenset(("truck", "trailer", "bus", "coach"))
NO_CARS = frozenset(
    ("pedestrian", "bicycle", "moped", "scooter", "wheelchair", "tram", "rail", "rail_urban", "rail_electric",
     "rail_fast", "ship", "aircraft", "drone", "container", "cable_car", "subway")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A vehicle type, with SUMO's defaults for passenger cars."""

    id: str
    v_class: str = "passenger"
    length_m: float = 5.0
    gap_m: float = 2.5
    headway_s: float = 1.0
    acceleration: float = 2.6
    deceleration: float = 4.5
    sigma: float = 0.5  # how far from perfect the driver is
    speed_dev: float = 0.1
    share: float = 1.0  # in its distribution


@dataclass(slots=True)
class Demand:
    """One vehicle, or a flow of them that was not yet spread over time."""

    id: str
    kind: str
    depart_s: float
    edges: str = ""  # separated by blanks; '': to be routed
    stops: tuple[str, ...] = ()  # from, via…, to
    choice: str = ""  # distribution of routes that one is to be drawn from
    halts: tuple[Halt, ...] = ()


@dataclass
class Traffic:
    """Everything that drives, in the order of the files."""

    vehicles: list[Demand] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    mixes: dict[str, list[Kind]] = field(default_factory=dict)  # distributions of types
    routes: dict[str, str] = field(default_factory=dict)
    halts: dict[str, list[Halt]] = field(default_factory=dict)  # of named routes
    bus_stops: dict[str, BusStop] = field(default_factory=dict)
    choices: dict[str, list[tuple[float, str]]] = field(default_factory=dict)  # distributions of routes
    dropped: dict[str, list[str]] = field(default_factory=dict)  # reason -> ids
    flows: int = 0
    drawn: list[str] = field(default_factory=list)  # flows whose gaps are random

    def kind(self, name: str) -> Kind:
        found = self.kinds.get(name)
        if found is None:
            found = self.kinds[name] = Kind(name)
        return found

    def drop(self, reason: str, name: str) -> None:
        self.dropped.setdefault(reason, []).append(name)


def resolve(traffic: Traffic) -> None:
    """Types and routes of distributions are drawn, the same on every import; what is no car, lorry or
    bus is dropped.
    """
    mixed = [vehicle for vehicle in traffic.vehicles if vehicle.kind in traffic.mixes]
    kinds = {name: [(kind.share, kind.id) for kind in own] for name, own in traffic.mixes.items()}
    for vehicle, kind in zip(mixed, _drawn("vehicle types", [kinds[v.kind] for v in mixed]), strict=True):
        vehicle.kind = kind
    open_ = [vehicle for vehicle in traffic.vehicles if vehicle.choice]
    routes = _drawn("vehicle routes", [traffic.choices[v.choice] for v in open_])
    for vehicle, edges in zip(open_, routes, strict=True):
        vehicle.edges = " ".join(edges.split())
    kept = []
    for vehicle in traffic.vehicles:
        v_class = traffic.kind(vehicle.kind).v_class
        if v_class in NO_CARS:
            traffic.drop(f"vehicles of class {v_class}: the model has cars, lorries and buses", vehicle.id)
        elif not vehicle.edges and not vehicle.stops:
            traffic.drop("vehicles with an empty route", vehicle.id)
        else:
            kept.append(vehicle)
            if vehicle.halts and len(vehicle.stops) == 2:
                vehicle.stops = _by_bus_stops(vehicle, traffic)
    traffic.vehicles = kept


def _by_bus_stops(vehicle: Demand, traffic: Traffic) -> tuple[str, ...]:
    """From, edges of bus stops, to: a trip with stops is routed by them."""
    start, end = vehicle.stops
    halts = [traffic.bus_stops[halt.stop].edge for halt in vehicle.halts if halt.stop in traffic.bus_stops]
    return tuple(edge for edge, _ in groupby((start, *halts, end)))


def _drawn(stream: str, choices: list[list[tuple[float, str]]]) -> list[str]:
    """One member of every distribution (share, member); '' of one that is empty."""
    n = len(choices)
    draws = uniform(stream_key(0, stream, 0), np.arange(n), np.zeros(n, np.int64))
    out = []
    for members, u in zip(choices, draws, strict=True):
        some = [member for member in members if member[0] > 0]
        running = np.cumsum([share for share, _ in some])
        out.append(some[int(np.searchsorted(running, u * running[-1], side="right"))][1] if some else "")
    return out
