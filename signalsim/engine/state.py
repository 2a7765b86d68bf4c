"""All that changes during a run, as arrays: copy them and you have a snapshot."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .interlock import SignalState, initial_state
from .memory import aligned
from .tables import EXIT, INF, TO_VEHICLES, Arrivals, Tables

WHEEL = 1 << 17  # buckets of the timing wheel, one per millisecond; later events wait in the last one

NODE = np.dtype([("time_ms", "i8"), ("next", "i4"), ("pad", "i4")])
IDLE = -1  # a node's time when nothing is scheduled for it

LANE = np.dtype(  # two cache lines; the first has what decides whether somebody may go or come
    [
        ("next_ms", "i8"),  # the last crossing plus its headway
        ("admit_ms", "i8"),  # the last entry plus its headway
        ("tail_ms", "i8"),  # when the last vehicle on it reaches the stop line (FIFO)
        ("place0", "i4"),  # its ring of vehicles
        ("n_places", "i4"),  # a source: the end of its row in source_vehicle
        ("head", "i4"),  # place of the first vehicle; a source: of its next vehicle in the row
        ("vehicles", "i4"),
        ("used", "i4"),  # slots taken
        ("easy", "i4"),  # up to so many slots taken, room is certain without a look at the slots
        ("headway_ms", "i4"),
        ("travel_ms", "i4"),
        ("waits_for", "i4"),  # the segment whose room it waits for, -1
        ("sneaks", "i1"),  # turners that may still clear at the end of green
        ("marks", "i1"),  # bits, see below
        ("at_line", "i1"),  # 1: ends at a stop line; 0: at a bay's mouth
        ("wanted", "i1"),  # somebody waits for room on its segment
        ("n_slots", "i4"),
        ("wave_ms", "i4"),
        ("slot0", "i4"),  # its ring of slots
        ("slot", "i4"),  # the first one taken
        ("segment", "i4"),  # a source: the segment that it feeds
        ("queue", "i4"),  # vehicles known to have reached the stop line; a source: to wait
        ("stops", "i4"),
        ("crossed", "i4"),  # by counted vehicles
        ("delay_ms", "i8"),  # of counted vehicles
        # before this nobody passes the advance line or comes to the stop line; a source: wishes to depart
        ("quiet_ms", "i8"),
        ("out", "i4"),  # by all vehicles
        ("out_long", "i4"),  # by those that take more room than a car
        ("near", "i2"),  # vehicles known to be between advance line and stop line
        ("near_long", "i2"),  # of these: take more room than a car
        ("near_slots", "i2"),  # that they take
        ("max_queue", "u2"),
    ]
)
# Marks of a lane.
FRESH = 1  # a lamp of it went green and nobody has crossed since
INSIDE = 2  # its head has crossed the stop line and stands inside the junction
BLOCKED = 4  # somebody stands inside the junction in the way of a movement from it
SIREN = 8  # an emergency vehicle is on it and not yet at the front
PERMISSIVE = 16  # it serves a movement that gives way to vehicles
PLACE = np.dtype(  # a vehicle on a lane
    [
        ("arrive_ms", "i8"),  # earliest time at the stop line
        ("vehicle", "i4"),
        ("route_at", "i4"),  # index into the legs of its next movement
        ("movement", "i4"),
        ("after", "i4"),  # the movement after it, known a link ahead: nobody waits for its reading
        ("onward", "u2"),  # bitmask of the lanes behind the junction that serve the movement after it
        ("pace", "i2"),
        ("stops", "u1"),
        ("length", "u1"),  # slots that it takes (a field "size" would hide behind NumPy's own)
        ("siren", "u1"),  # 1: passes queues
        ("dwells", "u1"),  # bit 0: there are stops on its link, bit 1: on the link after it
    ]
)
CROSSING_STATE = np.dtype(  # indices of pedestrians, who come in their order
    [
        ("arrived", "i4"),  # the next to come to the kerb
        ("started", "i4"),  # the next to set off
        ("oldest", "i4"),  # before it everybody is across
        ("pad", "i4"),
    ]
)
SEGMENT_STATE = np.dtype([("waiting", "i4"), ("pad", "i4"), ("turn", "i8")])  # turn: the merge clock
TOTAL = np.dtype(
    [
        ("now_ms", "i8"),
        ("refill_ms", "i8"),  # from when on the wheel is to be refilled
        ("rank", "i8"),  # of the event under way, -1 between events
        ("entered", "i8"),
        ("arrived", "i8"),
        ("moves", "i8"),
        ("records", "i8"),  # rows of the log in use
        ("events", "i8"),
        ("counted_from", "i8"),  # vehicles in [counted_from, counted_to) are counted in sums
        ("counted_to", "i8"),
    ]
)


class Wheel(NamedTuple):
    bucket: np.ndarray  # (WHEEL + 1,) int32, first node of each millisecond; the last: far away
    busy: np.ndarray  # uint64, a bit per bucket: set where there may be a node


class State(NamedTuple):
    total: np.ndarray  # (1,) TOTAL
    node: np.ndarray  # (n_nodes,) NODE: junctions, crossings, lanes and sources, segments, lanes that yield
    wheel: Wheel
    scratch: np.ndarray  # (n_nodes,) int32
    changes: np.ndarray  # (8 x MAX_GROUPS,) int32, scratch of the interlock
    lane: np.ndarray  # (n_lanes + n_sources,) LANE
    place: np.ndarray  # PLACE, rings of all lanes
    left_ms: np.ndarray  # int64, rings of all lanes: when each slot was last left
    segment: np.ndarray  # (n_segments,) SEGMENT_STATE
    merge: np.ndarray  # (n_feeders,) int64, virtual time of each feeder
    movement_out: np.ndarray  # (n_movements,) int64, crossings of all vehicles
    movement_out_long: np.ndarray  # (n_movements,) int64, of those that take more room than a car
    turn_ms: np.ndarray  # (n_movements,) int64, last crossing of one that takes turns
    blocked: np.ndarray  # (n_movements,) int32, how many lanes' heads stand in its way inside the junction
    source_vehicle: np.ndarray  # int32, CSR by source: vehicles in order of departure
    enter_ms: np.ndarray  # (n_vehicles,) int64, -1: waiting
    arrive_ms: np.ndarray  # (n_vehicles,) int64, -1: not yet
    stops: np.ndarray  # (n_vehicles,) int32, written on arrival
    crossing: np.ndarray  # (n_crossings,) CROSSING_STATE
    walk_ms: np.ndarray  # (n_pedestrians,) int64, when they set off, -1: not yet
    signals: SignalState


class Trips(NamedTuple):
    """Arrivals as the loop reads them."""

    depart_ms: np.ndarray  # (n_vehicles,) int64
    pace: np.ndarray  # (n_vehicles,) int32
    size: np.ndarray  # (n_vehicles,) int32
    leg0: np.ndarray  # (n_vehicles,) int32, where its route begins in ``leg``
    siren: np.ndarray  # (n_vehicles,) int32, 1: passes queues
    # int64: a movement (EXIT: -1); from bit 32, the lanes that serve it where its link begins; bit 62:
    # there are stops on that link
    leg: np.ndarray
    dwell_ms: np.ndarray  # int32, time at those stops
    pedestrian_start: np.ndarray  # (n_crossings + 1,) int32
    pedestrian_ms: np.ndarray  # (n_pedestrians,) int64
    pedestrian_far: np.ndarray  # (n_pedestrians,) bool


def make_trips(tables: Tables, arrivals: Arrivals) -> Trips:
    """Pack every leg of every route: movement and lane mask are read together."""
    last = arrivals.route_start[1:] - 1
    leg = np.append(tables.movement["serve_first"], 0).astype(np.int64)[arrivals.route_movement]
    end_link = tables.link_first_segment[arrivals.route_link].astype(
        np.int64
    )  # where a route of no movement ends
    longer = last > arrivals.route_start[:-1]
    end_link[longer] = tables.movement["to_segment"][arrivals.route_movement[last[longer] - 1]]
    leg[last] = (1 << tables.segment["n_lanes"][end_link].astype(np.int64)) - 1
    leg <<= 32  # in place: the routes are the largest array of a run
    np.bitwise_or(leg, arrivals.route_movement.astype(np.int32, copy=False).view(np.uint32), out=leg)
    leg[arrivals.route_dwell_ms > 0] |= 1 << 62
    return Trips(
        depart_ms=arrivals.depart_ms,
        pace=arrivals.pace,
        size=arrivals.size,
        leg0=arrivals.route_start[arrivals.route],
        siren=arrivals.siren.astype(np.int32),
        leg=leg,
        dwell_ms=np.asarray(arrivals.route_dwell_ms, np.int32),
        pedestrian_start=pedestrian_rows(tables, arrivals),
        pedestrian_ms=arrivals.pedestrian_ms,
        pedestrian_far=arrivals.pedestrian_far,
    )


def pedestrian_rows(tables: Tables, arrivals: Arrivals) -> np.ndarray:
    """(n_crossings + 1,) int32: where each crossing's pedestrians begin; arrivals may know of no crossing."""
    start, n = arrivals.pedestrian_start, len(tables.crossing)
    if len(start) == 1:
        return np.full(n + 1, start[0], np.int32)
    if len(start) != n + 1:
        raise ValueError(f"pedestrians at {len(start) - 1} crossings, of {n} that there are")
    return start


def make_state(tables: Tables, arrivals: Arrivals, count_from_ms: int, count_to_ms: int) -> State:
    """The empty road at time 0, sources filled, signals about to start.

    Vehicles that wish to depart in [count_from_ms, count_to_ms) are counted in sums.
    """
    n_lanes, n_all = len(tables.lane_slots), len(tables.lane)
    n_nodes = len(tables.signals.junction) + len(tables.crossing) + 2 * n_all + len(tables.segment)
    node = np.zeros(n_nodes, NODE)
    node["time_ms"] = IDLE
    lane = aligned(n_all, LANE)
    for name in ("next_ms", "admit_ms", "tail_ms"):
        lane[name] = -INF
    lane["segment"] = tables.lane
    lane["waits_for"] = -1
    lane["slot0"][:n_lanes] = np.cumsum(tables.lane_slots) - tables.lane_slots
    lane["n_slots"][:n_lanes] = tables.lane_slots
    places = tables.lane_slots // max(1, int(arrivals.size.min(initial=2)))
    lane["place0"][:n_lanes] = np.cumsum(places) - places
    lane["n_places"][:n_lanes] = places
    lane["headway_ms"][:n_lanes] = tables.lane_headway_ms
    lane["wave_ms"][:n_lanes] = tables.lane_wave_ms
    lane["easy"][:n_lanes] = _easy(tables, arrivals)
    lane["travel_ms"] = tables.segment["travel_ms"][tables.lane]
    lane["marks"][:n_lanes] = PERMISSIVE * _permissive(tables)
    lane["at_line"] = tables.segment["next"][tables.lane] < 0
    place = aligned(int(places.sum()), PLACE)
    place["movement"] = EXIT
    total = np.zeros(1, TOTAL)
    total["counted_from"], total["counted_to"] = np.searchsorted(
        arrivals.depart_ms, [count_from_ms, count_to_ms]
    )
    total["rank"] = -1
    source_vehicle = _fill_sources(tables, arrivals, lane, n_lanes)
    return State(
        total=total.view(np.recarray),
        node=node.view(np.recarray),
        wheel=Wheel(np.full(WHEEL + 1, -1, np.int32), np.zeros(WHEEL // 64 + 1, np.uint64)),
        scratch=np.zeros(n_nodes, np.int32),
        changes=np.zeros(8 * 64, np.int32),
        lane=lane.view(np.recarray),
        place=place.view(np.recarray),
        left_ms=np.full(int(tables.lane_slots.sum()), -INF, np.int64),
        segment=np.zeros(len(tables.segment), SEGMENT_STATE).view(np.recarray),
        merge=np.zeros(len(tables.feeder), np.int64),
        movement_out=np.zeros(len(tables.movement), np.int64),
        movement_out_long=np.zeros(len(tables.movement), np.int64),
        turn_ms=np.full(len(tables.movement), -INF, np.int64),
        blocked=np.zeros(len(tables.movement), np.int32),
        source_vehicle=source_vehicle,
        enter_ms=np.full(len(arrivals.depart_ms), -1, np.int64),
        arrive_ms=np.full(len(arrivals.depart_ms), -1, np.int64),
        stops=np.zeros(len(arrivals.depart_ms), np.int32),
        crossing=_kerbs(tables, arrivals),
        walk_ms=np.full(len(arrivals.pedestrian_ms), -1, np.int64),
        signals=initial_state(tables.signals),
    )


def counted_pedestrians(arrivals: Arrivals, from_ms: int, to_ms: int) -> np.ndarray:
    """(n_pedestrians,) bool: come to their kerb in [from, to)."""
    return (arrivals.pedestrian_ms >= from_ms) & (arrivals.pedestrian_ms < to_ms)


def _kerbs(tables: Tables, arrivals: Arrivals) -> np.ndarray:
    """Crossings to which nobody has come yet."""
    crossing = np.zeros(len(tables.crossing), CROSSING_STATE)
    for name in ("arrived", "started", "oldest"):
        crossing[name] = pedestrian_rows(tables, arrivals)[:-1]
    return crossing.view(np.recarray)


def _easy(tables: Tables, arrivals: Arrivals) -> np.ndarray:
    """Slots that may be taken while room is certain.

    A slot is left at least half the lane's smallest headway after the one before it. So if enough
    slots are free, the next one to be taken was left longer ago than the wave needs.
    """
    longest = int(arrivals.size.max(initial=2))
    headway = tables.lane_headway_ms.astype(np.int64)
    of_movement = np.minimum(tables.movement["headway_ms"], tables.movement["follow_ms"])
    lane_of = np.repeat(np.arange(len(headway)), np.diff(tables.lane_movement))
    np.minimum.at(headway, lane_of, of_movement[tables.lane_movement_id])
    return (
        tables.lane_slots
        - 2 * longest
        - -(-2 * tables.lane_wave_ms.astype(np.int64) // np.maximum(headway, 1))
    )


def _permissive(tables: Tables) -> np.ndarray:
    """(n_lanes,) whether a lane serves a movement that gives way to vehicles."""
    lane_of = np.repeat(np.arange(len(tables.lane_slots)), np.diff(tables.lane_movement))
    gives_way = tables.step["yields"][tables.lane_movement_id] & TO_VEHICLES > 0
    return np.bincount(lane_of[gives_way], minlength=len(tables.lane_slots)) > 0


def _fill_sources(tables: Tables, arrivals: Arrivals, lane: np.ndarray, n_lanes: int) -> np.ndarray:
    """Vehicles by source, in order of departure; each source's row goes into its lane record."""
    source_of_segment = np.full(len(tables.segment), -1, np.int64)
    source_of_segment[tables.lane[n_lanes:]] = np.arange(len(tables.lane) - n_lanes)
    source = source_of_segment[tables.link_first_segment[arrivals.route_link[arrivals.route]]]
    if (source < 0).any():
        vehicle = int(np.argmax(source < 0))
        raise ValueError(f"vehicle {vehicle} begins on a link that is no origin")
    order = np.argsort(source, kind="stable").astype(np.int32)
    end = np.cumsum(np.bincount(source, minlength=len(tables.lane) - n_lanes))
    lane["n_places"][n_lanes:] = end
    lane["head"][n_lanes:] = np.concatenate(([0], end[:-1])) if len(end) else end
    return order


def copy_state(source: State, target: State) -> None:
    """Write one state over another of the same shape."""
    for mine, theirs in zip(arrays(target), arrays(source), strict=True):
        mine[...] = theirs


def arrays(state: Iterable[Any]) -> Iterator[np.ndarray]:
    """All arrays of a state, those of its parts too."""
    for part in state:
        if isinstance(part, np.ndarray):
            yield part
        else:
            yield from arrays(part)
