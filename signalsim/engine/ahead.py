"""Looking ahead: what the next events will read is fetched into the processor's cache while others are
handled.

An event of a lane reads the lane, its first vehicle, that one's movement and route and the lane behind
the junction, one after the other; in a city each of these lies somewhere in main memory. So a scout
walks the wheel a few events before the loop and fetches one of them at each distance. It changes
nothing but time: what it takes for true may have changed when the event comes. Part of the compiled
loop, see ``kernel``.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import njit
from .state import WHEEL
from .tables import EXIT
from .wheel import first_lane_node, next_busy

FROM_LANES = 4000  # smaller networks fit into the cache: there the scout costs a fifth of the speed
NODES = 16  # that the scout remembers, a power of two
_LANES_MS = 600_000  # it looks so far ahead, divided by the lanes: some 40 events
_HEAD, _ROUTE, _TARGET, _ROOM = 3, 6, 9, 12  # so many events after a node was found, these are fetched
_MASK = WHEEL - 1
_LINE = 64


@intrinsic
def _fetch(typingctx, array, row, offset):
    """Ask for the cache line that holds byte ``offset`` of a row; a wrong row does no harm."""

    def generate(context, builder, signature, args):
        array_type, _, _ = signature.args
        rows = context.make_array(array_type)(context, builder, args[0])
        begin = cgutils.get_item_pointer(context, builder, array_type, rows, [args[1]], wraparound=False)
        pointer, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [pointer, i32, i32, i32]), "llvm.prefetch.p0i8"
        )
        at = builder.gep(builder.bitcast(begin, pointer), [args[2]])
        builder.call(prefetch, [at, i32(0), i32(3), i32(1)])  # to read, to be kept, data
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate


@njit(forceinline=True, inner=True)
def look_ahead(tables, trips, state, scout, now, next_ms, node, step):
    """One step of the scout, which was at ``node`` and will go to the events of ``next_ms`` after those of
    its millisecond: where it is and where it will go.

    ``scout``: (NODES,) int32, the last nodes that it found.
    """
    if node >= 0:
        node = np.int64(state.node[node].next)
    if node < 0:
        node = np.int64(state.wheel.bucket[next_ms & _MASK])
        reach_ms = max(4, _LANES_MS // tables.lane.size)
        next_ms = next_busy(state.wheel, max(next_ms, now + reach_ms // 2) + 1, now + reach_ms)
        _fetch(state.node, max(0, state.wheel.bucket[next_ms & _MASK]), 0)
    scout[step % NODES] = node
    _fetch_entity(tables, state, node)
    _fetch_head(tables, state, np.int64(scout[(step - _HEAD) % NODES]))
    _fetch_route(tables, trips, state, np.int64(scout[(step - _ROUTE) % NODES]))
    _fetch_target(tables, state, np.int64(scout[(step - _TARGET) % NODES]))
    _fetch_room(tables, state, np.int64(scout[(step - _ROOM) % NODES]))
    return next_ms, node


@njit(forceinline=True)
def _lane_of(tables, node):
    """The lane whose event a node is, -1 if it is none's."""
    first_lane = first_lane_node(tables)
    first_yield = first_lane + tables.lane.size + tables.segment.size
    l = node - (first_yield if node >= first_yield else first_lane)
    return l if l < tables.lane_slots.size else -1


@njit(forceinline=True)
def _fetch_entity(tables, state, node):
    l = _lane_of(tables, node)
    if l >= 0:
        _fetch(state.lane, l, 0)
        _fetch(state.lane, l, _LINE)
    elif 0 <= node < tables.signals.junction.size:
        _fetch(tables.signals.junction, node, 0)
        _fetch(state.signals.junction, node, 0)


@njit(forceinline=True)
def _fetch_head(tables, state, node):
    """Of a lane the first vehicle, of a junction the groups."""
    l = _lane_of(tables, node)
    if l >= 0:
        head = state.lane[l].place0 + state.lane[l].head
        _fetch(state.place, head, 0)
        _fetch(state.place, head, state.place.itemsize)  # the one behind it
    elif 0 <= node < tables.signals.junction.size:
        row = tables.signals.junction[node]
        for i in range(row.n_groups):
            _fetch(state.signals.group, row.first_group + i, 0)
            _fetch(tables.signals.group, row.first_group + i, 0)
        _fetch(tables.signals.stage, row.first_stage, 0)
        _fetch(tables.signals.intergreen_ms, row.intergreen_start, 0)


@njit(forceinline=True)
def _fetch_route(tables, trips, state, node):
    """Of a lane what its head follows, of a junction the lanes."""
    l = _lane_of(tables, node)
    if l < 0:
        if 0 <= node < tables.signals.junction.size:
            row = tables.signals.junction[node]
            for g in range(row.first_group, row.first_group + row.n_groups):
                for k in range(tables.signals.group[g].lane_start, tables.signals.group[g].lane_end):
                    _fetch(state.lane, tables.group_lane[k], 0)
        return
    lane = state.lane[l]
    head = state.place[lane.place0 + lane.head]
    _fetch(state.left_ms, lane.slot0 + lane.slot, 0)
    if head.movement != EXIT:
        _fetch(tables.step, head.movement, 0)
        _fetch(tables.movement, head.movement, 0)
        _fetch(state.movement_out, head.movement, 0)
        _fetch(trips.leg, head.route_at + 1, 0)


@njit(forceinline=True)
def _ways(tables, state, l):
    """The first of the lanes that the head of ``l`` may enter, and how many there are."""
    lane = state.lane[l]
    if not lane.at_line:
        segment = tables.segment[tables.segment[lane.segment].next]
        return np.int64(segment.first_lane), np.int64(segment.n_lanes)
    head = state.place[lane.place0 + lane.head]
    if head.movement == EXIT:
        return 0, 0
    step = tables.step[head.movement]
    return np.int64(step.to_lane), np.int64(step.to_lanes)


@njit(forceinline=True)
def _fetch_target(tables, state, node):
    l = _lane_of(tables, node)
    if l >= 0:
        first, n_lanes = _ways(tables, state, l)
        for b in range(first, first + n_lanes):
            _fetch(state.lane, b, 0)
            _fetch(state.lane, b, _LINE)
        head = state.place[state.lane[l].place0 + state.lane[l].head]
        if head.movement != EXIT:
            _fetch(state.signals.group, max(0, tables.step[head.movement].group), 0)


@njit(forceinline=True)
def _fetch_room(tables, state, node):
    """Of lanes that may be entered, when the slot was left that the vehicle would take."""
    l = _lane_of(tables, node)
    if l >= 0:
        first, n_lanes = _ways(tables, state, l)
        for b in range(first, first + n_lanes):
            lane = state.lane[b]
            if lane.used >= lane.easy:
                at = lane.slot + lane.used + 1
                _fetch(state.left_ms, lane.slot0 + (at - lane.n_slots if at >= lane.n_slots else at), 0)
