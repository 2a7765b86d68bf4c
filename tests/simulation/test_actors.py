"""Order of actors at one instant, compared as whole logs."""

from types import SimpleNamespace

import numpy as np
import pytest

from signalsim.control import Request
from signalsim.simulation.actors import Rank, Stage, start
from signalsim.simulation.series import Recorder

LOG: list[tuple] = []


class Engine:
    """Does nothing, and writes down what it is asked for."""

    now_ms = 0

    def __init__(self, n_stages):
        self.n_stages = n_stages

    def advance(self, until_ms):
        LOG.append((until_ms, "advance"))

    def observe(self, *, lanes=True, signals=True):
        now = max([entry[0] for entry in LOG if entry[1] == "advance"], default=0)
        return SimpleNamespace(
            now_ms=now, stage_ms=np.full(self.n_stages, now // 4), lane_queue=np.zeros(1, np.int32)
        )

    def request(self, stage, switch_at_ms):
        LOG.append((tuple(stage.tolist()), int(switch_at_ms[0]), "request"))

    def totals(self):
        return SimpleNamespace(waiting=2, inside=5)


class Sensors:
    interval_ms = 20_000
    camera = SimpleNamespace(truth=False)

    def __init__(self, stage_of):
        self._stage = stage_of

    def delay_ms(self, reading):
        return 10_000

    def read(self, sight):
        LOG.append((self._stage().env.now, "read"))

    def deliver(self):
        LOG.append((self._stage().env.now, "deliver"))

    def observe(self, sight):
        return self._stage().env.now


class Policy:
    needs_sensing = True

    def __init__(self, wakes):
        self.wakes = iter(wakes)

    def decide(self, seen, due, request: Request):
        LOG.append((seen, "decide", due.tolist()))
        request.stage[due] = 3
        request.switch_at_ms[due] = seen
        request.next_decision_ms[due] = next(self.wakes)


def _run(wakes, cap_ms, done=lambda now: False, policy=None, n_junctions=1):
    LOG.clear()
    tables = SimpleNamespace(
        signals=SimpleNamespace(junction=np.zeros(n_junctions, np.dtype([("n_stages", "i4")])))
    )
    tables.signals.junction["n_stages"] = 4
    holder = []
    stage = Stage(
        Engine(4 * n_junctions), Sensors(lambda: holder[0]), policy or Policy(wakes), Recorder(tables)
    )
    holder.append(stage)
    start(stage, cap_ms, done, SimpleNamespace(look=lambda engine: LOG.append((engine.now_ms, "gridlock"))))
    stage.env.run(until=stage.finished)
    return stage


def test_events_sensing_estimation_control_recording():
    _run([30_000, 60_000, 90_000], 40_000)
    log = [entry for entry in LOG if entry[1] != "advance" or entry[0] % 10_000 == 0]
    assert log == [
        (0, "read"),
        (0, "decide", [0]),
        ((3,), 0, "request"),
        (10_000, "deliver"),
        (10_000, "advance"),  # nobody needed the truth before the recorder did
        (20_000, "advance"),
        (20_000, "read"),
        (30_000, "deliver"),
        (30_000, "advance"),
        (30_000, "decide", [0]),
        ((3,), 30_000, "request"),
        (40_000, "advance"),
        (40_000, "read"),
    ]


def test_ranks_are_in_their_order_whoever_was_scheduled_first():
    stage = _run([10**9], 2000)
    stage.env, order = type(stage.env)(), []
    for rank in (Rank.RECORDING, Rank.ESTIMATION, Rank.EVENT, Rank.CONTROL, Rank.SENSING):
        event = stage.moment(5, rank)
        event.callbacks.append(lambda event, rank=rank: order.append((stage.env.now, rank.name)))
    stage.env.run(until=6)
    assert order == [(5, name) for name in ("EVENT", "SENSING", "ESTIMATION", "CONTROL", "RECORDING")]


@pytest.mark.parametrize(
    ("wish", "times"),
    [(0, range(0, 500, 100)), (-(10**9), range(0, 500, 100)), (150, [0, 150, 250, 350, 450])],
)
def test_a_controller_cannot_stop_the_clock(wish, times):
    _run([wish] * 100, 499)
    assert [entry[0] for entry in LOG if entry[1] == "decide"] == list(times)


def test_the_run_ends_when_all_have_arrived_or_at_the_cap():
    stage = _run([10**9], 10**6, done=lambda now: now >= 120_000)
    assert stage.env.now == 120_000
    series = stage.recorder.series()
    assert series.t_s.tolist() == [60, 120]
    assert (series.waiting_veh.tolist(), series.inside_veh.tolist()) == ([2, 2], [5, 5])
    assert series.green_share.tolist() == [[0.25] * 4] * 2
    stage = _run([10**9], 90_500)
    assert stage.env.now == 90_500
    assert stage.recorder.series().t_s.tolist() == [60, 90.5]


class Greedy:
    """Writes into everybody's rows, whoever is due."""

    needs_sensing = True

    def decide(self, seen, due, request):
        LOG.append((seen, "decide", due.tolist()))
        request.stage[:] = 2
        request.next_decision_ms[:] = -(2**63)
        request.next_decision_ms[due] = 2**63 - 1 if seen >= 300 else seen + 150 * (1 + due)
        due[:] = 999


def test_only_the_rows_of_those_who_are_due_count():
    stage = _run((), 1000, policy=Greedy(), n_junctions=2)
    assert [entry for entry in LOG if entry[1] == "decide"] == [
        (0, "decide", [0, 1]), (150, "decide", [0]), (300, "decide", [0, 1]),
    ]  # fmt: skip
    assert [entry[0] for entry in LOG if entry[-1] == "request"] == [(2, 2), (2, -1), (2, 2)]
    assert stage.env.now == 1000
