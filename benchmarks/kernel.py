"""The compiled pieces one by one, by pytest-benchmark (extra ``bench``).

Everything happens on a grid of 32 x 32 junctions that traffic has filled for ten minutes. In ``decide`` a
thousand of them decide in one call, so a millisecond there is a microsecond per junction. Rounds go on from
each other: what is decided is done, a second passes, cameras are read.

    python -m pytest benchmarks/kernel.py --benchmark-time-unit=ms [--benchmark-json FILE] [-k decide]
"""

import time
from typing import Any

import numpy as np
import pytest

from benchmarks.gridcity import write_grid
from benchmarks.loop import Loop
from signalsim.control.registry import CONTROLLERS
from signalsim.engine.jit import njit
from signalsim.engine.state import IDLE, WHEEL, make_state
from signalsim.engine.wheel import LANE, next_busy, refill, schedule, take
from signalsim.scenario import Built, build, load

SIZE, DECIDING, LOAD = 32, 1000, 0.8
FILL_S, ROUNDS = 600, 30
N_EVENTS, MEAN_DELAY_MS = 100_000, 20_000  # a few events a millisecond, as in a run
DESIGNED = {"uniform", "webster", "coordinated"}  # plans, which the kernel of the deployed one follows
DECIDES = [*(name for name in CONTROLLERS if name not in DESIGNED), "max-pressure:cyclic=true"]

pytestmark = pytest.mark.benchmark(timer=time.process_time)  # CPU seconds, whoever else is at work


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("kernel") / "grid"
    write_grid(SIZE, folder, FILL_S, 300, LOAD)
    return build(load(folder))


@pytest.fixture(scope="module")
def filled(built: Built) -> Loop:
    """After ten minutes under the deployed plan."""
    loop = Loop(built, "deployed", DECIDING)
    for _ in range(FILL_S):
        loop.second()
        loop.policy.decide(*loop.question())
    return loop


@njit(inner=False)
def schedule_all(state, delays):
    """Every node gets an event."""
    for n in range(state.node.size):
        schedule(state.node, state.wheel, state.total, n, LANE, delays[n % delays.size])


@njit(inner=False)
def hold(state, delays, n_events):
    """Take ``n_events`` events off the wheel, each of which puts its node back on it."""
    node, wheel, total, scratch = state.node, state.wheel, state.total, state.scratch
    t, done = total[0].now_ms, 0
    while done < n_events:
        t = next_busy(wheel, t, t + WHEEL)
        refill(node, wheel, total, t)
        b = t & (WHEEL - 1)
        if wheel.bucket[b] < 0:
            continue
        total[0].now_ms = t
        end = take(node, wheel, b, scratch, 0, 0)
        for i in range(end):
            n = scratch[i]
            node[n].time_ms = IDLE
            schedule(node, wheel, total, n, LANE, t + delays[done % delays.size])
            done += 1
        t += 1
    total[0].now_ms = t


def test_wheel(benchmark, built: Built) -> None:  # type: ignore[no-untyped-def]
    """100,000 times one event taken and one put back, among as many as a run of this grid can have."""
    loop = Loop(built, "deployed", DECIDING)
    state = make_state(built.tables, loop.engine.arrivals, 0, 1)
    delays = 1 + np.random.default_rng(1).exponential(MEAN_DELAY_MS, 4096).astype(np.int64)
    schedule_all(state, delays)
    benchmark.pedantic(hold, (state, delays, N_EVENTS), rounds=ROUNDS, warmup_rounds=1)


def test_run(benchmark, filled: Loop) -> None:  # type: ignore[no-untyped-def]
    """A simulated minute of traffic and signals, again and again from the same state."""
    engine = filled.engine
    saved = engine.snapshot()
    before, events = engine.totals().moves, engine.events
    benchmark.pedantic(
        lambda: engine.advance(engine.now_ms + 60_000),
        setup=lambda: engine.restore(saved), rounds=ROUNDS, warmup_rounds=1,
    )  # fmt: skip
    benchmark.extra_info["moves"] = engine.totals().moves - before
    benchmark.extra_info["events"] = engine.events - events
    engine.restore(saved)


def test_look(benchmark, filled: Loop) -> None:  # type: ignore[no-untyped-def]
    """The truth at one moment, lanes and signals."""
    benchmark.pedantic(filled.engine.observe, rounds=ROUNDS, warmup_rounds=1)


def test_cameras(benchmark, filled: Loop) -> None:  # type: ignore[no-untyped-def]
    """A reading of all cameras, two seconds after the last."""

    def later() -> tuple[tuple[Any], dict[str, Any]]:
        filled.sensors.deliver()
        filled.engine.advance(filled.engine.now_ms + 2000)
        return (filled.engine.observe(),), {}

    benchmark.pedantic(filled.sensors.read, setup=later, rounds=ROUNDS, warmup_rounds=1)


def test_estimate(benchmark, filled: Loop) -> None:  # type: ignore[no-untyped-def]
    """A reading reaches the estimator."""

    def later() -> None:
        filled.engine.advance(filled.engine.now_ms + 2000)
        filled.sensors.read(filled.engine.observe())

    benchmark.pedantic(filled.sensors.deliver, setup=later, rounds=ROUNDS, warmup_rounds=1)


@pytest.mark.parametrize("controller", DECIDES)
def test_decide(benchmark, built: Built, controller: str) -> None:  # type: ignore[no-untyped-def]
    """A thousand junctions at once; ms here are microseconds per junction."""
    loop = Loop(built, controller, DECIDING)
    for _ in range(FILL_S // 5):
        loop.second()
        loop.policy.decide(*loop.question())
    benchmark.pedantic(
        loop.policy.decide, setup=loop.next_question, rounds=2 * ROUNDS, warmup_rounds=1
    )  # fmt: skip
    benchmark.extra_info["us_per_junction"] = benchmark.stats.stats.median * 1e6 / DECIDING
