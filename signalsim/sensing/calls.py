"""The cameras' channel of calls: what a detector tells a controller, at most 0.2 s late.

Errors are those of the camera that plays the detector. Whether a vehicle is seen is a pure function
of seed, detector and the vehicle's ordinal there. One that is missed and stands is looked at anew
every ``LOOK_AGAIN_MS``. When several have passed since the last reading and the last was missed, the
times of those before are reckoned back by ``HEADWAY_MS``. A camera that does not work calls for ever,
as a detector that fails.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.detectors import LINE, Cabinet, Detectors
from signalsim.engine.jit import njit
from signalsim.engine.random import bits, stream_key, unit
from signalsim.engine.tables import INF
from signalsim.scenario.cameras import Camera

from .camera import reported

LATEST_MS = 200  # a call is at most so old, whatever the preset's feed
LOOK_AGAIN_MS = 3000
HEADWAY_MS = 2000
STREAM = "camera/calls"


class Calls(NamedTuple):
    """What a controller's terminals say now; detectors as in ``engine.detectors.Detectors``."""

    on: np.ndarray  # (n_detectors,) bool, somebody is over it
    on_ms: np.ndarray  # (n_detectors,) int64, since when the first of those is, INF if it is off
    last_ms: np.ndarray  # (n_detectors,) int64, when it was last on (now or later while it is); -INF: never
    passed: np.ndarray  # (n_detectors,) int64, vehicles that have passed it
    green: np.ndarray  # (n_groups,) bool
    since_ms: np.ndarray  # (n_groups,) int64, when the group's aspect began
    called: np.ndarray  # (n_groups,) bool, a pedestrian has pressed the button since the last walk
    stage: np.ndarray  # (n_junctions,) int32, local stage in force or being changed to


class Rates(NamedTuple):
    """The error model as the kernel takes it."""

    key: np.uint64
    miss: float
    double: float
    latency_ms: int


class CallState(NamedTuple):
    """All that the channel remembers."""

    passed: np.ndarray  # (n,) int64, vehicles judged so far
    seen: np.ndarray  # (n,) int64, the last ordinal that was seen waiting, -1 none


def rates(camera: Camera, seed: int, replication: int, *, night: bool = False, rain: bool = False) -> Rates:
    latency_ms = min(round(camera.latency_s * 1000), LATEST_MS)
    return Rates(stream_key(seed, STREAM, replication), *camera.rates(night=night, rain=rain), latency_ms)


class CallChannel:
    """Reads the cabinet and tells what the controllers see of it."""

    def __init__(self, detectors: Detectors, of: Rates) -> None:
        n = len(detectors.lane)
        self._detectors, self.rates = detectors, of
        self._state = CallState(np.zeros(n, np.int64), np.full(n, -1, np.int64))
        self._on, self._on_ms = np.zeros(n, bool), np.full(n, INF, np.int64)
        self._last_ms, self._passed = np.full(n, -INF, np.int64), np.zeros(n, np.int64)
        self.working = np.ones(n, bool)

    def read(self, cabinet: Cabinet) -> Calls:
        """What is known at ``cabinet.now_ms``; the arrays are reused by the next call."""
        lamps = cabinet.green, cabinet.since_ms, cabinet.called, cabinet.stage
        shown = Calls(self._on, self._on_ms, self._last_ms, self._passed, *lamps)
        read_calls(cabinet, self._detectors, self.rates, self.working, self._state, shown)
        return shown


@njit
def read_calls(cabinet, detectors, rates, working, state, shown):
    """Fill the detectors' part of ``shown``."""
    now = cabinet.now_ms
    for d in range(len(detectors.lane)):
        if not working[d]:
            state.passed[d] = cabinet.passed[d]
            shown.on[d], shown.on_ms[d], shown.last_ms[d] = True, min(shown.on_ms[d], now), now
            continue
        is_line = detectors.kind[d] == LINE
        tail = rates.latency_ms if is_line else rates.latency_ms + detectors.clear_ms[d]
        off_ms = cabinet.last_ms[d] + tail
        ordinal = cabinet.passed[d]
        if is_line and off_ms > now and ordinal > state.passed[d]:
            ordinal -= 1  # not yet known
            off_ms -= HEADWAY_MS
        _judge_passed(rates, state, shown, d, ordinal, off_ms, now)
        if is_line:
            continue
        came = cabinet.on_ms[d] + rates.latency_ms
        waits = came <= now and _is_seen(rates, state, d, ordinal, (now - came) // LOOK_AGAIN_MS)
        leaves = shown.last_ms[d] > now
        shown.on[d] = waits or leaves
        if waits:
            state.seen[d] = ordinal
            shown.on_ms[d] = came
        elif not leaves:
            shown.on_ms[d] = INF
        if waits or leaves:
            shown.on_ms[d] = min(shown.on_ms[d], now)
        if waits:
            shown.last_ms[d] = max(shown.last_ms[d], now)


@njit(forceinline=True)
def _judge_passed(rates, state, shown, d, ordinal, off_ms, now):
    """Vehicles up to ``ordinal`` have passed; the last one's end was, or will be, at ``off_ms``."""
    first = state.passed[d]
    if ordinal <= first:
        return
    shown.passed[d] += reported(rates.key, d, first, ordinal, rates.miss, rates.double)
    state.passed[d] = ordinal
    for back in range(ordinal - first):
        k = ordinal - 1 - back
        if state.seen[d] == k or _chance(rates, d, k, 0):
            shown.last_ms[d] = max(shown.last_ms[d], off_ms - back * HEADWAY_MS)
            return


@njit(forceinline=True)
def _chance(rates, d, ordinal, look):
    if rates.miss == 0.0:
        return True
    return unit(bits(rates.key, np.uint64(d), np.uint64(ordinal + (look << 40)))) >= rates.miss


@njit
def _is_seen(rates, state, d, ordinal, looks):
    """Whether one of the looks at a waiting vehicle has met it."""
    if state.seen[d] == ordinal:
        return True
    for look in range(min(looks, 20) + 1):
        if _chance(rates, d, ordinal, look):
            return True
    return looks > 20
