"""Pedestrians: they come to a kerb, wait for their signal, set off; and those who turn across wait for them.

Part of the compiled loop, see ``kernel``.
"""

import numpy as np

from .interlock import GREEN, call
from .jit import njit
from .log import write
from .records import Kind
from .tables import NO_GROUP
from .wheel import KERB, SIGNAL, schedule

_WALK = int(Kind.WALK)


@njit(inner=True)
def on_kerb(tables, trips, state, log, x):
    """Whoever has come to crossing ``x`` by now sets off, or waits and presses the button if there is one."""
    now = state.total[0].now_ms
    crossing = state.crossing[x]
    end = trips.pedestrian_start[x + 1]
    while crossing.arrived < end and trips.pedestrian_ms[crossing.arrived] <= now:
        crossing.arrived += 1
    g = np.int64(tables.crossing[x].group)
    if g == NO_GROUP or state.signals.group[g].aspect == GREEN:
        _set_off(trips, state, log, x)
    elif call(tables.signals, state.signals, g):
        junction = tables.signals.group[g].junction
        schedule(state.node, state.wheel, state.total, junction, SIGNAL, now)
    next_on_kerb(tables, trips, state, x)


@njit(inner=True)
def next_on_kerb(tables, trips, state, x):
    """Schedule the arrival of the next pedestrian at crossing ``x``."""
    at = state.crossing[x].arrived
    if at < trips.pedestrian_start[x + 1]:
        n = tables.signals.junction.size + x
        schedule(state.node, state.wheel, state.total, n, KERB, trips.pedestrian_ms[at])


@njit(inner=True)
def walk_begins(tables, trips, state, log, g):
    """All who wait for group ``g`` set off."""
    for k in range(tables.signals.group[g].crossing_start, tables.signals.group[g].crossing_end):
        _set_off(trips, state, log, np.int64(tables.group_crossing[k]))


@njit
def _set_off(trips, state, log, x):
    now = state.total[0].now_ms
    crossing = state.crossing[x]
    for k in range(crossing.started, crossing.arrived):
        state.walk_ms[k] = now
        write(log, state.total, _WALK, k, x, now - trips.pedestrian_ms[k])
    crossing.started = crossing.arrived


@njit(inner=True)
def zones_free(tables, trips, state, m, on_red, now):
    """Until when pedestrians keep a vehicle of movement ``m`` waiting (``now``: not at all).

    It crosses if nobody is or comes into its way for the gap of the zone: those on the crossing, and
    those who come to the kerb within the gap and may set off as the lamp is now.
    """
    until = now
    movement = tables.movement[m]
    for k in range(movement.zone_start, movement.zone_end):
        zone = tables.zone[k]
        if zone.on_red and not on_red:
            continue
        x = np.int64(zone.crossing)
        crossing = state.crossing[x]
        across = tables.crossing[x].cross_ms
        while crossing.oldest < crossing.started and state.walk_ms[crossing.oldest] + across <= now:
            crossing.oldest += 1
        at, end = np.int64(crossing.oldest), np.int64(crossing.started)
        g = np.int64(tables.crossing[x].group)
        if g == NO_GROUP or state.signals.group[g].aspect == GREEN:
            end = np.int64(trips.pedestrian_start[x + 1])
        horizon = now + zone.gap_ms
        while at < end:
            sets_off = state.walk_ms[at] if at < crossing.started else trips.pedestrian_ms[at]
            if sets_off >= horizon:
                break
            first, last = sets_off + zone.near_from_ms, sets_off + zone.near_to_ms
            if trips.pedestrian_far[at]:
                first, last = sets_off + zone.far_from_ms, sets_off + zone.far_to_ms
            if first < horizon and last > now:
                until = max(until, last)
            at += 1
    return until
