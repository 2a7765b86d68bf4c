"""A run by hand, a second at a time, and what a controller's decisions cost in it."""

import time
from typing import Any

import numpy as np

from signalsim.control.base import make_request
from signalsim.control.registry import get
from signalsim.demand import sample
from signalsim.engine.compiled import CompiledEngine
from signalsim.scenario import Built
from signalsim.scenario.cameras import PRESETS
from signalsim.sensing.sensors import Sensors

CAMERA = PRESETS["typical"]
FILL_S, ROUNDS = 120, 60


class Loop:
    """The engine, cameras and a controller at its work; ``deciding`` junctions decide at each call."""

    def __init__(self, built: Built, controller: str, deciding: int) -> None:
        arrivals = sample(built, 1)
        self.engine = CompiledEngine(built.tables, arrivals, count_from_ms=0, count_to_ms=1 << 40)
        self.sensors = Sensors(built.tables, CAMERA)
        self.policy = get(controller).prepare(built)
        self.request = make_request(len(built.index.junctions))
        self.due = np.arange(deciding, dtype=np.int32)
        self.detectors = getattr(self.policy, "detectors", None)

    def second(self) -> None:
        """What was asked for is done, a second passes."""
        self.engine.request(self.request.stage, self.request.switch_at_ms)
        self.request.stage[:] = -1
        self.engine.advance(self.engine.now_ms + 1000)
        self.sensors.read(self.engine.observe())
        self.sensors.deliver()

    def question(self) -> tuple[Any, ...]:
        """What ``policy.decide`` is asked now."""
        seen = self.sensors.observe(self.engine.observe())
        if self.detectors is not None:
            seen = self.sensors.with_calls(seen, self.engine.cabinet(self.detectors), self.detectors)
        return seen, self.due, self.request

    def next_question(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """For ``benchmark.pedantic``: arguments of the next round."""
        self.second()
        return self.question(), {}


def decision_us(built: Built, controller: str) -> float:
    """CPU time of a decision of all junctions at once, µs per junction: the median of ROUNDS."""
    loop = Loop(built, controller, len(built.index.junctions))
    for _ in range(FILL_S):
        loop.second()
        loop.policy.decide(*loop.question())
    costs = []
    for _ in range(ROUNDS):
        question, _ = loop.next_question()
        begun = time.process_time_ns()
        loop.policy.decide(*question)
        costs.append(time.process_time_ns() - begun)
    return float(np.median(costs)) / 1000 / len(loop.due)
