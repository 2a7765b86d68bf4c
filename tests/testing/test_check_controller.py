"""``signalsim.testing.check_controller``: all of the package's controllers pass, broken ones are told why."""

from dataclasses import dataclass

import numpy as np
import pytest

from signalsim.control import CONTROLLERS
from signalsim.scenario import build, load
from signalsim.testing import check_controller
from signalsim.testing.street import write_street


@pytest.mark.parametrize("name", [*CONTROLLERS, "max-pressure:cyclic=true,capacity_aware=true"])
def test_the_registry_passes(name):
    check_controller(name)


def test_the_street_is_a_scenario_without_faults(tmp_path):
    built = build(load(write_street(tmp_path)))
    assert built.index.junctions == ("A", "B")
    assert len(built.demand) if hasattr(built.demand, "__len__") else built.demand is not None


class _Quiet:
    """Asks for nothing; others break it in one way each."""

    needs_sensing = True

    def decide(self, observation, due, request):
        request.stage[due] = -1
        request.next_decision_ms[due] = observation.now_ms + 5000


class _NoSuchStage(_Quiet):
    def decide(self, observation, due, request):
        super().decide(observation, due, request)
        request.stage[due] = 7


class _NotDue(_Quiet):
    def decide(self, observation, due, request):
        super().decide(observation, due, request)
        request.next_decision_ms[due[:1]] += 1000  # so that they come apart
        request.stage[:] = 0


class _AtOnce(_Quiet):
    def decide(self, observation, due, request):
        request.next_decision_ms[due] = observation.now_ms


class _Scribbles(_Quiet):
    def decide(self, observation, due, request):
        super().decide(observation, due, request)
        observation.lane_queue[0] += 1


class _Dice(_Quiet):
    def decide(self, observation, due, request):
        super().decide(observation, due, request)
        request.stage[due] = np.random.default_rng().integers(0, 2, len(due))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (_NoSuchStage, "asks for stage 7 at junction 0, which has 2"),
        (_NotDue, "asks for junctions that are not due"),
        (_AtOnce, "give a later time"),
        (_Scribbles, "changed what it was shown"),
        (_Dice, "shown the same, it asks for another stage"),
    ],
)
def test_broken_policies_are_told_why(policy, message):
    class Broken:
        def prepare(self, built):
            return policy()

    with pytest.raises(AssertionError, match=message) as told:
        check_controller(Broken())
    assert "\n" not in str(told.value)


def test_parameters_must_be_frozen_and_survive_repr():
    @dataclass
    class Loose:
        gap_s: float = 3.0

        def decide(self, view):
            return None

    @dataclass(frozen=True)
    class Mute:
        gap_s: float = 3.0

        def __repr__(self):
            return "Mute()"

        def decide(self, view):
            return None

    with pytest.raises(AssertionError, match="frozen=True"):
        check_controller(Loose())
    with pytest.raises(AssertionError, match="which is another"):
        check_controller(Mute(gap_s=2.0))


COMPILED = """
from dataclasses import dataclass

import numba
import numpy as np

IS_PLAIN = 1 if numba.config.DISABLE_JIT else 0


@numba.njit
def choose(queue, due, stage):
    for j in due:
        stage[j] = np.int64(queue.sum(){slip}) % 2


@dataclass(frozen=True)
class Mine:
    def prepare(self, built):
        return Policy()


class Policy:
    needs_sensing = True

    def decide(self, observation, due, request):
        choose(observation.lane_queue, due, request.stage)
        request.next_decision_ms[due] = observation.now_ms + 5000
"""


def test_compiled_code_is_held_against_itself_without_compilation(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(COMPILED.format(slip=""))
    bad.write_text(COMPILED.format(slip=" + IS_PLAIN"))  # an error made on purpose
    check_controller(f"{good}:Mine")
    with pytest.raises(AssertionError, match="compiled, it asks for stage"):
        check_controller(f"{bad}:Mine")
