"""One replication's vehicles as a SUMO route file."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from signalsim.engine.tables import CAR_SLOTS, EXIT, Arrivals
from signalsim.formats.sumo.export.halts import stop_tags
from signalsim.formats.sumo.export.xml import seconds, tag, write_xml
from signalsim.network import Network

_CAR_M, _GAP_M = 5.0, 2.5
CAR, HEAVY, BUS, EMERGENCY = "car", "heavy", "bus", "emergency"


def write_routes(
    network: Network,
    arrivals: Arrivals,
    edges: Sequence[Sequence[str]],
    path: Path,
    *,
    stop_m: np.ndarray,
    begin_ms: int = 0,
    with_types: bool = True,
) -> None:
    """Write types, routes and vehicles, sorted by departure.

    ``edges``: those of every link, in order. ``stop_m``: (n_links,) where vehicles stand at stops.
    ``begin_ms``: SUMO's time at simulated time 0.
    ``with_types``: False where another file says what "car" and "heavy" are.
    """
    used = np.unique(arrivals.route).tolist()
    routes = {route: f"r{number}" for number, route in enumerate(used)}
    lines = (
        tag(
            "route", *stop_tags(network, arrivals, edges, stop_m, r),
            id=name, edges=" ".join(_route_edges(network, arrivals, edges, r)),
        )
        for r, name in routes.items()
    )  # fmt: skip
    types = vehicle_types(arrivals)
    head, vehicles = _types(arrivals, set(types), with_types), _vehicles(arrivals, routes, types, begin_ms)
    write_xml(path, "routes", chain(head, lines, vehicles))


def vehicle_types(arrivals: Arrivals) -> list[str]:
    """Of every vehicle: emergency, bus (what is long and stands at stops), heavy or car."""
    stands = np.add.reduceat(arrivals.route_dwell_ms, arrivals.route_start[:-1]) > 0
    is_long = arrivals.size > CAR_SLOTS
    kinds = [arrivals.siren, is_long & stands[arrivals.route], is_long]
    return np.select(kinds, [EMERGENCY, BUS, HEAVY], CAR).tolist()


def _types(arrivals: Arrivals, used: set[str], with_usual: bool) -> Iterator[str]:
    """Types of vehicles; ``with_usual``: cars and heavy ones too."""
    # every class may use every lane here, so cars and heavy ones are of SUMO's class for cars
    heavy_m = (_CAR_M + _GAP_M) * arrivals.size.max(initial=2 * CAR_SLOTS) / CAR_SLOTS - _GAP_M
    own = {"minGap": _GAP_M, "speedDev": 0}
    long = {"length": f"{heavy_m:g}", "accel": 1.3, "decel": 4}
    if with_usual:
        yield tag("vType", id=CAR, length=_CAR_M, **own, vClass="passenger")
        yield tag("vType", id=HEAVY, **long, guiShape="truck", **own, vClass="passenger")
    if BUS in used:
        yield tag("vType", id=BUS, **long, **own, vClass="bus")
    if EMERGENCY in used:
        yield tag("vType", id=EMERGENCY, length=_CAR_M, **own, vClass="emergency")


def _vehicles(arrivals: Arrivals, routes: dict[int, str], types: list[str], begin_ms: int) -> Iterator[str]:
    columns = (arrivals.depart_ms + begin_ms, arrivals.route, arrivals.pace)
    for v, (at, route, pace) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        yield tag(
            "vehicle", id=v, type=types[v], route=routes[route],
            depart=seconds(at), departLane="best", departSpeed="max", speedFactor=f"{1000 / pace:.4f}",
        )  # fmt: skip


def _route_edges(
    network: Network, arrivals: Arrivals, edges: Sequence[Sequence[str]], route: int
) -> Iterator[str]:
    yield from edges[int(arrivals.route_link[route])]
    for m in arrivals.route_movement[arrivals.route_start[route] : arrivals.route_start[route + 1]].tolist():
        if m != EXIT:
            yield from edges[int(network.movement_to[m])]
