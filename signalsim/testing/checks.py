"""What every controller must satisfy, tried in real runs on a small street (``street``)."""

import dataclasses
import inspect
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control import get, prepare
from signalsim.control.base import Request, make_request
from signalsim.control.lookup import title
from signalsim.scenario import build, load
from signalsim.sensing.observation import Observation
from signalsim.simulation import simulate

from .replay import Recording, without_compilation
from .street import write_street

OUTAGE_MS = (120_000, 300_000)  # all cameras fail, and come back
REPLAYED = 150  # decisions that are done again without compilation


def check_controller(controller: Any, scenario: str | Path | None = None) -> None:
    """Raise AssertionError, in one line, unless the controller keeps what controllers promise.

    ``controller``: an object, or what the command line takes (a name, ``FILE.py:CLASS``). It runs on
    ``scenario`` (a folder; a small street if None), with cameras that err, and with cameras that fail
    for three minutes. Checked: its parameters survive ``repr``; it asks only for stages that exist, only
    for junctions that are due, and for later decisions; two of it that are shown the same ask the same;
    it changes nothing of what it is shown; compiled, it decides as without compilation.
    Raises InputError where the controller itself does, or cannot be found.
    """
    rule = get(controller)
    _check_parameters(rule)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = write_street(folder) if scenario is None else Path(scenario)
        built = build(load(place))
        built.demand  # noqa: B018  (read while the folder is there)
        seeing = _Watched(rule, None)
        simulate(built, seeing, seed=1, sensors="typical")
        simulate(built, _Watched(rule, OUTAGE_MS), seed=1, sensors="typical")
        if callable(getattr(rule, "prepare", None)):
            _check_compiled(rule, seeing, str(place), folder)


def _check_parameters(rule: Any) -> None:
    """A dataclass is frozen, and its repr makes it again."""
    if not dataclasses.is_dataclass(rule):
        return
    name = type(rule).__name__
    if not getattr(type(rule), "__dataclass_params__").frozen:  # noqa: B009  (no type knows it)
        raise AssertionError(f"{name}: write @dataclass(frozen=True): parameters must not change in a run")
    try:
        again = eval(repr(rule), {name: type(rule)})
    except Exception as error:
        raise AssertionError(f"{rule!r}: its repr does not make it again ({error})") from error
    if again != rule:
        raise AssertionError(f"{rule!r}: its repr makes {again!r}, which is another")


class _Watched:
    """A controller whose every decision is checked; ``outage_ms``: when all cameras are dead."""

    def __init__(self, rule: Any, outage_ms: tuple[int, int] | None) -> None:
        self.rule, self.outage_ms = rule, outage_ms
        self.shown: list[tuple[Observation, np.ndarray]] = []
        self.answers: list[Request] = []

    def prepare(self, built: Any) -> "_WatchedPolicy":
        return _WatchedPolicy(self, built)


class _WatchedPolicy:
    def __init__(self, owner: _Watched, built: Any) -> None:
        self._owner, self._n_stages = owner, built.tables.signals.junction["n_stages"]
        self._policy, self._twin = prepare(owner.rule, built), prepare(owner.rule, built)
        self.needs_sensing = self._policy.needs_sensing
        self.detectors = getattr(self._policy, "detectors", None)
        self._last: Observation | None = None

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Let the policy decide, look at what it did, and pass it on."""
        if len(due) == 0:  # before a run, to compile: it counts as no decision
            return
        seen = self._seen(observation)
        before, rows = _copied(seen), due.copy()
        self._policy.decide(seen, due, request)
        name = title(self._owner.rule)
        when = f"at {seen.now_ms / 1000:g} s"
        if not (_same(seen, before) and np.array_equal(due, rows)):
            raise AssertionError(f"{name}: {when} it changed what it was shown; copy before you write")
        again = make_request(len(seen.stage))
        self._twin.decide(before, rows, again)
        for field, mine, other in _asked(request, again, rows):
            if not np.array_equal(mine, other):
                raise AssertionError(f"{name}: {when}, shown the same, it asks for another {field}")
        _check_request(name, when, seen, rows, request, self._n_stages)
        if len(self._owner.shown) < REPLAYED:
            self._owner.shown.append((before, rows))
            self._owner.answers.append(Request(*(array.copy() for array in request)))

    def _seen(self, observation: Observation) -> Observation:
        """What cameras deliver; while they are dead, what they delivered last."""
        outage = self._owner.outage_ms
        if outage is None or not outage[0] <= observation.now_ms < outage[1]:
            self._last = None
            return observation
        if self._last is None:
            self._last = _copied(observation)
        frozen = {n: getattr(self._last, n) for n in Observation._fields if n.startswith(("lane_", "link_"))}
        return observation._replace(**frozen)._replace(lane_valid=np.zeros_like(observation.lane_valid))


def _check_request(
    name: str, when: str, seen: Observation, due: np.ndarray, request: Request, n_stages: np.ndarray
) -> None:
    asked = request.stage[due]
    wrong = (asked < -1) | (asked >= n_stages[due])
    if wrong.any():
        j = due[wrong][0]
        raise AssertionError(
            f"{name}: {when} it asks for stage {request.stage[j]} at junction {j}, which has {n_stages[j]}"
        )
    if (request.next_decision_ms[due] <= seen.now_ms).any():
        raise AssertionError(f"{name}: {when} it wants to be asked again at once; give a later time")
    others = np.setdiff1d(np.arange(len(n_stages)), due)
    if (request.stage[others] != -1).any():
        raise AssertionError(f"{name}: {when} it asks for junctions that are not due")


def _check_compiled(rule: Any, watched: _Watched, place: str, folder: Path) -> None:
    """What was decided, once more without compilation."""
    kind = type(rule)
    if not dataclasses.is_dataclass(rule):
        raise AssertionError(f"{kind.__name__}: a controller with prepare(built) is a frozen dataclass")
    recording = Recording(
        place, kind.__module__, inspect.getfile(kind), kind.__name__, repr(rule), watched.shown
    )
    for (seen, due), mine, plain in zip(
        watched.shown, watched.answers, without_compilation(recording, folder), strict=True
    ):
        for field, a, b in _asked(mine, plain, due):
            if not np.array_equal(a, b):
                raise AssertionError(
                    f"{title(rule)}: at {seen.now_ms / 1000:g} s, compiled, it asks for {field} {a}, "
                    f"without compilation for {b}"
                )


def _asked(a: Request, b: Request, due: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """What two answers say for the junctions that are due; where nothing is asked no time counts."""
    rows = [due, due[a.stage[due] >= 0], due]
    return [(f, x[at], y[at]) for f, x, y, at in zip(Request._fields, a, b, rows, strict=True)]


def _copied(value: Any) -> Any:
    """Arrays, and tuples of them, copied; anything else as it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple):
        return type(value)(*map(_copied, value)) if hasattr(value, "_fields") else tuple(map(_copied, value))
    return value


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))
    if isinstance(a, tuple):
        return all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
