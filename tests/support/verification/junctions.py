"""Starts, turning on red and all-way stops: what the engine does, and what motion and formulas say."""

import math
from collections.abc import Iterable

import numpy as np

from signalsim.engine.records import Kind
from signalsim.engine.tables import ON_RED, STOPS, TAKES_TURNS
from support.roads import arrivals_of, run, tables_of, times, two_stages

from .gaps import through_gaps
from .roads import TRAVEL_MS, bernoulli_times
from .table import Row, exact

SPEED_MPS, ACCELERATION, SPACING_M = 14.0, 2.0, 7.5
HEADWAY_S, REACTION_S = 2.0, 1.0
DOWNSTREAM_M = 280.0  # everybody is at speed long before
WIDE = {"slots": 4000, "headway_ms": 1, "wave_ms": 1}  # holds nobody up
GAP_MS, FOLLOW_MS = 6200, 3300  # right turn from a minor street
ALL_WAY_MS = {1: 3900, 2: 5800, 3: 8700, 4: 11_600}  # headways by number of approaches that all conflict


def driven_s(distance_m: float) -> float:
    """Time over a distance from standstill: uniform acceleration, then full speed."""
    ramp_m = SPEED_MPS**2 / (2 * ACCELERATION)
    if distance_m <= ramp_m:
        return math.sqrt(2 * distance_m / ACCELERATION)
    return SPEED_MPS / ACCELERATION + (distance_m - ramp_m) / SPEED_MPS


def by_motion_ms(car: int, beyond_m: float) -> float:
    """When a car of a standing queue is so far behind the line, after green: each starts as much later than
    its leader as keeps them a headway apart at full speed (Newell 2002, Transportation Research B 36)."""
    later_s = HEADWAY_S - SPACING_M / SPEED_MPS
    return 1000 * (REACTION_S + car * later_s + driven_s(car * SPACING_M + beyond_m))


def queue_that_starts(engine: str, cars: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """(crossings, arrivals at the next line) of a standing queue, ms after green."""
    start_ms = round(1000 * SPEED_MPS / (2 * ACCELERATION))
    rule = {"startup_ms": round(1000 * REACTION_S), "startup2_ms": start_ms, "headway_ms": 2000}
    links = [{"headway_ms": 500}, {"headway_ms": 500, "travel_ms": round(1000 * DOWNSTREAM_M / SPEED_MPS)}]
    tables = tables_of(links, [{"a": 0, "b": 1, "group": 1, **rule}], signals=two_stages())
    made = run(engine, tables, arrivals_of([(500 * i, 0, [0]) for i in range(cars)]), 120_000, [(40_000, 1)])
    rows = made.records()
    crossed = rows[(rows["kind"] == Kind.CROSS) & (rows["place"] == 0)]["t_ms"]
    arrived = rows[(rows["kind"] == Kind.ENTER) & (rows["place"] == 1)]["value"]
    return crossed - 45_000, arrived - 45_000


def turns_on_red(engine: str, flow_vph: float, minutes: int = 20) -> tuple[list[int], list[int]]:
    """(crossings of an endless queue whose own light is red, places in the gaps of the other stream)."""
    until = 60_000 * minutes
    turn = {"a": 0, "b": 2, "group": 1, "rules": ON_RED, "gap_ms": GAP_MS, "follow_ms": FOLLOW_MS}
    through = {"a": 1, "b": 3, "group": 0, "headway_ms": 1}
    tables = tables_of([WIDE] * 4, [turn, through], foes=[(0, 1)], origins=(0, 1), signals=two_stages())
    priority = bernoulli_times(flow_vph / 3.6e6, until, 3, "priority", 0)
    queue = [(i, 0, [0]) for i in range(1, 20 * minutes)]
    made = run(engine, tables, arrivals_of([(int(t), 1, [1]) for t in priority] + queue), until)
    settled = until - 2 * GAP_MS
    places = through_gaps(times(made, Kind.CROSS, 1), GAP_MS, FOLLOW_MS, TRAVEL_MS + 1, settled)
    return [t for t in times(made, Kind.CROSS, 0) if t < settled], places


def all_way_stop(engine: str, approaches: int, foes: list[tuple[int, int]], minutes: int = 8) -> np.ndarray:
    """(approaches,) vehicles of endless queues that cross an all-way stop."""
    row = {"rules": STOPS | TAKES_TURNS, "hold_ms": 2000, "gap_ms": 2900, "follow_ms": 3900}
    movements = [{"a": i, "b": approaches + i, **row} for i in range(approaches)]
    tables = tables_of([WIDE] * (2 * approaches), movements, foes=foes, origins=range(approaches))
    trips = [(1 + 10 * k, i, [i]) for k in range(20 * minutes) for i in range(approaches)]
    made = run(engine, tables, arrivals_of(trips), 12_000 + 60_000 * minutes + 1)
    return made.sums().movement_crossed


def all_conflict(n: int) -> list[tuple[int, int]]:
    """Every pair of ``n`` movements."""
    return [(i, j) for i in range(n) for j in range(i)]


def rows(minutes: int = 120) -> Iterable[Row]:
    """All of it for the long form."""
    _, arrived = queue_that_starts("numba")
    theory = [by_motion_ms(car, DOWNSTREAM_M) for car in range(len(arrived))]
    worst = float(np.abs(arrived - theory).max())
    yield exact("12 queued cars start: largest error 280 m on", 0, "uniform acceleration", worst, "ms", 1)
    for flow in (200, 600, 1200):
        found, places = turns_on_red("numba", flow, minutes)
        name = f"right turn on red across {flow} veh/h: crossings not in a gap, or gaps not used"
        yield exact(name, 0, "gap integration", len(set(found) ^ set(places)))
    for n, headway_ms in ALL_WAY_MS.items():
        crossed = all_way_stop("numba", n, all_conflict(n), minutes)
        expected = 60_000 * minutes // headway_ms + 1
        name = f"all-way stop, {n} approaches in conflict: vehicles of the last in {minutes} min"
        yield exact(name, expected, "headways of the rule", crossed[-1], "veh", 1)
