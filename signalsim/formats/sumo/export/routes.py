"""One replication's vehicles as a SUMO route file."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from signalsim.engine.tables import EXIT, Arrivals
from signalsim.formats.sumo.export.xml import seconds, tag, write_xml
from signalsim.network import Network

_CAR_M, _GAP_M = 5.0, 2.5
CAR_SLOTS = 2


def write_routes(
    network: Network,
    arrivals: Arrivals,
    edges: Sequence[Sequence[str]],
    path: Path,
    *,
    begin_ms: int = 0,
    with_types: bool = True,
) -> None:
    """Write types, routes and vehicles, sorted by departure.

    ``edges``: those of every link, in order. ``begin_ms``: SUMO's time at simulated time 0.
    ``with_types``: False where another file says what "car" and "heavy" are.
    """
    used = np.unique(arrivals.route).tolist()
    routes = {route: f"r{number}" for number, route in enumerate(used)}
    lines = (
        tag("route", id=name, edges=" ".join(_route_edges(network, arrivals, edges, r)))
        for r, name in routes.items()
    )
    types = _types(arrivals) if with_types else iter(())
    write_xml(path, "routes", chain(types, lines, _vehicles(arrivals, routes, begin_ms)))


def _types(arrivals: Arrivals) -> Iterator[str]:
    # every class may use every lane here, so both are of SUMO's class for cars
    heavy_m = (_CAR_M + _GAP_M) * arrivals.size.max(initial=2 * CAR_SLOTS) / CAR_SLOTS - _GAP_M
    own = {"minGap": _GAP_M, "vClass": "passenger", "speedDev": 0}
    yield tag("vType", id="car", length=_CAR_M, **own)
    yield tag("vType", id="heavy", length=f"{heavy_m:g}", accel=1.3, decel=4, guiShape="truck", **own)


def _vehicles(arrivals: Arrivals, routes: dict[int, str], begin_ms: int) -> Iterator[str]:
    columns = (arrivals.depart_ms + begin_ms, arrivals.route, arrivals.pace, arrivals.size)
    for v, (at, route, pace, size) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        yield tag(
            "vehicle", id=v, type="car" if size == CAR_SLOTS else "heavy", route=routes[route],
            depart=seconds(at), departLane="best", departSpeed="max", speedFactor=f"{1000 / pace:.4f}",
        )  # fmt: skip


def _route_edges(
    network: Network, arrivals: Arrivals, edges: Sequence[Sequence[str]], route: int
) -> Iterator[str]:
    yield from edges[int(arrivals.route_link[route])]
    for m in arrivals.route_movement[arrivals.route_start[route] : arrivals.route_start[route + 1]].tolist():
        if m != EXIT:
            yield from edges[int(network.movement_to[m])]
