"""Giving way: gaps in streams with priority, turning on red, taking turns at an all-way stop.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .heads import head_time
from .interlock import GREEN
from .jit import njit
from .tables import EXIT, INF, ON_RED, TAKES_TURNS
from .wheel import YIELD, schedule


@njit(forceinline=True, inner=True)
def give_way(tables, trips, state, l, now):
    """Until when the head of lane ``l`` has to wait for others (``now``: not at all; INF: until one of
    them has gone), and whether it is opposed. Who clears at the end of green does not ask."""
    m = state.place[state.lane[l].place0 + state.lane[l].head].movement
    step = tables.step[m]
    if step.rules & TAKES_TURNS:
        return _turn(tables, trips, state, l, m, now), True
    movement = tables.movement[m]
    start, end = movement.yield_start, movement.yield_end
    if step.group >= 0 and state.signals.group[step.group].aspect != GREEN:
        if not step.rules & ON_RED:
            return now, False
        start, end = movement.foe_start, movement.foe_end
    return _gap(
        tables.movement, tables.priority, state.lane, state.place, state.signals.group, m, start, end, now
    )


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
    """First come, first served: ``l`` waits for those before it at the stop lines of its foes, and until
    the last of these to go is out of its way."""
    movement = tables.movement[m]
    until = now
    for k in range(movement.foe_start, movement.foe_end):
        until = max(until, state.turn_ms[tables.priority[k].movement] + movement.gap_ms)
    if until > now:
        return until
    mine = head_time(tables, trips, state, l, now)
    for k in range(movement.foe_start, movement.foe_end):
        other = np.int64(tables.priority[k].lane)
        p = tables.priority[k].movement
        lane = state.lane[other]
        if not tables.step[p].rules & TAKES_TURNS or lane.vehicles == 0 or lane.waits_for >= 0:
            continue
        if state.place[lane.place0 + lane.head].movement != p:
            continue
        theirs = head_time(tables, trips, state, other, now)
        if theirs < mine or (theirs == mine and other < l):
            return INF
    return until


@njit
def let_others_try(tables, state, m):
    """The heads that may have waited for one of movement ``m``, which takes turns, look again."""
    first = tables.signals.junction.size + tables.lane.size + tables.segment.size
    movement = tables.movement[m]
    for k in range(movement.foe_start, movement.foe_end):
        n = first + np.int64(tables.priority[k].lane)
        schedule(state.node, state.wheel, state.total, n, YIELD, state.total[0].now_ms)
