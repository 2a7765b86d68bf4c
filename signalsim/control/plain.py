"""Controllers in plain Python: ``decide(view)`` for one junction at a time.

    class LongestQueue:
        def decide(self, view):
            return max(view.stages, key=lambda stage: stage.queue_veh)

The answer is a stage (an item of ``view.stages`` or its index), None to leave things as they are,
or an ``Ask`` that also says when to switch and when to be asked again.
"""

import inspect
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from signalsim.errors import InputError
from signalsim.sensing.approaches import Approaches, approaches
from signalsim.sensing.observation import Observation

from .base import Policy, Request
from .layout import Junctions, junctions
from .lookup import describe
from .view import StageView, View

INTERVAL_S = 5.0  # how often a junction is asked when the controller has no ``interval_s``
LONGEST_S = 1e9  # beyond any run; times in ms stay far inside int64
_FILES = str(Path(__file__).parent)
_NUMBERS = (int, float, np.integer, np.floating)
_FAULTS = (Exception, SystemExit)  # what a user's code may end with; Ctrl-C is not its fault


@dataclass(frozen=True)
class Ask:
    """An answer in full. Times are seconds of simulated time; None: at once, after the interval."""

    stage: StageView | int | None = None
    switch_at_s: float | None = None
    next_decision_s: float | None = None


class PlainPolicy:
    """Asks a plain controller for one junction after the other."""

    needs_sensing = True

    def __init__(self, controller: Any, built: Any) -> None:
        self.controller, self.index = controller, built.index
        self.road: Approaches = approaches(built.tables)
        self.layout: Junctions = junctions(built.tables, self.road)
        self.counted = np.zeros(len(self.road.lane_link))
        self.interval_ms = _interval_ms(controller)
        n_junctions, layout = len(self.layout.first_stage) - 1, self.layout
        self.junction_lanes: list[list[int]] = []
        self.junction_movements: list[list[int]] = []
        for j in range(n_junctions):
            first, end = layout.first_stage[j], layout.first_stage[j + 1]
            lanes = layout.stage_lane_id[layout.stage_lane[first] : layout.stage_lane[end]]
            movements = layout.stage_movement_id[layout.stage_movement[first] : layout.stage_movement[end]]
            self.junction_lanes.append([int(lane) for lane in np.unique(lanes)])
            self.junction_movements.append([int(m) for m in np.unique(movements)])

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask the controller for each due junction. Raises InputError with the user's own line."""
        for j in due:
            view = View(self, observation, int(j))
            try:
                answer = self.controller.decide(view)
            except _FAULTS as error:
                raise InputError(
                    f"{_place(error, self.controller)}: {describe(error)} "
                    f"(decide for junction '{view.junction}' at {view.now_s:g} s)"
                ) from error
            self._take(answer, view, int(j), observation.now_ms, request)
            lanes = self.junction_lanes[j]
            self.counted[lanes] = observation.lane_count[lanes]

    def _take(self, answer: Any, view: View, j: int, now_ms: int, request: Request) -> None:
        ask = answer if isinstance(answer, Ask) else Ask(answer)
        request.stage[j] = self._stage(ask.stage, view)
        request.switch_at_ms[j] = self._time(ask.switch_at_s, now_ms, view)
        request.next_decision_ms[j] = self._time(ask.next_decision_s, now_ms + self.interval_ms, view)

    def _stage(self, stage: Any, view: View) -> int:
        if stage is None:
            return -1
        number = stage.index if isinstance(stage, StageView) else stage
        is_number = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if is_number and 0 <= number < len(view.stages):
            return int(number)
        raise InputError(
            f"{_home(self.controller)}: decide for junction '{view.junction}' at {view.now_s:g} s returned "
            f"{stage!r}; return one of view.stages, an index from 0 to {len(view.stages) - 1}, None or an Ask"
        )

    def _time(self, time_s: Any, default_ms: int, view: View) -> int:
        if time_s is None:
            return default_ms
        if isinstance(time_s, _NUMBERS) and -LONGEST_S <= time_s <= LONGEST_S:  # NaN is not
            return round(float(time_s) * 1000)
        raise InputError(
            f"{_home(self.controller)}: decide for junction '{view.junction}' at {view.now_s:g} s asked for "
            f"the time {time_s!r}; give seconds of simulated time, or None"
        )


class ForeignPolicy:
    """A compiled policy from outside the package: its exceptions are told as its author's."""

    def __init__(self, controller: Any, built: Any) -> None:
        self._controller = controller
        self._policy: Any = self._try(controller.prepare, built)
        if not callable(getattr(self._policy, "decide", None)):
            raise InputError(
                f"{_home(controller)}: prepare(built) returned {self._policy!r}; "
                "return an object with decide(observation, due, request)"
            )
        self.needs_sensing = bool(getattr(self._policy, "needs_sensing", True))
        self.detectors = getattr(self._policy, "detectors", None)

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """What the policy decides."""
        self._try(self._policy.decide, observation, due, request)

    def _try(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except InputError:
            raise
        except _FAULTS as error:
            raise InputError(f"{_place(error, self._controller)}: {describe(error)}") from error


def prepare(controller: Any, built: Any) -> Policy:
    """The policy of any controller, compiled or plain. InputError if it is neither."""
    if inspect.isclass(controller):
        name = controller.__name__
        raise InputError(f"controller {name} is a class; give an object of it: {name}()")
    if callable(getattr(controller, "prepare", None)):
        if type(controller).__module__.startswith("signalsim."):
            policy: Policy = controller.prepare(built)
            return policy
        return ForeignPolicy(controller, built)
    if callable(getattr(controller, "decide", None)):
        return PlainPolicy(controller, built)
    raise InputError(f"controller {controller!r} has neither decide(view) nor prepare(built)")


def _interval_ms(controller: Any) -> int:
    interval = getattr(controller, "interval_s", INTERVAL_S)
    if isinstance(interval, _NUMBERS) and 0 < interval <= LONGEST_S:
        return round(float(interval) * 1000)
    raise InputError(
        f"{_home(controller)}: its interval_s is {interval!r}; give the seconds from one decision to the next"
    )


def _code(controller: Any) -> CodeType | None:
    """The Python code of the controller's ``decide`` or ``prepare``; None if that is not in Python."""
    method = getattr(type(controller), "decide", None) or getattr(type(controller), "prepare", None)
    return getattr(inspect.unwrap(method), "__code__", None) if method else None


def _home(controller: Any) -> str:
    """File and line of the controller's ``decide`` or ``prepare``."""
    code = _code(controller)
    return f"{code.co_filename}, line {code.co_firstlineno}" if code else type(controller).__name__


def _place(error: BaseException, controller: Any) -> str:
    """The innermost line of the controller's own files that an exception went through."""
    code, module = _code(controller), sys.modules.get(type(controller).__module__)
    mine = {getattr(module, "__file__", None), code.co_filename if code else None} - {None}
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename in mine]
    own = own or [f for f in frames if not f.filename.startswith(_FILES)]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else _home(controller)
