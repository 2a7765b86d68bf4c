"""Giving way: gaps in streams with priority, turning on red, taking turns at an all-way stop.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .heads import head_time
from .interlock import GREEN
from .jit import njit
from .pedestrians import zones_free
from .tables import EXIT, INF, ON_RED, TAKES_TURNS, TO_PEDESTRIANS, TO_VEHICLES
from .wheel import YIELD, first_lane_node, schedule

JOIN_MS = 1000  # so long after a vehicle of an all-way stop began to cross others may go along with it


@njit(forceinline=True, inner=True)
def give_way(tables, trips, state, l, now):
    """Until when the head of lane ``l`` has to wait for others (``now``: not at all; INF: until one of
    them has gone), and whether other vehicles oppose it. Who clears at the end of green asks pedestrians
    only."""
    m = state.place[state.lane[l].place0 + state.lane[l].head].movement
    step = tables.step[m]
    is_red = step.group >= 0 and state.signals.group[step.group].aspect != GREEN
    on_red = is_red and step.rules & ON_RED != 0
    until, opposed = now, False
    if step.rules & TAKES_TURNS:
        until, opposed = _turn(tables, trips, state, l, m, now), True
    elif on_red or (step.yields & TO_VEHICLES and not is_red):
        movement = tables.movement[m]
        start, end = movement.yield_start, movement.yield_end
        if on_red:
            start, end = movement.foe_start, movement.foe_end
        until, opposed = _gap(
            tables.movement, tables.priority, state.lane, state.place, state.signals.group, m, start, end, now
        )
    if step.yields & TO_PEDESTRIANS:
        until = max(until, zones_free(tables, trips, state, m, on_red, now))
    return until, opposed


@njit(inner=True)
def _gap(movements, priority, lanes, places, lamps, m, start, end, now):
    """Until when vehicles of the streams ``priority[start:end]`` keep movement ``m`` waiting (``now``: not
    at all), and whether any of them is open.

    A lag runs to the earliest possible crossing of the next priority vehicle of a lane; one that
    could have crossed by now and did not is blocked and does not count.
    """
    movement = movements[m]
    until, opposed = now, False
    for k in range(start, end):
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


@njit
def _turn(tables, trips, state, l, m, now):
    """First come, first served: ``l`` waits until its foes that crossed are out of its way, and for those
    that came to their stop lines before it. Who came later may go along with one that began to cross
    within ``JOIN_MS``, since the earlier ones have to wait for that one anyway."""
    until = _clear(tables, state, m)
    if until > now:
        return until
    movement = tables.movement[m]
    mine = _when(tables, trips, state, l, now)
    for k in range(movement.foe_start, movement.foe_end):
        other = np.int64(tables.priority[k].lane)
        p = np.int64(tables.priority[k].movement)
        lane = state.lane[other]
        if not tables.step[p].rules & TAKES_TURNS or lane.vehicles == 0 or lane.waits_for >= 0:
            continue
        if state.place[lane.place0 + lane.head].movement != p:
            continue
        theirs = _when(tables, trips, state, other, now)
        came_first = theirs < mine or (theirs == mine and other < l)
        if came_first and _clear(tables, state, p) < now + tables.movement[p].gap_ms - JOIN_MS:
            return INF
    return now


@njit
def _when(tables, trips, state, l, now):
    """``head_time``, which is laid out in line where it is asked often: here it is not."""
    return head_time(tables, trips, state, l, now)


@njit
def _clear(tables, state, m):
    """When the foes of movement ``m`` that have crossed are out of its way."""
    movement = tables.movement[m]
    until = -INF
    for k in range(movement.foe_start, movement.foe_end):
        until = max(until, state.turn_ms[tables.priority[k].movement] + movement.gap_ms)
    return until


@njit(inner=True)
def let_others_try(tables, state, m):
    """The heads that may have waited for one of movement ``m``, which takes turns, look again."""
    first = first_lane_node(tables) + tables.lane.size + tables.segment.size
    movement = tables.movement[m]
    for k in range(movement.foe_start, movement.foe_end):
        n = first + np.int64(tables.priority[k].lane)
        schedule(state.node, state.wheel, state.total, n, YIELD, state.total[0].now_ms)
