"""Who will arrive at the stop lines, and when: from what is on the road and when it came there.

Per lane at the stop line, in steps from now on: vehicles that stand are there at once. Those that
move between advance line and stop line, and those before the advance line, arrive a free-flow time
after they passed the one or entered the link; their number is the estimator's, its spread over time
is that of the passings in the steps before. Beyond the link's free-flow time arrivals come at the
lane's mean rate. Entries count as what is on a lane plus what has left it: announced by cameras
upstream, or the truth, whichever the observation has.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import Tables
from signalsim.sensing.approaches import Approaches

DEEPEST = 64  # steps of passings that are remembered
FULL = 0.8  # of its storage: a queue so long reaches the mouth of the bay, or nearly
RATE_PRIOR = 0.005  # veh/s by which the shares of a link's lanes are drawn together


class Forecast(NamedTuple):
    """Memory of passings, and the forecast made of it."""

    step_s: float
    at_line: np.ndarray  # (n_lanes,) bool: ends at a stop line
    full_veh: np.ndarray  # (n_lanes,) float64, so many fill it up to a turn bay's mouth, INF: no bay
    pooled: np.ndarray  # (n_links,) bool: has lanes that do not end at the stop line (before turn bays)
    pool: np.ndarray  # (n_links,) float64, vehicles on those lanes
    spread: np.ndarray  # (n_links,) float64, sum of its lanes' arrival rates and priors
    head: np.ndarray  # (2,) int64: column of the ring written last (-1: none yet), number of the step it ends
    entered: np.ndarray  # (n_lanes,) float64, vehicles ever entered at that time
    passed: np.ndarray  # (n_lanes,) float64, vehicles ever past the advance line at that time
    ring_entered: np.ndarray  # (n_lanes, depth) float64, in each step
    ring_passed: np.ndarray  # (n_lanes, depth) float64
    standing: np.ndarray  # (n_lanes,) float64
    arrive: np.ndarray  # (n_lanes, n_steps) float64, vehicles in each step from now on


def forecast(road: Approaches, tables: Tables, step_s: float, n_steps: int) -> Forecast:
    """A forecast that has seen nothing."""
    n_lanes, n_links = len(road.lane_link), len(road.link_seen)
    at_line = tables.segment["next"][np.asarray(tables.lane[:n_lanes], np.int64)] < 0
    longest = road.link_travel_s.max(initial=0.0)
    depth = int(min(DEEPEST, np.ceil(longest / step_s) + 1))
    pooled = np.zeros(n_links, bool)
    pooled[road.lane_link[~at_line]] = True
    return Forecast(
        step_s=float(step_s),
        at_line=at_line,
        full_veh=np.where(at_line & pooled[road.lane_link], FULL * tables.lane_slots / 2.0, np.inf),
        pooled=pooled,
        pool=np.zeros(n_links),
        spread=np.ones(n_links),
        head=np.array([-1, 0]),
        entered=np.zeros(n_lanes),
        passed=np.zeros(n_lanes),
        ring_entered=np.zeros((n_lanes, depth)),
        ring_passed=np.zeros((n_lanes, depth)),
        standing=np.zeros(n_lanes),
        arrive=np.zeros((n_lanes, n_steps)),
    )


@njit
def remember(road, ahead, seen):
    """Take in what passed since the last step, once per step; share out what stands before turn bays."""
    for link in range(len(road.link_seen)):
        ahead.pool[link] = ahead.spread[link] = 0.0
        for lane in range(road.link_lane[link], road.link_lane[link + 1]):
            if ahead.at_line[lane]:
                ahead.spread[link] += seen.lane_arrival_rate[lane] + RATE_PRIOR
            else:
                ahead.pool[link] += seen.lane_vehicles[lane]
    step = seen.now_ms // np.int64(ahead.step_s * 1000.0)
    is_first = ahead.head[0] < 0
    if not is_first and step <= ahead.head[1]:
        return
    depth = ahead.ring_entered.shape[1]
    at = (ahead.head[0] + 1) % depth
    ahead.head[0], ahead.head[1] = at, step
    for lane in range(len(road.lane_link)):
        if not ahead.at_line[lane]:
            continue
        entered = seen.lane_vehicles[lane] + _from_pool(road, ahead, seen, lane) + seen.lane_count[lane]
        passed = seen.lane_near[lane] + seen.lane_count[lane]
        if not is_first:
            ahead.ring_entered[lane, at] = max(0.0, entered - ahead.entered[lane])
            ahead.ring_passed[lane, at] = max(0.0, passed - ahead.passed[lane])
        ahead.entered[lane], ahead.passed[lane] = entered, passed


@njit(forceinline=True)
def _from_pool(road, ahead, seen, lane):
    """Vehicles before the bay's mouth that will come to this lane."""
    link = road.lane_link[lane]
    if not ahead.pooled[link]:
        return 0.0
    return ahead.pool[link] * (seen.lane_arrival_rate[lane] + RATE_PRIOR) / ahead.spread[link]


@njit
def look_ahead(road, ahead, seen, lane, age_s, served):
    """Fill ``standing`` and ``arrive`` of one lane at the stop line, from a reading that is ``age_s`` old.

    ``served``: vehicles that its greens can have discharged since then.
    """
    view, travel = road.lane_view_s[lane], road.link_travel_s[road.lane_link[lane]]
    view = min(view, travel)
    standing = max(0.0, seen.lane_queue[lane])
    moving = max(0.0, seen.lane_near[lane] - standing)
    beyond = seen.lane_vehicles[lane] + _from_pool(road, ahead, seen, lane) - standing - moving
    row, n = ahead.arrive[lane], ahead.arrive.shape[1]
    for k in range(n):
        late = (k + 1) * ahead.step_s + age_s - travel  # part of the step that nobody on the link reaches
        row[k] = seen.lane_arrival_rate[lane] * min(max(late, 0.0), ahead.step_s)
    came = seen.lane_arrival_rate[lane] * max(0.0, age_s - travel)
    came += _place(ahead, ahead.ring_passed[lane], row, (view, 0.0, view, age_s), moving)
    came += _place(ahead, ahead.ring_entered[lane], row, (travel, view, travel, age_s), max(0.0, beyond))
    ahead.standing[lane] = max(0.0, standing + came - served)


@njit
def hold_up(road, ahead, seen, lane):
    """Where the queue of a lane reaches the mouth of a turn bay, whoever would come to the lanes beside it
    stands behind it: they wait for it to move, not for a green of their own."""
    if seen.lane_queue[lane] < ahead.full_veh[lane]:
        return
    link = road.lane_link[lane]
    for other in (lane - 1, lane + 1):
        if not road.link_lane[link] <= other < road.link_lane[link + 1] or not ahead.at_line[other]:
            continue
        if seen.lane_queue[other] < ahead.full_veh[other]:
            for k in range(ahead.arrive.shape[1]):
                ahead.standing[lane] += ahead.arrive[other, k]
                ahead.arrive[other, k] = 0.0


@njit
def _place(ahead, ring, row, times, vehicles):
    """Spread vehicles over their arrivals, as those that passed so long before did; how many are there now.

    ``times``: from passing to arriving, the soonest and the latest arrival after the reading, its age.
    """
    travel, soonest, latest, age = times
    if vehicles <= 0.0:
        return 0.0
    step, depth, total, came = ahead.step_s, len(ring), 0.0, 0.0
    for turn in range(2):  # weigh, then spread
        for b in range(depth):
            late = min(travel - b * step, latest)
            early = max(travel - (b + 1) * step, soonest)
            if late <= early:
                continue
            weight = ring[(ahead.head[0] - b) % depth] * (late - early) / step
            if turn == 0:
                total += weight
            elif weight > 0.0:
                came += _spread(row, step, early - age, late - age, vehicles * weight / total)
        if total <= 0.0:
            return _spread(row, step, soonest - age, latest - age, vehicles)
    return came


@njit
def _spread(row, step, early, late, vehicles):
    """Vehicles that arrive evenly between two times; how many of them before now."""
    if late <= 0.0:
        return vehicles
    n, came = len(row), 0.0
    if early < 0.0:
        came = vehicles * -early / (late - early)
        vehicles, early = vehicles - came, 0.0
    first = int(early / step)
    if late - early < 0.001:
        if first < n:
            row[first] += vehicles
        return came
    for k in range(first, n):
        overlap = min(late, (k + 1) * step) - max(early, k * step)
        if overlap <= 0.0:
            break
        row[k] += vehicles * overlap / (late - early)
    return came
