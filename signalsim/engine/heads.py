"""When the head of a lane may go, and where to: signal, room, lane. Gaps are in ``gaps``.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .interlock import GREEN
from .jit import njit
from .state import BLOCKED, INSIDE
from .tables import EXIT, INF, ON_RED, STOPS, TO_VEHICLES
from .wheel import LANE, ROOM, YIELD, first_lane_node, schedule

LANES = 0xFFFF  # a leg's bits of lanes, moved down to bit 0


@njit(forceinline=True, inner=True)
def yields(tables, state, l):
    """Whether the head of lane ``l`` may have to give way to anybody at the stop line."""
    lane = state.lane[l]
    if lane.vehicles == 0 or not lane.at_line or lane.marks & INSIDE:
        return False
    m = state.place[lane.place0 + lane.head].movement
    return m != EXIT and tables.step[m].yields != 0


@njit(forceinline=True)
def _open_time(tables, state, lane, arrive, m, ready, now):
    """When a vehicle that is ``ready`` at the stop line for movement ``m`` may cross by its signal."""
    step = tables.step[m]
    if step.rules & STOPS:
        ready = max(ready, arrive + tables.movement[m].hold_ms)
    if step.group < 0:
        return ready
    lamp = state.signals.group[step.group]
    if step.rules & ON_RED and lamp.aspect != GREEN:
        end = lamp.green_end_ms + step.end_gain_ms
        if lamp.began_ms > -INF and max(ready, now) < end:
            return ready
        return max(ready, arrive + tables.movement[m].hold_ms, end)
    if lamp.began_ms == -INF:
        return INF
    if lamp.aspect != GREEN and step.yields & TO_VEHICLES:
        ready = max(ready, lamp.green_end_ms + step.end_gain_ms)
        clear = lamp.green_end_ms + tables.signals.group[step.group].clear_ms
        if lane.sneaks > 0 and arrive <= lamp.green_end_ms and max(ready, now) < clear:
            return ready
        return INF
    if arrive <= lamp.began_ms:
        ready = max(ready, lamp.began_ms + step.startup_ms)
    if max(ready, now) < lamp.green_end_ms + step.end_gain_ms:
        return ready
    return INF


@njit(forceinline=True, inner=True)
def head_time(tables, trips, state, l, now):
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
    if head.movement == EXIT or not lane.at_line or lane.marks & INSIDE:
        return ready
    if lane.marks & BLOCKED and state.blocked[head.movement] > 0:
        return INF
    return _open_time(tables, state, lane, head.arrive_ms, head.movement, ready, now)


@njit(forceinline=True, inner=True)
def wake(tables, trips, state, l):
    """Schedule the next event of lane ``l``, if its head can go without something else happening."""
    t = head_time(tables, trips, state, l, state.total[0].now_ms)
    if t == INF:
        return
    first_lane = first_lane_node(tables)
    n, rank = first_lane + l, LANE
    if state.lane[l].waits_for >= 0:
        n, rank = first_lane + tables.lane.size + state.lane[l].waits_for, ROOM
    elif yields(tables, state, l):
        n, rank = first_lane + tables.lane.size + tables.segment.size + l, YIELD
    schedule(state.node, state.wheel, state.total, n, rank, t)


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


@njit(forceinline=True, inner=True)
def choose(state, first, n_lanes, mask, size, entry_ms):
    """The lane with room at ``entry_ms`` and the least expected wait, -1 if none.

    The wait is looked at before the room: that needs no slot.
    """
    while True:
        best, best_wait = np.int64(-1), INF
        for i in range(n_lanes):
            lane = state.lane[first + i]
            if mask >> i & 1 and lane.admit_ms <= entry_ms:
                wait = np.int64(lane.used) * lane.headway_ms
                if wait < best_wait:
                    best, best_wait = first + i, wait
        if best < 0 or state.lane[best].used + size <= state.lane[best].easy:
            return best
        if _room_time(state, best, size) <= entry_ms:
            return best
        mask &= ~(1 << (best - first))


@njit(forceinline=True, inner=True)
def soonest_room(state, first, n_lanes, mask, size):
    """When the first of the lanes will have room; INF until somebody leaves."""
    soonest = INF
    for i in range(n_lanes):
        if mask >> i & 1:
            soonest = min(soonest, _room_time(state, first + i, size))
    return soonest


@njit(forceinline=True, inner=True)
def target(tables, trips, state, l):
    """Where the head of ``l`` goes: (segment or -1, first lane there, number of lanes, mask of the
    lanes that serve it, its size, traversal ms)."""
    lane = state.lane[l]
    if l >= tables.lane_slots.size:
        v = state.source_vehicle[lane.head]
        segment = tables.segment[lane.segment]
        mask = trips.leg[trips.leg0[v]] >> 32 & LANES
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
