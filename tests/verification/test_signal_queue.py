"""Queues at a signal of fixed cycle, on one lane: every crossing, to the millisecond."""

import numpy as np
import pytest
from support.roads import times
from support.verification.lindley import (
    Discharge,
    crossings,
    overflow_delay_s,
    time_in_system,
    uniform_delay_s,
)  # fmt: skip
from support.verification.roads import (
    TRAVEL_MS,
    arrivals_at,
    bernoulli_times,
    engine_of,
    run_fixed_cycle,
    stop_lines,
)  # fmt: skip

from signalsim.engine.records import Kind

CYCLE_MS, GREEN_MS, FIRST_MS = 60_000, 26_000, 15_000
RULE = Discharge()  # 14 vehicles a cycle
CYCLES = 40
GREENS = [(FIRST_MS + CYCLE_MS * k, FIRST_MS + CYCLE_MS * k + GREEN_MS) for k in range(4 * CYCLES)]


def crossed(engine: str, line_ms: np.ndarray, rule: Discharge, until_ms: int) -> list[int]:
    tables = stop_lines([{"group": 1, **rule.movement()}])
    made = engine_of(engine, tables, arrivals_at([line_ms]), 0, until_ms, record=True)
    run_fixed_cycle(made, CYCLE_MS, GREEN_MS, FIRST_MS, until_ms)
    return times(made, Kind.CROSS, 0)


@pytest.mark.parametrize("x", [0.3, 0.8, 1.0, 1.2])
@pytest.mark.parametrize(
    "rule", [RULE, Discharge(1895, 2948, 0, 2000), Discharge(2000, 0, 0, 0)], ids=["second", "plain", "none"]
)
def test_even_arrivals_cross_when_lindley_says(engine: str, x: float, rule: Discharge) -> None:
    """D/D/1: both under and over saturation, without tolerance (Lindley 1952, eq. 1, with red periods)."""
    gap = round(CYCLE_MS / (x * rule.capacity(GREEN_MS)))
    line = TRAVEL_MS + 137 + gap * np.arange(CYCLES * CYCLE_MS // gap)
    theory = crossings(line.tolist(), GREENS, rule)
    assert len(theory) == len(line)
    assert crossed(engine, line, rule, theory[-1] + 1) == theory


@pytest.mark.parametrize("x", [0.5, 0.95, 1.1])
def test_random_arrivals_cross_when_lindley_says(engine: str, x: float) -> None:
    """The same for arrivals in any millisecond: within red, start-up, green and end gain."""
    line = TRAVEL_MS + bernoulli_times(
        x * RULE.capacity(GREEN_MS) / CYCLE_MS, CYCLES * CYCLE_MS, 1, "line", 0
    )
    theory = crossings(line.tolist(), GREENS, RULE)
    assert len(theory) == len(line)
    assert crossed(engine, line, RULE, theory[-1] + 1) == theory


def test_a_green_passes_what_the_rule_says(engine: str) -> None:
    """A standing queue: floor((green + end gain - start-up - second) / headway) and the first; 14 here."""
    line = TRAVEL_MS + np.arange(100)
    made = np.array(crossed(engine, line, RULE, FIRST_MS + 6 * CYCLE_MS))
    per_green = [((made >= b) & (made < e + RULE.end_gain_ms)).sum() for b, e in GREENS[:6]]
    assert per_green == [RULE.capacity(GREEN_MS)] * 6 == [14] * 6


def test_evenly_spaced_vehicles_come_near_the_fluid() -> None:
    """The fluid is the limit of small vehicles. With N times as many of 1/N the headway, the difference
    of mean delays shrinks as 1/N, under and over saturation (Wardrop 1952; May 1990, ch. 12)."""
    for x, cycles in ((0.6, 20), (1.25, 20)):
        differences = []
        for n in (1, 4, 16):
            rule = Discharge(2000 // n, 0, 0, 0)
            gap = round(CYCLE_MS / (x * 13 * n))
            line = FIRST_MS + GREEN_MS + gap * np.arange(cycles * CYCLE_MS // gap)
            theory = crossings(line.tolist(), GREENS, rule)
            flow = 1000 / gap
            if x < 1:
                fluid = uniform_delay_s(60, 26, 0.5 * n, flow)
            else:
                fluid = overflow_delay_s(60, 26, 0.5 * n, flow, cycles * 60)
            differences.append(abs(time_in_system(line.tolist(), theory) - fluid))
        assert differences[2] < differences[1] < differences[0] < 2.0, (x, differences)
        assert differences[2] < 0.2, (x, differences)
