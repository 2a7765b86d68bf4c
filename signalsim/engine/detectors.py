"""What a controller's cabinet is wired to: detectors in the road, and its own lamps.

A **zone** lies at the stop line and is taken while a vehicle is over it: from ``reach_ms`` before it
could have been at the stop line until it has crossed and its rear has followed (``clear_ms``). That
a standing vehicle further back is not over it changes nothing: another one is. A **line** lies
upstream and is passed at free flow ``reach_ms`` before the stop line, or when those in front have left
room for the vehicle between the two.

Times are exact to the millisecond, so nobody needs to look often. Read from the state when asked
for: who has no detectors pays nothing.
"""

from typing import NamedTuple

import numpy as np

from .interlock import GREEN
from .jit import njit
from .state import INSIDE
from .tables import INF

ZONE, LINE = 0, 1


class Detectors(NamedTuple):
    """Sorted by junction; a detector watches one lane at the stop line."""

    lane: np.ndarray  # (n,) int32
    kind: np.ndarray  # (n,) int32: ZONE or LINE
    reach_ms: np.ndarray  # (n,) int32, from its upstream edge to the stop line at free flow
    clear_ms: np.ndarray  # (n,) int32, from the front's crossing of the stop line to the rear's
    slots: np.ndarray  # (n,) int32, storage between a line and the stop line
    reach_m: np.ndarray  # (n,) float64, from the stop line to its upstream edge


class Cabinet(NamedTuple):
    """The truth at ``now_ms``; the arrays are written anew each time."""

    now_ms: int
    # (n_detectors,) int64: zone: since when the vehicle next to cross is at its front, INF if the zone is
    # free but for who has just crossed; line: INF
    on_ms: np.ndarray
    # (n_detectors,) int64: zone: the last crossing of the stop line; line: when the last vehicle passed it
    # (one that has crossed the stop line since: reckoned back at free flow); -INF: none
    last_ms: np.ndarray
    passed: np.ndarray  # (n_detectors,) int64, vehicles ever: zone: crossed; line: passed it
    green: np.ndarray  # (n_groups,) bool
    since_ms: np.ndarray  # (n_groups,) int64, when the group's aspect began
    called: np.ndarray  # (n_groups,) bool, a pedestrian has pressed the button since the last walk
    stage: np.ndarray  # (n_junctions,) int32, local stage in force or being changed to


def empty_cabinet(n_detectors: int, n_groups: int, n_junctions: int) -> Cabinet:
    return Cabinet(
        now_ms=0,
        on_ms=np.zeros(n_detectors, np.int64),
        last_ms=np.zeros(n_detectors, np.int64),
        passed=np.zeros(n_detectors, np.int64),
        green=np.zeros(n_groups, bool),
        since_ms=np.zeros(n_groups, np.int64),
        called=np.zeros(n_groups, bool),
        stage=np.zeros(n_junctions, np.int32),
    )


@njit
def detect(lanes, places, left_ms, detectors, now, seen):
    """Fill the detectors' part of a ``Cabinet``."""
    for d in range(detectors.lane.size):
        lane = lanes[detectors.lane[d]]
        last = left_ms[lane.slot0 + (lane.slot + lane.n_slots - 1) % lane.n_slots]
        if detectors.kind[d] == LINE:
            _line(lane, places, left_ms, detectors, d, last, now, seen)
            continue
        inside = 1 if lane.marks & INSIDE else 0
        seen.passed[d] = lane.out + inside
        seen.last_ms[d] = last
        seen.on_ms[d] = INF
        if lane.vehicles > inside:
            at = (lane.head + inside) % lane.n_places
            came = max(places[lane.place0 + at].arrive_ms - detectors.reach_ms[d], last)
            if came <= now:
                seen.on_ms[d] = came


@njit
def _line(lane, places, left_ms, detectors, d, last, now, seen):
    passed = -INF if last == -INF else last - detectors.reach_ms[d]
    count, taken, at = 0, 0, lane.head
    for _ in range(lane.vehicles):
        vehicle = places[lane.place0 + at]
        if vehicle.arrive_ms - detectors.reach_ms[d] > now or taken + vehicle.length > detectors.slots[d]:
            break
        count += 1
        taken += vehicle.length
        room = (lane.slot + taken - 1 - detectors.slots[d]) % lane.n_slots
        passed = max(vehicle.arrive_ms - detectors.reach_ms[d], left_ms[lane.slot0 + room])
        if count == lane.vehicles:
            passed = max(passed, lane.admit_ms - np.int64(lane.headway_ms) * vehicle.length // 2)
        at += 1
        if at == lane.n_places:
            at = 0
    seen.passed[d] = lane.out + count
    seen.last_ms[d] = min(passed, now)
    seen.on_ms[d] = INF


@njit
def read_lamps(junctions, groups, seen):
    """The lamps' part of a ``Cabinet``."""
    for g in range(groups.size):
        seen.green[g] = groups[g].aspect == GREEN
        seen.since_ms[g] = groups[g].since_ms
        seen.called[g] = groups[g].called == 1
    for j in range(junctions.size):
        seen.stage[j] = junctions[j].stage
