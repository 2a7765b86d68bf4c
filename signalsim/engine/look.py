"""Compiled reading of the state: what is where now, and how far everybody has come."""

import numpy as np

from .crossing import count_queue
from .interlock import GREEN, earliest_switch, stage_times
from .jit import njit
from .tables import CAR_SLOTS, EXIT, INF


@njit(inner=True)
def look(tables, trips, state, sight, lanes, signals):
    """Fill a ``Sight`` (its ``now_ms`` aside), or of it what lanes, movements and sources, or what signals
    show."""
    if lanes:
        _look_at_lanes(tables, trips, state, sight)
    if signals:
        _look_at_signals(tables, state, sight)


@njit
def _look_at_lanes(tables, trips, state, sight):
    now = state.total[0].now_ms
    n_lanes = tables.lane_slots.size
    for l in range(n_lanes):
        lane = state.lane[l]
        if lane.vehicles > 0 and lane.quiet_ms <= now:
            arrives = count_queue(state, lane, now)
            lane.quiet_ms = min(arrives, _count_near(tables, state, l, now))
        sight.lane_vehicles[l] = lane.vehicles
        sight.lane_queue[l] = lane.queue
        sight.lane_out[l] = lane.out
        sight.lane_advance[l] = lane.out + lane.near
        sight.lane_out_long[l] = lane.out_long
        sight.lane_advance_long[l] = lane.out_long + lane.near_long
    for m in range(tables.movement.size):
        sight.movement_out[m] = state.movement_out[m]
        sight.movement_out_long[m] = state.movement_out_long[m]
    for s in range(n_lanes, tables.lane.size):
        if state.lane[s].quiet_ms < now:
            _count_waiting(trips, state, s, now)
        sight.source_waiting[s - n_lanes] = state.lane[s].queue


@njit
def _look_at_signals(tables, state, sight):
    now = state.total[0].now_ms
    for j in range(tables.signals.junction.size):
        junction = state.signals.junction[j]
        sight.next_stage[j] = junction.stage
        sight.stage[j] = junction.stage if junction.since_ms < INF else -1
        sight.stage_since_ms[j] = junction.since_ms
        sight.earliest_switch_ms[j] = earliest_switch(tables.signals, state.signals, j, now)
    stage_times(tables.signals, state.signals, now, sight.stage_ms)
    for g in range(tables.signals.group.size):
        sight.group_green[g] = state.signals.group[g].aspect == GREEN
        sight.group_called[g] = state.signals.group[g].called == 1


@njit(forceinline=True)
def _count_waiting(trips, state, s, now):
    """Count on from the known ones over the vehicles that wait at source ``s``."""
    source = state.lane[s]
    source.quiet_ms = INF
    while source.head + source.queue < source.n_places:
        depart = trips.depart_ms[state.source_vehicle[source.head + source.queue]]
        if depart >= now:
            source.quiet_ms = depart
            break
        source.queue += 1


@njit(forceinline=True)
def _count_near(tables, state, l, now):
    """Count on from the known ones over the vehicles between advance line and stop line: at free flow past
    it, and with room to stand there; when the next one will be there unless somebody leaves."""
    lane = state.lane[l]
    while lane.near < lane.vehicles:
        at = lane.head + lane.near
        if at >= lane.n_places:
            at -= lane.n_places
        vehicle = state.place[lane.place0 + at]
        taken = lane.near_slots + vehicle.length
        if taken > tables.lane_view_slots[l]:
            return INF
        passes = vehicle.arrive_ms - tables.lane_view_ms[l]
        if passes > now:
            return passes
        lane.near += 1
        lane.near_long += vehicle.length > CAR_SLOTS
        lane.near_slots = taken
    return INF


@njit
def freeflow(tables, arrivals, state, result):
    """Free-flow time (ms) of the distance that each vehicle has covered by now, into ``result``."""
    now = state.total[0].now_ms
    for v in range(result.size):
        result[v] = 0
        if state.arrive_ms[v] >= 0:
            row = arrivals.route[v]
            result[v] = _along(tables, arrivals, v, arrivals.route_start[row + 1] - 1)
    for l in range(tables.lane_slots.size):
        lane = state.lane[l]
        at = lane.head
        for _ in range(lane.vehicles):
            place = state.place[lane.place0 + at]
            segment = tables.segment[lane.segment]
            done = _along(tables, arrivals, place.vehicle, place.route_at)
            if segment.next >= 0:
                done -= _travel(tables, segment.next, arrivals.pace[place.vehicle])
                done -= arrivals.route_dwell_ms[place.route_at]
            result[place.vehicle] = max(0, done - max(0, place.arrive_ms - now))
            at += 1
            if at == lane.n_places:
                at = 0


@njit
def _travel(tables, s, pace):
    return (np.int64(tables.segment[s].travel_ms) * pace + 999) // 1000


@njit
def _along(tables, arrivals, v, route_at):
    """Free-flow time, stops included, from the start of v's route to the stop line before movement
    ``route_at``."""
    row = arrivals.route[v]
    s = np.int64(tables.link_first_segment[arrivals.route_link[row]])
    time = np.int64(0)
    for k in range(arrivals.route_start[row], route_at + 1):
        while True:
            time += _travel(tables, s, arrivals.pace[v])
            if tables.segment[s].next < 0:
                break
            s = np.int64(tables.segment[s].next)
        time += arrivals.route_dwell_ms[k]
        m = arrivals.route_movement[k]
        if k < route_at and m != EXIT:
            time += tables.movement[m].traverse_ms
            s = np.int64(tables.movement[m].to_segment)
    return time
