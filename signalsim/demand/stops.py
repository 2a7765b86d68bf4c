"""Buses at stops: which stops a route serves, and how long each vehicle stands there.

A stop lies in the lane: while a vehicle stands there, those behind it in its lane wait. Its time at a
stop is log-normal around the stop's mean, so a route with stops is a row of its own for every vehicle.
"""

import difflib
from dataclasses import dataclass

import numpy as np

from signalsim.demand.chance import normal
from signalsim.engine.random import stream_key
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.tables import Table

_CUT = 3.0  # standard deviations of the logarithm: 0.16 to 4.5 times the mean at dwell_cv 0.6


@dataclass(frozen=True)
class RouteStops:
    """The stops of routes, in the order they are served. CSR by route."""

    start: np.ndarray  # (n_routes + 1,) int32
    stop: np.ndarray  # int32, row of stops.csv
    leg: np.ndarray  # int32, which of the route's links it lies on, from 0
    dwell_ms: np.ndarray  # float64, mean


def place_stops(
    stops: Table, routes: Table, network: Network, first_link: np.ndarray, start: np.ndarray,
    movement: np.ndarray,
) -> RouteStops:  # fmt: skip
    """The stops that column 'stop_ids' of the routes names, each on a link of its route.

    ``first_link``, ``start``, ``movement``: the routes as the engines take them. Raises InputError with
    file, row and column.
    """
    stop_link = stops.lookup("link_id", network.link, "link")
    position_m = stops.numbers("position_m")
    for i in np.flatnonzero(position_m > network.length_m[stop_link]).tolist():
        length_m = network.length_m[stop_link[i]]
        raise stops.fault(i, "position_m", f"lies behind the end of its link, which is {length_m:g} m long")
    sizes, found = [0], list[tuple[int, int]]()
    for route, text in enumerate(routes.texts("stop_ids")):
        if names := text.split():
            driven = movement[start[route] : start[route + 1] - 1]
            links = np.append(first_link[route], network.movement_to[driven])
            wanted = [_stop(stops, routes, route, name) for name in names]
            found += _in_order(stops, routes, route, wanted, links, stop_link, position_m)
        sizes.append(len(found))
    stop, leg = np.array(found, np.int32).reshape(-1, 2).T
    return RouteStops(np.array(sizes, np.int32), stop, leg, 1000 * stops.numbers("dwell_s")[stop])


def _stop(stops: Table, routes: Table, route: int, name: str) -> int:
    if (found := stops.index.get(name)) is not None:
        return found
    near = difflib.get_close_matches(name, stops.ids, 1)
    hint = f"did you mean '{near[0]}'?" if near else "add it there"
    raise _fault(routes, route, f"names '{name}', which is no stop of {stops.path.name}; {hint}")


def _in_order(
    stops: Table, routes: Table, route: int, wanted: list[int], links: np.ndarray, stop_link: np.ndarray,
    position_m: np.ndarray,
) -> list[tuple[int, int]]:  # fmt: skip
    """(stop, place of its link) along a route: each the first one behind the stop before it."""
    out: list[tuple[int, int]] = []
    for stop in wanted:
        places = np.flatnonzero(links == stop_link[stop]).tolist()
        name, link = stops.ids[stop], stops.texts("link_id")[stop]
        if not places:
            raise _fault(
                routes, route,
                f"names '{name}' on link '{link}', which is not on the route; correct the stops or the route",
            )  # fmt: skip
        before, leg = out[-1] if out else (-1, -1)
        ahead = [p for p in places if p > leg or (p == leg and _is_behind(stop, before, position_m))]
        if not ahead:
            raise _fault(
                routes, route,
                f"names '{name}' behind '{stops.ids[before]}', which the route reaches later; give them in "
                "the order they are served",
            )  # fmt: skip
        out.append((stop, ahead[0]))
    return out


def _is_behind(stop: int, other: int, position_m: np.ndarray) -> bool:
    """Whether a stop can be served after another one of its link; where positions are not given, yes."""
    return stop != other and not position_m[stop] < position_m[other]


def _fault(routes: Table, route: int, remedy: str) -> InputError:
    return routes.fault(route, "stop_ids", remedy)


def dwell_ms(
    mean_ms: np.ndarray, cv: float, vehicle: np.ndarray, place: np.ndarray, seed: int, replication: int
) -> np.ndarray:
    """(n,) int32 times that vehicles stand at their stops; ``place``: which of its route's stops.

    Log-normal with the given mean and coefficient of variation: sigma^2 = ln(1 + cv^2), mu = ln(mean) -
    sigma^2 / 2 (Johnson, Kotz & Balakrishnan 1994, ch. 14), cut at 3 sigma, which takes 0.1 % off the
    mean at 0.6. With ``cv`` 0 it is the mean.
    """
    sigma = np.sqrt(np.log1p(cv * cv))
    z = normal(stream_key(seed, "dwell", replication), vehicle, place) if cv else np.zeros(len(vehicle))
    factor = np.exp(sigma * np.clip(z, -_CUT, _CUT) - sigma * sigma / 2)
    return np.rint(mean_ms * factor).astype(np.int32)


def stop_positions_m(stops: Table | None, network: Network) -> np.ndarray:
    """(n_links,) where vehicles stand on links: the mean of their stops' positions, else the middle."""
    middle = network.length_m / 2
    if stops is None:
        return middle
    position_m, link = stops.numbers("position_m"), stops.lookup("link_id", network.link, "link")
    known = ~np.isnan(position_m)
    n = np.bincount(link[known], minlength=len(middle))
    total = np.bincount(link[known], position_m[known], len(middle))
    return np.where(n > 0, total / np.maximum(n, 1), middle)
