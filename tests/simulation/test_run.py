"""Whole runs of the shipped crossing, on both engines, under every controller."""

from dataclasses import dataclass

import numpy as np
import pytest
from support.safety import dangers

from signalsim.control import CONTROLLERS, Ask
from signalsim.engine.records import first_difference
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.simulation import simulate


@pytest.fixture(scope="module")
def built(scenarios):
    return {name: build(load(scenarios / name)) for name in ("crossing", "hangzhou")}


@pytest.fixture(scope="module")
def crossing(built):
    return built["crossing"]


def _equal(left, right):
    assert left.totals == right.totals
    for name, values in left.sums._asdict().items():
        assert np.array_equal(values, getattr(right.sums, name)), name
    for name in ("t_s", "queue_veh", "waiting_veh", "inside_veh", "green_share"):
        assert np.array_equal(getattr(left.series, name), getattr(right.series, name)), name


@dataclass(frozen=True)
class LongestQueue:
    interval_s: float = 5.0

    def decide(self, view):
        return max(view.stages, key=lambda stage: stage.queue_veh)


@dataclass(frozen=True)
class Frantic:
    """Asks for another stage at every moment, for times that have passed."""

    def decide(self, view):
        return Ask(int(view.now_s * 10) % len(view.stages), -5.0, -5.0)


@pytest.mark.parametrize("controller", [*CONTROLLERS, LongestQueue(), Frantic()], ids=str)
def test_both_engines_give_the_same_run(crossing, controller):
    runs = [
        simulate(crossing, controller, seed=1, engine=engine, sensors="good", record="full")
        for engine in ("numba", "simpy")
    ]
    assert first_difference(runs[0].records, runs[1].records) == ""
    _equal(*runs)
    assert runs[0].totals.departed > 2000
    assert runs[0].totals.departed == runs[0].totals.arrived + runs[0].totals.inside + runs[0].totals.waiting


class Whim:
    """Plain: any stage or none, at any time, drawn from a seed."""

    def __init__(self, seed):
        self.draw = np.random.default_rng(seed)
        self.interval_s = float(self.draw.choice([0.001, 0.7, 5.0, 90.0]))

    def decide(self, view):
        stage = [None, int(self.draw.integers(len(view.stages)))][self.draw.integers(2)]
        switch, following = (
            [None, view.now_s + offset, offset, 1e9][self.draw.integers(4)]
            for offset in self.draw.normal(0, 30, 2)
        )
        return Ask(stage, switch, None if following == 1e9 else following)


class Vandal:
    """Compiled: writes anything that fits into any row, its own or not, and into what it is shown."""

    needs_sensing = True

    def __init__(self, seed):
        self.seed = seed

    def prepare(self, built):
        self.draw = np.random.default_rng(self.seed)
        return self

    def decide(self, seen, due, request):
        n, draw = len(request.stage), self.draw
        request.stage[:] = draw.choice([-(2**31), -7, -1, 0, 1, 2, 63, 2**31 - 1], n)
        request.switch_at_ms[:] = seen.now_ms + draw.choice([-(2**62), -1, 0, 1, 4000, 2**61], n)
        request.next_decision_ms[:] = draw.choice([-(2**63), 0, seen.now_ms + 700, 2**63 - 1], n)
        if draw.random() < 0.95:  # else it may never be asked again
            request.next_decision_ms[due] = seen.now_ms + draw.integers(-10, 20_000, len(due))
        due[:] = 2**31 - 1
        seen.lane_queue[:] = np.nan
        seen.stage[:] = 99


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [Whim, Vandal])
@pytest.mark.parametrize("name", ["crossing", "hangzhou"])
def test_no_controller_loses_a_vehicle_or_endangers_one(built, name, make, seed):
    run = simulate(built[name], make(seed), seed=seed, record="full")
    departed, arrived, inside, waiting, _ = run.totals
    assert departed == arrived + inside + waiting == len(run.sums.depart_ms) > 0
    assert arrived == (run.sums.arrive_ms >= 0).sum() > 0
    assert waiting == (run.sums.enter_ms < 0).sum()
    assert dangers(built[name].tables, run.records) == []
    delay = np.where(run.sums.arrive_ms < 0, run.sums.now_ms, run.sums.arrive_ms) - run.sums.depart_ms
    assert (delay >= run.sums.freeflow_ms).all()


@pytest.mark.parametrize("controller", ["max-pressure", "split-reallocation", "webster"])
def test_same_seed_same_run_and_another_seed_another(crossing, controller):
    first, again, other = (simulate(crossing, controller, seed=seed) for seed in (1, 1, 2))
    _equal(first, again)
    assert not np.array_equal(first.sums.depart_ms, other.sums.depart_ms)


def test_traffic_does_not_depend_on_the_controller(crossing):
    runs = [simulate(crossing, name, seed=3, replication=2) for name in ("deployed", "max-pressure")]
    assert np.array_equal(runs[0].sums.depart_ms, runs[1].sums.depart_ms)
    assert not np.array_equal(runs[0].sums.arrive_ms, runs[1].sums.arrive_ms)


def test_sensors_matter_to_who_looks_and_to_nobody_else(crossing):
    fixed = [simulate(crossing, "deployed", sensors=sensors) for sensors in ("omniscient", "poor")]
    _equal(*fixed)
    seeing = [simulate(crossing, "max-pressure", sensors=sensors) for sensors in ("omniscient", "poor")]
    assert not np.array_equal(seeing[0].sums.arrive_ms, seeing[1].sums.arrive_ms)
    assert [run.sensors for run in seeing] == ["omniscient", "poor"]


def test_deployed_plan_gives_its_shares_of_green(crossing):
    run = simulate(crossing, "deployed", record="full")
    share = run.series.green_share[8:48]  # forty minutes are thirty cycles of 80 s: 33, 10, 22 s of green
    assert np.allclose(share.mean(axis=0), np.array([33, 10, 22]) / 80, atol=2 / 80 / 2)


def test_a_run_keeps_what_it_was_made_with(crossing):
    run = simulate(crossing, "max-pressure:interval_s=10", seed=4, replication=7)
    assert run.controller.startswith("MaxPressure(interval_s=10.0, commitment_s=10.0, ")
    assert (run.seed, run.replication, run.engine, run.sensors) == (4, 7, "numba", "typical")
    assert run.records is None
    assert run.moves == run.totals.moves > 0
    assert run.cpu_s > 0


def test_the_run_ends_early_once_all_counted_vehicles_have_arrived(crossing):
    run = simulate(crossing, "webster")
    horizon = run.horizon
    end = (horizon.warm_up_s + horizon.demand_s) * 1000
    assert (run.sums.arrive_ms[run.sums.counted] >= 0).all()
    last = int(run.sums.arrive_ms[run.sums.counted].max())
    assert end <= run.sums.now_ms <= max(end, last) + 60_000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"engine": "fortran"}, "engine 'fortran': no such engine; there are numba, simpy"),
        ({"sensors": "eyes"}, "sensors 'eyes': no such preset"),
        ({"record": "all"}, "record 'all': give sums or full"),
        ({"controller": "none"}, "controller 'none': no such controller"),
    ],
)
def test_mistakes_are_named(crossing, given, message):
    with pytest.raises(InputError) as told:
        simulate(crossing, **{"controller": "deployed", **given})
    assert message in str(told.value)


def test_an_exception_in_a_user_s_controller_names_their_line(crossing, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "class Mine:\n    def decide(self, view):\n        if view.now_s >= 100: raise OSError('no idea')\n"
    )
    with pytest.raises(InputError) as told:
        simulate(crossing, f"{file}:Mine")
    assert str(told.value) == (f"{file}, line 3: OSError: no idea (decide for junction 'C' at 100 s)")
