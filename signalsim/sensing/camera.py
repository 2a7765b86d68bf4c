"""The cameras: what they report of the truth, for all lanes in one compiled call.

Whether a vehicle is seen at a line is a pure function of the seed, the line and the vehicle's
ordinal there. So two controllers that let the same vehicles pass are shown the same errors, in
whatever order and however often the cameras are read.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from signalsim.engine.jit import njit
from signalsim.engine.random import bits, mix, stream_key, unit

from .approaches import Approaches
from .presets import Camera

STOP, ADVANCE, TURN, QUEUE = 0, 1, 2, 3  # rows of the stream keys
STREAMS = ("camera/stop", "camera/advance", "camera/turn", "camera/queue")
for function in (mix, bits, unit):  # plain NumPy where demand is drawn, compiled here
    register_jitable(function)

FULL = 0.5  # a queue beyond this share of the view hides vehicles at the advance line


class CameraState(NamedTuple):
    """All that cameras remember; readings wait in a ring until the feed delivers them."""

    turn: np.ndarray  # (2,) int64: readings taken, readings delivered
    working: np.ndarray  # (n_links,) bool: outages switch it off
    true_stop: np.ndarray  # (n_lanes,) int64: the truth up to which the camera has looked
    true_advance: np.ndarray  # (n_lanes,) int64
    true_movement: np.ndarray  # (n_movements,) int64
    stop: np.ndarray  # (n_lanes,) int64: counted since the start
    advance: np.ndarray  # (n_lanes,) int64
    movement: np.ndarray  # (n_movements,) int64
    ring_ms: np.ndarray  # (depth,) int64
    ring_working: np.ndarray  # (depth, n_links) bool
    ring_stop: np.ndarray  # (depth, n_lanes) int64
    ring_advance: np.ndarray  # (depth, n_lanes) int64
    ring_movement: np.ndarray  # (depth, n_movements) int64
    ring_queue: np.ndarray  # (depth, n_lanes) float64, vehicles in view that stand


class Errors(NamedTuple):
    """The camera's error model as the kernel takes it."""

    key: np.ndarray  # (4,) uint64, by STREAMS
    miss: float
    double: float
    occluded_miss: float
    queue_error: float


def errors(camera: Camera, seed: int, replication: int = 0) -> Errors:
    """The error model of a preset with the keys of its random streams."""
    key = np.array([stream_key(seed, name, replication) for name in STREAMS], np.uint64)
    rates = (camera.miss, camera.double, camera.occluded_miss, camera.queue_error)
    return Errors(key, *map(float, rates))


def camera_state(road: Approaches, depth: int) -> CameraState:
    """Cameras that have seen nothing; ``depth`` readings may be on their way at a time."""
    n_links, n_lanes, n_movements = len(road.link_seen), len(road.lane_link), len(road.movement_to)
    lanes, movements = (lambda: np.zeros(n_lanes, np.int64)), (lambda: np.zeros(n_movements, np.int64))
    return CameraState(
        turn=np.zeros(2, np.int64),
        working=np.ones(n_links, bool),
        true_stop=lanes(),
        true_advance=lanes(),
        true_movement=movements(),
        stop=lanes(),
        advance=lanes(),
        movement=movements(),
        ring_ms=np.zeros(depth, np.int64),
        ring_working=np.ones((depth, n_links), bool),
        ring_stop=np.zeros((depth, n_lanes), np.int64),
        ring_advance=np.zeros((depth, n_lanes), np.int64),
        ring_movement=np.zeros((depth, n_movements), np.int64),
        ring_queue=np.zeros((depth, n_lanes)),
    )


@njit(forceinline=True, inner=True)
def reported(key, entity, first, last, miss, double):
    """How many of the vehicles with ordinals [first, last) at a line a camera counts."""
    if miss == 0.0 and double == 0.0:
        return last - first
    n = 0
    for ordinal in range(first, last):
        u = unit(bits(key, np.uint64(entity), np.uint64(ordinal)))
        if u >= miss:
            n += 2 if u >= 1.0 - double else 1
    return n


@njit(forceinline=True)
def _queue_reading(errors, lane, ordinal, queue, storage):
    """Standing vehicles as the image shows them: cut at the view, then wrong by a bell-shaped factor.

    The factor is a sum of three uniforms, scaled to standard deviation 1.
    """
    visible = min(float(queue), storage)
    if errors.queue_error == 0.0 or visible == 0.0:
        return visible
    z = -1.5
    for i in range(3):
        z += unit(bits(errors.key[QUEUE], np.uint64(lane), np.uint64(3 * ordinal + i)))
    return min(storage, max(0.0, np.floor(visible * (1.0 + errors.queue_error * 2.0 * z) + 0.5)))


@njit
def read(sight, road, errors, state):
    """All cameras take one reading of the truth and put it on its way."""
    ordinal = state.turn[0]
    at = ordinal % len(state.ring_ms)
    state.turn[0] = ordinal + 1
    state.ring_ms[at] = sight.now_ms
    for lane in range(len(road.lane_link)):
        if not road.lane_seen[lane]:
            continue
        queue, storage = sight.lane_queue[lane], road.lane_view_veh[lane]
        if state.working[road.lane_link[lane]]:
            hidden = errors.occluded_miss if queue > FULL * storage else 0.0
            first, last = state.true_stop[lane], sight.lane_out[lane]
            state.stop[lane] += reported(errors.key[STOP], lane, first, last, errors.miss, errors.double)
            first, last = state.true_advance[lane], sight.lane_advance[lane]
            miss = errors.miss + hidden
            state.advance[lane] += reported(errors.key[ADVANCE], lane, first, last, miss, errors.double)
            state.ring_queue[at, lane] = _queue_reading(errors, lane, ordinal, queue, storage)
        state.true_stop[lane] = sight.lane_out[lane]
        state.true_advance[lane] = sight.lane_advance[lane]
        state.ring_stop[at, lane] = state.stop[lane]
        state.ring_advance[at, lane] = state.advance[lane]
    _read_turns(sight, road, errors, at, state)


@njit
def _read_turns(sight, road, errors, at, state):
    """Movements, counted behind the stop line by the camera of the link they come from."""
    for link in range(len(road.link_seen)):
        state.ring_working[at, link] = state.working[link]
        for m in range(road.link_movement[link], road.link_movement[link + 1]):
            if road.link_seen[link] and state.working[link]:
                first, last = state.true_movement[m], sight.movement_out[m]
                state.movement[m] += reported(errors.key[TURN], m, first, last, errors.miss, errors.double)
            state.true_movement[m] = sight.movement_out[m]
            state.ring_movement[at, m] = state.movement[m]
