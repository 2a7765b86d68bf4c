"""Pedestrians beside theory: their waits at a signal, and waits of vehicles for gaps between pedestrians."""

from dataclasses import replace

import numpy as np
import pytest
from support.roads import ENGINES, arrivals_of, tables_of, two_stages, walks_of

from signalsim.demand.model import MIXED, EntryCells
from signalsim.demand.pedestrians import draw_pedestrians
from signalsim.demand.sample import _poisson_departures
from signalsim.engine.footways import Crossings
from signalsim.engine.records import Kind
from signalsim.engine.tables import NO_GROUP, WALKS

CYCLE_MS, STAGE_MS, WALK_MS = 60_000, 30_000, 9000
HOUR_MS = 3_600_000


def poisson(per_hour: float, hours: int, seed: int) -> dict[str, np.ndarray]:
    """Pedestrians of one crossing, as scenarios draw them."""
    cells = EntryCells(
        link=np.zeros(1, np.int32), kind=np.full(1, MIXED), start_ms=np.zeros(1, np.int64),
        end_ms=np.full(1, hours * HOUR_MS), vehicles=np.full(1, per_hour * hours),
        is_counted=np.ones(1, bool),
    )  # fmt: skip
    return draw_pedestrians(cells, 1, _poisson_departures, seed, 0)


def fixed_time(engine: str, people: dict[str, np.ndarray], until_ms: int) -> np.ndarray:
    """Waits, ms, where group 2 begins to walk every 60 s, for 9 s."""
    spec = replace(
        two_stages(),
        group_junction=np.zeros(3, int),
        group_min_green_ms=np.array([0, 0, WALK_MS]),
        group_yellow_ms=np.array([3000, 3000, 10_000]),
        group_max_red_ms=np.zeros(3, int),
        stage_mask=np.array([0b101, 0b010], np.uint64),
        forbidden=np.array([[0, 1], [1, 2]]),
        intergreen=np.array([[0, 1, 5000], [1, 0, 5000], [1, 2, 5000], [2, 1, 10_000]]),
        group_walk=np.array([0, 0, WALKS]),
    )
    crossings = Crossings(np.array([2]), np.array([10_000]))
    tables = tables_of([{}, {}], [{"a": 0, "b": 1, "group": 0}], signals=spec, crossings=crossings)
    arrivals = arrivals_of([])._replace(**people)
    made = ENGINES[engine](tables, arrivals, count_from_ms=CYCLE_MS, count_to_ms=until_ms)
    for now in range(STAGE_MS, until_ms + 2 * CYCLE_MS, STAGE_MS):
        made.advance(now)
        made.request(np.array([now // STAGE_MS % 2], np.int32), np.array([now], np.int64))
    sums = made.sums()
    return (sums.walk_ms - sums.pedestrian_ms)[sums.pedestrian_counted]


def test_random_arrivals_wait_as_long_as_theory_says(engine: str) -> None:
    """Mean (C - g)^2 / 2C = 21.7 s (HCM 2000, eq. 18-5); the standard error of 12,000 waits is 0.15 s."""
    hours = 20 if engine == "numba" else 4
    wait_s = fixed_time(engine, poisson(600, hours, 5), hours * HOUR_MS) / 1000
    cycle, red = CYCLE_MS / 1000, (CYCLE_MS - WALK_MS) / 1000
    mean = red**2 / (2 * cycle)
    error = np.sqrt((red**3 / (3 * cycle) - mean**2) / len(wait_s))
    assert abs(wait_s.mean() - mean) < 3 * error
    assert wait_s.max() <= red
    assert abs((wait_s == 0).mean() - (1 - red / cycle)) < 3 * np.sqrt(0.25 / len(wait_s))


@pytest.mark.parametrize("per_hour", [200, 600])
def test_vehicles_wait_for_gaps_between_pedestrians_as_long_as_theory_says(
    engine: str, per_hour: int
) -> None:
    """A vehicle crosses when nobody set off in the 4 s before and nobody will in the 3 s to come: the mean
    wait is (e^(qT) - qT - 1) / q with T = 7 s (Adams 1936)."""
    hours, gap_s, zone_s = (60 if engine == "numba" else 6), 3.0, 4.0
    people = poisson(per_hour, hours, 11)
    zones = np.array([(0, 0, 0, 3000, 0, 4000, 0, 4000)])
    crossings = Crossings(np.array([NO_GROUP]), np.array([4000]), zones)
    tables = tables_of([{}, {}], [{"a": 0, "b": 1}], crossings=crossings)
    trips = [(t, 0, [0]) for t in range(1000, hours * HOUR_MS - 200_000, 120_000)]
    arrivals = arrivals_of(trips)._replace(**people)
    made = ENGINES[engine](tables, arrivals, count_from_ms=0, count_to_ms=hours * HOUR_MS, record=True)
    made.advance(hours * HOUR_MS)
    rows = made.records()
    wait_s = rows["value"][(rows["kind"] == Kind.CROSS) & (rows["place"] == 0)] / 1000
    q, gap = per_hour / 3600, gap_s + zone_s
    theory = (np.exp(q * gap) - q * gap - 1) / q
    assert len(wait_s) == len(trips)
    assert abs(wait_s.mean() - theory) < 3 * wait_s.std() / np.sqrt(len(wait_s))


def test_the_safety_check_finds_a_vehicle_that_drives_at_somebody(engine: str) -> None:
    from support.safety import vehicles_among_pedestrians

    zones = np.array([(0, 0, 0, 3000, 0, 4000, 0, 4000)])
    tables = tables_of(
        [{}, {}], [{"a": 0, "b": 1}], crossings=Crossings(np.array([NO_GROUP]), np.array([4000]), zones)
    )
    arrivals = walks_of(arrivals_of([(0, 0, [0])]), [(9000, False)])
    made = ENGINES[engine](tables, arrivals, count_from_ms=0, count_to_ms=60_000, record=True)
    made.advance(60_000)
    rows = made.records()
    crosses = {i: 0 if r["kind"] == Kind.CROSS and r["place"] == 0 else -1 for i, r in enumerate(rows)}
    assert vehicles_among_pedestrians(tables, arrivals, rows, crosses.__getitem__) == []
    rows["t_ms"][[i for i, m in crosses.items() if m == 0]] -= 1
    assert len(vehicles_among_pedestrians(tables, arrivals, rows, crosses.__getitem__)) == 1
