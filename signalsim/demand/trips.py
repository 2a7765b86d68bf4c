"""Trips and routes as they are listed: read, with their references resolved."""

import difflib
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from signalsim.demand.specs import LONG_CLASSES, MAX_ROUTE_LINKS, ROUTES, STOPS, TRIPS
from signalsim.demand.stops import RouteStops, place_stops
from signalsim.engine.tables import EXIT
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.csvfile import fault
from signalsim.network.tables import Table, read_optional, read_table

_CHUNK_ROUTES = 2_000  # whose links are held as texts at a time


@dataclass(frozen=True)
class Routes:
    """Routes in the order of their ids, as the engines take them."""

    link: np.ndarray  # (n_routes,) int32, the first link
    start: np.ndarray  # (n_routes + 1,) int32
    movement: np.ndarray  # int32, CSR by route; each row ends with EXIT
    stops: RouteStops


@dataclass(frozen=True)
class TripTable:
    """Trips in the order of their ids, and the routes they take."""

    table: Table
    routes: Routes
    routes_path: Path
    stops: Table
    depart_ms: np.ndarray  # (n,) int64, after simulated time 0
    route: np.ndarray  # (n,) int32
    is_long: np.ndarray  # (n,) bool: heavy or bus
    is_emergency: np.ndarray  # (n,) bool

    def __len__(self) -> int:
        return len(self.route)

    @property
    def path(self) -> Path:
        return self.table.path


def load_trips(trips: Path, routes: Path, stops: Path, network: Network) -> TripTable:
    """Read and check a trip file, its routes and their stops against their network; the file of stops
    may be absent.

    Raises InputError with file, row and column.
    """
    table = read_table(trips, TRIPS)
    if not len(table):
        raise InputError(f"{trips}: has a header but no trips; give at least one row")
    route_table = read_table(routes, ROUTES)
    stop_table = read_optional(stops, STOPS)
    read = read_routes(route_table, stop_table, network)
    check_ends(route_table, read, network)
    classes = table.texts("class")
    return TripTable(
        table=table,
        routes=read,
        routes_path=routes,
        stops=stop_table,
        depart_ms=np.rint(1000 * table.numbers("depart_s")).astype(np.int64),
        route=table.lookup("route_id", route_table, "route"),
        is_long=np.fromiter((name in LONG_CLASSES for name in classes), bool, len(classes)),
        is_emergency=np.fromiter((name == "emergency" for name in classes), bool, len(classes)),
    )


def read_routes(table: Table, stops: Table, network: Network) -> Routes:
    """Routes with their links, movements and stops found. Raises InputError."""
    finder = MovementFinder(network.movement_from, network.movement_to, len(network.link))
    texts = table.texts("link_ids")
    parts = [
        _read_chunk(table, first, texts[first : first + _CHUNK_ROUTES], network, finder)
        for first in range(0, len(texts), _CHUNK_ROUTES)
    ]
    length = np.concatenate([np.zeros(1, np.int64), *(length for _, length, _ in parts)])
    link = np.concatenate([np.zeros(0, np.int32), *(link for link, _, _ in parts)])
    start = np.cumsum(length).astype(np.int32)
    movement = np.concatenate([np.zeros(0, np.int32), *(movement for _, _, movement in parts)])
    return Routes(link, start, movement, place_stops(stops, table, network, link, start, movement))


def _read_chunk(
    table: Table, first: int, texts: tuple[str, ...], network: Network, finder: "MovementFinder"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first link, number of links, movements with EXIT behind each route's last link) of some routes."""
    names = [text.split() for text in texts]
    length = np.fromiter(map(len, names), np.int64, len(names))
    for i in np.flatnonzero(length > MAX_ROUTE_LINKS):
        raise table.fault(
            first + int(i), "link_ids", f"has {length[i]:,} links; at most {MAX_ROUTE_LINKS:,} are possible"
        )
    found = map(network.link.index.get, chain.from_iterable(names), repeat(-1))
    link = np.fromiter(found, np.int32, int(length.sum()))
    end = np.cumsum(length)
    if (link < 0).any():
        at = int(np.argmax(link < 0))
        route = int(np.searchsorted(end, at, side="right"))
        raise _unknown_link(table, first + route, names[route][at - int(end[route])], network)
    movement = np.full(len(link), EXIT, np.int32)
    goes_on = np.ones(len(link), bool)
    goes_on[end - 1] = False
    here = np.flatnonzero(goes_on)
    movement[here] = finder.find(link[here], link[here + 1])
    if (movement[here] < 0).any():
        at = int(here[np.argmax(movement[here] < 0)])
        route = int(np.searchsorted(end, at, side="right"))
        a, b = (network.link.ids[link[k]] for k in (at, at + 1))
        raise fault(
            table.path, int(table.row[first + route]), "link_ids", f"{a} {b}",
            f"follow each other but no movement leads from '{a}' to '{b}'; correct the route or add the "
            f"movement to {network.movement.path.name}",
        )  # fmt: skip
    return link[end - length], length, movement


def check_ends(table: Table, routes: Routes, network: Network) -> None:
    """Routes begin on entry links and end on exit links."""
    length = np.diff(routes.start)
    last = routes.link.copy()
    goes_on = length > 1
    last[goes_on] = network.movement_to[routes.movement[routes.start[1:][goes_on] - 2]]
    for link, is_right, what, place, column in (
        (routes.link, network.is_origin, "begins", "to which movements lead", "opt_entry"),
        (last, network.is_exit, "ends", "from which movements lead on", "opt_exit"),
    ):
        for i in np.flatnonzero(~is_right[link])[:1]:
            name = network.link.ids[link[i]]
            raise table.fault(
                int(i), "link_ids",
                f"{what} on link '{name}', {place}: set its {column} to 1 in {network.link.path.name}, "
                "or correct the route",
            )  # fmt: skip


def _unknown_link(table: Table, position: int, name: str, network: Network) -> InputError:
    is_list = any(mark in name for mark in ",;|>")
    near = [] if is_list else difflib.get_close_matches(name, network.link.ids, 1)
    hint = f"did you mean '{near[0]}'?" if near else "separate link ids by blanks"
    return fault(
        table.path, int(table.row[position]), "link_ids", name,
        f"is no link of {network.link.path.name}; {hint}",
    )  # fmt: skip


class MovementFinder:
    """Which movement leads from one link to another."""

    def __init__(self, from_link: np.ndarray, to_link: np.ndarray, n_links: int):
        order = np.argsort(from_link, kind="stable")
        self._movement = np.append(order, EXIT).astype(np.int32)
        self._to = np.append(to_link[order], -1)
        self._first = np.searchsorted(from_link[order], np.arange(n_links + 1))

    def find(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """(n,) int32 movements from links ``a`` to links ``b``, -1 where there is none."""
        first = self._first[a]
        degree = self._first[a + 1] - first
        out = np.full(len(a), -1, np.int32)
        for k in range(int(degree.max(initial=0))):
            place = np.where(k < degree, first + k, len(self._to) - 1)
            out = np.where(self._to[place] == b, self._movement[place], out)
        return out
