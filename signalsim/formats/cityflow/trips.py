"""Flows of CityFlow as trips: one vehicle each interval, on routes completed between their roads."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from signalsim.demand.specs import MAX_ROUTE_LINKS, ROUTES, TRIPS
from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Flow
from signalsim.formats.cityflow.layout import Layout
from signalsim.formats.draft import Draft
from signalsim.formats.ways import shortest_ways

MAX_VEHICLES = 5_000_000
OPEN_END_S = 3600.0  # end of a flow that gives none

Route = tuple[str, ...]


def complete(layout: Layout, listed: Iterable[Sequence[str]]) -> dict[Route, Route | None]:
    """By route as listed: all its roads in order, completed by the shortest ways (length of the roads
    entered); None where there is no way or only one road.
    """
    routes = {tuple(route) for route in listed}
    anchors = {route: [r for i, r in enumerate(route) if not i or r != route[i - 1]] for route in routes}
    turns = list(dict.fromkeys((x.startRoad, x.endRoad) for node in layout.junctions for x in node.roadLinks))
    joined = set(turns)
    gaps = {leg for stops in anchors.values() for leg in pairwise(stops) if leg not in joined}
    ways = shortest_ways(list(layout.roads), turns, [layout.length_m[b] for _, b in turns], gaps)
    out: dict[Route, Route | None] = {}
    for route, stops in anchors.items():
        whole: list[str] | None = stops[:1]
        for a, b in pairwise(stops):
            way = [a, b] if (a, b) in joined else ways.get((a, b))
            whole = whole + way[1:] if whole is not None and way is not None else None
        out[route] = tuple(whole) if whole is not None and len(whole) > 1 else None
    return out


def departures(flow: Flow) -> int:
    """How many vehicles a flow sends: at its start and each interval after it, its end included."""
    end = OPEN_END_S if flow.endTime < 0 else flow.endTime
    return max(int((end - flow.startTime) / flow.interval + 1e-9) + 1, 0) if end >= flow.startTime else 0


def check_number(path: Path, flows: Sequence[Flow]) -> None:
    """Refuse more vehicles than memory is sure to hold, before any is made."""
    total = 0
    for i, flow in enumerate(flows):
        total += departures(flow)
        if total > MAX_VEHICLES:
            raise InputError(
                f"{path}, [{i}].interval: {flow.interval:g} s brings the vehicles to {total:,}; at most "
                f"{MAX_VEHICLES:,} are possible: give a longer interval or an earlier endTime"
            )


def add_trips(draft: Draft, layout: Layout, path: Path, flows: Sequence[Flow]) -> tuple[set[str], set[str]]:
    """Trips, routes and the horizon; the roads on which routes begin, and end. Raises InputError."""
    check_number(path, flows)
    whole = complete(layout, (flow.route for flow in flows))
    names: dict[Route, str] = {}
    last = 0.0
    astray, completed = [], []
    for i, flow in enumerate(flows):
        route = whole[tuple(flow.route)]
        if route is None:
            astray.append(f"[{i}]")
            continue
        if len(route) > MAX_ROUTE_LINKS:
            raise InputError(
                f"{path}, [{i}].route: has {len(route):,} roads; give at most {MAX_ROUTE_LINKS:,}"
            )
        if len(route) != len(flow.route):
            completed.append(f"[{i}]")
        name = names.setdefault(route, f"r{len(names) + 1}")
        number = departures(flow)
        at = [round(flow.startTime + n * flow.interval, 3) for n in range(number)]
        draft.extend(
            TRIPS,
            vehicle_id=[f"flow_{i}_{n}" for n in range(number)],
            depart_s=at,
            route_id=[name] * number,
        )
        last = max([last, *at[-1:]])
    if not draft.column(TRIPS, "vehicle_id"):
        raise InputError(
            f"{path}: no flow sends a vehicle on a route of two roads or more; give one that does"
        )
    links = [" ".join(layout.link_id[road] for road in route) for route in names]
    draft.extend(ROUTES, route_id=list(names.values()), link_ids=links)
    _set_horizon(draft, last)
    _report(draft, flows, astray, completed)
    return {route[0] for route in names}, {route[-1] for route in names}


def _set_horizon(draft: Draft, last_s: float) -> None:
    """The demand window ends with the last departure's minute."""
    end = 60.0 * (math.floor(last_s / 60) + 1)
    draft.section("horizon", warm_up_s=0.0, demand_s=end, drain_s=3600.0)
    draft.section("demand", trips=TRIPS.file, routes=ROUTES.file)


def _report(draft: Draft, flows: Sequence[Flow], astray: list[str], completed: list[str]) -> None:
    vehicles, routes = len(draft.column(TRIPS, "vehicle_id")), len(draft.column(ROUTES, "route_id"))
    draft.understood(f"{len(flows):,} flows: {vehicles:,} vehicles on {routes:,} routes; all are cars")
    if completed:
        draft.understood(
            f"routes that name some of their roads only, completed by shortest ways: {len(completed):,} flows"
        )
    if astray:
        draft.dropped("flows", "no way joins the roads of their route, or it has only one", astray)
    if endless := [f"[{i}]" for i, flow in enumerate(flows) if flow.endTime < 0]:
        draft.guessed("end of flows without endTime", f"{OPEN_END_S:g} s", endless)
