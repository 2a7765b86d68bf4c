"""The compiled loop: every vehicle and signal event in its order, between two decisions.

The rules are those of ``reference``, which says them in plain words; here they are laid out for
speed: ``heads`` says who may go and where, ``gaps`` who gives way, ``crossing`` moves a vehicle,
``inside`` and ``sirens`` hold what is rare, ``wheel`` keeps the order.
Equality of the two engines, record by record, is what the tests assert.
"""

import numpy as np

from .ahead import look_ahead
from .crossing import cross
from .gaps import give_way, let_others_try
from .heads import choose, head_time, soonest_room, target, wake, yields
from .inside import go_inside
from .interlock import GREEN, RED, due, request, settle, settle_after_request
from .jit import njit
from .log import write
from .pedestrians import next_on_kerb, on_kerb, walk_begins
from .records import Kind
from .sirens import make_way
from .state import FRESH, IDLE, INSIDE, PERMISSIVE, SIREN, WHEEL
from .tables import ENTERS, EXIT, INF, TAKES_TURNS, TO_VEHICLES
from .wheel import KERB, LANE, ROOM, SIGNAL, YIELD, first_lane_node, next_busy, refill, schedule, take

_ASPECT, _STAGE = int(Kind.ASPECT), int(Kind.STAGE)
_MASK = WHEEL - 1


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


@njit
def _let_pass(tables, state, log, l):
    """Emergency vehicles come to the front of lane ``l``: what the head before them waited for is over."""
    lane = state.lane[l]
    m = np.int64(state.place[lane.place0 + lane.head].movement)
    if not make_way(tables, state, log, l):
        return
    if lane.waits_for >= 0:
        _stop_waiting(tables, state, l, np.int64(lane.waits_for))
    if lane.at_line and m != EXIT and tables.step[m].rules & TAKES_TURNS:
        let_others_try(tables, state, m)


@njit
def _wait_at_junction(tables, state, log, l):
    """Lane ``l`` begins to wait for room: its head does so inside the junction where nothing forbids it,
    and whoever waits for its turn there need not."""
    lane = state.lane[l]
    if lane.vehicles == 0 or not lane.at_line or lane.marks & INSIDE:
        return
    m = np.int64(state.place[lane.place0 + lane.head].movement)
    if m == EXIT:
        return
    if tables.step[m].rules & ENTERS:
        go_inside(tables, state, log, l)
    if tables.step[m].rules & TAKES_TURNS:
        let_others_try(tables, state, m)


@njit(forceinline=True)
def _attempt(tables, trips, state, log, l, rank):
    """The head of lane ``l`` goes now, or the time of its next attempt is scheduled."""
    now = state.total[0].now_ms
    if state.lane[l].marks & SIREN:
        _let_pass(tables, state, log, l)
    if state.lane[l].waits_for >= 0:
        return
    t = head_time(tables, trips, state, l, now)
    first_lane = first_lane_node(tables)
    opposed = False
    if t > now:
        if t < INF:
            wake(tables, trips, state, l)
        return
    if yields(tables, state, l):
        node = first_lane + tables.lane.size + tables.segment.size + l
        if rank == LANE:
            schedule(state.node, state.wheel, state.total, node, YIELD, now)
            return
        until, opposed = give_way(tables, trips, state, l, now)
        if until > now:
            if until < INF:
                schedule(state.node, state.wheel, state.total, node, YIELD, until)
            return
    s, first, n_lanes, mask, size, traverse = target(tables, trips, state, l)
    b = np.int64(-1)
    if s >= 0:
        queued = state.lane[first].wanted
        if not queued:
            b = choose(state, first, n_lanes, mask, size, now + traverse)
        if b < 0:
            room_ms = now
            if not queued:
                room_ms = soonest_room(state, first, n_lanes, mask, size) - traverse
            _wait_for_room(tables, state, l, s)
            _wait_at_junction(tables, state, log, l)
            if room_ms < INF // 2:
                node = first_lane + tables.lane.size + s
                schedule(state.node, state.wheel, state.total, node, ROOM, room_ms)
            return
    cross(tables, trips, state, log, l, b, traverse, opposed)


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
        t = head_time(tables, trips, state, l, now)
        opposed = False
        if t <= now and yields(tables, state, l):
            t, opposed = give_way(tables, trips, state, l, now)
        if t > now:
            _stop_waiting(tables, state, l, s)
            if t < INF:
                n, rank = first_lane_node(tables) + l, LANE
                if yields(tables, state, l):
                    n, rank = n + tables.lane.size + tables.segment.size, YIELD
                schedule(state.node, state.wheel, state.total, n, rank, t)
            continue
        _, first, n_lanes, mask, size, traverse = target(tables, trips, state, l)
        b = choose(state, first, n_lanes, mask & ~barred, size, now + traverse)
        if b < 0:
            soonest = min(soonest, soonest_room(state, first, n_lanes, mask & ~barred, size) - traverse)
            barred |= mask
            continue
        _stop_waiting(tables, state, l, s)
        state.segment[s].turn = max(state.segment[s].turn, turn)
        state.merge[k] = turn + tables.feeder[k].stride * size
        cross(tables, trips, state, log, l, b, traverse, opposed)
    if soonest < INF // 2:
        n = first_lane_node(tables) + tables.lane.size + s
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
        write(log, state.total, _ASPECT, g, j, aspect)
        if aspect != RED:
            _lamp_changed(tables, trips, state, np.int64(g), aspect)
        if aspect == GREEN and tables.signals.group[g].walk:
            walk_begins(tables, trips, state, log, np.int64(g))
    if junction.stage != stage:
        write(log, state.total, _STAGE, j, junction.stage, 0)
    if junction.since_ms < INF and (since == INF or junction.stage != stage):
        write(log, state.total, _STAGE, j, junction.stage, 1)
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
            lane.marks |= FRESH
        elif lane.vehicles == 0 or not lane.marks & PERMISSIVE or not _may_clear(tables, state, lane, g):
            continue
        wake(tables, trips, state, l)


@njit(forceinline=True)
def _may_clear(tables, state, lane, g):
    """At the end of green: whether the head waits for a gap in a turn of group ``g``, and so may clear."""
    head = state.place[lane.place0 + lane.head]
    if head.movement == EXIT:
        return False
    step = tables.step[head.movement]
    if step.group != g or not step.yields & TO_VEHICLES or lane.marks & INSIDE:
        return False
    if head.arrive_ms > state.total[0].now_ms:
        return False
    lane.sneaks = tables.movement[head.movement].sneakers
    return True


@njit(inner=True)
def start(tables, trips, state):
    """First events: every junction, every crossing and every source."""
    for j in range(tables.signals.junction.size):
        schedule(state.node, state.wheel, state.total, j, SIGNAL, 0)
    for x in range(tables.crossing.size):
        next_on_kerb(tables, trips, state, x)
    for l in range(tables.lane_slots.size, tables.lane.size):
        wake(tables, trips, state, l)


@njit(inner=True)
def ask(tables, state, stage, switch_ms):
    """Requests of all junctions (stage -1: nothing asked) go to the interlock."""
    now = state.total[0].now_ms
    for j in range(stage.size):
        if stage[j] >= 0:
            request(tables.signals, state.signals, j, stage[j], max(switch_ms[j], now))
            when = settle_after_request(tables.signals, state.signals, j, switch_ms[j], now)
            if when < INF:
                schedule(state.node, state.wheel, state.total, j, SIGNAL, when)


@njit(inner=True)
def advance(tables, trips, state, log, scout, until):
    """Process all events before ``until``; stops early, between instants, when the log is half full.

    Returns the time that was reached. ``scout``: see ``ahead``; None: do without.
    """
    total, node, wheel, scratch = state.total, state.node, state.wheel, state.scratch
    first_kerb = tables.signals.junction.size
    first_lane = first_lane_node(tables)
    first_room = first_lane + tables.lane.size
    first_yield = first_room + tables.segment.size
    t = total[0].now_ms
    ahead_ms, ahead = t, np.int64(-1)
    while t < until:
        t = next_busy(wheel, t, until)
        refill(node, wheel, total, t)
        b = t & _MASK
        if t == until or wheel.bucket[b] < 0:
            continue
        total[0].now_ms = t
        end = take(node, wheel, b, scratch, 0, 0)
        i = 0
        while i < end:
            n = np.int64(scratch[i])
            i += 1
            if scout is not None:
                step = total[0].events + i
                ahead_ms, ahead = look_ahead(tables, trips, state, scout, t, ahead_ms, ahead, step)
            node[n].time_ms = IDLE
            if n < first_kerb:
                total[0].rank = SIGNAL
                _on_signal(tables, trips, state, log, n)
            elif n < first_lane:
                total[0].rank = KERB
                on_kerb(tables, trips, state, log, n - first_kerb)
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
