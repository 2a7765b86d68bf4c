"""What a junction's greens have served since its cameras looked: the stages of the recent past.

A reading is old when it comes to a decision; what the lamps showed since then is known without delay.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit

from .announced import hear
from .forecast import hold_up, look_ahead

DEPTH = 8  # greens of a junction that are remembered
STUCK_MS = 25_000  # of green in which nobody left a queue: longer than who turns waits for a gap
STUCK_RATE = 0.1  # what a stage is taken to serve of a lane that was stuck in it, until somebody leaves


class Greens(NamedTuple):
    """The last greens of each junction, in a ring; the one written last is in force."""

    newest: np.ndarray  # (n_junctions,) int32, its column, -1: none yet
    stage: np.ndarray  # (n_junctions, DEPTH) int32 local, -1: none
    since_ms: np.ndarray  # (n_junctions, DEPTH) int64, when all its groups are green
    until_ms: np.ndarray  # (n_junctions, DEPTH) int64, when the change to the one after it began
    counted: np.ndarray  # (n_lanes,) float64, vehicles over the stop line when last looked at
    moved_ms: np.ndarray  # (n_lanes,) int64, when one more was, or nobody stood there
    stuck: np.ndarray  # (n_lanes,) uint64, local stages that have let nobody go since then


def greens(n_junctions: int, n_lanes: int) -> Greens:
    """Nothing has been green yet."""
    size = (n_junctions, DEPTH)
    return Greens(
        newest=np.full(n_junctions, -1, np.int32),
        stage=np.full(size, -1, np.int32),
        since_ms=np.zeros(size, np.int64),
        until_ms=np.zeros(size, np.int64),
        counted=np.full(n_lanes, -1.0),
        moved_ms=np.zeros(n_lanes, np.int64),
        stuck=np.zeros(n_lanes, np.uint64),
    )


@njit
def watch_greens(layout, greens, seen, j):
    """Remember the stage in force at junction ``j``, if it is a new one."""
    now, at = seen.stage[j], greens.newest[j]
    if at >= 0 and greens.stage[j, at] == now and greens.since_ms[j, at] == seen.stage_since_ms[j]:
        return
    if at >= 0:
        n = layout.first_stage[j + 1] - layout.first_stage[j]
        change = layout.change_ms[layout.change_start[j] + greens.stage[j, at] * n + now]
        greens.until_ms[j, at] = seen.stage_since_ms[j] - change
    at = (at + 1) % DEPTH
    greens.newest[j], greens.stage[j, at], greens.since_ms[j, at] = at, now, seen.stage_since_ms[j]


@njit
def slow_stuck(service, greens, seen, j, rate):
    """Less in ``rate`` for stages in which a queue was seen not to move: whoever is at its head wants to go
    where they do not let him, and shares counted of those who left do not tell.
    """
    now = seen.stage[j]
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        if seen.lane_count[lane] > greens.counted[lane] or seen.lane_queue[lane] < 1.0:
            greens.counted[lane], greens.moved_ms[lane] = seen.lane_count[lane], seen.now_ms
            greens.stuck[lane] = np.uint64(0)
        still_ms = seen.now_ms - max(greens.moved_ms[lane], seen.stage_since_ms[j])
        if rate[now, i] > 0.0 and still_ms > STUCK_MS:
            greens.stuck[lane] |= np.uint64(1) << np.uint64(now)
        for s in range(len(rate)):
            if (greens.stuck[lane] >> np.uint64(s)) & np.uint64(1):
                rate[s, i] *= STUCK_RATE


@njit
def served_since(service, greens, rate, lane, i, j, from_ms, now_ms):
    """Vehicles that local lane ``i`` (``lane``) of junction ``j`` can have discharged since ``from_ms``;
    ``rate``: see ``service.fill_rates``."""
    loss_ms, gain_ms, served = 1000.0 * service.loss_s[lane], 1000.0 * service.gain_s[lane], 0.0
    end_ms, goes_on = float(now_ms), False
    for turn in range(DEPTH):
        at = (greens.newest[j] - turn) % DEPTH
        stage = greens.stage[j, at]
        if turn > 0 and not goes_on:
            end_ms = greens.until_ms[j, at] + gain_ms
        if stage < 0 or end_ms <= from_ms:
            break
        goes_on = rate[stage, i] > 0.0
        if goes_on:
            before = greens.stage[j, (at - 1) % DEPTH]
            was_green = turn < DEPTH - 1 and before >= 0 and rate[before, i] > 0.0
            opens_ms = float(greens.since_ms[j, at]) + (0.0 if was_green else loss_ms)
            green_ms = min(end_ms, float(now_ms)) - max(opens_ms, float(from_ms))
            served += rate[stage, i] * max(0.0, green_ms) / 1000.0
            end_ms = opens_ms
    return served


@njit
def look_at_lanes(road, service, ahead, said, greens, rate, seen, j):
    """Fill the forecast of all lanes of junction ``j``, the reading's age made up for. A lane whose camera
    is out is as the estimator says."""
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        age, served = np.int64(0), 0.0
        if seen.lane_valid[lane]:
            age = max(np.int64(0), seen.now_ms - seen.lane_read_ms[lane])
        if age > 0:
            served = served_since(service, greens, rate, lane, i, j, seen.now_ms - age, seen.now_ms)
        look_ahead(road, ahead, seen, lane, age / 1000.0, served)
        hear(road, ahead, said, seen, lane, age / 1000.0)
    for i in range(service.first_lane[j], service.first_lane[j + 1]):
        hold_up(road, ahead, seen, service.lane[i])
