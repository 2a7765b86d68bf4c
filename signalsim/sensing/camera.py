"""The cameras: what they report of the truth, for all lanes in one compiled call.

Whether a vehicle is seen at a line is a pure function of the seed, the line and the vehicle's
ordinal there. So two controllers that let the same vehicles pass are shown the same errors, in
whatever order and however often the cameras are read. Only what pictures come too seldom for is lost
by the reading: two pictures are needed for each vehicle at a line (sampling theorem: who has moved
more than half the spacing between two pictures is taken for another), so of n vehicles per lane at most
(time between readings) / (2 frame_s) are counted.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from signalsim.engine.jit import njit
from signalsim.engine.random import bits, mix, stream_key, uniform, unit
from signalsim.scenario.cameras import Camera

from .approaches import Approaches

STOP, ADVANCE, TURN, QUEUE = 0, 1, 2, 3  # rows of the stream keys
STREAMS = ("camera/stop", "camera/advance", "camera/turn", "camera/queue")
for function in (mix, bits, unit):  # plain NumPy where demand is drawn, compiled here
    register_jitable(function)

LONG = 1 << 40  # ordinals of long vehicles begin here where they are told apart


class CameraState(NamedTuple):
    """All that cameras remember; readings wait in a ring until the feed delivers them."""

    turn: np.ndarray  # (2,) int64: readings taken, readings delivered
    read_ms: np.ndarray  # (1,) int64, when the last one was taken
    rates: np.ndarray  # (5,) float64: misses and doubles of cars, of long vehicles, misses behind a full view
    working: np.ndarray  # (n_links,) bool: outages switch it off
    clock_ms: np.ndarray  # (n_links,) int64, by which its clock is ahead; never ahead of the delivery
    true_stop: np.ndarray  # (2, n_lanes) int64: the truth up to which the camera has looked; of it, long
    true_advance: np.ndarray  # (2, n_lanes) int64
    true_movement: np.ndarray  # (2, n_movements) int64
    stop: np.ndarray  # (n_lanes,) int64: counted since the start
    advance: np.ndarray  # (n_lanes,) int64
    movement: np.ndarray  # (n_movements,) int64
    stop_free_ms: np.ndarray  # (n_lanes,) float64: when enough pictures are there for one more vehicle
    advance_free_ms: np.ndarray  # (n_lanes,) float64
    movement_free_ms: np.ndarray  # (n_movements,) float64
    ring_ms: np.ndarray  # (depth,) int64
    ring_working: np.ndarray  # (depth, n_links) bool
    ring_stop: np.ndarray  # (depth, n_lanes) int64
    ring_advance: np.ndarray  # (depth, n_lanes) int64
    ring_movement: np.ndarray  # (depth, n_movements) int64
    ring_queue: np.ndarray  # (depth, n_lanes) float64, vehicles in view that stand
    ring_green: np.ndarray  # (depth, n_lanes) bool, the lamp lets it go; of lanes whose camera is out


class Errors(NamedTuple):
    """What of the camera's error model stays the same, as the kernel takes it."""

    key: np.ndarray  # (4,) uint64, by STREAMS
    queue_error: float
    plain: bool  # all classes alike, and pictures enough
    two_frames_ms: float  # a line of one lane counts at most a vehicle in that time (sampling theorem)


def errors(camera: Camera, seed: int, replication: int = 0) -> Errors:
    """The error model of a camera with the keys of its random streams."""
    key = np.array([stream_key(seed, name, replication) for name in STREAMS], np.uint64)
    plain = camera.heavy_miss_factor == camera.heavy_double_factor == 1.0 and camera.frame_s == 0.0
    return Errors(key, float(camera.queue_error), plain, 2000.0 * camera.frame_s)


def rates_of(camera: Camera, *, night: bool, rain: bool) -> np.ndarray:
    """(5,) float64, ``CameraState.rates`` under these conditions."""
    cars, long = (camera.rates(night=night, rain=rain, long=long) for long in (False, True))
    return np.array([*cars, *long, camera.occluded_miss])


def clocks(camera: Camera, seed: int, replication: int, n_links: int) -> np.ndarray:
    """(n_links,) int64: by how much the clock of each link's camera is ahead, ms. Whoever receives a
    reading sets one from the future to his own time."""
    draw = uniform(stream_key(seed, "camera/clock", replication), np.zeros(1), np.arange(n_links))
    wrong = np.rint((2.0 * draw - 1.0) * 1000.0 * camera.clock_s).astype(np.int64)
    return np.minimum(wrong, round(1000 * camera.latency_s))


def camera_state(road: Approaches, depth: int, rates: np.ndarray, clock_ms: np.ndarray) -> CameraState:
    """Cameras that have seen nothing; ``depth`` readings may be on their way at a time."""
    n_links, n_lanes, n_movements = len(road.link_seen), len(road.lane_link), len(road.movement_to)
    lanes, movements = (lambda: np.zeros(n_lanes, np.int64)), (lambda: np.zeros(n_movements, np.int64))
    return CameraState(
        turn=np.zeros(2, np.int64),
        read_ms=np.zeros(1, np.int64),
        rates=rates.copy(),
        working=np.ones(n_links, bool),
        clock_ms=clock_ms,
        true_stop=np.zeros((2, n_lanes), np.int64),
        true_advance=np.zeros((2, n_lanes), np.int64),
        true_movement=np.zeros((2, n_movements), np.int64),
        stop=lanes(),
        advance=lanes(),
        movement=movements(),
        stop_free_ms=np.zeros(n_lanes),
        advance_free_ms=np.zeros(n_lanes),
        movement_free_ms=np.zeros(n_movements),
        ring_ms=np.zeros(depth, np.int64),
        ring_working=np.ones((depth, n_links), bool),
        ring_stop=np.zeros((depth, n_lanes), np.int64),
        ring_advance=np.zeros((depth, n_lanes), np.int64),
        ring_movement=np.zeros((depth, n_movements), np.int64),
        ring_queue=np.zeros((depth, n_lanes)),
        ring_green=np.zeros((depth, n_lanes), bool),
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
def _counted(errors, miss, double, stream, entity, true, total):
    """What a plain camera counts of those that passed since ``true`` was brought up to date, which it is
    now."""
    first = true[0, entity]
    true[0, entity] = total
    return reported(errors.key[stream], entity, first, total, miss, double)


@njit
def _counted_otherwise(errors, rates, stream, entity, true, total, long, hidden, room):
    """The same of a camera to which long vehicles differ, or that takes pictures seldom. ``room``: of that
    line (when there are pictures for one more, lanes, last reading, this one)."""
    key, first, first_long = errors.key[stream], true[0, entity], true[1, entity]
    true[0, entity], true[1, entity] = total, long
    cars = reported(key, entity, first - first_long, total - long, rates[0] + hidden, rates[1])
    n = cars + reported(key, entity, LONG + first_long, LONG + long, rates[2] + hidden, rates[3])
    if errors.two_frames_ms == 0.0 or n <= 0:
        return n
    free_ms, n_lanes, before_ms, now_ms = room
    each_ms, free = errors.two_frames_ms / n_lanes, max(free_ms[entity], float(before_ms))
    n = min(n, int((now_ms - free) / each_ms) + 1 if free <= now_ms else 0)
    free_ms[entity] = free + n * each_ms
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
    ordinal, now, before = state.turn[0], sight.now_ms, state.read_ms[0]
    at = ordinal % len(state.ring_ms)
    state.turn[0] = ordinal + 1
    state.ring_ms[at] = state.read_ms[0] = now
    miss, double, occluded = state.rates[0], state.rates[1], state.rates[4]
    for lane in range(len(road.lane_link)):
        if not road.lane_seen[lane]:
            continue
        queue, storage = sight.lane_queue[lane], road.lane_view_veh[lane]
        out, came = sight.lane_out[lane], sight.lane_advance[lane]
        if not state.working[road.lane_link[lane]]:
            _overlook(state.true_stop, lane, out, sight.lane_out_long[lane])
            _overlook(state.true_advance, lane, came, sight.lane_advance_long[lane])
            group = road.lane_group[lane]
            state.ring_green[at, lane] = group < 0 or sight.group_green[group]
        else:
            hidden = 0.0 if queue == 0 else occluded * min(1.0, queue / max(storage, 0.5))
            if errors.plain:
                state.stop[lane] += _counted(errors, miss, double, STOP, lane, state.true_stop, out)
                state.advance[lane] += _counted(
                    errors, miss + hidden, double, ADVANCE, lane, state.true_advance, came
                )
            else:
                state.stop[lane] += _counted_otherwise(
                    errors, state.rates, STOP, lane, state.true_stop, out, sight.lane_out_long[lane], 0.0,
                    (state.stop_free_ms, 1, before, now),
                )  # fmt: skip
                state.advance[lane] += _counted_otherwise(
                    errors, state.rates, ADVANCE, lane, state.true_advance, came,
                    sight.lane_advance_long[lane], hidden, (state.advance_free_ms, 1, before, now),
                )  # fmt: skip
            state.ring_queue[at, lane] = _queue_reading(errors, lane, ordinal, queue, storage)
        state.ring_stop[at, lane] = state.stop[lane]
        state.ring_advance[at, lane] = state.advance[lane]
    _read_turns(sight, road, errors, at, before, state)


@njit(forceinline=True)
def _overlook(true, entity, total, long):
    """Nobody looked: these are never counted."""
    true[0, entity] = total
    true[1, entity] = long


@njit
def _read_turns(sight, road, errors, at, before, state):
    """Movements, counted behind the stop line by the camera of the link they come from."""
    now, miss, double = sight.now_ms, state.rates[0], state.rates[1]
    for link in range(len(road.link_seen)):
        state.ring_working[at, link] = state.working[link]
        seen = road.link_seen[link] and state.working[link]
        for m in range(road.link_movement[link], road.link_movement[link + 1]):
            total = sight.movement_out[m]
            if not seen:
                _overlook(state.true_movement, m, total, sight.movement_out_long[m])
            elif errors.plain:
                state.movement[m] += _counted(errors, miss, double, TURN, m, state.true_movement, total)
            else:
                lanes = road.movement_lane[m + 1] - road.movement_lane[m]
                state.movement[m] += _counted_otherwise(
                    errors, state.rates, TURN, m, state.true_movement, total, sight.movement_out_long[m],
                    0.0, (state.movement_free_ms, lanes, before, now),
                )  # fmt: skip
            state.ring_movement[at, m] = state.movement[m]
