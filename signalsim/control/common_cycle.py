"""Cycles that change in length but keep together: for controllers that keep the plan's order of stages.

Junctions that the deployed plan coordinates (neighbours on a link, of equal cycle, whose offsets are
not all the same) make an area; any other junction is one by itself. Cycle k of an area begins at a
time that all its junctions share, and at each of them later by its offset, whatever the lengths of the
cycles before: a junction that was held up shortens its next cycle and is back in step.

Second 0 of a cycle is the first stage's start of green.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.signals.plan import PlanArrays

from .fixed import TICK_MS
from .layout import Junctions
from .resplit import note_left

KEPT = 64  # cycles of an area that are remembered: more than an offset ever holds


class Clock(NamedTuple):
    """Where all junctions are in their cycles; CSR by junction of the places in the order of stages."""

    start: np.ndarray  # (n_junctions + 1,) int32
    stage: np.ndarray  # int32 local
    least_ms: np.ndarray  # int64 by place, minimum green
    change_ms: np.ndarray  # int64 by place, to the next one
    area: np.ndarray  # (n_junctions,) int32
    offset_ms: np.ndarray  # (n_junctions,) int64
    number: np.ndarray  # (n_junctions,) int64, its present cycle's
    begin_ms: np.ndarray  # (n_junctions,) int64, of its present cycle
    end_ms: np.ndarray  # int64 by place, end of green, from the beginning of the cycle on
    area_start: np.ndarray  # (n_areas + 1,) int32: CSR of the junctions by area
    area_junction: np.ndarray  # int32
    area_number: np.ndarray  # (n_areas,) int64, the last cycle whose beginning is known
    area_begin_ms: np.ndarray  # (n_areas, KEPT) int64 by number modulo KEPT
    area_cycle_ms: np.ndarray  # (n_areas,) int64
    area_least_ms: np.ndarray  # (n_areas,) int64, the longest of its junctions' shortest cycles


def make_clock(tables: Tables, layout: Junctions, plan: PlanArrays, new_offsets: bool = False) -> Clock:
    """A clock that goes as the plan does, from simulated time 0 on.

    ``new_offsets``: neighbours of equal cycle make an area even where the plan does not coordinate them.
    """
    n = len(plan.cycle_ms)
    place_junction = np.repeat(np.arange(n), np.diff(plan.start))
    n_stages = np.diff(layout.first_stage)
    stage = layout.first_stage[place_junction] + plan.stage
    following = np.arange(1, len(stage) + 1)
    following[plan.start[1:][np.diff(plan.start) > 0] - 1] = plan.start[:-1][np.diff(plan.start) > 0]
    at = layout.change_start[place_junction] + plan.stage * n_stages[place_junction] + plan.stage[following]
    least, change = layout.stage_min_green_ms[stage], layout.change_ms[at]
    whole = np.bincount(place_junction, plan.green_ms + change, n).astype(np.int64)
    cycle = np.maximum(whole, 1)
    area = _areas(tables, plan, new_offsets)
    shortest = np.bincount(place_junction, least + change, n).astype(np.int64)
    n_areas = int(area.max(initial=-1)) + 1
    area_least, area_cycle = np.ones(n_areas, np.int64), np.ones(n_areas, np.int64)
    np.maximum.at(area_least, area, shortest)
    np.maximum.at(area_cycle, area, cycle)
    number = np.arange(KEPT) - KEPT // 2
    begin = np.zeros((n_areas, KEPT), np.int64)
    begin[:, number % KEPT] = number * area_cycle[:, None]
    total = np.cumsum(plan.green_ms + change)
    before = np.concatenate(([0], total))[plan.start[:-1]]
    return Clock(
        start=plan.start,
        stage=plan.stage,
        least_ms=least,
        change_ms=change,
        area=area,
        offset_ms=np.asarray(plan.offset_ms, np.int64) % cycle,
        number=np.full(n, -2, np.int64),
        begin_ms=np.full(n, -2, np.int64) * cycle + np.asarray(plan.offset_ms, np.int64) % cycle,
        end_ms=(total - change - before[place_junction]).astype(np.int64),
        area_start=np.searchsorted(np.sort(area), np.arange(n_areas + 1)).astype(np.int32),
        area_junction=np.argsort(area, kind="stable").astype(np.int32),
        area_number=np.full(n_areas, -1, np.int64),
        area_begin_ms=begin,
        area_cycle_ms=area_cycle,
        area_least_ms=area_least,
    )


def _areas(tables: Tables, plan: PlanArrays, new_offsets: bool) -> np.ndarray:
    """(n_junctions,) int32: numbers of the areas, in the order of their first junctions."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, movement = len(plan.cycle_ms), tables.movement
    signalled = movement["group"] != NO_GROUP
    junction = np.full(len(movement), -1)
    junction[signalled] = tables.signals.group["junction"][movement["group"][signalled]]
    ends_at = np.full(len(tables.link_first_segment), -1)
    ends_at[movement["from_link"][signalled]] = junction[signalled]
    to = ends_at[tables.segment["link"][movement["to_segment"]]]
    together = (junction >= 0) & (to >= 0)
    together[together] = plan.cycle_ms[junction[together]] == plan.cycle_ms[to[together]]
    edges = (np.ones(together.sum()), (junction[together], to[together]))
    _, found = connected_components(coo_array(edges, shape=(n, n)), directed=False)
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, found, plan.offset_ms)
    np.maximum.at(high, found, plan.offset_ms)
    alone = (low[found] == high[found]) & (not new_offsets)
    key = np.where(alone, n + np.arange(n), found)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.asarray(rank[inverse], np.int32)


@njit
def ended(clock, j, now):
    """Whether the present cycle of junction ``j`` is over."""
    return now >= next_begin(clock, j)


@njit
def next_begin(clock, j):
    """When the next cycle of junction ``j`` begins: its last stage's change is over."""
    last = clock.start[j + 1] - 1
    return clock.begin_ms[j] + clock.end_ms[last] + clock.change_ms[last]


@njit
def needs_area_cycle(clock, j):
    """Whether the length of the cycle that junction ``j`` begins next has still to be decided."""
    return clock.area_number[clock.area[j]] < clock.number[j] + 2


@njit
def lengthen_area(clock, a, cycle_ms):
    """The next cycle of area ``a`` has this length, or the shortest that all its junctions can have."""
    cycle = max(np.int64(cycle_ms), clock.area_least_ms[a])
    number = clock.area_number[a]
    clock.area_cycle_ms[a] = cycle
    clock.area_begin_ms[a, (number + 1) % KEPT] = clock.area_begin_ms[a, number % KEPT] + cycle
    clock.area_number[a] = number + 1


@njit
def spare_ms(clock, j):
    """What the next cycle of junction ``j`` has beyond minimum greens and changes; negative: it will be late.
    Needs the area's cycle.
    """
    end = clock.area_begin_ms[clock.area[j], (clock.number[j] + 2) % KEPT] + clock.offset_ms[j]
    spare = end - next_begin(clock, j)
    for k in range(clock.start[j], clock.start[j + 1]):
        spare -= clock.least_ms[k] + clock.change_ms[k]
    return spare


@njit
def begin_cycle(clock, j, green_ms):
    """Junction ``j`` begins its next cycle; ``green_ms`` (float64 by place) is what its greens should be,
    scaled to what the cycle has room for, no green below its minimum. Needs the area's cycle.
    """
    first, end = clock.start[j], clock.start[j + 1]
    spare, wanted, whole = max(spare_ms(clock, j), np.int64(0)), 0.0, 0.0
    clock.begin_ms[j] = next_begin(clock, j)
    clock.number[j] += 1
    for k in range(first, end):
        whole += green_ms[k]
    room = float(spare)
    for k in range(first, end):
        room += clock.least_ms[k]
    for k in range(first, end):
        wanted += max(green_ms[k] * room / max(whole, 1.0) - clock.least_ms[k], 0.0)
    at, given, asked = np.int64(0), np.int64(0), 0.0
    for k in range(first, end):
        more = max(green_ms[k] * room / max(whole, 1.0) - clock.least_ms[k], 0.0)
        asked += more / wanted if wanted > 0.0 else 1.0 / (end - first)
        share = np.int64(np.floor(asked * spare + 0.5))
        green_ms[k] = float(clock.least_ms[k] + share - given)
        at += clock.least_ms[k] + share - given
        clock.end_ms[k] = at
        at += clock.change_ms[k]
        given = share


@njit
def place_now(clock, j, now):
    """The place in the order whose stage is in force or being changed to; n: the next cycle's first."""
    for k in range(clock.start[j], clock.start[j + 1]):
        if clock.begin_ms[j] + clock.end_ms[k] > now:
            return k - clock.start[j]
    return clock.start[j + 1] - clock.start[j]


@njit
def watch(clock, layout, seen, cycles, j):
    """Note the queues that greens have left behind since last time (``resplit.Cycles``)."""
    first, n = clock.start[j], clock.start[j + 1] - clock.start[j]
    place = place_now(clock, j, seen.now_ms)
    for k in range(max(cycles.place[j], 0), min(place, n)):
        note_left(layout, seen, cycles, layout.first_stage[j] + clock.stage[first + k])
    cycles.place[j] = place


@njit
def ask(clock, seen, j, request):
    """Ask for the stage of this moment or, where that is coming, for the next one at the end of its green.

    The junction is asked again at whole multiples of ``TICK_MS``, and when its next cycle begins.
    """
    now, first, n = seen.now_ms, clock.start[j], clock.start[j + 1] - clock.start[j]
    place = place_now(clock, j, now)
    stage, switch = clock.stage[first + place % n], now
    if seen.next_stage[j] == stage and place < n:
        stage, switch = clock.stage[first + (place + 1) % n], clock.begin_ms[j] + clock.end_ms[first + place]
    request.stage[j] = stage
    request.switch_at_ms[j] = switch
    soon = (now // TICK_MS + 1) * TICK_MS
    if switch > now:
        soon = min(soon, switch + 1)
    begin = next_begin(clock, j)
    request.next_decision_ms[j] = min(soon, begin) if begin > now else soon
