"""Two ways to the same integers: added up while running, and folded from full records."""

from pathlib import Path

import numpy as np
import pytest

import signalsim
from signalsim.measures import Folded, fold


@pytest.mark.parametrize("controller", ["deployed", "max-pressure"])
def test_fold_of_the_records_equals_the_engines_sums(controller: str, engine: str, scenarios: Path) -> None:
    scenario = signalsim.load(scenarios / "crossing")
    run = signalsim.simulate(scenario, controller, seed=3, engine=engine, record="full")
    folded = fold(run.records, run.sums.counted, len(run.sums.lane_crossed))
    for name in Folded._fields:
        ours, theirs = getattr(folded, name), getattr(run.sums, name)
        if name == "stops":  # the engine writes them down on arrival
            done = run.sums.arrive_ms >= 0
            ours, theirs = ours[done], theirs[done]
        assert np.array_equal(ours, theirs), f"{name}: {np.flatnonzero(ours != theirs)[:5]}"


def test_nothing_happened() -> None:
    from signalsim.engine.records import RECORD

    empty = fold(np.zeros(0, RECORD), np.ones(2, bool), 3)
    assert empty.arrive_ms.tolist() == [-1, -1] and empty.lane_crossed.tolist() == [0, 0, 0]
