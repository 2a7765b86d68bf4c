"""Cameras fail and come back: last figures, then the plan, then control again; no signal ever freezes."""

from typing import Any

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.fallback import HOLD_S
from signalsim.engine.lamps import GREEN
from signalsim.engine.records import Kind
from signalsim.scenario import build, load
from signalsim.simulation import simulate

FROM_S, TO_S = 900, 1800
LOOKING = ("max-pressure", "self-organising", "rolling-horizon", "rollout")


@pytest.mark.nojit
@pytest.mark.parametrize("name", LOOKING)
def test_last_figures_then_the_plan_then_back(name, built, observation, decide):
    policy = get(name).prepare(built)
    queue = {3: 8, 7: 8}  # stage 2 is what everybody would serve
    stale = {"lane_valid": np.zeros(16, bool), "lane_read_ms": np.full(16, 100_000)}
    assert decide(policy, observation(100, 0, lane_queue=queue))[0] == 2
    assert decide(policy, observation(100 + HOLD_S, 0, lane_queue=queue, **stale))[0] == 2
    # second 76 of the plan's cycle of 100 s is stage 3's, whatever stands elsewhere
    assert decide(policy, observation(176, 2, lane_queue=queue, **stale))[:2] == (3, 176)
    assert decide(policy, observation(201, 3, lane_queue=queue, **stale))[0] == 0
    assert decide(policy, observation(205, 0, lane_queue=queue))[0] == 2


@pytest.mark.nojit
def test_one_blind_lane_is_enough_and_an_unsignalled_one_is_none(built, observation, decide):
    policy = get("max-pressure").prepare(built)
    valid, read = np.arange(16) < 8, np.full(16, 300_000)
    read[8:] = 0  # exits are never seen
    seen = observation(300, 0, lane_queue={3: 9}, lane_valid=valid, lane_read_ms=read)
    assert decide(policy, seen)[0] == 2
    valid[6], read[6] = False, 200_000
    assert decide(policy, observation(300, 0, lane_queue={3: 9}, lane_valid=valid, lane_read_ms=read))[0] == 0


class _Blinded:
    """A controller whose cameras are all dead for a time: figures stay as they were."""

    def __init__(self, name: str) -> None:
        self.rule, self.asked = get(name), []

    def prepare(self, built: Any) -> "_Blinded":
        self.policy, self.kept = self.rule.prepare(built), None
        self.needs_sensing = self.policy.needs_sensing
        return self

    def decide(self, observation: Any, due: Any, request: Any) -> None:
        if not FROM_S * 1000 <= observation.now_ms < TO_S * 1000:
            self.kept = None
        else:
            names = [n for n in observation._fields if n.startswith(("lane_", "link_", "movement_"))]
            if self.kept is None:
                self.kept = {name: getattr(observation, name).copy() for name in names}
                self.kept["lane_valid"][:] = False
            observation = observation._replace(**self.kept)
        self.policy.decide(observation, due, request)


@pytest.mark.parametrize("name", [*LOOKING, "perimeter", "scats-like", "scoot-like"])
def test_signals_never_freeze(name, scenarios):
    """Every group of the crossing is green again and again, before, during and after the outage."""
    built = build(load(scenarios / "crossing"))
    run = simulate(built, _Blinded(name), seed=2, sensors="typical", record="full")
    greens = run.records[(run.records["kind"] == Kind.ASPECT) & (run.records["value"] == GREEN)]
    for group in range(len(built.tables.signals.group)):
        starts = greens["t_ms"][greens["entity"] == group] / 1000
        starts = starts[starts < 3900]
        assert np.diff(np.concatenate(([0], starts, [3900]))).max() <= 300, group
        dark = starts[(starts > FROM_S + HOLD_S + 80) & (starts < TO_S)]
        assert np.diff(dark) == pytest.approx(80), group  # the plan's cycle
