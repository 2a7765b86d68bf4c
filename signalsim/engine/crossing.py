"""A vehicle crosses: it leaves its lane and enters the next one, or the network.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .gaps import let_others_try
from .heads import LANES, soonest_room, target, wake
from .inside import leave_inside
from .interlock import GREEN
from .jit import njit
from .log import write
from .records import STOP_MS, Kind
from .state import FRESH, INSIDE, SIREN
from .tables import CAR_SLOTS, EXIT, INF, ON_RED, STOPS, TAKES_TURNS, TO_VEHICLES
from .wheel import LANE, ROOM, first_lane_node, schedule

_DEPART, _ENTER, _CROSS, _ARRIVE = int(Kind.DEPART), int(Kind.ENTER), int(Kind.CROSS), int(Kind.ARRIVE)


@njit(forceinline=True, inner=True)
def count_queue(state, lane, now):
    """Count on from the queue's known end over the vehicles that have reached it by now; when the next one
    will."""
    while lane.queue < lane.vehicles:
        at = lane.head + lane.queue
        if at >= lane.n_places:
            at -= lane.n_places
        arrive = state.place[lane.place0 + at].arrive_ms
        if arrive > now:
            return arrive
        lane.queue += 1
    return INF


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
        n = first_lane_node(tables) + tables.lane.size + s
        schedule(state.node, state.wheel, state.total, n, ROOM, soonest)


@njit(forceinline=True)
def _on_red(state, step, now):
    """Whether a movement that may go on red does so now."""
    lamp = state.signals.group[step.group]
    return lamp.aspect != GREEN and (lamp.began_ms == -INF or now >= lamp.green_end_ms + step.end_gain_ms)


@njit(forceinline=True)
def _loss(tables, state, lane, head, delay, now):
    """What the head, ``delay`` late, loses behind the stop line until it is at speed: as much as it was
    late at most, since who is braked for a moment only does not stop. Nothing if it follows others, for
    they are at speed when they cross: what that costs is in start-up and headways."""
    if delay == 0:
        return np.int64(0)
    step = tables.step[head.movement]
    if _from_red(state, lane, head, step.group):
        return min(delay, max(0, np.int64(tables.movement[head.movement].startup2_ms)))
    stopped = step.rules & STOPS or (step.rules & ON_RED and _on_red(state, step, now))
    if now > lane.next_ms or stopped:
        return min(delay, np.int64(tables.movement[head.movement].loss_ms))
    return np.int64(0)


@njit(forceinline=True)
def _from_red(state, lane, head, group):
    """Whether the head is the first of a queue that saw red."""
    return lane.marks & FRESH and group >= 0 and head.arrive_ms <= state.signals.group[group].began_ms


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
        if _from_red(state, lane, head, step.group):
            extra = tables.movement[head.movement].startup2_ms
        if step.rules & ON_RED:
            opposed = opposed or _on_red(state, step, now)
        elif lamp.aspect != GREEN and step.yields & TO_VEHICLES and not lane.marks & INSIDE:
            lane.sneaks -= 1
            opposed = True
    if opposed:
        headway = np.int64(tables.movement[head.movement].follow_ms)
    return now + headway * head.length // 2 + extra


@njit(forceinline=True)
def _leave(tables, state, log, l, opposed):
    """The head of lane ``l`` crosses now; its slots are left. What it will lose behind the line, ms."""
    now = state.total[0].now_ms
    lane = state.lane[l]
    head = state.place[lane.place0 + lane.head]
    vehicle, size, delay = head.vehicle, head.length, now - head.arrive_ms
    counted = state.total[0].counted_from <= vehicle < state.total[0].counted_to
    loss = np.int64(0)
    if head.movement != EXIT and lane.at_line:
        state.movement_out[head.movement] += 1
        if size > CAR_SLOTS:
            state.movement_out_long[head.movement] += 1
        loss = _loss(tables, state, lane, head, delay, now)
        if tables.step[head.movement].rules & TAKES_TURNS:
            state.turn_ms[head.movement] = now
    if delay > 0:
        count_queue(state, lane, now)
        lane.max_queue = max(lane.max_queue, lane.queue)
        if delay + loss >= STOP_MS:
            head.stops = min(head.stops + 1, 255)
            lane.stops += counted
        if counted:
            lane.delay_ms += delay + loss
    lane.crossed += counted
    lane.out += 1
    lane.out_long += size > CAR_SLOTS
    lane.next_ms = _headway_after(tables, state, lane, head, opposed, now)
    lane.marks &= ~FRESH
    lane.quiet_ms = now
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
    if lane.near > 0:
        lane.near -= 1
        lane.near_long -= size > CAR_SLOTS
        lane.near_slots -= size
    write(log, state.total, _CROSS, vehicle, l, delay + loss)
    return loss


@njit(forceinline=True)
def _enter(tables, trips, state, log, b, vehicle, way, pace, size, siren, stops, traverse, loss):
    """Put a vehicle at the end of lane ``b``."""
    now = state.total[0].now_ms
    lane = state.lane[b]
    route_at, movement, after, onward, dwells = way
    arrive = now + traverse + loss + (np.int64(lane.travel_ms) * pace + 999) // 1000
    if dwells & 1 and lane.at_line:
        arrive += trips.dwell_ms[route_at]
    if not siren:
        arrive = max(arrive, lane.tail_ms)
    lane.tail_ms = max(arrive, lane.tail_ms)
    at = lane.head + lane.vehicles
    if at >= lane.n_places:
        at -= lane.n_places
    place = state.place[lane.place0 + at]
    place.arrive_ms = arrive
    place.vehicle = vehicle
    place.route_at = route_at
    place.movement = movement
    place.after = after
    place.onward = onward
    place.dwells = dwells
    place.pace = pace
    place.length = size
    place.siren = siren
    place.stops = stops
    lane.quiet_ms = now
    lane.admit_ms = now + traverse + np.int64(lane.headway_ms) * size // 2
    lane.used += size
    lane.vehicles += 1
    write(log, state.total, _ENTER, vehicle, b, arrive)
    if lane.vehicles == 1:
        wake(tables, trips, state, b)
    elif siren:
        lane.marks |= SIREN
        schedule(state.node, state.wheel, state.total, first_lane_node(tables) + b, LANE, arrive)


@njit(forceinline=True)
def _next_leg(trips, route_at, movement, dwells):
    """The way of a vehicle from leg ``route_at`` on, with ``movement``: what comes after that is read here, a
    link ahead. The route is rarely in the processor's cache, and so nobody waits for it."""
    after, onward = np.int32(EXIT), np.int64(0)
    if movement != EXIT:
        leg = trips.leg[route_at + 1]
        after, onward = np.int32(leg & 0xFFFFFFFF), leg >> 32 & LANES
        dwells |= (leg >> 62 & 1) << 1
    return route_at, movement, after, onward, dwells


@njit(forceinline=True, inner=True)
def cross(tables, trips, state, log, l, b, traverse, opposed):
    """The head of ``l`` goes into lane ``b`` (-1: out of the network)."""
    now = state.total[0].now_ms
    lane = state.lane[l]
    loss = np.int64(0)
    if l >= tables.lane_slots.size:
        vehicle = state.source_vehicle[lane.head]
        leg = trips.leg[trips.leg0[vehicle]]
        way = _next_leg(trips, trips.leg0[vehicle], np.int32(leg & 0xFFFFFFFF), leg >> 62 & 1)
        pace, size, stops = trips.pace[vehicle], trips.size[vehicle], np.int64(0)
        siren = trips.siren[vehicle]
        lane.head += 1
        lane.queue -= lane.queue > 0
        lane.next_ms = now + 1
        state.enter_ms[vehicle] = now
        state.total[0].entered += 1
        state.total[0].moves += 1
        write(log, state.total, _DEPART, vehicle, b, trips.depart_ms[vehicle])
    else:
        head = state.place[lane.place0 + lane.head]
        vehicle, pace, size = head.vehicle, np.int32(head.pace), np.int32(head.length)
        siren = np.int32(head.siren)
        way = (head.route_at, head.movement, head.after, np.int64(head.onward), np.int64(head.dwells))
        if lane.at_line:
            way = _next_leg(trips, head.route_at + np.int32(1), head.after, np.int64(head.dwells) >> 1)
        m = np.int64(head.movement)
        loss = _leave(tables, state, log, l, opposed)
        stops = np.int64(head.stops)
        if b < 0:
            state.arrive_ms[vehicle] = now
            state.stops[vehicle] = stops
            state.total[0].arrived += 1
            write(log, state.total, _ARRIVE, vehicle, l, stops)
        else:
            state.total[0].moves += lane.at_line
        if lane.marks & INSIDE:
            leave_inside(tables, trips, state, l, m)
        if m != EXIT and lane.at_line and tables.step[m].rules & TAKES_TURNS:
            let_others_try(tables, state, m)
        if lane.wanted:
            _room_changed(tables, trips, state, np.int64(lane.segment))
    wake(tables, trips, state, l)
    if b >= 0:
        _enter(tables, trips, state, log, b, vehicle, way, pace, size, siren, stops, traverse, loss)
