"""The interlock: tables, state, requests, now -> aspects. It knows no traffic.

Whatever is asked of it, it never shows green to a forbidden pair, never cuts a minimum green short
and never skips an intergreen. Engines and the SUMO bridge share it; controllers, fixed plans and
pre-emption only request.

A switch is done whole: it waits until every group that it ends has had its minimum green. Then
those groups go yellow, and each entering group goes green as soon as the intergreen after every
forbidden group has passed. Until all of them are green the junction is changing. A further switch
may begin meanwhile if it takes back no green that is on its way: so the rings of a controller with
two rings change independently of each other, and in a junction of one ring it waits.

Maximum red is a service guarantee: a group that is red for ``urgent_ms`` is served next whatever
is asked for, the longest waiting first.
"""

from typing import NamedTuple

import numpy as np

from .jit import njit
from .tables import INF, Signals

RED, YELLOW, GREEN = 0, 1, 2

GROUP_STATE = np.dtype(
    [
        ("aspect", "i4"),
        ("pad", "i4"),
        ("since_ms", "i8"),  # when this aspect began
        ("began_ms", "i8"),  # start of the last green, -INF if there was none
        ("green_end_ms", "i8"),  # end of the last green, INF while green
        ("start_ms", "i8"),  # the green that is on its way, INF if none
    ]
)
JUNCTION_STATE = np.dtype(
    [
        ("stage", "i4"),  # local: in force, or being changed to
        ("wanted", "i4"),  # local: the request in hand, -1 if none
        ("since_ms", "i8"),  # when all groups of the stage were green, INF while changing
        ("wanted_ms", "i8"),  # not before this
    ]
)


class SignalState(NamedTuple):
    junction: np.ndarray  # (n_junctions,) JUNCTION_STATE
    group: np.ndarray  # (n_groups,) GROUP_STATE
    stage_ms: np.ndarray  # (n_stages,) int64, time that each stage was in force before the present one


def initial_state(signals: Signals, now_ms: int = 0) -> SignalState:
    """Everything red long enough; each junction is about to start its initial stage at ``now_ms``."""
    junction = np.zeros(len(signals.junction), JUNCTION_STATE)
    group = np.zeros(len(signals.group), GROUP_STATE)
    junction["stage"] = signals.junction["initial_stage"]
    junction["since_ms"] = INF
    junction["wanted"] = -1
    group["green_end_ms"] = now_ms
    group["since_ms"] = now_ms
    group["start_ms"] = INF
    group["began_ms"] = -INF
    for row, state in zip(signals.junction, junction, strict=True):
        mask = int(signals.stage[row["first_stage"] + state["stage"]])
        for i in range(row["n_groups"]):
            if mask >> i & 1:
                group["start_ms"][row["first_group"] + i] = now_ms
    stage_ms = np.zeros(len(signals.stage), np.int64)
    return SignalState(junction.view(np.recarray), group.view(np.recarray), stage_ms)


@njit
def request(signals, state, j, stage, switch_ms):
    """Ask junction ``j`` for a local stage not before ``switch_ms``; replaces the request in hand.

    A stage that the junction does not have is no request.
    """
    if 0 <= stage < signals.junction[j].n_stages:
        state.junction[j].wanted = stage
        state.junction[j].wanted_ms = switch_ms


@njit
def _min_green_over(signals, state, j, target):
    """When all groups that a switch to ``target`` (mask) ends have had their minimum green."""
    row = signals.junction[j]
    over = -INF
    for i in range(row.n_groups):
        g = row.first_group + i
        if state.group[g].aspect == GREEN and (target >> np.uint64(i)) & np.uint64(1) == 0:
            over = max(over, state.group[g].since_ms + signals.group[g].min_green_ms)
    return over


@njit
def earliest_switch(signals, state, j):
    """When the stage in force may end, should all its groups end (INF while changing)."""
    if state.junction[j].since_ms == INF:
        return INF
    return max(_min_green_over(signals, state, j, np.uint64(0)), state.junction[j].since_ms)


@njit
def stage_times(signals, state, now, result):
    """Time (ms) that each stage has been in force, all its groups green, up to ``now``: (n_stages,)."""
    for s in range(len(result)):
        result[s] = state.stage_ms[s]
    for j in range(len(signals.junction)):
        if state.junction[j].since_ms < INF:
            s = signals.junction[j].first_stage + state.junction[j].stage
            result[s] += now - state.junction[j].since_ms


@njit
def _urgent_stage(signals, state, j, now):
    """The first stage with the group that has been red beyond its limit for longest, -1 if none."""
    row = signals.junction[j]
    longest, urgent = INF, -1
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if group.aspect == GREEN or group.start_ms < INF or signals.group[g].urgent_ms == INF:
            continue
        if group.green_end_ms + signals.group[g].urgent_ms <= now and group.green_end_ms < longest:
            longest, urgent = group.green_end_ms, i
    if urgent < 0:
        return -1
    for s in range(row.n_stages):
        if (signals.stage[row.first_stage + s] >> np.uint64(urgent)) & np.uint64(1):
            return s
    return -1


@njit
def _next_target(signals, state, j, now):
    """(local stage to go to, not before) or (-1, INF): what is urgent before what is asked for."""
    urgent = _urgent_stage(signals, state, j, now)
    if urgent >= 0:
        return urgent, now
    if state.junction[j].wanted >= 0:
        return np.int64(state.junction[j].wanted), state.junction[j].wanted_ms
    return -1, INF


@njit
def _takes_back(signals, state, j, stage):
    """Whether a switch to ``stage`` would take back a green that is on its way."""
    row = signals.junction[j]
    target = signals.stage[row.first_stage + stage]
    for i in range(row.n_groups):
        on_its_way = state.group[row.first_group + i].start_ms < INF
        if on_its_way and (target >> np.uint64(i)) & np.uint64(1) == 0:
            return True
    return False


@njit
def _begin_switch(signals, state, j, stage, now, changes, n):
    """End the groups that ``stage`` lacks and put its new ones on their way."""
    row = signals.junction[j]
    target = signals.stage[row.first_stage + stage]
    if state.junction[j].since_ms < INF:
        state.stage_ms[row.first_stage + state.junction[j].stage] += now - state.junction[j].since_ms
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if group.aspect == GREEN and (target >> np.uint64(i)) & np.uint64(1) == 0:
            group.aspect = YELLOW
            group.since_ms = now
            group.green_end_ms = now
            changes[n] = 4 * g + group.aspect
            n += 1
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if group.aspect == GREEN or group.start_ms < INF or (target >> np.uint64(i)) & np.uint64(1) == 0:
            continue
        start = now
        if group.aspect == YELLOW:
            start = group.green_end_ms + signals.group[g].yellow_ms
        for k in range(row.n_groups):
            if (signals.forbidden[g] >> np.uint64(k)) & np.uint64(1):
                intergreen = signals.intergreen_ms[row.intergreen_start + k * row.n_groups + i]
                start = max(start, state.group[row.first_group + k].green_end_ms + intergreen)
        group.start_ms = start
    state.junction[j].stage = stage
    state.junction[j].since_ms = INF
    return n


@njit
def settle(signals, state, j, now, changes):
    """Do all that is due at junction ``j`` at ``now``.

    Writes 4 x group + new aspect for every change to ``changes`` (room for four times the junction's
    groups: one that has neither yellow nor intergreen changes up to three times) and returns how many.
    Afterwards ask ``due`` when to come back.
    """
    row = signals.junction[j]
    n = 0
    while True:
        waiting = False
        for i in range(row.n_groups):
            g = row.first_group + i
            group = state.group[g]
            if group.aspect == YELLOW and group.green_end_ms + signals.group[g].yellow_ms <= now:
                group.aspect = RED
                group.since_ms = now
                changes[n] = 4 * g + group.aspect
                n += 1
        for i in range(row.n_groups):
            g = row.first_group + i
            group = state.group[g]
            if group.start_ms <= now and group.aspect == RED:
                group.aspect = GREEN
                group.since_ms = now
                group.began_ms = now
                group.green_end_ms = INF
                group.start_ms = INF
                changes[n] = 4 * g + group.aspect
                n += 1
            waiting |= group.start_ms < INF
        if not waiting and state.junction[j].since_ms == INF:
            state.junction[j].since_ms = now
        stage, when = _next_target(signals, state, j, now)
        if stage < 0 or when > now:
            return n
        if stage == state.junction[j].stage:
            state.junction[j].wanted = -1
            return n
        target = signals.stage[row.first_stage + stage]
        if _takes_back(signals, state, j, stage) or _min_green_over(signals, state, j, target) > now:
            return n
        if stage == state.junction[j].wanted:
            state.junction[j].wanted = -1
        n = _begin_switch(signals, state, j, stage, now, changes, n)


@njit
def due(signals, state, j, now):
    """When ``settle`` has something to do next at junction ``j`` (> now), INF if nothing is under way."""
    row = signals.junction[j]
    soonest = INF
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if group.aspect == YELLOW:
            soonest = min(soonest, group.green_end_ms + signals.group[g].yellow_ms)
        if group.start_ms < INF:
            soonest = min(soonest, group.start_ms)
        elif group.aspect != GREEN and signals.group[g].urgent_ms < INF:
            urgent = group.green_end_ms + signals.group[g].urgent_ms
            if urgent > now:
                soonest = min(soonest, urgent)
    stage, when = _next_target(signals, state, j, now)
    if stage >= 0 and not _takes_back(signals, state, j, stage):
        target = signals.stage[row.first_stage + stage]
        soonest = min(soonest, max(when, _min_green_over(signals, state, j, target)))
    return max(soonest, now + 1)
