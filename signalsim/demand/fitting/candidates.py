"""Candidate routes: those of a file, or the quickest few from every entry to every exit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from signalsim.demand.specs import ROUTES, STOPS
from signalsim.demand.trips import MovementFinder, check_ends, read_routes
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.tables import read_optional, read_table

_MAX_ROUTES = 200_000
_DETOUR = 1.5  # times the quickest: slower ones are no candidates
_SPREAD = 0.1  # of the quickest time: how much longer a route may take to be chosen 1/e as often


@dataclass(frozen=True)
class Candidates:
    """Routes in the order of their links; ``link`` and ``end_ms`` are flat, route by route."""

    ids: tuple[str, ...]
    start: np.ndarray  # (n_routes + 1,) int64
    link: np.ndarray  # int32
    movement: np.ndarray  # int32, that leaves the link; -1: the last
    end_ms: np.ndarray  # float64, from departure to the link's end at free flow
    prior: np.ndarray  # (n_routes,) float64, how often it is taken among those from its entry to its exit

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def route(self) -> np.ndarray:
        """int64, the route of each flat place."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def links_of(self, route: int) -> np.ndarray:
        return self.link[self.start[route] : self.start[route + 1]]


def listed_routes(path: Path, network: Network) -> Candidates:
    """The routes of a routes.csv, each once. Raises InputError."""
    table = read_table(path, ROUTES)
    if not len(table):
        raise InputError(f"{path}: has a header but no routes; give at least one row")
    stops = read_optional(path.with_name(STOPS.file), STOPS)
    check_ends(table, read_routes(table, stops, network), network)
    index = network.link.index
    links = [tuple(index[name] for name in text.split()) for text in table.texts("link_ids")]
    return _candidates(dict(zip(links, table.ids, strict=True)), network)


def shortest_routes(network: Network, k: int) -> Candidates:
    """The ``k`` quickest routes at free flow between every entry and exit, none over 1.5 times the quickest.

    Yen (1971), as networkx has it. Raises InputError where there are none, or too many.
    """
    import networkx

    time = network.length_m / network.speed_mps
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(network.link)))
    for a, b in zip(network.movement_from.tolist(), network.movement_to.tolist(), strict=True):
        if network.link_from[a] != network.link_to[b] or network.link_to[a] != network.link_from[b]:
            graph.add_edge(a, b, time=float(time[b]))  # whoever turns back drives no quickest route
    found: dict[tuple[int, ...], str] = {}
    exits = np.flatnonzero(network.is_exit).tolist()
    for entry in np.flatnonzero(network.is_origin).tolist():
        reached = networkx.descendants(graph, entry)
        for exit_ in exits:
            if exit_ in reached:
                for links in _quickest(graph, entry, exit_, k, time):
                    found[links] = f"r{len(found) + 1}"
        if len(found) > _MAX_ROUTES:
            raise InputError(
                f"{network.link.path}: more than {_MAX_ROUTES:,} candidate routes; list those that are "
                "driven (--routes) or ask for fewer (--paths)"
            )
    if not found:
        raise InputError(f"{network.link.path}: no route leads from an entry to an exit; check movements")
    return _candidates(found, network)


def _quickest(graph: "object", entry: int, exit_: int, k: int, time: np.ndarray) -> Iterator[tuple[int, ...]]:
    import networkx

    best = None
    for links in islice(networkx.shortest_simple_paths(graph, entry, exit_, weight="time"), k):
        took = float(time[links].sum())
        best = took if best is None else best
        if took > _DETOUR * best:
            return
        yield tuple(links)


def _candidates(names: dict[tuple[int, ...], str], network: Network) -> Candidates:
    routes = sorted(names)
    length = np.array([len(links) for links in routes])
    start = np.append(0, np.cumsum(length))
    link = np.array([link for links in routes for link in links], np.int32)
    took = 1000 * network.length_m[link] / network.speed_mps[link]
    total = np.append(0.0, np.cumsum(took))
    end = total[1:] - np.repeat(total[start[:-1]], length)
    return Candidates(
        ids=tuple(names[links] for links in routes),
        start=start,
        link=link,
        movement=_movements(routes, network),
        end_ms=end,
        prior=_prior(routes, end[start[1:] - 1]),
    )


def _movements(routes: Sequence[tuple[int, ...]], network: Network) -> np.ndarray:
    finder = MovementFinder(network.movement_from, network.movement_to, len(network.link))
    pairs = np.array([pair for links in routes for pair in pairwise(links)], np.int64).reshape(-1, 2)
    found = finder.find(pairs[:, 0], pairs[:, 1])
    out = np.full(sum(map(len, routes)), -1, np.int32)
    goes_on = np.ones(len(out), bool)
    goes_on[np.cumsum([len(links) for links in routes]) - 1] = False
    out[goes_on] = found
    return out


def _prior(routes: Sequence[tuple[int, ...]], took_ms: np.ndarray) -> np.ndarray:
    """Logit shares by time among routes from one entry to one exit (Ben-Akiva & Lerman 1985, ch. 5)."""
    ends: dict[tuple[int, int], int] = {}
    pair = np.array([ends.setdefault((links[0], links[-1]), len(ends)) for links in routes])
    quickest = np.full(len(ends), np.inf)
    np.minimum.at(quickest, pair, took_ms)
    weight = np.exp(-(took_ms / quickest[pair] - 1) / _SPREAD)
    share: np.ndarray = weight / np.bincount(pair, weight)[pair]
    return np.maximum(share, 1e-3)
