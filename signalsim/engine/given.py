"""An engine that begins with what somebody believes of the road, not with a run: for looking ahead.

Vehicles are put on their lanes with the times at which they reach the stop line, and drawn a way for
the next few links; signals are as they are shown. From then on it is the engine as it always is.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from .compiled import CompiledEngine, Snapshot
from .heads import wake
from .interlock import GREEN, due
from .jit import njit
from .random import bits, mix, unit
from .state import FRESH
from .tables import EXIT, INF, Arrivals, Tables
from .walks import has
from .wheel import SIGNAL, schedule

LEGS = 4  # of a way: three movements and the end
FRESH_MS = 2000  # a green this young still has its start-up before it
for function in (mix, bits, unit):
    register_jitable(function)


class Belief(NamedTuple):
    """The road as it is thought to be at ``now_ms``."""

    now_ms: int
    key: np.uint64  # of the stream that rounds and chooses ways
    standing: np.ndarray  # (n_lanes,) float64, vehicles at the stop line
    arrive: np.ndarray  # (n_lanes, n_steps) float64, vehicles that reach it in each step from now on
    step_ms: int
    movement_share: np.ndarray  # (n_movements,) float64, among the movements of its link
    link_movement: np.ndarray  # (n_links + 1,) int32, movements by link
    stage: np.ndarray  # (n_junctions,) int32 local, -1: changing to ``next_stage``
    next_stage: np.ndarray  # (n_junctions,) int32 local
    since_ms: np.ndarray  # (n_junctions,) int64, when the stage in force began; when the coming one will


class GivenEngine(CompiledEngine):
    """The compiled engine without demand: ``begin`` sets it to a belief, again and again."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _nobody(tables), count_from_ms=0, count_to_ms=0)
        for node in self._state.node:  # nothing is under way before there is a belief
            node["time_ms"] = -1
        self._state.wheel.bucket[:] = -1
        self._state.wheel.busy[:] = 0
        self._blank = self.snapshot()

    def begin(self, belief: Belief) -> "Start":
        """Go to the belief, which ``go_back`` returns to."""
        self.restore(self._blank)
        with np.errstate(over="ignore"):  # random bits wrap around, also where nothing is compiled
            n = put_vehicles(self.tables, self._trips, self._state, belief)
        put_signals(self.tables, self._trips, self._state, belief)
        self._now_ms = belief.now_ms
        return Start(self.snapshot(), self._trips.leg[: LEGS * n].copy())

    def go_back(self, start: "Start") -> None:
        """To a belief that was begun with before."""
        self.restore(start.snapshot)
        self._trips.leg[: len(start.legs)] = start.legs


class Start(NamedTuple):
    """A belief as the engine has it."""

    snapshot: Snapshot
    legs: np.ndarray  # int64, the ways of its vehicles


def _nobody(tables: Tables) -> Arrivals:
    """As many vehicles as the lanes hold, none of which departs by itself; each has a way of its own."""
    n = int((tables.lane_slots // 2).sum())
    origin = tables.segment["link"][tables.lane[len(tables.lane_slots) :]]
    return Arrivals(
        depart_ms=np.full(n, INF // 4),
        route=np.arange(n, dtype=np.int32),
        pace=np.full(n, 1000, np.int32),
        size=np.full(n, 2, np.int32),
        route_link=np.full(n, origin[0] if len(origin) else 0, np.int32),
        route_start=(LEGS * np.arange(n + 1)).astype(np.int32),
        route_movement=np.full(LEGS * n, EXIT, np.int32),
        route_dwell_ms=np.zeros(LEGS * n, np.int32),
        siren=np.zeros(n, bool),
    )


@njit
def put_vehicles(tables, trips, state, belief):
    """Vehicles onto the lanes at stop lines; the parts of a vehicle are rounded by chance. How many."""
    state.total[0].now_ms = belief.now_ms
    vehicle = 0
    for l in range(tables.lane_slots.size):
        lane = state.lane[l]
        if not lane.at_line:
            continue
        room = min(np.int64(lane.n_places), np.int64(lane.n_slots) // 2)
        part = unit(bits(belief.key, np.uint64(l), np.uint64(0)))
        n, total = 0, belief.standing[l] + part
        while n + 1 <= total and n < room:
            _put(tables, trips, state, belief, l, vehicle, belief.now_ms)
            n, vehicle = n + 1, vehicle + 1
        if n > 0:
            lane.next_ms = belief.now_ms + lane.headway_ms // 2
        total = max(total, 0.0)
        for k in range(belief.arrive.shape[1]):
            before, total = total, total + belief.arrive[l, k]
            while n + 1 <= total and n < room:
                late = (n + 1 - before) / belief.arrive[l, k]
                when = belief.now_ms + np.int64((k + max(late, 0.0)) * belief.step_ms)
                _put(tables, trips, state, belief, l, vehicle, when)
                n, vehicle = n + 1, vehicle + 1
    return vehicle


@njit
def _put(tables, trips, state, belief, l, v, when):
    """One vehicle at the end of lane ``l``, at the stop line at ``when``, with a way drawn for it."""
    lane, at = state.lane[l], LEGS * v
    m = _draw_of_lane(tables, belief, l, unit(bits(belief.key, np.uint64(v), np.uint64(1))))
    trips.leg[at] = _leg(tables, np.int64(tables.segment[lane.segment].link), m)
    for k in range(1, LEGS):
        link = np.int64(tables.segment[lane.segment].link)
        if m != EXIT:
            link = np.int64(tables.segment[tables.movement[m].to_segment].link)
            m = EXIT
            if k < LEGS - 1:
                m = _draw_of_link(belief, link, unit(bits(belief.key, np.uint64(v), np.uint64(1 + k))))
        trips.leg[at + k] = _leg(tables, link, m)
    place = state.place[lane.place0 + lane.vehicles]
    place.arrive_ms, place.vehicle, place.route_at = when, v, at
    place.movement = np.int32(trips.leg[at] & 0xFFFFFFFF)
    place.after = np.int32(trips.leg[at + 1] & 0xFFFFFFFF)
    place.onward = trips.leg[at + 1] >> 32 & 0xFFFF
    place.pace, place.length, place.siren, place.stops, place.dwells = 1000, 2, 0, 0, 0
    lane.tail_ms, lane.used = when, lane.used + 2
    lane.vehicles += 1
    state.total[0].entered += 1


@njit
def _leg(tables, link, m):
    """A leg of a way as ``state.Trips`` has it: movement ``m`` from ``link``, and the lanes that serve it."""
    segment = tables.segment[tables.link_first_segment[link]]
    lanes = (np.int64(1) << np.int64(segment.n_lanes)) - 1
    if m != EXIT:
        lanes = np.int64(tables.movement[m].serve_first)
    return (lanes << 32) | (np.int64(m) & 0xFFFFFFFF)


@njit
def _draw_of_lane(tables, belief, l, u):
    """A movement that lane ``l`` serves, by shares; EXIT if it serves none."""
    total, first, end = 0.0, tables.lane_movement[l], tables.lane_movement[l + 1]
    for k in range(first, end):
        total += belief.movement_share[tables.lane_movement_id[k]]
    m, left = np.int64(EXIT), u * total
    for k in range(first, end):
        m = np.int64(tables.lane_movement_id[k])
        left -= belief.movement_share[m]
        if left < 0.0:
            break
    return m


@njit
def _draw_of_link(belief, link, u):
    """A movement of a link, by shares; EXIT where it has none."""
    m, left = np.int64(EXIT), u
    for k in range(belief.link_movement[link], belief.link_movement[link + 1]):
        m = np.int64(k)
        left -= belief.movement_share[m]
        if left < 0.0:
            break
    return m


@njit
def put_signals(tables, trips, state, belief):
    """The signals as they are shown; a stage that is on its way comes whole, at ``since_ms``. Then the heads
    of all lanes look for their first event."""
    signals = state.signals
    for j in range(tables.signals.junction.size):
        row, junction = tables.signals.junction[j], signals.junction[j]
        is_changing = belief.stage[j] < 0
        junction.stage = belief.next_stage[j] if is_changing else belief.stage[j]
        junction.wanted = -1
        mask = tables.signals.stage[row.first_stage + junction.stage]
        junction.green = np.uint64(0) if is_changing else mask
        junction.coming = mask if is_changing else np.uint64(0)
        junction.since_ms = INF if is_changing else belief.since_ms[j]
        for i in range(row.n_groups):
            _put_lamp(tables, state, belief, j, row.first_group + i, has(mask, i), is_changing)
        if is_changing:
            when = due(tables.signals, signals, j, belief.now_ms)
            if when < INF:
                schedule(state.node, state.wheel, state.total, j, SIGNAL, when)
    for l in range(tables.lane_slots.size):
        if state.lane[l].vehicles > 0:
            wake(tables, trips, state, l)


@njit
def _put_lamp(tables, state, belief, j, g, is_shown, is_changing):
    group = state.signals.group[g]
    group.start_ms = INF
    group.green_end_ms = min(group.green_end_ms, belief.now_ms - 1)
    if is_shown and is_changing:
        group.start_ms = max(belief.since_ms[j], belief.now_ms + 1)
    elif is_shown:
        group.aspect, group.green_end_ms = GREEN, INF
        group.since_ms = group.began_ms = belief.since_ms[j]
        if belief.now_ms - belief.since_ms[j] < FRESH_MS:
            for k in range(tables.signals.group[g].lane_start, tables.signals.group[g].lane_end):
                state.lane[tables.group_lane[k]].marks |= FRESH
