"""Plain-Python controllers: what they see, what they may answer, what they are told."""

import math

import numpy as np
import pytest

from signalsim.control import Ask, prepare
from signalsim.errors import InputError


class Answers:
    """Gives back what it was made with; keeps what it was shown."""

    def __init__(self, answer):
        self.answer, self.views, self.counts = answer, [], []

    def decide(self, view):
        self.views.append(view)
        self.counts.append(view.counts["L1"])
        return self.answer(view) if callable(self.answer) else self.answer


class LongestQueue:
    def decide(self, view):
        return max(view.stages, key=lambda stage: stage.queue_veh)


def test_ten_lines_are_enough(built, observation, decide):
    policy = prepare(LongestQueue(), built)
    assert decide(policy, observation(10, 0, lane_queue={0: 3, 1: 4, 2: 4, 6: 2})) == (3, 10, 15)


def test_what_a_view_shows(built, observation, decide):
    controller = Answers(None)
    policy = prepare(controller, built)
    seen = observation(
        10, 2, 4, lane_queue={0: 3}, lane_near={0: 5}, lane_vehicles={0: 6, 8: 2, 9: 1},
        lane_count={1: 7}, lane_arrival_rate={1: 0.1},
    )  # fmt: skip
    decide(policy, seen)
    view = controller.views[0]
    assert (view.junction, view.now_s, view.stage.id, view.stage_age_s) == ("J", 10, "C", 6)
    assert view.earliest_switch_s == 9
    assert [stage.id for stage in view.stages] == ["A", "B", "C", "D"]
    assert view.stages[1].lanes == ("L0", "L4")
    assert view.stages[1].movements == ("M0", "M6")
    assert (view.stages[1].queue_veh, view.stages[1].near_veh, view.stages[1].min_green_s) == (3, 5, 5)
    assert view.lanes == tuple(f"L{i}" for i in range(8))
    assert view.vehicles["L0"] == 6
    assert view.arrivals_veh_h["L1"] == pytest.approx(360)
    assert view.valid["L0"] is True
    # M9, the left turn of approach 3, leads to link 4 with lanes 8 and 9
    assert view.downstream_veh["M9"] == 3
    decide(policy, observation(15, -1, 4, lane_count={1: 9}))
    assert controller.counts == [7, 2]
    assert controller.views[1].stage is None
    assert controller.views[1].earliest_switch_s == math.inf


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, (-1, 10, 15)),
        (2, (2, 10, 15)),
        (lambda view: view.stages[1], (1, 10, 15)),
        (Ask(3, switch_at_s=12.5, next_decision_s=11), (3, 12.5, 11)),
        (lambda view: Ask(view.stages[0]), (0, 10, 15)),
        (Ask(np.int32(1), np.float32(12.5), np.int64(20)), (1, 12.5, 20)),
    ],
)
def test_answers(built, observation, decide, answer, expected):
    assert decide(prepare(Answers(answer), built), observation(10)) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("A", "returned 'A'; return one of view.stages, an index from 0 to 3"),
        (4, "returned 4;"),
        (-1, "returned -1;"),
        (True, "returned True;"),
        (Ask(0, switch_at_s=math.nan), "asked for the time nan"),
        (Ask(0, next_decision_s="soon"), "asked for the time 'soon'"),
        (Ask(0, next_decision_s=math.inf), "asked for the time inf"),
        (Ask(0, switch_at_s=10**400), "asked for the time 1000"),
        (Ask([0]), "returned [0];"),
        (math.nan, "returned nan;"),
        (10**30, "returned 1000"),
    ],
)
def test_impossible_answers_are_named(built, observation, decide, answer, message):
    with pytest.raises(InputError) as told:
        decide(prepare(Answers(answer), built), observation(10))
    assert message in str(told.value)
    assert "test_plain.py, line " in str(told.value)
    assert "junction 'J' at 10 s" in str(told.value)


def test_an_exception_is_told_with_the_user_s_own_line(built, observation, decide, tmp_path):
    from signalsim.control import get

    file = tmp_path / "mine.py"
    file.write_text("class Mine:\n    def decide(self, view):\n        x = 1\n        return view.quee_veh\n")
    with pytest.raises(InputError) as told:
        decide(prepare(get(f"{file}:Mine"), built), observation(10))
    message = f"{file}, line 4: AttributeError: 'View' object has no attribute 'quee_veh'"
    assert str(told.value).startswith(message)


def test_something_else_is_no_controller(built):
    with pytest.raises(InputError, match="neither"):
        prepare(3, built)


def test_a_compiled_controller_from_outside_is_told_its_own_line(built, observation, decide):
    class Policy:
        needs_sensing = False

        def decide(self, seen, due, request):
            request.stage[due] = 1
            if seen.now_ms:
                raise RuntimeError("too late")

    class Compiled:
        def prepare(self, built):
            return Policy()

    policy = prepare(Compiled(), built)
    assert policy.needs_sensing is False
    assert decide(policy, observation(0))[0] == 1
    with pytest.raises(InputError, match=r"test_plain\.py, line \d+: RuntimeError: too late"):
        decide(policy, observation(1))


def test_a_stage_of_another_junction_is_refused_where_there_is_none_like_it(built, observation, decide):
    class Elsewhere:
        def decide(self, view):
            stage = view.stages[0]
            stage.index = 7
            return stage

    with pytest.raises(InputError, match="index from 0 to 3"):
        decide(prepare(Elsewhere(), built), observation(10))


@pytest.mark.parametrize("interval", [math.nan, math.inf, -1.0, 0, "5", None, 1e300])
def test_an_impossible_interval_is_named(built, interval):
    class Mine:
        interval_s = interval

        def decide(self, view):
            return None

    with pytest.raises(InputError, match=r"test_plain\.py, line \d+: its interval_s is "):
        prepare(Mine(), built)


def test_a_controller_that_leaves_python_is_told_its_line(built, observation, decide):
    class Leaves:
        def decide(self, view):
            raise SystemExit(0)

    with pytest.raises(InputError, match=r"test_plain\.py, line \d+: SystemExit: 0"):
        decide(prepare(Leaves(), built), observation(10))


def test_a_decide_that_takes_no_view_is_told_where_it_stands(built, observation, decide):
    class NoView:
        def decide(self):
            return None

    with pytest.raises(InputError, match=r"test_plain\.py, line \d+: TypeError: .*positional argument"):
        decide(prepare(NoView(), built), observation(10))


def test_a_class_is_no_controller_yet(built):
    with pytest.raises(InputError, match=r"LongestQueue is a class; give an object of it: LongestQueue\(\)"):
        prepare(LongestQueue, built)


def test_a_prepare_that_forgets_its_return_is_named(built):
    class Forgets:
        def prepare(self, built):
            pass

    with pytest.raises(InputError, match=r"test_plain\.py, line \d+: prepare\(built\) returned None"):
        prepare(Forgets(), built)
