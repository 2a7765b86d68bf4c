"""Drawing one replication of the demand: departures, classes, drivers, routes.

All numbers come from ``engine.random``, keyed by (seed, replication, stream, entity, counter):
departures by (cell, draw), everything else by (vehicle, draw).
"""

from typing import Protocol

import numpy as np

from signalsim.demand.chance import normal
from signalsim.demand.model import EXACT, HEAVY, MIXED, Demand, EntryCells, Listed
from signalsim.demand.pedestrians import Draw, draw_pedestrians
from signalsim.demand.routes import draw_routes
from signalsim.demand.stops import RouteStops, dwell_ms
from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import Arrivals


class HasDemand(Protocol):
    """What ``sample`` wants of a built scenario."""

    @property
    def demand(self) -> Demand: ...


def _ragged(sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For rows of the given sizes: (row of each element, its place in the row)."""
    row = np.repeat(np.arange(len(sizes)), sizes)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _poisson_departures(cells: EntryCells, key: np.uint64) -> tuple[np.ndarray, np.ndarray]:
    """(cell, time in ms) of a Poisson process with each cell's mean, from exponential gaps.

    Enough gaps are drawn to pass the cell's end with 10 standard deviations to spare.
    """
    mean = cells.vehicles
    tries = np.where(mean > 0, np.ceil(mean + 10 * np.sqrt(mean) + 20), 0).astype(np.int64)
    cell, draw = _ragged(tries)
    gap = -np.log1p(-uniform(key, cell, draw))
    total = np.cumsum(gap)
    before = np.append(0.0, total)[(np.cumsum(tries) - tries)[cell]]
    position = (total - before) / mean[cell]  # 1: the cell's end
    keep = position < 1
    return cell[keep], _in_cell(cells, cell[keep], position[keep])


def _exact_departures(cells: EntryCells, key: np.uint64) -> tuple[np.ndarray, np.ndarray]:
    """(cell, time in ms) with exactly the counted vehicles, uniform in their interval.

    Where a cell holds a fraction (a filled gap, a part of an interval), fractions carry over to the
    next cell of the same link and kind.
    """
    number = np.zeros(len(cells.link), np.int64)
    first = np.flatnonzero(np.diff(cells.link, prepend=-1) | np.diff(cells.kind, prepend=-1))
    for begin, end in zip(first, [*first[1:], len(number)], strict=True):
        own = slice(begin, end)
        running = np.append(0, np.floor(np.cumsum(cells.vehicles[own]) + 0.5 - 1e-6))
        number[own] = np.diff(running).astype(np.int64)
    cell, draw = _ragged(number)
    return cell, _in_cell(cells, cell, uniform(key, cell, draw))


def _in_cell(cells: EntryCells, cell: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Times in ms at positions 0..1 of cells; never the cell's end."""
    width = cells.end_ms[cell] - cells.start_ms[cell]
    return cells.start_ms[cell] + np.minimum(np.floor(position * width).astype(np.int64), width - 1)


def _pace(demand: Demand, seed: int, replication: int, n: int) -> np.ndarray:
    """(n,) int32: 1000 over the driver's speed factor, which is normal around 1 and cut."""
    if demand.pace_sd == 0:
        return np.full(n, 1000, np.int32)
    spread = normal(stream_key(seed, "pace", replication), np.arange(n), np.zeros(1, np.int64))
    factor = np.clip(1 + demand.pace_sd * spread, demand.pace_low, demand.pace_high)
    return np.round(1000 / factor).astype(np.int32)


def _size(demand: Demand, seed: int, replication: int, kind: np.ndarray) -> np.ndarray:
    """(n,) int32 slots: twice the passenger car units."""
    u = uniform(stream_key(seed, "class", replication), np.arange(len(kind)), np.zeros(1))
    heavy = (kind == HEAVY) | ((kind == MIXED) & (u < demand.heavy_share))
    return np.where(heavy, round(2 * demand.heavy_pcu), 2).astype(np.int32)


def _listed(demand: Demand, listed: Listed, seed: int, replication: int) -> Arrivals:
    """The same vehicles whatever the seed: only their drivers and their times at stops are drawn.

    An emergency vehicle drives at its own pace, whoever drives.
    """
    pace = _pace(demand, seed, replication, len(listed.route))
    arrivals = Arrivals(
        depart_ms=listed.depart_ms,
        route=listed.route,
        pace=np.where(listed.siren, round(1000 / demand.emergency_speed_factor), pace).astype(np.int32),
        size=listed.size,
        route_link=listed.route_link,
        route_start=listed.route_start,
        route_movement=listed.route_movement,
        route_dwell_ms=np.zeros(len(listed.route_movement), np.int32),
        siren=listed.siren,
    )
    return _with_stops(arrivals, listed.stops, demand.dwell_cv, seed, replication)


def _with_stops(arrivals: Arrivals, stops: RouteStops, cv: float, seed: int, replication: int) -> Arrivals:
    """Every vehicle on a route with stops gets a row of its own, behind the others, with its times there."""
    vehicle = np.flatnonzero(np.diff(stops.start)[arrivals.route])
    if not len(vehicle):
        return arrivals
    shared = arrivals.route[vehicle]
    length = np.diff(arrivals.route_start)[shared]
    end = np.cumsum(length)
    row, place = _ragged(length)
    movement = arrivals.route_movement[arrivals.route_start[shared][row] + place]
    of, place = _ragged(np.diff(stops.start)[shared])
    at = stops.start[shared][of] + place
    dwell = np.zeros(len(movement), np.int32)
    times = dwell_ms(stops.dwell_ms[at], cv, vehicle[of], place, seed, replication)
    np.add.at(dwell, (end - length)[of] + stops.leg[at], times)
    route = arrivals.route.copy()
    route[vehicle] = len(arrivals.route_link) + np.arange(len(vehicle))
    return arrivals._replace(
        route=route,
        route_link=np.append(arrivals.route_link, arrivals.route_link[shared]),
        route_start=np.append(arrivals.route_start, arrivals.route_start[-1] + end).astype(np.int32),
        route_movement=np.append(arrivals.route_movement, movement),
        route_dwell_ms=np.append(arrivals.route_dwell_ms, dwell),
    )


def sample(built: HasDemand | Demand, seed: int = 0, replication: int = 0) -> Arrivals:
    """Vehicles of one replication, sorted by departure (then by cell, then by draw), and pedestrians.

    ``sampled`` mode: the number in each interval is Poisson with the counted mean. ``exact`` mode:
    it is the counted number, at uniform times within the interval. Listed trips are those of the list.
    """
    demand = built if isinstance(built, Demand) else built.demand
    if demand.listed is not None:
        arrivals = _listed(demand, demand.listed, seed, replication)
    else:
        arrivals = _counted(demand, seed, replication)
    if demand.pedestrians is None:
        return arrivals
    people = draw_pedestrians(demand.pedestrians, demand.n_crossings, _draw(demand), seed, replication)
    return arrivals._replace(**people)


def _draw(demand: Demand) -> Draw:
    return _exact_departures if demand.mode == EXACT else _poisson_departures


def _counted(demand: Demand, seed: int, replication: int) -> Arrivals:
    """Vehicles from counts."""
    cells = demand.entries
    cell, time = _draw(demand)(cells, stream_key(seed, "arrivals", replication))
    order = np.lexsort((cell, time))
    cell, time = cell[order], time[order]
    link = cells.link[cell]
    route, route_link, route_start, route_movement = draw_routes(
        demand.turning, demand.link_freeflow_ms, seed, replication, link, time, demand.max_links
    )
    return Arrivals(
        depart_ms=time,
        route=route,
        pace=_pace(demand, seed, replication, len(time)),
        size=_size(demand, seed, replication, cells.kind[cell]),
        route_link=route_link,
        route_start=route_start,
        route_movement=route_movement,
        route_dwell_ms=np.zeros(len(route_movement), np.int32),
        siren=np.zeros(len(time), bool),
    )
