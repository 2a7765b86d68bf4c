"""Random arrivals at stop lines: the engine's estimates beside theory, as rows of the table.

Each study takes the number of independent replications and their length; all of them are links of one
network that have nothing to do with each other; batches are one such network after the other.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import books, fixed_cycle, gaps
from .lindley import Discharge
from .roads import TRAVEL_MS, arrivals_at, bernoulli_times, engine_of, run_fixed_cycle, stop_lines
from .table import Row, beside, estimate

CYCLE_MS, GREEN_MS, FIRST_GREEN_MS = 60_000, 26_000, 15_000
RULE = Discharge(second_ms=0)
CAPACITY = RULE.capacity(GREEN_MS)  # vehicles per cycle
WARM_UP_CYCLES = 600

CHAIN = "Markov chain of this rule"
PRIORITY_MS, GAP_MS, FOLLOW_MS = 2000, 4500, 2500


def random_at_signal(
    x: float, replications: int, cycles: int, seed: int, batches: int = 1, rule: Discharge = RULE
) -> list[Row]:
    """Mean queue when green begins and mean delay at degree of saturation ``x``; textbooks beside.

    Delay is the sum over those who arrive within whole cycles over the expected number of them, which
    has no bias however short the run. The empty start is out of the means after the warm-up (the chain
    says how far: less than 1e-4 of the queue).
    """
    assert rule.capacity(GREEN_MS) == CAPACITY
    p = x * CAPACITY / CYCLE_MS
    theory = fixed_cycle.solve(p, CYCLE_MS, GREEN_MS, rule)
    assert theory.still_missing(WARM_UP_CYCLES) < 1e-4
    measured = [_measure_at_signal(p, rule, replications, cycles, seed, batch) for batch in range(batches)]
    delay_s, queue = np.concatenate(measured, 1)
    at = f"at x = {x:g}" + (f", second vehicle {rule.second_ms} ms late" if rule.second_ms else "")
    rows = [
        estimate(f"mean queue at start of green {at}", theory.queue_at_green, CHAIN, queue, "veh"),
        estimate(f"mean delay {at}", theory.delay_ms / 1000, CHAIN, delay_s, "s"),
    ]
    if rule != RULE:
        return rows
    cycle, green, flow = CYCLE_MS / 1000, CAPACITY * RULE.headway_ms / 1000, p * 1000
    slot = RULE.headway_ms / 1000
    for name, value in (
        ("Webster (1958)", books.webster_s(cycle, green, flow, x)),
        ("HCM 2000, 15 minutes", books.hcm_s(cycle, green, CAPACITY / cycle, x)),
        ("slotted queue, van Leeuwaarden (2006)", books.slotted_s(round(cycle / slot), CAPACITY, slot, flow)),
    ):
        rows.append(beside(f"mean delay {at}", value, name, rows[1].simulated, "s"))
    return rows


def _measure_at_signal(
    p: float, rule: Discharge, replications: int, cycles: int, seed: int, batch: int
) -> np.ndarray:
    """(2, replications) mean delay in s, and mean queue when green begins."""
    begin = FIRST_GREEN_MS + WARM_UP_CYCLES * CYCLE_MS
    end = begin + cycles * CYCLE_MS
    until = end + 60 * CYCLE_MS  # demand goes on while the last ones that count leave
    ours = range(batch * replications, (batch + 1) * replications)
    line = [TRAVEL_MS + bernoulli_times(p, until - TRAVEL_MS, seed, f"signal {p}", k) for k in ours]
    tables = stop_lines([{"group": 1, **rule.movement()}] * replications)
    made = engine_of("numba", tables, arrivals_at(line), begin, end)
    queues = np.zeros((2, replications))  # sum, and number of looks

    def look(engine: object) -> None:
        if begin <= made.now_ms < end:
            queues[0] += made.observe().lane_queue[:replications]
            queues[1] += 1

    run_fixed_cycle(made, CYCLE_MS, GREEN_MS, FIRST_GREEN_MS, until, look)
    assert made.all_counted_arrived()
    delay_ms = made.sums().lane_delay_ms[:replications]
    return np.array([delay_ms / (p * cycles * CYCLE_MS) / 1000, queues[0] / queues[1]])


def always_green(rho: float, replications: int, hours: float, seed: int, batches: int = 1) -> list[Row]:
    """Mean wait where nothing but the headway holds anybody up: M/D/1."""
    h = RULE.headway_ms
    p = rho / h
    wait_s = np.concatenate([_waits(p, h, replications, hours, seed, batch) for batch in range(batches)])
    theory = books.slotted_pollaczek_khinchine_ms(p, h) / 1000
    source = f"Pollaczek-Khinchine on the ms ({books.pollaczek_khinchine_s(p * 1000, h / 1000):.4f} without)"
    return [estimate(f"mean wait always green, rho = {rho:g}", theory, source, wait_s, "s")]


def _waits(p: float, headway_ms: int, replications: int, hours: float, seed: int, batch: int) -> np.ndarray:
    """(replications,) mean wait, s, after an hour of warm-up."""
    begin, end = 3_600_000, 3_600_000 + round(hours * 3_600_000)
    ours = range(batch * replications, (batch + 1) * replications)
    line = [TRAVEL_MS + bernoulli_times(p, end + 60_000, seed, f"M/D/1 {p}", k) for k in ours]
    tables = stop_lines([{"headway_ms": headway_ms}] * replications)
    made = engine_of("numba", tables, arrivals_at(line), begin, end)
    made.advance(end + 3_600_000)
    assert made.all_counted_arrived()
    return made.sums().lane_delay_ms[:replications] / (p * (end - begin)) / 1000


def permissive(flow_vph: float, headway_ms: int, replications: int, hours: float, seed: int) -> list[Row]:
    """Capacity, vehicles per hour, across a random stream of minimum headway ``headway_ms``."""
    made, _, window = cross_stream("numba", [flow_vph], headway_ms, replications, hours, seed)
    before = _turned(made, window[0], replications)
    crossed = (_turned(made, window[1], replications) - before) / hours
    p, per_s = flow_vph / 3_600_000, flow_vph / 3600
    theory = gaps.on_clock(p, GAP_MS, FOLLOW_MS, headway_ms) * 3_600_000
    if headway_ms == 1:
        name, plain = "Harders (1968)", gaps.harders(per_s, GAP_MS / 1000, FOLLOW_MS / 1000)
    else:
        name = "Tanner (1962)"
        plain = gaps.tanner(per_s, GAP_MS / 1000, FOLLOW_MS / 1000, headway_ms / 1000)
    bunched = f", D q = {headway_ms * p:.2f}" if headway_ms > 1 else ""
    what = f"permissive capacity across {flow_vph:g} veh/h{bunched}"
    return [estimate(what, theory, f"{name} on the ms ({plain * 3600:.2f} without)", crossed, "veh/h")]


def _turned(made: Any, at_ms: int, replications: int) -> np.ndarray:
    made.advance(at_ms)
    return made.observe().movement_out[:replications].copy()


def cross_stream(
    engine: str,
    flows_vph: Sequence[float],
    headway_ms: int,
    replications: int,
    hours: float,
    seed: int,
    record: bool = False,
) -> tuple[Any, list[np.ndarray], tuple[int, int]]:
    """An endless queue on each of links 0 to n - 1 gives way to one link per flow of ``flows_vph``.

    Returns (engine, arrivals of the streams at their stop lines by link, (begin, end) of counting).
    """
    n, window = replications, (600_000, 600_000 + round(hours * 3_600_000))
    turn = {"gap_ms": GAP_MS, "follow_ms": FOLLOW_MS, "headway_ms": 2000}
    movements = [turn] * n + [{"headway_ms": headway_ms}] * (n * len(flows_vph))
    yields = [(i, n + s * n + i) for s in range(len(flows_vph)) for i in range(n)]
    queue = np.full(window[1] // FOLLOW_MS + 10, TRAVEL_MS)
    line = [queue] * n + [
        TRAVEL_MS + bernoulli_times(flow / 3_600_000, window[1], seed, f"stream {s} {flow} {headway_ms}", k)
        for s, flow in enumerate(flows_vph)
        for k in range(n)
    ]
    made = engine_of(engine, stop_lines(movements, yields), arrivals_at(line), 0, window[1], record)
    return made, line, window
