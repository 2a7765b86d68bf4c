"""Actuated control on detector calls, free or coordinated: NEMA rings where there are some, else stages.

A junction with phases (signal_phase.csv) runs them in rings and barriers, by the values of that table. A
junction without runs the stages of its deployed plan in their order, as one ring: a stage that nobody
calls is skipped, a green goes on while its detectors are passed, up to a maximum. Detectors of lanes
that stay green in the next stage do not extend (as in stage-based control by RiLSA 2015, section 4).

Defaults for junctions without phases, from the Signal Timing Manual (FHWA-HOP-08-024, 2008, ch. 5): the
maximum green is ``max_factor`` times the plan's green (1.25 to 1.50 are usual there); the passage time
follows from a largest headway of 3 s, of which a vehicle of 5 m is over a zone of 12 m for 1.2 s at
50 km/h: 2 s, rounded up.

Controllers scan ten times a second, as NEMA TS 2 demands; a junction is asked only at scans at which
something may end, and at every other one while it waits for a call.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.engine.jit import njit
from signalsim.errors import InputError
from signalsim.sensing.observation import Observation

from .base import Request
from .course import UNKNOWN, Course, memory
from .courses import make_course
from .lasting import lasting_plan
from .lookup import check_range
from .plans import deployed_plan
from .sequence import begin, go_on, stage_of
from .timers import take_calls, take_lamps

SCAN_MS, POLL_MS = 100, 200
SPLITS, ALL, FREE = "splits", "all", "free"


@dataclass(frozen=True)
class Actuated:
    """Actuated control; see the module.

    ``coordination``: "splits": junctions with a plan in signal_split.csv are coordinated; "all": junctions
    without rings too, by the deployed plan's cycle, greens and offset; "free": none. ``plan``: which plan
    (empty: the deployed one; in signal_split.csv, if it has none of that name, its first).
    ``max_factor`` and ``passage_s`` are of junctions without rings.
    """

    coordination: str = SPLITS
    plan: str = ""
    max_factor: float = 1.5
    passage_s: float = 2.0

    def __post_init__(self) -> None:
        check_range(self, max_factor=(1.0, 10.0), passage_s=(0.0, 30.0))
        if self.coordination not in (SPLITS, ALL, FREE):
            raise InputError(
                f"controller 'actuated', parameter 'coordination': '{self.coordination}' is unknown; give "
                "splits, all or free"
            )

    def prepare(self, built: Any) -> "ActuatedPolicy":
        """The rule on a network. Raises InputError for a plan that is not there."""
        plan = lasting_plan(deployed_plan(built, self.plan), built.tables.signals)
        return ActuatedPolicy(make_course(built, self, plan), built.wiring.detectors)


class ActuatedPolicy:
    """All junctions that are due in one compiled call."""

    needs_sensing = False

    def __init__(self, course: Course, detectors: Any) -> None:
        self.course, self.detectors = course, detectors
        n_groups = int(course.junction["n_groups"].sum())
        self.memory = memory(course, n_groups)
        self._log: list[np.ndarray] = []

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask each due junction for the stage of the phases that its rings have come to."""
        calls = observation.calls
        if calls is None:
            raise ValueError("actuated control needs the calls of its detectors in the observation")
        decide(self.course, self.memory, calls, observation.now_ms, due, request)
        if n := int(self.memory.n_log[0]):
            self._log.append(self.memory.log[:n].copy())
            self.memory.n_log[0] = 0

    def log(self) -> np.ndarray:
        """(n, 4) int64 so far: time (ms), junction, group, code: 4 to 6 why its green ended (gap-out,
        max-out, force-off), 43 and 44 a call of it registered and dropped.
        """
        return np.concatenate([np.zeros((0, 4), np.int64), *self._log])


@njit
def decide(course, memory, calls, now, due, request):
    """Fill the request of the junctions in ``due``."""
    poll = (now // POLL_MS + 1) * POLL_MS
    for j in due:
        request.stage[j] = -1
        request.switch_at_ms[j] = now
        if memory.ring[course.junction[j].first_ring].phase == UNKNOWN:
            begin(course, memory, calls.stage[j], j, now)
        take_lamps(course, memory, calls, j, now)
        take_calls(course, memory, calls, j, now)
        again, waits = go_on(course, memory, calls, j, now)
        stage = stage_of(course, memory, j)
        if stage != calls.stage[j]:
            request.stage[j] = stage
        scan = -(-again // SCAN_MS) * SCAN_MS
        request.next_decision_ms[j] = min(scan, poll) if waits else scan
