"""Offsets by vote: which way along a link platoons find green, as their numbers say, cycle by cycle.

SCATS keeps offsets that suit one direction or the other and goes over to what most of the last cycles voted
for (Lowrie 1982, The Sydney Coordinated Adaptive Traffic System: Principles, Methodology, Algorithms). Here
nobody has to store them: between two junctions of an area the offset that suits a direction is the link's
free-flow time, from the green of the heaviest movement onto the link to that of its heaviest movement. A pair
of junctions changes its mind when four of the last five cycles had more vehicles the other way. Offsets round
a circle cannot all be had: those of the heaviest flows are kept (a largest spanning tree).
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.engine.wheel import heapsort
from signalsim.sensing.approaches import Approaches

from .common_cycle import Clock, spare_ms
from .layout import Junctions

VOTES, NEEDED = 5, 4
MARGIN = 1.1  # times the vehicles of the other direction: it has a vote
SMOOTHING = 0.3  # weight of the last cycle
MOST = 10_000.0  # vehicles per cycle and link, more than there can be
CLOSE_MS = 1000  # nearer than this an offset is left as it is


class Votes(NamedTuple):
    """Pairs of junctions of an area that a link joins; second axis: the way from the first to the second, and
    the way back."""

    area: np.ndarray  # (n_areas + 1,) int32: CSR of the pairs
    junction: np.ndarray  # (n_pairs, 2) int32
    link: np.ndarray  # (n_pairs, 2) int32, -1: none
    place: np.ndarray  # (n_movements,) int32: first place in its junction's order with its green, -1: none
    counted: np.ndarray  # (n_pairs, 2) float64, link_in at the last vote
    flow: np.ndarray  # (n_pairs, 2) float64, vehicles per cycle, smoothed
    way: np.ndarray  # (n_pairs,) int8, the way that the offset suits
    against: np.ndarray  # (n_pairs,) int8, bits: the last cycles that voted for the other
    wanted_ms: np.ndarray  # (n_junctions,) int64, offset to go to
    order: np.ndarray  # (n_pairs,) int64 scratch
    head: np.ndarray  # (n_junctions,) int32 scratch: a junction of the same tree, itself if none
    behind_ms: np.ndarray  # (n_junctions,) float64 scratch: how much later than that one


def make_votes(tables: Tables, road: Approaches, layout: Junctions, clock: Clock) -> Votes:
    """No vote so far: offsets are those of the clock."""
    n, group = len(clock.area), tables.movement["group"]
    signalled = np.flatnonzero(group != NO_GROUP)
    begins, ends = np.full(len(road.link_seen), -1), np.full(len(road.link_seen), -1)
    at = tables.signals.group["junction"][group[signalled]]
    begins[road.movement_to[signalled]] = at
    ends[road.movement_from[signalled]] = at
    usable = (begins >= 0) & (ends >= 0) & (begins != ends) & road.link_announced
    usable[usable] = clock.area[begins[usable]] == clock.area[ends[usable]]
    ids = np.flatnonzero(usable)
    low, high = np.minimum(begins, ends)[ids], np.maximum(begins, ends)[ids]
    key, inverse = np.unique((clock.area[low] * n + low) * n + high, return_inverse=True)
    link = np.full((len(key), 2), -1, np.int32)
    link[inverse, (begins[ids] > ends[ids]).astype(int)] = ids
    junction = np.stack([key // n % n, key % n], axis=1).astype(np.int32)
    return Votes(
        area=np.searchsorted(key // (n * n), np.arange(len(clock.area_number) + 1)).astype(np.int32),
        junction=junction,
        link=link,
        place=_places(layout, clock, len(group)),
        counted=np.zeros(link.shape),
        flow=np.zeros(link.shape),
        way=np.zeros(len(key), np.int8),
        against=np.zeros(len(key), np.int8),
        wanted_ms=clock.offset_ms.copy(),
        order=np.zeros(len(key), np.int64),
        head=np.zeros(n, np.int32),
        behind_ms=np.zeros(n),
    )


def _places(layout: Junctions, clock: Clock, n_movements: int) -> np.ndarray:
    """``Votes.place``."""
    place = np.full(n_movements, -1, np.int32)
    for j in range(len(clock.area)):
        order = clock.stage[clock.start[j] : clock.start[j + 1]]
        for k, stage in reversed(list(enumerate(order.tolist()))):
            s = layout.first_stage[j] + stage
            place[layout.stage_movement_id[layout.stage_movement[s] : layout.stage_movement[s + 1]]] = k
    return place


@njit
def vote(votes, road, clock, seen, a):
    """A cycle of area ``a`` is over: count the vehicles of both ways, and say which offsets are wanted."""
    first, end = votes.area[a], votes.area[a + 1]
    for p in range(first, end):
        for way in range(2):
            link = votes.link[p, way]
            if link >= 0 and seen.link_in_valid[link]:
                new = max(0.0, seen.link_in[link] - votes.counted[p, way])
                votes.counted[p, way] = seen.link_in[link]
                weight = SMOOTHING if votes.flow[p, way] > 0.0 else 1.0
                votes.flow[p, way] += weight * (new - votes.flow[p, way])
        other = votes.flow[p, 1 - votes.way[p]] > MARGIN * votes.flow[p, votes.way[p]]
        votes.against[p] = (votes.against[p] << 1 | other) & ((1 << VOTES) - 1)
        if _number_of_bits(votes.against[p]) >= NEEDED:
            votes.way[p], votes.against[p] = 1 - votes.way[p], 0
    _want(votes, road, clock, seen, a)


@njit
def _number_of_bits(mask):
    n = 0
    while mask:
        n += mask & 1
        mask >>= 1
    return n


@njit
def _want(votes, road, clock, seen, a):
    """Offsets of the heaviest flows first; a pair whose two junctions are joined already has no say."""
    first, end = votes.area[a], votes.area[a + 1]
    for k in range(clock.area_start[a], clock.area_start[a + 1]):
        j = clock.area_junction[k]
        votes.head[j], votes.behind_ms[j] = j, 0.0
    for p in range(first, end):
        lack = max(MOST - votes.flow[p, votes.way[p]], 0.0)
        votes.order[p] = np.int64(lack * 1000.0) * len(votes.order) + p
    heapsort(votes.order, first, end)
    for i in range(first, end):
        p = votes.order[i] % len(votes.order)
        if votes.flow[p, votes.way[p]] <= 0.0:
            break
        one, other = votes.junction[p, 0], votes.junction[p, 1]
        _shorten(votes, one)
        _shorten(votes, other)
        head, joined = votes.head[one], votes.head[other]
        if head != joined:
            votes.head[joined] = head
            votes.behind_ms[joined] = (
                votes.behind_ms[one] + _between_ms(votes, road, clock, seen, p) - votes.behind_ms[other]
            )
    for k in range(clock.area_start[a], clock.area_start[a + 1]):
        j = clock.area_junction[k]
        _shorten(votes, j)
        if votes.head[j] != j:
            votes.wanted_ms[j] = clock.offset_ms[votes.head[j]] + np.int64(votes.behind_ms[j])
        else:
            votes.wanted_ms[j] = clock.offset_ms[j]


@njit
def _shorten(votes, j):
    """Let ``j`` say how far it is behind the head of its tree, not behind one on the way there."""
    behind, k = 0.0, j
    while votes.head[k] != k:
        behind += votes.behind_ms[k]
        k = votes.head[k]
    votes.head[j], votes.behind_ms[j] = k, behind


@njit
def _between_ms(votes, road, clock, seen, p):
    """How much later the second junction's cycle begins than the first's if platoons of the pair's way find
    green."""
    way = votes.way[p]
    link, up, down = votes.link[p, way], votes.junction[p, way], votes.junction[p, 1 - way]
    onto, best = -1, -1.0
    for k in range(road.link_in[link], road.link_in[link + 1]):
        m = road.link_in_id[k]
        if votes.place[m] >= 0 and seen.movement_count[m] > best:
            onto, best = votes.place[m], seen.movement_count[m]
    off, best = -1, -1.0
    for m in range(road.link_movement[link], road.link_movement[link + 1]):
        if votes.place[m] >= 0 and seen.movement_count[m] > best:
            off, best = votes.place[m], seen.movement_count[m]
    later = road.link_travel_s[link] * 1000.0 + _begins_ms(clock, up, onto) - _begins_ms(clock, down, off)
    return later if way == 0 else -later


@njit
def _begins_ms(clock, j, place):
    """When in its cycle a junction's green of a place begins."""
    if place <= 0:
        return 0.0
    k = clock.start[j] + place - 1
    return float(clock.end_ms[k] + clock.change_ms[k])


@njit
def go_to_offset(votes, clock, j, step_ms, longest_ms):
    """Bring the next cycles of junction ``j`` a step nearer to the offset that was voted for, the shorter way
    round, where the next cycle has room for it and the offset stays within ``longest_ms`` either way.
    """
    cycle = clock.area_cycle_ms[clock.area[j]]
    left = (votes.wanted_ms[j] - clock.offset_ms[j] + cycle // 2) % cycle - cycle // 2
    if abs(left) <= CLOSE_MS:
        return
    step = min(max(left, -step_ms), step_ms)
    if spare_ms(clock, j) + step >= 0 and abs(clock.offset_ms[j] + step) <= longest_ms:
        clock.offset_ms[j] += step
