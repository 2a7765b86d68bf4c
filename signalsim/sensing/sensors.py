"""Cameras and estimator together: what the simulation drives and a controller looks through."""

from typing import Any

import numpy as np

from signalsim.engine.detectors import Cabinet, Detectors
from signalsim.engine.jit import settled
from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import Tables
from signalsim.scenario.cameras import Camera

from .approaches import approaches
from .calls import CallChannel, rates
from .camera import CameraState, camera_state, clocks, errors, rates_of, read
from .estimation import Estimate, Trust, deliver, estimate
from .observation import Observation


class Sensors:
    """All cameras of a network and their estimator.

    Call ``read(sight)`` every ``interval_ms``; ``deliver()`` ``delay_ms(k)`` after the k-th reading;
    ``change(...)`` when cameras fail or the weather changes; ``observe(sight)`` whenever a controller
    decides. The state is arrays only (``snapshot``).
    """

    def __init__(self, tables: Tables, camera: Camera, *, seed: int = 0, replication: int = 0) -> None:
        self.camera = camera
        self.interval_ms = max(1, round(camera.interval_s * 1000))
        self.latency_ms = round(camera.latency_s * 1000)
        self.road = approaches(tables)
        self._errors = errors(camera, seed, replication)
        self._seed, self._replication = seed, replication
        self._feed_key = stream_key(seed, "camera/feed", replication)
        self._trust = Trust(
            correction=1.0 / (1.0 - camera.miss + camera.double),
            hidden=camera.occluded_miss,
            exact=not camera.errs,
        )
        latest_ms = self.latency_ms + round(1000 * camera.jitter_s)
        self._cameras: CameraState = camera_state(
            self.road,
            latest_ms // self.interval_ms + 2,
            rates_of(camera, night=False, rain=False),
            clocks(camera, seed, replication, len(self.road.link_seen)),
        )
        self._estimate: Estimate = estimate(self.road)
        self._shown = _observation(self._estimate, len(tables.signals.junction), len(tables.signals.group))
        self._lane_link = self.road.lane_link
        self._read, self._deliver = settled(read), settled(deliver)
        self._call_rates = rates(camera, seed, replication)
        self._calls: CallChannel | None = None

    def delay_ms(self, reading: int) -> int:
        """How long after it was taken a reading comes, unless one before it holds it up."""
        if self.camera.jitter_s == 0.0:
            return self.latency_ms
        late = uniform(self._feed_key, np.zeros(1), np.full(1, reading))[0]
        return self.latency_ms + int(late * 1000 * self.camera.jitter_s)

    def read(self, sight: Any) -> None:
        """All cameras take a reading of the truth (an engine's Sight)."""
        self._read(sight, self.road, self._errors, self._cameras)

    def deliver(self) -> None:
        """The oldest reading under way reaches the estimator; nothing if none is."""
        if self._cameras.turn[1] < self._cameras.turn[0]:
            self._deliver(self.road, self._trust, self._cameras, self._estimate)

    def observe(self, sight: Any) -> Observation:
        """What a controller may know now: the estimate, and the state of the signals without delay."""
        if self.camera.truth:
            self._take_truth(sight)
        return self._shown._replace(
            now_ms=sight.now_ms,
            stage=sight.stage,
            next_stage=sight.next_stage,
            stage_since_ms=sight.stage_since_ms,
            earliest_switch_ms=sight.earliest_switch_ms,
            group_called=sight.group_called,
        )

    def clock_only(self, now_ms: int, next_stage: np.ndarray) -> Observation:
        """For policies that need no sensing: the time, and (n_junctions,) int32 local stage in force or being
        changed to; everything else is empty or unknown."""
        return self._shown._replace(now_ms=now_ms, next_stage=next_stage)

    def with_calls(self, shown: Observation, cabinet: Cabinet, detectors: Detectors) -> Observation:
        """The observation with what detectors and lamps say at this moment."""
        if self._calls is None:
            self._calls = CallChannel(detectors, self._call_rates)
        self._calls.rates = self._call_rates
        self._calls.working[:] = self._cameras.working[self._lane_link[detectors.lane]]
        calls = self._calls.read(cabinet)
        return shown._replace(now_ms=cabinet.now_ms, next_stage=cabinet.stage, calls=calls)

    def change(self, working: np.ndarray, *, night: bool = False, rain: bool = False) -> None:
        """From now on the cameras that look up these links work, (n_links,) bool, under these conditions. One
        that does not counts nothing."""
        self._cameras.working[:] = working
        self._cameras.rates[:] = rates_of(self.camera, night=night, rain=rain)
        self._call_rates = rates(self.camera, self._seed, self._replication, night=night, rain=rain)

    def snapshot(self) -> tuple[CameraState, Estimate]:
        """A copy of everything that changes."""
        return (
            CameraState(*(array.copy() for array in self._cameras)),
            Estimate(*(array.copy() for array in self._estimate)),
        )

    def restore(self, saved: tuple[CameraState, Estimate]) -> None:
        """Go back to a snapshot."""
        for mine, theirs in zip((self._cameras, self._estimate), saved, strict=True):
            for array, other in zip(mine, theirs, strict=True):
                array[:] = other

    def _take_truth(self, sight: Any) -> None:
        """Lanes as they are at this moment, watched or not."""
        known = self._estimate
        known.lane_vehicles[:] = sight.lane_vehicles
        known.lane_queue[:] = sight.lane_queue
        known.lane_near[:] = np.where(
            self.road.lane_seen, sight.lane_advance - sight.lane_out, sight.lane_vehicles
        )
        known.lane_read_ms[:] = sight.now_ms
        known.lane_valid[:] = True


def _observation(known: Estimate, n_junctions: int, n_groups: int) -> Observation:
    """The estimate as controllers see it, signals unknown."""
    names = [name for name in Observation._fields if name in Estimate._fields]
    return Observation(
        now_ms=0,
        stage=np.full(n_junctions, -1, np.int32),
        next_stage=np.full(n_junctions, -1, np.int32),
        stage_since_ms=np.zeros(n_junctions, np.int64),
        earliest_switch_ms=np.zeros(n_junctions, np.int64),
        group_called=np.zeros(n_groups, bool),
        **{name: getattr(known, name) for name in names},
    )
