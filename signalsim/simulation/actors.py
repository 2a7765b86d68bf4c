"""What happens at set times, as SimPy processes: one per kind, never one per junction or vehicle.

SimPy's clock counts integer milliseconds. At one instant actors act in the order of ``Rank``:
each wakes by an event of its own that is scheduled with its rank as SimPy's priority. Whoever
wakes first brings the engine up to now.
"""

from collections.abc import Callable, Generator, Sequence
from enum import IntEnum
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import simpy

from signalsim.control.base import SOONEST_MS, Policy, make_request
from signalsim.engine.surface import Sight
from signalsim.sensing.changes import Change
from signalsim.sensing.observation import Observation
from signalsim.sensing.sensors import Sensors

from .gridlock import LOOK_S, GridlockFinder
from .protocol import Engine
from .series import ROW_S, SAMPLE_S, Recorder

Process = Generator[simpy.Event, Any, None]


class Rank(IntEnum):
    """Order of actors at one instant; SimPy's own priorities are 0 and 1."""

    EVENT = 10
    SENSING = 20
    ESTIMATION = 30
    CONTROL = 40
    WATCHING = 45
    RECORDING = 50


class Stage:
    """What the actors share: clock, engine, cameras, policy, and what the last of them saw."""

    def __init__(self, engine: Engine, sensors: Sensors, policy: Policy, recorder: Recorder) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.engine, self.sensors, self.policy, self.recorder = engine, sensors, policy, recorder
        self.n_junctions = len(recorder.first_stage) - 1
        self.finished = self.env.event()
        self._detectors = getattr(policy, "detectors", None)  # a policy that is wired to none need not say so
        self._sight: Sight | None = None
        self._reached_ms = 0  # asking the engine costs more than remembering

    def moment(self, time_ms: int, rank: Rank) -> simpy.Event:
        """An event at a time (now or later) that comes in its rank's place there."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None
        self.env.schedule(event, priority=int(rank), delay=max(0, time_ms - int(self.env.now)))  # type: ignore[arg-type]
        return event

    def now_ms(self) -> int:
        """The present; the engine is brought up to it."""
        now = int(self.env.now)
        if self._reached_ms < now:
            self.engine.advance(now)
            self._reached_ms, self._sight = now, None
        return now

    def sight(self) -> Sight:
        """The truth now, read once per instant: no actor changes it, a request acts later."""
        self.now_ms()
        if self._sight is None:
            self._sight = self.engine.observe()
        return self._sight

    def sight_of_lanes(self) -> Sight:
        """The truth now but for the signals: all that cameras read."""
        self.now_ms()
        return self._sight or self.engine.observe(signals=False)

    def _sight_of_policy(self) -> Sight:
        """What cameras do not tell is the state of the signals alone, unless they tell the truth."""
        self.now_ms()
        if self._sight is not None or self.sensors.camera.truth:
            return self.sight()
        return self.engine.observe(lanes=False)

    def observation(self, now_ms: int) -> Observation:
        """What the policy is shown: of cameras, estimator and detectors only what it looks at; one that looks
        at the clock only is shown the clock and what the signals come to."""
        if self.policy.needs_sensing:
            shown = self.sensors.observe(self._sight_of_policy())
        else:
            shown = self.sensors.clock_only(now_ms, self.engine.next_stage())
        if self._detectors is None:
            return shown
        return self.sensors.with_calls(shown, self.engine.cabinet(self._detectors), self._detectors)


def changing(stage: Stage, changes: Sequence[Change]) -> Process:
    """Cameras fail and come back, night falls, it begins to rain."""
    for change in changes:
        yield stage.moment(change.time_ms, Rank.EVENT)
        stage.sensors.change(change.working, night=change.night, rain=change.rain)


def sensing(stage: Stage) -> Process:
    """All cameras take a reading, every interval of the preset."""
    time_ms = 0
    while True:
        yield stage.moment(time_ms, Rank.SENSING)
        stage.sensors.read(stage.sight_of_lanes())
        time_ms += stage.sensors.interval_ms


def estimation(stage: Stage) -> Process:
    """Each reading reaches the estimator when the feed has brought it; none overtakes another."""
    sensors, time_ms = stage.sensors, 0
    for reading in count():
        time_ms = max(time_ms, reading * sensors.interval_ms + sensors.delay_ms(reading))
        yield stage.moment(time_ms, Rank.ESTIMATION)
        sensors.deliver()


def control(stage: Stage) -> Process:
    """Wakes at the earliest next decision of any junction; all that are due decide in one call."""
    request, next_ms = make_request(stage.n_junctions), np.zeros(stage.n_junctions, np.int64)
    while len(next_ms):
        yield stage.moment(int(next_ms.min()), Rank.CONTROL)
        now = stage.now_ms()
        due = next_ms <= now
        request.stage[:] = -1
        request.next_decision_ms[due] = now + SOONEST_MS
        stage.policy.decide(stage.observation(now), np.flatnonzero(due).astype(np.int32), request)
        # whatever a controller writes, and in whosoever's row: time goes on, and only the due ask
        next_ms[due] = np.maximum(request.next_decision_ms[due], now + SOONEST_MS)
        request.stage[~due] = -1
        stage.engine.request(request.stage, request.switch_at_ms)


class Watch(NamedTuple):
    """Somebody who looks at the truth at set times; the sight's arrays are reused, keep copies."""

    times_ms: Sequence[int]  # ascending
    look: Callable[[Sight], None]


def watching(stage: Stage, watch: Watch) -> Process:
    """Shows the watcher what there is, at each of the times that the run reaches."""
    for time_ms in watch.times_ms:
        yield stage.moment(time_ms, Rank.WATCHING)
        watch.look(stage.sight())


def recording(stage: Stage, cap_ms: int, done: Callable[[int], bool]) -> Process:
    """Writes a row per minute, ends the run at the cap or when ``done(now)``."""
    time_ms = 0
    while True:
        time_ms = min(time_ms + SAMPLE_S * 1000, cap_ms)
        yield stage.moment(time_ms, Rank.RECORDING)
        stage.recorder.sample(stage.sight_of_lanes())
        if time_ms % (ROW_S * 1000) and time_ms < cap_ms:
            continue
        sight = stage.sight()
        totals = stage.engine.totals()
        stage.recorder.row(sight, totals.waiting, totals.inside)
        if time_ms >= cap_ms or done(time_ms):
            stage.finished.succeed()
            return


def looking_for_gridlock(stage: Stage, finder: GridlockFinder) -> Process:
    """Every minute, whether lanes wait for each other in a circle."""
    time_ms = 0
    while True:
        time_ms += LOOK_S * 1000
        yield stage.moment(time_ms, Rank.WATCHING)
        stage.now_ms()
        finder.look(stage.engine)


def start(
    stage: Stage,
    cap_ms: int,
    done: Callable[[int], bool],
    finder: GridlockFinder,
    changes: Sequence[Change] = (),
    watch: Watch | None = None,
) -> None:
    """All actors of a run; cameras only where the policy looks at them."""
    processes = [control(stage), recording(stage, cap_ms, done), looking_for_gridlock(stage, finder)]
    if stage.policy.needs_sensing:
        processes += [sensing(stage), estimation(stage)]
    if changes:
        processes.append(changing(stage, changes))
    if watch is not None:
        processes.append(watching(stage, watch))
    for process in processes:
        stage.env.process(process)
