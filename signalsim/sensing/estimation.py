"""The estimator: from camera readings to what a controller may take for granted.

A stop-line camera measures discharge, not demand; an advance line behind which the queue has grown
measures capacity. So vehicles are kept as balances of what passed in and out, held against drift
by the queue channel:

- ``near`` (advance line to stop line): advance count minus stop-line count. With an erring camera
  the balance relaxes, with time constant ``DRIFT_S``, towards the queue seen plus those still
  moving towards it (advance counts, fading with the free-flow time of the view).
- ``far`` (link's beginning to advance line): what upstream cameras announced minus the advance
  count. It relaxes towards inflow times free-flow time (Little 1961), but not while a queue fills
  the view: then the balance is all there is, and the part of it that exceeds Little's figure
  stands in the queue. It is shared out among the lanes in proportion to their arrivals. Where no
  camera announces (origins, an outage upstream), vehicles are taken to come at the rate last seen
  before the view was full.
- a link that no camera watches at its end (exits): a reservoir that empties with the link's
  free-flow time; its lanes are not valid.

While a camera is out its lanes go on by history: vehicles come at the rate last seen, and leave at
green at the saturation flow; they are not valid. After an outage of its camera or of one upstream a
link's balances are no longer exact: they relax from then on, whatever the cameras are worth.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit

from .approaches import Approaches

DRIFT_S = 10.0  # balances forget their errors in about this time
RATE_S = 120.0  # smoothing of arrival rates: longer than a cycle
SHARE_S = 900.0  # smoothing of turning shares
RATE_PRIOR = 0.005  # veh/s added to each lane: no lane of a link is without a part of it
SHARE_PRIOR = 2.0  # vehicles added to each movement: no share is ever zero
FULL = 0.9  # vehicles that take this share of the view's storage fill it


class Estimate(NamedTuple):
    """The estimator's state; names as in Observation where they are shown to controllers."""

    read_ms: np.ndarray  # (1,) int64, when the last reading was taken
    lane_count: np.ndarray  # (n_lanes,) float64
    lane_near: np.ndarray  # (n_lanes,)
    lane_vehicles: np.ndarray  # (n_lanes,)
    lane_queue: np.ndarray  # (n_lanes,)
    lane_arrival_rate: np.ndarray  # (n_lanes,) veh/s
    lane_read_ms: np.ndarray  # (n_lanes,) int64
    lane_valid: np.ndarray  # (n_lanes,) bool
    link_in: np.ndarray  # (n_links,)
    link_in_valid: np.ndarray  # (n_links,) bool
    movement_count: np.ndarray  # (n_movements,)
    movement_share: np.ndarray  # (n_movements,)
    last_stop: np.ndarray  # (n_lanes,) int64, camera counters at the last reading
    last_advance: np.ndarray  # (n_lanes,) int64
    last_movement: np.ndarray  # (n_movements,) int64
    moving: np.ndarray  # (n_lanes,) vehicles that passed the advance line of late, fading with the view
    filled: np.ndarray  # (n_lanes,) bool, the queue fills the view
    recent: np.ndarray  # (n_movements,) vehicles, fading with SHARE_S
    turned_ms: np.ndarray  # (n_links,) int64, when its movements last counted somebody
    far: np.ndarray  # (n_links,) vehicles upstream of the advance lines
    link_rate: np.ndarray  # (n_links,) veh/s announced, smoothed
    sure: np.ndarray  # (n_links,) bool: nobody who came or left was overlooked so far
    entered: np.ndarray  # (n_links,) scratch: vehicles that the last reading announces
    fade_s: np.ndarray  # (1,) the interval that the next two are for
    lane_fade: np.ndarray  # (n_lanes,) what an interval leaves of ``moving``
    link_fade: np.ndarray  # (n_links,) what it leaves of the vehicles on a link that nobody watches


class Trust(NamedTuple):
    """What the estimator knows of the cameras: their average errors, not each one."""

    correction: float  # vehicles per vehicle counted
    hidden: float  # further misses at the advance line behind a queue that fills the view
    exact: bool  # nothing to forget: counts are the truth


def estimate(road: Approaches) -> Estimate:
    """An estimator that has seen an empty road and knows nothing of turning."""
    n_links, n_lanes, n_movements = len(road.link_seen), len(road.lane_link), len(road.movement_to)
    floats = {
        name: np.zeros(n_lanes)
        for name in ("lane_count", "lane_near", "lane_vehicles", "lane_queue", "lane_arrival_rate")
    }
    of_link = np.diff(road.link_movement)  # number of movements
    return Estimate(
        read_ms=np.zeros(1, np.int64),
        lane_read_ms=np.zeros(n_lanes, np.int64),
        lane_valid=road.lane_seen.copy(),
        link_in=np.zeros(n_links),
        link_in_valid=road.link_announced.copy(),
        movement_count=np.zeros(n_movements),
        movement_share=np.repeat(1.0 / np.maximum(of_link, 1), of_link),
        last_stop=np.zeros(n_lanes, np.int64),
        last_advance=np.zeros(n_lanes, np.int64),
        last_movement=np.zeros(n_movements, np.int64),
        moving=np.zeros(n_lanes),
        filled=np.zeros(n_lanes, bool),
        recent=np.zeros(n_movements),
        turned_ms=np.zeros(n_links, np.int64),
        far=np.zeros(n_links),
        link_rate=np.zeros(n_links),
        sure=np.ones(n_links, bool),
        entered=np.zeros(n_links),
        fade_s=np.full(1, -1.0),
        lane_fade=np.zeros(n_lanes),
        link_fade=np.zeros(n_links),
        **floats,
    )


@njit
def deliver(road, trust, cameras, state):
    """Take in the oldest reading that is on its way."""
    at = cameras.turn[1] % len(cameras.ring_ms)
    cameras.turn[1] += 1
    now = cameras.ring_ms[at]
    passed_s = (now - state.read_ms[0]) / 1000.0
    state.read_ms[0] = now
    if passed_s != state.fade_s[0]:
        _set_fades(road, passed_s, state)
    _count_turns(road, trust, cameras.ring_movement[at], now, state)
    all_work = cameras.ring_working[at].all()
    drift = 1.0 - np.exp(-passed_s / DRIFT_S)
    weight = _weight(passed_s, now / 1000.0)
    for link in range(len(road.link_seen)):
        working = road.link_seen[link] and cameras.ring_working[at, link]
        announced = road.link_announced[link] and (all_work or _announced(road, cameras, at, link))
        state.link_in_valid[link] = announced
        entered = state.entered[link]
        state.entered[link] = 0.0
        state.link_in[link] += entered
        if passed_s > 0.0 and (announced or not road.link_announced[link]):  # an outage teaches nothing
            state.link_rate[link] += weight * (entered / passed_s - state.link_rate[link])
        if road.link_seen[link]:
            if not working or road.link_announced[link] != announced:
                state.sure[link] = False
            _balance(
                road, trust, cameras, at, link, working, announced, entered, passed_s, drift, weight, state
            )
        else:
            state.far[link] = state.far[link] * state.link_fade[link] + entered
        used = 0.0
        for lane in range(road.link_lane[link], road.link_lane[link + 1]):
            used += road.lane_part[lane] * (state.lane_arrival_rate[lane] + RATE_PRIOR)
        for lane in range(road.link_lane[link], road.link_lane[link + 1]):
            part = road.lane_part[lane] * (state.lane_arrival_rate[lane] + RATE_PRIOR)
            far = state.far[link] * part / used if used > 0.0 else 0.0
            state.lane_vehicles[lane] = max(0.0, state.lane_near[lane] + far)


@njit
def _set_fades(road, passed_s, state):
    """What an interval of this length leaves of what fades with a free-flow time."""
    state.fade_s[0] = passed_s
    for lane in range(len(road.lane_link)):
        state.lane_fade[lane] = np.exp(-passed_s / max(road.lane_view_s[lane], 0.1))
    for link in range(len(road.link_seen)):
        state.link_fade[link] = np.exp(-passed_s / max(road.link_travel_s[link], 0.1))


@njit(forceinline=True)
def _weight(passed_s, now_s):
    """Weight of the latest interval in a rate: a running mean that becomes an exponential one."""
    if passed_s <= 0.0:
        return 0.0
    return max(1.0 - np.exp(-passed_s / RATE_S), min(1.0, passed_s / max(now_s, passed_s)))


@njit
def _count_turns(road, trust, counted, now, state):
    """Movement counts, what they announce behind the junction and the fading shares of the movements of
    each link that counted somebody: without news they stay what they are."""
    for link in range(len(road.link_seen)):
        first, end = road.link_movement[link], road.link_movement[link + 1]
        is_new = False
        for m in range(first, end):
            is_new = is_new or counted[m] != state.last_movement[m]
        if not is_new:
            continue
        fade = np.exp((state.turned_ms[link] - now) / (1000.0 * SHARE_S))
        state.turned_ms[link] = now
        total = 0.0
        for m in range(first, end):
            new = 0.0
            if counted[m] != state.last_movement[m]:
                new = (counted[m] - state.last_movement[m]) * trust.correction
                state.last_movement[m] = counted[m]
                state.movement_count[m] += new
                state.entered[road.movement_to[m]] += new
            state.recent[m] = state.recent[m] * fade + new
            total += state.recent[m] + SHARE_PRIOR
        for m in range(first, end):
            state.movement_share[m] = (state.recent[m] + SHARE_PRIOR) / total


@njit(forceinline=True)
def _announced(road, cameras, at, link):
    """Whether all that may enter a link pass cameras that work."""
    if not road.link_announced[link]:
        return False
    for k in range(road.link_in[link], road.link_in[link + 1]):
        if not cameras.ring_working[at, road.movement_from[road.link_in_id[k]]]:
            return False
    return True


@njit(forceinline=True)
def _balance(
    road, trust, cameras, at, link, working, announced, entered, passed_s, drift, weight, state
):  # fmt: skip
    """Near, far, queue and arrival rate of a link whose stop line is watched."""
    now, exact = state.read_ms[0], trust.exact and state.sure[link]
    gain = 0.0 if exact else drift
    passed, rate, upstream_s, n_full = 0.0, 0.0, 0.0, 0
    for lane in range(road.link_lane[link], road.link_lane[link + 1]):
        if not road.lane_seen[lane]:
            continue
        out = (cameras.ring_stop[at, lane] - state.last_stop[lane]) * trust.correction
        counted = cameras.ring_advance[at, lane] - state.last_advance[lane]
        state.last_stop[lane] = cameras.ring_stop[at, lane]
        state.last_advance[lane] = cameras.ring_advance[at, lane]
        back = working and not state.lane_valid[lane]
        state.lane_valid[lane] = working
        if not working:
            passed += _go_on_unseen(road, cameras, at, lane, passed_s, state)
            rate += state.lane_arrival_rate[lane]
            upstream_s = max(upstream_s, road.link_travel_s[link] - road.lane_view_s[lane])
            continue
        state.lane_read_ms[lane] = now + cameras.clock_ms[link]
        state.lane_count[lane] += out
        seen, storage = cameras.ring_queue[at, lane], road.lane_view_veh[lane]
        standing, came = 0.0, counted * trust.correction
        if seen > 0.0:
            standing = min(1.0, seen / storage)  # share of the view
            came = counted / (1.0 / trust.correction - trust.hidden * standing)
        near = state.lane_near[lane] + came - out
        filled = near >= FULL * storage
        if passed_s > 0.0 and not filled:  # a full view lets in what the signal lets out
            state.lane_arrival_rate[lane] += weight * (came / passed_s - state.lane_arrival_rate[lane])
        state.moving[lane] = state.moving[lane] * state.lane_fade[lane] + came
        moving = 0.0 if filled else state.moving[lane] * (1.0 - standing)  # the others have joined the queue
        near += (1.0 if back else gain) * (min(seen + moving, storage) - near)  # an outage: begin anew
        state.lane_near[lane] = near if exact else min(max(near, seen), max(storage, seen))
        state.lane_queue[lane] = seen
        state.filled[lane] = filled
        n_full += 1 if filled else 0
        passed += came
        rate += state.lane_arrival_rate[lane]
        upstream_s = max(upstream_s, road.link_travel_s[link] - road.lane_view_s[lane])
    flow = state.link_rate[link]
    if not announced:
        exact, flow, entered, gain = False, rate, rate * passed_s, drift
    far = state.far[link] + entered - passed
    if n_full == 0:
        far += gain * (flow * upstream_s - far)
    state.far[link] = far if exact else min(max(far, 0.0), road.link_storage_veh[link])
    if n_full > 0:
        _queue_beyond_view(road, link, flow * upstream_s, n_full, state)


@njit
def _go_on_unseen(road, cameras, at, lane, passed_s, state):
    """A lane whose camera is out: vehicles come as they last did, and at green a queue leaves at the
    saturation flow. How many come into view."""
    came = state.lane_arrival_rate[lane] * passed_s
    most = passed_s / max(road.lane_headway_s[lane], 0.1) if cameras.ring_green[at, lane] else 0.0
    out = min(most, state.lane_queue[lane] + came)
    state.lane_queue[lane] += came - out
    state.lane_near[lane] = max(0.0, state.lane_near[lane] + came - out)
    state.filled[lane] = False
    return came


@njit(forceinline=True)
def _queue_beyond_view(road, link, moving, n_full, state):
    """Share the vehicles that stand upstream of the view among the lanes whose view is full."""
    standing = max(0.0, state.far[link] - moving)
    for lane in range(road.link_lane[link], road.link_lane[link + 1]):
        if road.lane_seen[lane] and state.filled[lane]:
            state.lane_queue[lane] += standing / n_full
