"""Many copies of one link with a stop line, each an independent replication; their arrivals and signal.

The clock of the engine is the millisecond. A vehicle arrives in each millisecond with probability
``p``: the Poisson process on that clock, for which the formulas below are exact.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import EXIT, Arrivals, Tables
from support.roads import ENGINES, tables_of, two_stages

TRAVEL_MS = 10_000
WAIT_ROOM = 4000  # slots: no queue of these tests is longer than 2,000 cars
CHANGE_MS = 5000  # from the request of a stage to its green


def bernoulli_times(p: float, until_ms: int, seed: int, stream: str, replication: int) -> np.ndarray:
    """Milliseconds in [1, until) with an arrival: geometric gaps of mean 1/p."""
    n = int(until_ms * p + 10 * np.sqrt(until_ms * p) + 20)
    u = uniform(stream_key(seed, stream, replication), np.arange(n), np.zeros(1))
    gaps = np.floor(np.log1p(-u) / np.log1p(-p)).astype(np.int64) + 1
    times = np.cumsum(gaps)
    assert times[-1] >= until_ms
    return times[times < until_ms]


def stop_lines(movements: Sequence[dict[str, int]], yields: Sequence[tuple[int, int]] = ()) -> Tables:
    """Links 0 to n - 1 of one lane, each with one movement (i on link i, as columns) to a link of its own.

    Nothing but the stop line holds anybody up: lanes admit one vehicle a millisecond.
    """
    n = len(movements)
    link = {"travel_ms": TRAVEL_MS, "slots": WAIT_ROOM, "headway_ms": 1, "wave_ms": 1}
    out = {"travel_ms": 1, "slots": 40, "headway_ms": 1, "wave_ms": 1}
    rows = [{"a": i, "b": n + i, **movement} for i, movement in enumerate(movements)]
    signals = two_stages(0, 3000, CHANGE_MS)
    return tables_of([link] * n + [out] * n, rows, yields=yields, origins=range(n), signals=signals)


def arrivals_at(line_ms: list[np.ndarray]) -> Arrivals:
    """Vehicles that reach the stop line of link i at ``line_ms[i]``, and make movement i there."""
    n = len(line_ms)
    link = np.repeat(np.arange(n), [len(times) for times in line_ms])
    depart = np.concatenate(line_ms).astype(np.int64) - TRAVEL_MS
    order = np.lexsort((link, depart))
    return Arrivals(
        depart_ms=depart[order],
        route=link[order].astype(np.int32),
        pace=np.full(len(link), 1000, np.int32),
        size=np.full(len(link), 2, np.int32),
        route_link=np.arange(n, dtype=np.int32),
        route_start=np.arange(0, 2 * n + 1, 2, dtype=np.int32),
        route_movement=np.column_stack([np.arange(n), np.full(n, EXIT)]).ravel().astype(np.int32),
        route_dwell_ms=np.zeros(2 * n, np.int32),
        siren=np.zeros(len(link), bool),
    )


def run_fixed_cycle(
    made: Any,
    cycle_ms: int,
    green_ms: int,
    first_green_ms: int,
    until_ms: int,
    look: Callable[[Any], None] = lambda made: None,
) -> None:
    """Group 1 green in [first + k cycle, + green) of every cycle; ``look(engine)`` at each green's start."""
    began = first_green_ms
    while began < until_ms:
        for time, stage in ((began - CHANGE_MS, 1), (began + green_ms, 0)):
            made.advance(time)
            made.request(np.array([stage], np.int32), np.array([time], np.int64))
            if stage == 1:
                made.advance(began)
                look(made)
        began += cycle_ms
    made.advance(until_ms)


def engine_of(
    engine: str, tables: Tables, arrivals: Arrivals, from_ms: int, to_ms: int, record: bool = False
) -> Any:
    """An engine that counts who reaches its stop line in [from, to)."""
    return ENGINES[engine](
        tables, arrivals, count_from_ms=from_ms - TRAVEL_MS, count_to_ms=to_ms - TRAVEL_MS, record=record
    )
