"""A vehicle crosses: it leaves its lane and enters the next one, or the network.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .heads import soonest_room, target, wake
from .interlock import GREEN
from .jit import njit
from .records import STOP_MS, Kind
from .tables import EXIT, INF
from .wheel import ROOM, schedule

_DEPART, _ENTER, _CROSS, _ARRIVE = int(Kind.DEPART), int(Kind.ENTER), int(Kind.CROSS), int(Kind.ARRIVE)


@njit(forceinline=True, inner=True)
def write(log, total, kind, entity, place, value):
    """A row of the log, if there is one."""
    if log.size > 0:
        row = log[total[0].records]
        row.t_ms = total[0].now_ms
        row.kind = kind
        row.entity = entity
        row.place = place
        row.value = value
        total[0].records += 1


@njit(forceinline=True, inner=True)
def count_queue(state, lane, now):
    """Count on from the queue's known end over the vehicles that have reached it by now."""
    while lane.queue < lane.vehicles:
        at = lane.head + lane.queue
        if at >= lane.n_places:
            at -= lane.n_places
        if state.place[lane.place0 + at].arrive_ms > now:
            break
        lane.queue += 1


@njit
def _room_changed(tables, trips, state, s):
    """Somebody left segment ``s``, for whose room others wait: when can the first of them enter?"""
    soonest = INF
    for k in range(tables.segment[s].feeder_start, tables.segment[s].feeder_end):
        l = tables.feeder[k].lane
        if state.lane[l].waits_for == s:
            _, first, n_lanes, mask, size, traverse = target(tables, trips, state, l)
            soonest = min(soonest, soonest_room(state, first, n_lanes, mask, size) - traverse)
    if soonest < INF // 2:
        n = tables.signals.junction.size + tables.lane.size + s
        schedule(state.node, state.wheel, state.total, n, ROOM, soonest)


@njit(forceinline=True)
def _headway_after(tables, state, lane, head, opposed, now):
    """When the next vehicle may follow the head, which crosses the stop line now."""
    if head.movement == EXIT or not lane.at_line:
        return now + np.int64(lane.headway_ms) * head.length // 2
    step = tables.step[head.movement]
    extra = 0
    headway = np.int64(step.headway_ms)
    if step.group >= 0:
        lamp = state.signals.group[step.group]
        if lane.fresh and head.arrive_ms <= lamp.began_ms:
            extra = tables.movement[head.movement].startup2_ms
        if lamp.aspect != GREEN and step.yields == 1:
            lane.sneaks -= 1
            opposed = True
    if opposed:
        headway = np.int64(tables.movement[head.movement].follow_ms)
    return now + headway * head.length // 2 + extra


@njit(forceinline=True)
def _leave(tables, state, log, l, opposed):
    """The head of lane ``l`` crosses now; its slots are left."""
    now = state.total[0].now_ms
    lane = state.lane[l]
    head = state.place[lane.place0 + lane.head]
    vehicle, size, delay = head.vehicle, head.length, now - head.arrive_ms
    counted = state.total[0].counted_from <= vehicle < state.total[0].counted_to
    if delay > 0:
        count_queue(state, lane, now)
        lane.max_queue = max(lane.max_queue, lane.queue)
        if delay >= STOP_MS:
            head.stops = min(head.stops + 1, 255)
            lane.stops += counted
        if counted:
            lane.delay_ms += delay
    lane.crossed += counted
    lane.out += 1
    if head.movement != EXIT and lane.at_line:
        state.movement_out[head.movement] += 1
    lane.next_ms = _headway_after(tables, state, lane, head, opposed, now)
    lane.fresh = 0
    at = lane.slot
    for _ in range(size):
        state.left_ms[lane.slot0 + at] = now
        at += 1
        if at == lane.n_slots:
            at = 0
    lane.slot = at
    lane.head += 1
    if lane.head == lane.n_places:
        lane.head = 0
    lane.used -= size
    lane.vehicles -= 1
    if lane.queue > 0:
        lane.queue -= 1
    write(log, state.total, _CROSS, vehicle, l, delay)


@njit(forceinline=True)
def _enter(tables, trips, state, log, b, vehicle, route_at, pace, size, stops, traverse):
    """Put a vehicle at the end of lane ``b``."""
    now = state.total[0].now_ms
    lane = state.lane[b]
    arrive = now + traverse + (np.int64(lane.travel_ms) * pace + 999) // 1000
    arrive = max(arrive, lane.tail_ms)
    at = lane.head + lane.vehicles
    if at >= lane.n_places:
        at -= lane.n_places
    place = state.place[lane.place0 + at]
    place.arrive_ms = arrive
    place.vehicle = vehicle
    place.route_at = route_at
    place.movement = np.int32(trips.leg[route_at] & 0xFFFFFFFF)
    place.onward = 0
    if place.movement != EXIT:
        place.onward = trips.leg[route_at + 1] >> 32  # read here, where nothing waits for it
    place.pace = pace
    place.length = size
    place.stops = stops
    lane.tail_ms = arrive
    lane.admit_ms = now + traverse + np.int64(lane.headway_ms) * size // 2
    lane.used += size
    lane.vehicles += 1
    write(log, state.total, _ENTER, vehicle, b, arrive)
    if lane.vehicles == 1:
        wake(tables, trips, state, b)


@njit(forceinline=True, inner=True)
def cross(tables, trips, state, log, l, b, traverse, opposed):
    """The head of ``l`` goes into lane ``b`` (-1: out of the network)."""
    now = state.total[0].now_ms
    lane = state.lane[l]
    if l >= tables.lane_slots.size:
        vehicle = state.source_vehicle[lane.head]
        route_at = trips.leg0[vehicle]
        pace, size, stops = trips.pace[vehicle], trips.size[vehicle], np.int64(0)
        lane.head += 1
        lane.next_ms = now + 1
        state.enter_ms[vehicle] = now
        state.total[0].entered += 1
        state.total[0].moves += 1
        write(log, state.total, _DEPART, vehicle, b, trips.depart_ms[vehicle])
    else:
        head = state.place[lane.place0 + lane.head]
        vehicle, pace, size = head.vehicle, np.int32(head.pace), np.int32(head.length)
        route_at = head.route_at + lane.at_line
        _leave(tables, state, log, l, opposed)
        stops = np.int64(head.stops)
        if b < 0:
            state.arrive_ms[vehicle] = now
            state.stops[vehicle] = stops
            state.total[0].arrived += 1
            write(log, state.total, _ARRIVE, vehicle, l, stops)
        else:
            state.total[0].moves += lane.at_line
        if lane.wanted:
            _room_changed(tables, trips, state, np.int64(lane.segment))
    wake(tables, trips, state, l)
    if b >= 0:
        _enter(tables, trips, state, log, b, vehicle, route_at, pace, size, stops, traverse)
