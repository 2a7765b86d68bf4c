"""The compiled loop: every vehicle and signal event in its order, between two decisions.

The rules are those of ``reference.py``, which says them in plain words; here they are laid out for
speed. Equality of the two, record by record, is what the tests assert.
"""

import numpy as np

from .interlock import GREEN, RED, due, request, settle
from .jit import njit
from .records import STOP_MS, Kind
from .state import IDLE, WHEEL
from .tables import EXIT, INF
from .wheel import LANE, ROOM, SIGNAL, YIELD, next_busy, refill, schedule, take

_DEPART, _ENTER, _CROSS, _ARRIVE = int(Kind.DEPART), int(Kind.ENTER), int(Kind.CROSS), int(Kind.ARRIVE)
_ASPECT, _STAGE = int(Kind.ASPECT), int(Kind.STAGE)
_MASK = WHEEL - 1
_NONE = -1


@njit(forceinline=True)
def _log(log, total, kind, entity, place, value):
    if log.size > 0:
        row = log[total[0].records]
        row.t_ms = total[0].now_ms
        row.kind = kind
        row.entity = entity
        row.place = place
        row.value = value
        total[0].records += 1


@njit(forceinline=True)
def _yields(tables, state, l):
    """Whether the head of lane ``l`` has to give way to anybody at the stop line."""
    lane = state.lane[l]
    if lane.vehicles == 0 or not lane.at_line:
        return False
    m = state.place[lane.place0 + lane.head].movement
    return m != EXIT and tables.step[m].yields == 1


@njit(forceinline=True)
def _open_time(tables, state, lane, arrive, m, ready, now):
    """When a vehicle that is ``ready`` at the stop line for movement ``m`` may cross by its signal."""
    step = tables.step[m]
    if step.group < 0:
        return ready
    lamp = state.signals.group[step.group]
    if lamp.began_ms == -INF:
        return INF
    if lamp.aspect != GREEN and step.yields == 1:
        ready = max(ready, lamp.green_end_ms + step.end_gain_ms)
        clear = lamp.green_end_ms + tables.signals.group[step.group].clear_ms
        if lane.sneaks > 0 and arrive <= lamp.green_end_ms and max(ready, now) < clear:
            return ready
        return INF
    if arrive <= lamp.began_ms:
        ready = max(ready, lamp.began_ms + tables.movement[m].startup_ms)
    if max(ready, now) < lamp.green_end_ms + step.end_gain_ms:
        return ready
    return INF


@njit(forceinline=True)
def _head_time(tables, trips, state, l, now):
    """The earliest time at which the head of a lane or source may go, room and gaps aside."""
    lane = state.lane[l]
    if l >= tables.lane_slots.size:
        if lane.head >= lane.n_places:
            return INF
        return max(trips.depart_ms[state.source_vehicle[lane.head]], lane.next_ms)
    if lane.vehicles == 0:
        return INF
    head = state.place[lane.place0 + lane.head]
    ready = max(head.arrive_ms, lane.next_ms)
    if head.movement == EXIT or not lane.at_line:
        return ready
    return _open_time(tables, state, lane, head.arrive_ms, head.movement, ready, now)


@njit(forceinline=True)
def _wake(tables, trips, state, l):
    """Schedule the next event of lane ``l``, if its head can go without something else happening."""
    t = _head_time(tables, trips, state, l, state.total[0].now_ms)
    if t == INF:
        return
    first_lane = tables.signals.junction.size
    n, rank = first_lane + l, LANE
    if state.lane[l].waits_for >= 0:
        n, rank = first_lane + tables.lane.size + state.lane[l].waits_for, ROOM
    elif _yields(tables, state, l):
        n, rank = first_lane + tables.lane.size + tables.segment.size + l, YIELD
    schedule(state.node, state.wheel, state.total, n, rank, t)


@njit
def _gap(movements, priority, lanes, places, lamps, m, now):
    """Until when priority vehicles keep movement ``m`` waiting (``now``: not at all), and whether any
    stream with priority is open.

    A lag runs to the earliest possible crossing of the next priority vehicle of a lane; one that
    could have crossed by now and did not is blocked and does not count.
    """
    movement = movements[m]
    until, opposed = now, False
    for k in range(movement.yield_start, movement.yield_end):
        lane = lanes[priority[k].lane]
        other = movements[priority[k].movement]
        if other.group >= 0:
            lamp = lamps[other.group]
            if lamp.began_ms == -INF or now >= lamp.green_end_ms + other.end_gain_ms:
                continue
        opposed = True
        if lane.waits_for >= 0:
            continue
        crossing = lane.next_ms
        at = lane.head
        for i in range(lane.vehicles):
            vehicle = places[lane.place0 + at]
            crossing = max(crossing, vehicle.arrive_ms)
            headway = lane.headway_ms
            if vehicle.movement != EXIT:
                own = movements[vehicle.movement]
                headway = own.headway_ms
                if own.group >= 0:
                    lamp = lamps[own.group]
                    if lamp.began_ms == -INF or now >= lamp.green_end_ms + own.end_gain_ms:
                        break
                    if vehicle.arrive_ms <= lamp.began_ms:
                        crossing = max(crossing, lamp.began_ms + own.startup_ms)
                    if crossing >= lamp.green_end_ms + own.end_gain_ms:
                        break
            if crossing >= now + movement.gap_ms or (i == 0 and crossing <= now):
                break
            if vehicle.movement == priority[k].movement:
                until = max(until, crossing)
                break
            crossing += headway * vehicle.length // 2
            at += 1
            if at == lane.n_places:
                at = 0
    return until, opposed


@njit(forceinline=True)
def _room_time(state, b, size):
    """From when on lane ``b`` can take a vehicle of ``size`` slots; INF until somebody leaves."""
    lane = state.lane[b]
    taken = lane.used + size
    if taken > lane.n_slots:
        return INF
    last = lane.slot + taken - 1
    if last >= lane.n_slots:
        last -= lane.n_slots
    return max(state.left_ms[lane.slot0 + last] + lane.wave_ms, lane.admit_ms)


@njit(forceinline=True)
def _choose(state, first, n_lanes, mask, size, entry_ms):
    """The lane with room at ``entry_ms`` and the least expected wait, -1 if none.

    The wait is looked at before the room: that needs no slot.
    """
    while True:
        best, best_wait = np.int64(-1), INF
        for i in range(n_lanes):
            lane = state.lane[first + i]
            if mask >> i & 1 and lane.admit_ms <= entry_ms and lane.used + size <= lane.n_slots:
                wait = np.int64(lane.used) * lane.headway_ms
                if wait < best_wait:
                    best, best_wait = first + i, wait
        if best < 0 or state.lane[best].used + size <= state.lane[best].easy:
            return best
        if _room_time(state, best, size) <= entry_ms:
            return best
        mask &= ~(1 << (best - first))


@njit(forceinline=True)
def _soonest_room(state, first, n_lanes, mask, size):
    """When the first of the lanes will have room; INF until somebody leaves."""
    soonest = INF
    for i in range(n_lanes):
        if mask >> i & 1:
            soonest = min(soonest, _room_time(state, first + i, size))
    return soonest


@njit(forceinline=True)
def _target(tables, trips, state, l):
    """Where the head of ``l`` goes: (segment or -1, first lane there, number of lanes, mask of the
    lanes that serve it, its size, traversal ms)."""
    lane = state.lane[l]
    if l >= tables.lane_slots.size:
        v = state.source_vehicle[lane.head]
        segment = tables.segment[lane.segment]
        mask = trips.leg[trips.leg0[v]] >> 32
        size = np.int64(trips.size[v])
        return np.int64(lane.segment), np.int64(segment.first_lane), np.int64(segment.n_lanes), mask, size, 0
    head = state.place[lane.place0 + lane.head]
    size = np.int64(head.length)
    if not lane.at_line:
        s = np.int64(tables.segment[lane.segment].next)
        mask = (1 << np.int64(tables.segment[s].n_lanes)) - 1
        if head.movement != EXIT:
            mask = np.int64(tables.movement[head.movement].serve_last)
        return s, np.int64(tables.segment[s].first_lane), np.int64(tables.segment[s].n_lanes), mask, size, 0
    if head.movement == EXIT:
        return -1, 0, 0, 0, size, 0
    step = tables.step[head.movement]
    mask = np.int64(head.onward)
    first, n_lanes = np.int64(step.to_lane), np.int64(step.to_lanes)
    return np.int64(step.to_segment), first, n_lanes, mask, size, np.int64(step.traverse_ms)


@njit
def _room_changed(tables, trips, state, s):
    """Somebody left segment ``s``, for whose room others wait: when can the first of them enter?"""
    soonest = INF
    for k in range(tables.segment[s].feeder_start, tables.segment[s].feeder_end):
        l = tables.feeder[k].lane
        if state.lane[l].waits_for == s:
            _, first, n_lanes, mask, size, traverse = _target(tables, trips, state, l)
            soonest = min(soonest, _soonest_room(state, first, n_lanes, mask, size) - traverse)
    if soonest < INF // 2:
        n = tables.signals.junction.size + tables.lane.size + s
        schedule(state.node, state.wheel, state.total, n, ROOM, soonest)


@njit(forceinline=True)
def _count_queue(state, lane, now):
    """Count on from the queue's known end over the vehicles that have reached it by now."""
    while lane.queue < lane.vehicles:
        at = lane.head + lane.queue
        if at >= lane.n_places:
            at -= lane.n_places
        if state.place[lane.place0 + at].arrive_ms > now:
            break
        lane.queue += 1


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
        _count_queue(state, lane, now)
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
    _log(log, state.total, _CROSS, vehicle, l, delay)


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
    _log(log, state.total, _ENTER, vehicle, b, arrive)
    if lane.vehicles == 1:
        _wake(tables, trips, state, b)


@njit(forceinline=True)
def _cross(tables, trips, state, log, l, b, traverse, opposed):
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
        _log(log, state.total, _DEPART, vehicle, b, trips.depart_ms[vehicle])
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
            _log(log, state.total, _ARRIVE, vehicle, l, stops)
        else:
            state.total[0].moves += lane.at_line
        if lane.wanted:
            _room_changed(tables, trips, state, np.int64(lane.segment))
    _wake(tables, trips, state, l)
    if b >= 0:
        _enter(tables, trips, state, log, b, vehicle, route_at, pace, size, stops, traverse)


@njit
def _mark(tables, state, s, wanted):
    for l in range(tables.segment[s].first_lane, tables.segment[s].first_lane + tables.segment[s].n_lanes):
        state.lane[l].wanted = wanted


@njit
def _stop_waiting(tables, state, l, s):
    state.lane[l].waits_for = -1
    state.segment[s].waiting -= 1
    if state.segment[s].waiting == 0:
        _mark(tables, state, s, 0)


@njit
def _wait_for_room(tables, state, l, s):
    """Lane ``l`` joins those that wait to enter segment ``s``; who was away gains nothing by it."""
    state.lane[l].waits_for = s
    state.segment[s].waiting += 1
    if state.segment[s].waiting == 1:
        _mark(tables, state, s, 1)
    for k in range(tables.segment[s].feeder_start, tables.segment[s].feeder_end):
        if tables.feeder[k].lane == l:
            state.merge[k] = max(state.merge[k], state.segment[s].turn)


@njit(forceinline=True)
def _attempt(tables, trips, state, log, l, rank):
    """The head of lane ``l`` goes now, or the time of its next attempt is scheduled."""
    now = state.total[0].now_ms
    if state.lane[l].waits_for >= 0:
        return
    t = _head_time(tables, trips, state, l, now)
    first_lane = tables.signals.junction.size
    opposed = False
    if t > now:
        if t < INF:
            _wake(tables, trips, state, l)
        return
    if _yields(tables, state, l):
        node = first_lane + tables.lane.size + tables.segment.size + l
        if rank == LANE:
            schedule(state.node, state.wheel, state.total, node, YIELD, now)
            return
        m = state.place[state.lane[l].place0 + state.lane[l].head].movement
        group = tables.step[m].group
        if group < 0 or state.signals.group[group].aspect == GREEN:
            until, opposed = _gap(
                tables.movement, tables.priority, state.lane, state.place, state.signals.group, m, now
            )
            if until > now:
                schedule(state.node, state.wheel, state.total, node, YIELD, until)
                return
    s, first, n_lanes, mask, size, traverse = _target(tables, trips, state, l)
    b = np.int64(-1)
    if s >= 0:
        queued = state.lane[first].wanted
        if not queued:
            b = _choose(state, first, n_lanes, mask, size, now + traverse)
        if b < 0:
            room_ms = now
            if not queued:
                room_ms = _soonest_room(state, first, n_lanes, mask, size) - traverse
            _wait_for_room(tables, state, l, s)
            if room_ms < INF // 2:
                node = first_lane + tables.lane.size + s
                schedule(state.node, state.wheel, state.total, node, ROOM, room_ms)
            return
    _cross(tables, trips, state, log, l, b, traverse, opposed)


@njit
def _on_room(tables, trips, state, log, s):
    """Those that wait for room on segment ``s`` enter, in the order of their merge clocks.

    Whoever is first in turn and finds no room keeps the lanes it could use from those behind it.
    """
    now = state.total[0].now_ms
    start, end = tables.segment[s].feeder_start, tables.segment[s].feeder_end
    asked, barred, soonest = np.int64(0), np.int64(0), INF
    while state.segment[s].waiting > 0:
        turn, k = INF, -1
        for i in range(start, end):
            l = tables.feeder[i].lane
            if state.lane[l].waits_for == s and not asked >> (i - start) & 1 and state.merge[i] < turn:
                turn, k = state.merge[i], i
        if k < 0:
            break
        asked |= np.int64(1) << (k - start)
        l = np.int64(tables.feeder[k].lane)
        t = _head_time(tables, trips, state, l, now)
        opposed = False
        if t <= now and _yields(tables, state, l):
            m = state.place[state.lane[l].place0 + state.lane[l].head].movement
            group = tables.step[m].group
            if group < 0 or state.signals.group[group].aspect == GREEN:
                t, opposed = _gap(
                    tables.movement, tables.priority, state.lane, state.place, state.signals.group, m, now
                )
        if t > now:
            _stop_waiting(tables, state, l, s)
            if t < INF:
                n, rank = tables.signals.junction.size + l, LANE
                if _yields(tables, state, l):
                    n, rank = n + tables.lane.size + tables.segment.size, YIELD
                schedule(state.node, state.wheel, state.total, n, rank, t)
            continue
        _, first, n_lanes, mask, size, traverse = _target(tables, trips, state, l)
        b = _choose(state, first, n_lanes, mask & ~barred, size, now + traverse)
        if b < 0:
            soonest = min(soonest, _soonest_room(state, first, n_lanes, mask & ~barred, size) - traverse)
            barred |= mask
            continue
        _stop_waiting(tables, state, l, s)
        state.segment[s].turn = max(state.segment[s].turn, turn)
        state.merge[k] = turn + tables.feeder[k].stride * size
        _cross(tables, trips, state, log, l, b, traverse, opposed)
    if soonest < INF // 2:
        n = tables.signals.junction.size + tables.lane.size + s
        schedule(state.node, state.wheel, state.total, n, ROOM, soonest)


@njit
def _on_signal(tables, trips, state, log, j):
    """The interlock does what is due at junction ``j``; lanes whose lamp changed take notice."""
    now = state.total[0].now_ms
    junction = state.signals.junction[j]
    stage, since = junction.stage, junction.since_ms
    n = settle(tables.signals, state.signals, j, now, state.changes)
    for i in range(n):
        g, aspect = state.changes[i] // 4, state.changes[i] % 4
        _log(log, state.total, _ASPECT, g, j, aspect)
        if aspect != RED:
            _lamp_changed(tables, trips, state, np.int64(g), aspect)
    if junction.stage != stage:
        _log(log, state.total, _STAGE, j, junction.stage, 0)
    if junction.since_ms < INF and (since == INF or junction.stage != stage):
        _log(log, state.total, _STAGE, j, junction.stage, 1)
    t = due(tables.signals, state.signals, j, now)
    if t < INF:
        schedule(state.node, state.wheel, state.total, j, SIGNAL, t)


@njit
def _lamp_changed(tables, trips, state, g, aspect):
    """The lanes of group ``g`` take notice: at green their heads may go, at yellow turners may clear."""
    group = tables.signals.group[g]
    for k in range(group.lane_start, group.lane_end):
        l = np.int64(tables.group_lane[k])
        lane = state.lane[l]
        if aspect == GREEN:
            lane.sneaks = 0
            lane.fresh = 1
        elif lane.vehicles == 0 or not lane.permissive or not _may_clear(tables, state, lane, g):
            continue
        _wake(tables, trips, state, l)


@njit(forceinline=True)
def _may_clear(tables, state, lane, g):
    """At the end of green: whether the head waits for a gap in a turn of group ``g``, and so may clear."""
    head = state.place[lane.place0 + lane.head]
    if head.movement == EXIT:
        return False
    step = tables.step[head.movement]
    if step.group != g or step.yields == 0 or head.arrive_ms > state.total[0].now_ms:
        return False
    lane.sneaks = tables.movement[head.movement].sneakers
    return True


@njit(inner=True)
def start(tables, trips, state):
    """First events: every junction and every source."""
    for j in range(tables.signals.junction.size):
        schedule(state.node, state.wheel, state.total, j, SIGNAL, 0)
    for l in range(tables.lane_slots.size, tables.lane.size):
        _wake(tables, trips, state, l)


@njit(inner=True)
def ask(tables, state, stage, switch_ms):
    """Requests of all junctions (stage -1: nothing asked) go to the interlock."""
    now = state.total[0].now_ms
    for j in range(stage.size):
        if stage[j] >= 0:
            request(tables.signals, state.signals, j, stage[j], max(switch_ms[j], now))
            schedule(state.node, state.wheel, state.total, j, SIGNAL, switch_ms[j])


@njit(inner=True)
def advance(tables, trips, state, log, until):
    """Process all events before ``until``; stops early, between instants, when the log is half full.

    Returns the time that was reached.
    """
    total, node, wheel, scratch = state.total, state.node, state.wheel, state.scratch
    first_lane = tables.signals.junction.size
    first_room = first_lane + tables.lane.size
    first_yield = first_room + tables.segment.size
    t = total[0].now_ms
    while t < until:
        t = next_busy(wheel, t, until)
        refill(node, wheel, t)
        b = t & _MASK
        if t == until or wheel.bucket[b] < 0:
            continue
        total[0].now_ms = t
        end = take(node, wheel, b, scratch, 0, 0)
        i = 0
        while i < end:
            n = np.int64(scratch[i])
            i += 1
            node[n].time_ms = IDLE
            if n < first_lane:
                total[0].rank = SIGNAL
                _on_signal(tables, trips, state, log, n)
            elif first_room <= n < first_yield:
                total[0].rank = ROOM
                _on_room(tables, trips, state, log, n - first_room)
            else:
                rank = LANE if n < first_room else YIELD
                total[0].rank = rank
                l = n - first_lane if rank == LANE else n - first_yield
                _attempt(tables, trips, state, log, l, rank)
            if wheel.bucket[b] >= 0:
                end = take(node, wheel, b, scratch, i, end)
        total[0].events += end
        total[0].rank = -1
        t += 1
        if log.size > 0 and 2 * total[0].records > log.size:
            break
    total[0].now_ms = t
    return t
