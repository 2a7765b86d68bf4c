"""Pedestrians in the interlock: when walks begin and end, and how long vehicles stay green for them.

A pedestrian group in a stage is the permission to walk. It walks when the permission begins if somebody
called it (or it has no button), and on a later call if that does not hold up a switch. Its walk ends
by itself and its clearance follows while the stage goes on; one that rests in walk ends its walk for
the switch that is wanted. Part of the interlock, see there; it knows no traffic either.
"""

import numpy as np

from .jit import njit
from .lamps import GREEN, RED, YELLOW
from .tables import BUTTON, INF, RESTS


@njit(inner=True)
def has(mask, i):
    """Whether bit ``i`` of a bitmask of groups is set."""
    return (mask >> np.uint64(i)) & np.uint64(1) != 0


@njit(inner=True)
def bit(i):
    """The bitmask of group ``i`` alone."""
    return np.uint64(1) << np.uint64(i)


@njit(inner=True)
def end_green(state, j, g, i, now):
    """Group ``g``, local ``i``, ends its green; the change to be noted."""
    group, junction = state.group[g], state.junction[j]
    group.aspect = YELLOW
    group.since_ms = now
    group.green_end_ms = now
    junction.green &= ~bit(i)
    junction.yellow |= bit(i)
    return 4 * g + group.aspect


@njit
def _overhang(signals, state, j, i, stays, enters):
    """How long before the greens of vehicles that end with it the walk of local group ``i`` must end, ms,
    if its clearance is not to hold up who enters for longer than the intergreens of these vehicles do.

    ``stays`` and ``enters``: bitmasks of the groups that go on, and of those that may begin. 0 where
    no vehicles end: in a stage of pedestrians alone the intergreen does all.
    """
    row = signals.junction[j]
    g = row.first_group + i
    longest = np.int64(0)
    for e in range(row.n_groups):
        if not has(signals.forbidden[g] & enters, e):
            continue
        after = row.intergreen_start + e
        vehicles = np.int64(-1)
        for c in range(row.n_groups):
            k = row.first_group + c
            shown = state.group[k].aspect == GREEN or state.group[k].start_ms < INF
            if shown and signals.group[k].walk == 0 and not has(stays, c) and has(signals.forbidden[k], e):
                vehicles = max(vehicles, np.int64(signals.intergreen_ms[after + c * row.n_groups]))
        if vehicles >= 0:
            longest = max(longest, signals.intergreen_ms[after + i * row.n_groups] - vehicles)
    return longest


@njit(inner=True)
def ready(signals, state, j, stays, enters, now):
    """When a switch may begin that ends all groups but ``stays``: those of vehicles have had their minimum
    green, walks are over, and clearances so far on that they hold up nobody of ``enters`` much longer."""
    row = signals.junction[j]
    over = -INF
    vehicles = state.junction[j].green & ~stays & ~row.walks
    for i in range(row.n_groups):
        if has(vehicles, i):
            g = row.first_group + i
            over = max(over, state.group[g].since_ms + signals.group[g].min_green_ms)
    walks = row.walks & ~stays
    if not walks:
        return over
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if has(walks, i) and (group.start_ms < INF or group.began_ms > -INF):
            end = group.green_end_ms
            if group.start_ms < INF:
                end = group.start_ms + signals.group[g].min_green_ms
            elif group.aspect == GREEN:
                end = group.since_ms + signals.group[g].min_green_ms
                if signals.group[g].walk & RESTS:
                    end = max(end, now)
            over = max(over, end + _overhang(signals, state, j, i, stays, enters))
    return over


@njit
def _ends_stage(signals, state, j, i, stage):
    """Whether to go to local ``stage`` (-1: nowhere) ends the permission of local group ``i``."""
    row = signals.junction[j]
    return 0 <= stage != state.junction[j].stage and not has(signals.stage[row.first_stage + stage], i)


@njit
def _walk_end(signals, state, j, i, stage, when):
    """When the walk of local group ``i``, under way, ends by itself or for the switch that is wanted."""
    row = signals.junction[j]
    g = row.first_group + i
    over = state.group[g].since_ms + signals.group[g].min_green_ms
    if signals.group[g].walk & RESTS == 0:
        return over
    if not _ends_stage(signals, state, j, i, stage):
        return INF
    target = signals.stage[row.first_stage + stage]
    return max(over, when - _overhang(signals, state, j, i, target, target))


@njit(inner=True)
def next_walk_end(signals, state, j, stage, when):
    """The first end of a walk at junction ``j``; ``stage`` is wanted not before ``when`` (-1: none is)."""
    row = signals.junction[j]
    soonest = INF
    for i in range(row.n_groups):
        if has(row.walks, i) and state.group[row.first_group + i].aspect == GREEN:
            soonest = min(soonest, _walk_end(signals, state, j, i, stage, when))
    return soonest


@njit(inner=True)
def end_walks(signals, state, j, stage, when, now, changes, n):
    """Walks that are over go into clearance."""
    row = signals.junction[j]
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if not has(row.walks, i) or group.aspect != GREEN:
            continue
        if _walk_end(signals, state, j, i, stage, when) <= now:
            changes[n] = end_green(state, j, g, i, now)
            n += 1
    return n


@njit(inner=True)
def begins_with_stage(signals, state, g):
    """Whether a group that a stage brings begins: pedestrians with a button only if they called."""
    return signals.group[g].walk & BUTTON == 0 or state.group[g].called == 1


@njit(inner=True)
def soonest_start(signals, state, j, i, now):
    """When local group ``i``, which is not green, may be: after its own yellow and the intergreens, and
    behind the lead of walks that it has to give way to."""
    row = signals.junction[j]
    g = row.first_group + i
    start = now
    if state.group[g].aspect == YELLOW:
        start = state.group[g].green_end_ms + signals.group[g].yellow_ms
    for k in range(row.n_groups):
        other = row.first_group + k
        if has(signals.forbidden[g], k):
            intergreen = signals.intergreen_ms[row.intergreen_start + k * row.n_groups + i]
            start = max(start, state.group[other].green_end_ms + intergreen)
        if has(row.walks, k) and has(signals.group[other].led, i):
            if state.group[other].aspect == GREEN:
                start = max(start, state.group[other].began_ms + signals.group[other].lead_ms)
            elif state.group[other].start_ms < INF:
                start = max(start, state.group[other].start_ms + signals.group[other].lead_ms)
    return start


@njit(inner=True)
def start_walk(signals, state, j, i, now):
    """Put the walk of local group ``i`` on its way, and those behind it that it leads."""
    row = signals.junction[j]
    g = row.first_group + i
    start = soonest_start(signals, state, j, i, now)
    state.group[g].start_ms = start
    state.junction[j].coming |= bit(i)
    for k in range(row.n_groups):
        group = state.group[row.first_group + k]
        if has(signals.group[g].led, k) and group.start_ms < INF:
            group.start_ms = max(group.start_ms, start + signals.group[g].lead_ms)


@njit
def _wishes(signals, state, g, now):
    """Whether a pedestrian group, red in its stage, is to walk (again)."""
    if signals.group[g].walk & BUTTON:
        return state.group[g].called == 1
    if signals.group[g].walk & RESTS:
        return True
    limit = signals.group[g].urgent_ms
    return limit < INF and state.group[g].green_end_ms + limit <= now


@njit(inner=True)
def begin_walks(signals, state, j, stage, when, now):
    """Start the walks that are wished for in the stage in force, if no switch is wanted, or if walk and
    clearance are over when it can begin."""
    row = signals.junction[j]
    permitted = signals.stage[row.first_stage + state.junction[j].stage]
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if not has(row.walks & permitted, i) or group.aspect != RED or group.start_ms < INF:
            continue
        if not _wishes(signals, state, g, now):
            continue
        if _ends_stage(signals, state, j, i, stage):
            target = signals.stage[row.first_stage + stage]
            need = signals.group[g].min_green_ms + _overhang(signals, state, j, i, target, target)
            begins = max(when, ready(signals, state, j, target, target, now))
            if soonest_start(signals, state, j, i, now) + need > begins:
                continue
        start_walk(signals, state, j, i, now)
