"""What a run costs in counts that no machine changes: what it allocates while it goes on."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from signalsim.control.base import make_request
from signalsim.control.registry import get
from signalsim.demand import sample
from signalsim.engine.compiled import CompiledEngine
from signalsim.scenario import build, load
from signalsim.scenario.cameras import preset
from signalsim.sensing.sensors import Sensors

WARM, SECONDS = 400, 300
NOTHING, SMALL = 512, 8192  # bytes: a number or two as Python's; some views of arrays


def _most_bytes(step: Callable[[], None]) -> int:
    """The most that any of ``SECONDS`` steps takes while it lasts."""
    for _ in range(WARM):
        step()
    tracemalloc.start()
    step()
    most = 0
    for _ in range(SECONDS):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        step()
        most = max(most, tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return most


def test_traffic_allocates_nothing(scenarios: Path) -> None:
    built = build(load(scenarios / "hangzhou"))
    engine = CompiledEngine(built.tables, sample(built, 1), count_from_ms=0, count_to_ms=1 << 40)
    most = _most_bytes(lambda: engine.advance(engine.now_ms + 1000))
    assert engine.totals().moves > 500 and len(built.tables.lane_slots) > 200
    assert most < NOTHING


@pytest.mark.parametrize("controller", ["max-pressure", "split-reallocation"])
def test_a_second_of_a_run_allocates_next_to_nothing(scenarios: Path, controller: str) -> None:
    """Cameras, estimator and controller write into arrays that are there."""
    built = build(load(scenarios / "hangzhou"))
    engine = CompiledEngine(built.tables, sample(built, 1), count_from_ms=0, count_to_ms=1 << 40)
    sensors = Sensors(built.tables, preset("typical")[1])
    n = len(built.index.junctions)
    policy, request, due = get(controller).prepare(built), make_request(n), np.arange(n, dtype=np.int32)

    def second() -> None:
        engine.advance(engine.now_ms + 1000)
        sensors.read(engine.observe())
        sensors.deliver()
        policy.decide(sensors.observe(engine.observe(lanes=False)), due, request)
        engine.request(request.stage, request.switch_at_ms)

    most = _most_bytes(second)
    assert engine.totals().moves > 500
    assert most < SMALL
