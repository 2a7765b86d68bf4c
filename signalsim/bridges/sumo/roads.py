"""Which of SUMO's edges and lanes is which of our links and lanes.

A link is one edge or, with turn bays, two: to the bays' mouth, and from there to the stop line.
Lanes of an imported network are named in lane.csv; all others are counted, ours from the left, SUMO's
from the edge of the road.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.errors import InputError

NOTHING = -1  # none of ours


class SumoLane(NamedTuple):
    id: str
    length_m: float
    speed_mps: float


class Survey(NamedTuple):
    """What SUMO has loaded."""

    lanes: dict[str, tuple[SumoLane, ...]]  # by edge
    lights: dict[str, list[list[tuple[str, str]]]]  # traffic light -> link index -> (from lane, to lane)


class Kerb(NamedTuple):
    """Where vehicles stand on a link at its stops."""

    edge: str
    lane: int  # SUMO's index
    end_m: float


class Piece(NamedTuple):
    """One edge of a link."""

    edge: str
    travel_ms: int  # at free flow, for a driver of pace 1000
    at_stop: bool  # ends at the stop line, not at a bay's mouth
    lanes: tuple[int, ...]  # ours there
    reach_m: float  # who stands so far before its beginning counts as on it, see ``_reach_m``


@dataclass
class Roads:
    """The way from SUMO's names to our rows."""

    pieces: list[list[Piece]] = field(default_factory=list)  # by link
    lane: dict[str, int] = field(default_factory=dict)  # SUMO's lane -> ours
    length_m: dict[int, float] = field(default_factory=dict)  # our lane -> length of SUMO's
    slow_mps: dict[int, float] = field(default_factory=dict)  # our lane -> half its free speed
    view_from_m: dict[int, float] = field(default_factory=dict)  # our lane -> its advance line, if it has one
    kerbs: dict[int, Kerb] = field(default_factory=dict)  # by link
    _leaves: dict[str, int] = field(default_factory=dict)  # SUMO's lane at a stop line -> link
    _enters: dict[str, int] = field(default_factory=dict)  # SUMO's lane where a link begins -> link
    _movement: dict[tuple[int, int], int] = field(default_factory=dict)

    def movement(self, connections: Sequence[tuple[str, str]]) -> int:
        """The movement of (from lane, to lane) pairs that share a lamp; NOTHING if we have none."""
        for start, end in connections:
            links = self._leaves.get(start, NOTHING), self._enters.get(end, NOTHING)
            if links in self._movement:
                return self._movement[links]
        return NOTHING


def find_roads(survey: Survey, net: Path, built: Any, edges: list[tuple[str, ...]]) -> Roads:
    """Match a scenario with the network that SUMO has loaded from ``net``.

    ``edges``: SUMO's edges of each link, upstream first. Raises InputError for one that is not there.
    """
    index, network = built.index, built.scenario.network
    ends = zip(index.movement_from.tolist(), index.movement_to.tolist(), strict=True)
    roads = Roads(_movement={pair: movement for movement, pair in enumerate(ends)})
    numbers = zip(
        index.lane_link.tolist(), index.lane_number.tolist(), index.lane_at_stop.tolist(), strict=True
    )
    place = {key: lane for lane, key in enumerate(numbers)}
    named = _named_lanes(network)
    roads.kerbs = dict(_kerbs(survey, built, edges))
    for link, parts in enumerate(edges):
        if missing := [edge for edge in parts if edge not in survey.lanes]:
            raise InputError(
                f"{net}: has no edge '{missing[0]}', but the scenario has it as link '{index.links[link]}'; "
                "import the scenario anew from its network"
            )
        travel = _travel_ms(built.tables, link, len(parts))
        roads.pieces.append([])
        for edge, travel_ms in zip(parts, travel, strict=True):
            at_stop = edge == parts[-1]
            lanes = survey.lanes[edge]
            ours = [place[link, number, at_stop] for number in _numbers(network, link, lanes, at_stop, named)]
            reach_m = _reach_m(built, link, ours[0], lanes[0].length_m)
            roads.pieces[link].append(Piece(edge, travel_ms, at_stop, tuple(sorted(set(ours))), reach_m))
            for lane, own in zip(lanes, ours, strict=True):
                roads.lane[lane.id] = own
                roads.length_m[own] = lane.length_m
                roads.slow_mps[own] = lane.speed_mps / 2
                if edge == parts[0]:
                    roads._enters[lane.id] = link
                if at_stop:
                    roads._leaves[lane.id] = link
                if built.tables.lane_view_ms[own] > 0:
                    roads.view_from_m[own] = max(0.0, lane.length_m - network.defaults.camera_view_m)
    return roads


def _kerbs(survey: Survey, built: Any, edges: list[tuple[str, ...]]) -> Iterator[tuple[int, Kerb]]:
    """Of every link with stops."""
    from signalsim.demand import stop_positions_m
    from signalsim.formats.sumo.export.halts import kerb

    network, trips = built.scenario.network, built.scenario.trips
    if trips is None:
        return
    position_m = stop_positions_m(trips.stops, network)
    for link in np.unique(trips.stops.lookup("link_id", network.link, "link")).tolist():
        name, end_m = kerb(network, link, edges[link], float(position_m[link]))
        edge, _, lane = name.rpartition("_")
        lengths_m = [lane.length_m for lane in survey.lanes.get(edge, ())]
        yield link, Kerb(edge, int(lane), min([end_m, *lengths_m]))


def _reach_m(built: Any, link: int, lane: int, length_m: float) -> float:
    """How far behind a lane's beginning the last car stands that it holds to us, m; 0 but for short lanes.

    Networks have links of less than a metre before a stop line. In our engines a lane holds three
    cars at least; in SUMO they stand before the link, where no camera would look for them.
    """
    spacing_m = 1 / float(built.scenario.network.jam_pcupm[link])
    cars = int(built.tables.lane_slots[lane]) / 2
    return max(0.0, (cars - 0.5) * spacing_m - length_m)  # half a place for who stops short of the line


def _named_lanes(network: Any) -> dict[str, tuple[int, int]]:
    """Lane id -> (link, number from the left) of the lanes that the scenario names."""
    numbers = network.lane.numbers("lane_num")
    return {
        name: (int(link), int(number))
        for name, link, number in zip(network.lane.ids, network.lane_link, numbers, strict=True)
    }


def _numbers(
    network: Any,
    link: int,
    lanes: tuple[SumoLane, ...],
    at_stop: bool,
    named: dict[str, tuple[int, int]],
) -> list[int]:
    """Our number of each of SUMO's lanes. A lane that we do not have goes by its nearest neighbour."""
    found = [named[lane.id][1] for lane in lanes if named.get(lane.id, (NOTHING, 0))[0] == link]
    if not found:
        full = int(network.link.numbers("lanes")[link])
        from_left = network.lane_numbers(link) if at_stop else list(range(1, full + 1))
        ordered = from_left[::-1] if network.drive_right else from_left
        return [ordered[min(i, len(ordered) - 1)] for i in range(len(lanes))]
    known = [i for i, lane in enumerate(lanes) if named.get(lane.id, (NOTHING, 0))[0] == link]
    nearest = [min(known, key=lambda k: (abs(k - i), k)) for i in range(len(lanes))]
    return [named[lanes[k].id][1] for k in nearest]


def _travel_ms(tables: Any, link: int, n_edges: int) -> list[int]:
    """Free-flow time of each edge of a link; one edge may stand for two segments."""
    first = int(tables.link_first_segment[link])
    times = [int(tables.segment["travel_ms"][first])]
    if tables.segment["next"][first] >= 0:
        times.append(int(tables.segment["travel_ms"][first + 1]))
    return times if len(times) == n_edges else [sum(times)] + [0] * (n_edges - 1)
