"""The interlock: tables, state, requests, now -> aspects. It knows no traffic.

Whatever is asked of it, it never shows green to a forbidden pair, never cuts a minimum green, a walk
or a clearance short and never skips an intergreen. Engines and the SUMO bridge share it; controllers,
fixed plans and pre-emption only request.

A switch is done whole: it waits until every group that it ends has had its minimum green, and for
walks (see ``walks``). Then those groups go yellow, and each entering group goes green as soon as the
intergreen after every forbidden group has passed. Until all of them are green the junction is
changing. A further switch may begin meanwhile if it takes back no green that is on its way: so the
rings of a controller with two rings change independently of each other, and in a junction of one
ring it waits.

Maximum red is a service guarantee: a group that is red for ``urgent_ms`` is served next whatever
is asked for, the longest waiting first.
"""

import numpy as np

from .jit import njit
from .lamps import GREEN as GREEN
from .lamps import GROUP_STATE as GROUP_STATE
from .lamps import JUNCTION_STATE as JUNCTION_STATE
from .lamps import RED as RED
from .lamps import YELLOW as YELLOW
from .lamps import SignalState as SignalState
from .tables import BUTTON, INF, Signals
from .walks import (
    begin_walks,
    begins_with_stage,
    bit,
    end_green,
    end_walks,
    has,
    next_walk_end,
    ready,
    soonest_start,
    start_walk,
)


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
        first, mask = int(row["first_group"]), int(signals.stage[row["first_stage"] + state["stage"]])
        begins = [
            i
            for i in range(row["n_groups"])
            if mask >> i & 1 and not signals.group["walk"][first + i] & BUTTON
        ]
        for i in begins:
            leads = [
                int(signals.group["lead_ms"][first + k])
                for k in begins
                if int(signals.group["led"][first + k]) >> i & 1
            ]
            group["start_ms"][first + i] = now_ms + max(leads, default=0)
            state["coming"] |= np.uint64(1 << i)
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
def settle_after_request(signals, state, j, switch_ms, now):
    """When to ``settle`` after a request: at once where a walk may have to end before the switch; never
    (INF) where what is asked for now is in force or on its way already: that takes back the request before.
    """
    if signals.junction[j].walks:
        return now
    junction = state.junction[j]
    if junction.wanted == junction.stage and switch_ms <= now:
        junction.wanted = -1
        return INF
    return switch_ms


@njit
def call(signals, state, g):
    """A pedestrian presses the button of group ``g``. Whether that is new, and so ``settle`` comes next:
    not if it has none, or walks, or was called."""
    is_new = signals.group[g].walk & BUTTON != 0 and state.group[g].aspect != GREEN
    if not is_new or state.group[g].called:
        return False
    state.group[g].called = 1
    return True


@njit
def earliest_switch(signals, state, j, now):
    """When the stage in force may end, should all its groups end and any other begin (INF while changing)."""
    if state.junction[j].since_ms == INF:
        return INF
    row = signals.junction[j]
    others = ~signals.stage[row.first_stage + state.junction[j].stage]
    over = ready(signals, state, j, np.uint64(0), others, now)
    return max(over, state.junction[j].since_ms)


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
    """A stage with the group that has been red beyond its limit for longest, -1 if none: the one in force
    (pedestrians may walk in it again), else the first. Pedestrians who did not call do not wait."""
    row = signals.junction[j]
    if not row.limits:
        return -1
    longest, urgent = INF, -1
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if group.aspect == GREEN or group.start_ms < INF or signals.group[g].urgent_ms == INF:
            continue
        if not begins_with_stage(signals, state, g):
            continue
        if group.green_end_ms + signals.group[g].urgent_ms <= now and group.green_end_ms < longest:
            longest, urgent = group.green_end_ms, i
    if urgent < 0:
        return -1
    if has(signals.stage[row.first_stage + state.junction[j].stage], urgent):
        return np.int64(state.junction[j].stage)
    for s in range(row.n_stages):
        if has(signals.stage[row.first_stage + s], urgent):
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
    target = signals.stage[signals.junction[j].first_stage + stage]
    return state.junction[j].coming & ~target != 0


@njit
def _begin_switch(signals, state, j, stage, now, changes, n):
    """End the groups that ``stage`` lacks and put its new ones on their way."""
    row = signals.junction[j]
    target = signals.stage[row.first_stage + stage]
    before = signals.stage[row.first_stage + state.junction[j].stage]
    if state.junction[j].since_ms < INF:
        state.stage_ms[row.first_stage + state.junction[j].stage] += now - state.junction[j].since_ms
    junction = state.junction[j]
    ends = junction.green & ~target
    for i in range(row.n_groups):
        if has(ends, i):
            changes[n] = end_green(state, j, row.first_group + i, i, now)
            n += 1
    enters = target & ~row.walks & ~junction.green & ~junction.coming
    for i in range(row.n_groups):
        if has(enters, i):
            state.group[row.first_group + i].start_ms = soonest_start(signals, state, j, i, now)
            junction.coming |= bit(i)
    permitted = target & ~before & row.walks  # a permission that goes on brings no other walk
    for i in range(row.n_groups):
        if has(permitted, i) and begins_with_stage(signals, state, row.first_group + i):
            start_walk(signals, state, j, i, now)
    junction.stage = stage
    junction.since_ms = INF
    return n


@njit
def _end_yellows(signals, state, j, now, changes, n):
    row, junction = signals.junction[j], state.junction[j]
    for i in range(row.n_groups):
        g = row.first_group + i
        if has(junction.yellow, i) and state.group[g].green_end_ms + signals.group[g].yellow_ms <= now:
            group = state.group[g]
            group.aspect = RED
            group.since_ms = now
            junction.yellow &= ~bit(i)
            changes[n] = 4 * g + group.aspect
            n += 1
    return n


@njit
def _begin_greens(signals, state, j, now, changes, n):
    row, junction = signals.junction[j], state.junction[j]
    for i in range(row.n_groups):
        g = row.first_group + i
        if has(junction.coming & ~junction.yellow, i) and state.group[g].start_ms <= now:
            group = state.group[g]
            group.aspect = GREEN
            group.since_ms = now
            group.began_ms = now
            group.green_end_ms = INF
            group.start_ms = INF
            group.called = 0
            junction.green |= bit(i)
            junction.coming &= ~bit(i)
            changes[n] = 4 * g + group.aspect
            n += 1
    return n


@njit
def settle(signals, state, j, now, changes):
    """Do all that is due at junction ``j`` at ``now``.

    Writes 4 x group + new aspect for every change to ``changes`` (room for eight times the junction's
    groups: one of no time at all, for walk, clearance or intergreen, changes up to six times) and returns
    how many.
    Afterwards ask ``due`` when to come back.
    """
    row, junction = signals.junction[j], state.junction[j]
    n = 0
    while True:
        stage, when = _next_target(signals, state, j, now)
        if row.walks:
            n = end_walks(signals, state, j, stage, when, now, changes, n)
        if junction.yellow:
            n = _end_yellows(signals, state, j, now, changes, n)
        if row.walks:
            begin_walks(signals, state, j, stage, when, now)
        if junction.coming:
            n = _begin_greens(signals, state, j, now, changes, n)
        if not junction.coming and junction.since_ms == INF:
            junction.since_ms = now
        stage, when = _next_target(signals, state, j, now)
        if stage < 0 or when > now:
            return n
        if stage == junction.stage:
            if stage == junction.wanted:
                junction.wanted = -1
            return n
        target = signals.stage[row.first_stage + stage]
        if _takes_back(signals, state, j, stage) or ready(signals, state, j, target, target, now) > now:
            return n
        if stage == junction.wanted:
            junction.wanted = -1
        n = _begin_switch(signals, state, j, stage, now, changes, n)


@njit
def _next_change(signals, state, j, now):
    """The first end of a yellow, beginning of a green or end of patience at junction ``j``."""
    row, junction = signals.junction[j], state.junction[j]
    soonest = INF
    for i in range(row.n_groups):
        g = row.first_group + i
        group = state.group[g]
        if has(junction.yellow, i):
            soonest = min(soonest, group.green_end_ms + signals.group[g].yellow_ms)
        if has(junction.coming, i):
            soonest = min(soonest, group.start_ms)
        elif row.limits != 0 and not has(junction.green, i) and signals.group[g].urgent_ms < INF:
            urgent = group.green_end_ms + signals.group[g].urgent_ms
            if urgent > now:
                soonest = min(soonest, urgent)
    return soonest


@njit
def due(signals, state, j, now):
    """When ``settle`` has something to do next at junction ``j`` (> now), INF if nothing is under way."""
    row, junction = signals.junction[j], state.junction[j]
    soonest = INF
    if row.limits != 0 or (junction.yellow | junction.coming) != 0:
        soonest = _next_change(signals, state, j, now)
    stage, when = _next_target(signals, state, j, now)
    if row.walks:
        soonest = min(soonest, next_walk_end(signals, state, j, stage, when))
    is_due = stage >= 0 and (stage != state.junction[j].stage or when > now)
    if is_due and not _takes_back(signals, state, j, stage):
        target = signals.stage[row.first_stage + stage]
        soonest = min(soonest, max(when, ready(signals, state, j, target, target, now)))
    return max(soonest, now + 1)
