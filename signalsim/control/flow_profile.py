"""Cyclic flow profiles: when in the cycle vehicles come to a stop line, and what another offset would cost.

As in TRANSYT and SCOOT (Hunt et al. 1981, TRRL Laboratory Report 1014): what the cameras upstream announce on
a link comes to its end after the free-flow time. The profile is kept in ``BINS`` parts of the cycle of the
junction where the link begins, so that it stays what it is when offsets change. Played against the greens at
the link's end, with all its lanes as one queue, it gives the delay of a cycle at any offset.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.sensing.approaches import Approaches

from .common_cycle import Clock, spare_ms
from .layout import Junctions
from .resplit import Course

BINS = 60
SMOOTHING = 0.1  # weight of the last cycle
WORTH = 0.95  # of the waits that an offset leaves: more than this, and a shift costs what it saves


class Profiles(NamedTuple):
    """Profiles of the links between two junctions of an area whose vehicles are all announced."""

    into: np.ndarray  # (n_junctions + 1,) int32: CSR of such links that end there
    into_link: np.ndarray  # int32
    out: np.ndarray  # (n_junctions + 1,) int32: CSR of such links that begin there
    out_link: np.ndarray  # int32
    begins: np.ndarray  # (n_links,) int32 junction where it begins, -1: no such link
    ends: np.ndarray  # (n_links,) int32 junction where it ends, -1: no such link
    lane: np.ndarray  # (n_links,) int32, one of its lanes: when it was last read
    travel_ms: np.ndarray  # (n_links,) float64, at free flow
    rate: np.ndarray  # (n_links, longest order) float64, veh/ms of green by place in the junction's order
    counted: np.ndarray  # (n_links,) float64, link_in at the last look
    looked_ms: np.ndarray  # (n_junctions,) int64, when that was
    fresh: np.ndarray  # (n_links, BINS) float64, vehicles of this cycle
    flow: np.ndarray  # (n_links, BINS) float64, vehicles per cycle, smoothed


def make_profiles(
    tables: Tables, road: Approaches, layout: Junctions, course: Course, clock: Clock
) -> Profiles:
    """Empty profiles."""
    n, n_links = len(clock.area), len(road.link_seen)
    group = tables.movement["group"]
    signalled = group != NO_GROUP
    begins, ends = np.full(n_links, -1), np.full(n_links, -1)
    at = tables.signals.group["junction"][group[signalled]]
    ends[road.movement_from[signalled]] = at
    begins[road.movement_to[signalled]] = at
    known = (begins >= 0) & (ends >= 0) & (begins != ends) & road.link_announced & road.link_seen
    known[known] = clock.area[begins[known]] == clock.area[ends[known]]
    link = np.flatnonzero(known).astype(np.int32)
    into, out = link[np.argsort(ends[link], kind="stable")], link[np.argsort(begins[link], kind="stable")]
    rate = np.zeros((n_links, int(np.diff(course.start).max(initial=1))))
    for j in range(n):
        for place, stage in enumerate(course.stage[course.start[j] : course.start[j + 1]]):
            s = layout.first_stage[j] + stage
            lanes = layout.stage_lane_id[layout.stage_lane[s] : layout.stage_lane[s + 1]]
            np.add.at(rate[:, place], road.lane_link[lanes], 1.0 / course.lane_headway_ms[lanes])
    return Profiles(
        into=np.searchsorted(ends[into], np.arange(n + 1)).astype(np.int32),
        into_link=into,
        out=np.searchsorted(begins[out], np.arange(n + 1)).astype(np.int32),
        out_link=out,
        begins=np.where(known, begins, -1).astype(np.int32),
        ends=np.where(known, ends, -1).astype(np.int32),
        lane=(road.link_lane[1:] - 1).astype(np.int32),
        travel_ms=road.link_travel_s * 1000.0,
        rate=rate,
        counted=np.zeros(n_links),
        looked_ms=np.zeros(n, np.int64),
        fresh=np.zeros((n_links, BINS)),
        flow=np.zeros((n_links, BINS)),
    )


@njit
def take_arrivals(profiles, clock, seen, j):
    """What was announced to junction ``j`` since the last look, into this cycle's profiles."""
    middle = (profiles.looked_ms[j] + seen.now_ms) / 2.0
    profiles.looked_ms[j] = seen.now_ms
    for k in range(profiles.into[j], profiles.into[j + 1]):
        link = profiles.into_link[k]
        new = seen.link_in[link] - profiles.counted[link]
        profiles.counted[link] = seen.link_in[link]
        if new > 0.0:
            age = seen.now_ms - seen.lane_read_ms[profiles.lane[link]]
            upstream = profiles.begins[link]
            cycle = _cycle_ms(clock, upstream)
            at = (middle - age - clock.begin_ms[upstream]) % cycle
            profiles.fresh[link, min(int(at / cycle * BINS), BINS - 1)] += new


@njit
def _cycle_ms(clock, j):
    last = clock.start[j + 1] - 1
    return float(clock.end_ms[last] + clock.change_ms[last])


@njit
def end_profile(profiles, j):
    """A cycle of junction ``j`` is over."""
    for k in range(profiles.into[j], profiles.into[j + 1]):
        link = profiles.into_link[k]
        before = 0.0
        for b in range(BINS):
            before += profiles.flow[link, b]
        weight = SMOOTHING if before > 0.0 else 1.0
        for b in range(BINS):
            profiles.flow[link, b] += weight * (profiles.fresh[link, b] - profiles.flow[link, b])
            profiles.fresh[link, b] = 0.0


@njit
def shift_offset(profiles, clock, j, step_ms, longest_ms):
    """Begin all later cycles of junction ``j`` a step sooner or later if that saves delay, the next cycle has
    room for it and the offset stays within ``longest_ms`` either way.
    """
    step_ms = min(step_ms, np.int64(_cycle_ms(clock, j)) // 20)  # greens pay for it
    shift = best_shift(profiles, clock, j, step_ms) * step_ms
    if spare_ms(clock, j) + shift >= 0 and abs(clock.offset_ms[j] + shift) <= longest_ms:
        clock.offset_ms[j] += shift


@njit
def best_shift(profiles, clock, j, step_ms):
    """-1, 0 or 1: at which shift of its offset by so many steps vehicles wait least on the links that end at
    junction ``j`` and on those that begin there.
    """
    best, least = 0, WORTH * _wait(profiles, clock, j, 0)
    for turn in (-1, 1):
        wait = _wait(profiles, clock, j, turn * step_ms)
        if wait < least:
            best, least = turn, wait
    return best


@njit
def _wait(profiles, clock, j, shift_ms):
    total = 0.0
    for k in range(profiles.into[j], profiles.into[j + 1]):
        total += delay(profiles, clock, profiles.into_link[k], shift_ms)
    for k in range(profiles.out[j], profiles.out[j + 1]):
        total += delay(profiles, clock, profiles.out_link[k], -shift_ms)
    return total


@njit
def delay(profiles, clock, link, shift_ms):
    """Vehicle ms per cycle that wait at the end of a link if its greens come ``shift_ms`` later beside its
    profile: the second of two cycles that begin without a queue.
    """
    j = profiles.ends[link]
    first, n = clock.start[j], clock.start[j + 1] - clock.start[j]
    cycle = _cycle_ms(clock, j)
    width = cycle / BINS
    behind = profiles.travel_ms[link] + clock.offset_ms[profiles.begins[link]] - clock.offset_ms[j] - shift_ms
    queue, total = 0.0, 0.0
    place, began = 0, 0.0
    for b in range(2 * BINS):
        if b == BINS:
            place, began = 0, 0.0
        at = (b % BINS + 0.5) * width
        while place < n - 1 and at >= clock.end_ms[first + place]:
            began = float(clock.end_ms[first + place] + clock.change_ms[first + place])
            place += 1
        queue += profiles.flow[link, min(int((at - behind) % cycle / width), BINS - 1)]
        if began <= at < clock.end_ms[first + place]:
            queue = max(0.0, queue - profiles.rate[link, place] * width)
        if b >= BINS:
            total += queue * width
    return total
