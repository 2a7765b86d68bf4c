"""Gridlock forms where it does in life, and is found: both engines."""

import numpy as np
import pytest
from support.roads import arrivals_of, run, tables_of

from signalsim.engine.gridlock import no_holdups
from signalsim.engine.tables import ENTERS
from signalsim.simulation.circles import PATIENCE_MS, gridlocks

pytestmark = pytest.mark.nojit

LINK = {"slots": 8, "travel_ms": 5000, "wave_ms": 2000}


def circle(n: int, laps: int, vehicles: int):
    """``n`` short links in a circle, with traffic that goes round ``laps`` times."""
    tables = tables_of([LINK] * n, [{"a": i, "b": (i + 1) % n} for i in range(n)], origins=range(n))
    trips = [(2000 * v, i, [(i + k) % n for k in range(laps * n)]) for v in range(vehicles) for i in range(n)]
    return tables, arrivals_of(trips)


def found(engine: str, tables, arrivals, until_ms: int) -> list[list[int]]:
    made = run(engine, tables, arrivals, until_ms)
    return [lanes.tolist() for lanes in gridlocks(tables, made.holdups())]


def test_a_full_circle_is_gridlock_and_reported_when_it_has_lasted(engine: str) -> None:
    tables, arrivals = circle(4, 10, 20)
    made = run(engine, tables, arrivals, 200_000)
    last = int(made.holdups().since_ms.max())
    assert made.totals().inside == 16  # every slot is taken
    assert gridlocks(tables, made.holdups()) == []  # not yet for long enough
    made.advance(last + PATIENCE_MS)
    assert [lanes.tolist() for lanes in gridlocks(tables, made.holdups())] == [[0, 1, 2, 3]]
    assert made.totals().inside == 16


def test_a_circle_with_a_way_out_dissolves(engine: str) -> None:
    """The same, but all come in at one link and leave before they reach it again."""
    tables = tables_of([LINK] * 4, [{"a": i, "b": (i + 1) % 4} for i in range(4)])
    arrivals = arrivals_of([(1000 * v, 0, [0, 1, 2]) for v in range(80)])
    made = run(engine, tables, arrivals, 2_000_000)
    assert gridlocks(tables, made.holdups()) == []
    assert made.totals().arrived == 80


def test_who_queues_behind_a_circle_is_no_part_of_it(engine: str) -> None:
    n = 4
    movements = [{"a": i, "b": (i + 1) % n} for i in range(n)] + [{"a": n, "b": 0}]
    tables = tables_of([LINK] * (n + 1), movements, origins=range(n + 1))
    trips = [(2000 * v, i, [(i + k) % n for k in range(40)]) for v in range(20) for i in range(n)]
    trips += [(2000 * v, n, [n, 0, 1]) for v in range(20)]
    assert found(engine, tables, arrivals_of(trips), 900_000) == [[0, 1, 2, 3]]


def test_a_red_light_is_no_gridlock(engine: str) -> None:
    """A queue that fills three links behind a light that never turns green."""
    from support.roads import two_stages

    movements = [{"a": 0, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 3, "group": 1}]
    tables = tables_of([LINK] * 4, movements, signals=two_stages())
    trips = [(2000 * v, 0, [0, 1, 2]) for v in range(40)]
    assert found(engine, tables, arrivals_of(trips), 900_000) == []


def test_vehicles_that_stand_inside_two_junctions_lock_each_other(engine: str) -> None:
    """Streams 0 -> 1 and 2 -> 3 cross at both ends: each head stands in the way of the other exit."""
    links = [LINK] * 6
    movements = [
        {"a": 0, "b": 1, "rules": ENTERS},  # crosses the way of 3 -> 5
        {"a": 1, "b": 4},  # its exit, in the way of which 2 -> 3 stands
        {"a": 2, "b": 3, "rules": ENTERS},
        {"a": 3, "b": 5},
    ]
    tables = tables_of(links, movements, foes=[(0, 3), (2, 1)], origins=(0, 2))
    trips = [(2000 * v, 0, [0, 1]) for v in range(20)] + [(2000 * v, 2, [2, 3]) for v in range(20)]
    slow = arrivals_of(trips)._replace(route_dwell_ms=np.zeros(3 * 40, np.int32))
    slow.route_dwell_ms[1::3] = 20_000  # a stop on the second link fills it from behind
    assert found(engine, tables, slow, 900_000) == [[0, 1, 2, 3]]


def test_nobody_held_up_is_no_gridlock() -> None:
    tables, _ = circle(4, 1, 1)
    assert gridlocks(tables, no_holdups(10**9, 4)) == []
