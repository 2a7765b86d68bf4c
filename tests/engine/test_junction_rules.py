"""Rules inside and around a junction, each on a road small enough to work out by hand; both engines."""

import numpy as np
import pytest
from support.roads import arrivals_of, run, tables_of, times, two_stages

from signalsim.engine.records import Kind
from signalsim.engine.tables import ENTERS, ON_RED, STOPS, TAKES_TURNS

pytestmark = pytest.mark.nojit

CROSSROADS = [{}, {}, {}, {}]  # links 0 and 1 lead to a junction, 2 and 3 away from it; 10 s each


def test_the_first_of_a_queue_is_at_speed_behind_the_line(engine: str) -> None:
    """It crosses 1 s after green, is as late as the second headway is longer than the others, and so the
    queue arrives at the next line in saturation headways; who meets green loses nothing."""
    movement = {"a": 0, "b": 1, "group": 1, "startup_ms": 1000, "startup2_ms": 2450}
    tables = tables_of([{"headway_ms": 1000}] * 2, [movement], signals=two_stages())
    trips = [(1000 * i, 0, [0]) for i in range(4)] + [(60_000, 0, [0])]
    made = run(engine, tables, arrivals_of(trips), 120_000, [(30_000, 1)])
    crossed = [36_000, 40_450, 42_450, 44_450]
    assert times(made, Kind.CROSS, 0) == [*crossed, 70_000]
    assert made.sums().arrive_ms.tolist() == [48_450, 50_450, 52_450, 54_450, 80_000]
    waits = sum(t - 10_000 - 1000 * i for i, t in enumerate(crossed))
    assert made.sums().lane_delay_ms[0] == waits + 2450


def test_who_starts_in_a_gap_loses_what_acceleration_takes(engine: str) -> None:
    """The first waits for a gap and starts from the line; the second follows it."""
    minor = {"a": 0, "b": 2, "gap_ms": 4500, "follow_ms": 2500, "loss_ms": 2600}
    tables = tables_of(CROSSROADS, [minor, {"a": 1, "b": 3}], yields=[(0, 1)], origins=(0, 1))
    trips = [(0, 0, [0]), (100, 0, [0]), (1000, 1, [1]), (60_000, 0, [0])]
    made = run(engine, tables, arrivals_of(trips), 120_000)
    assert times(made, Kind.CROSS, 0) == [11_000, 13_500, 70_000]
    lost = [min(1000, 2600), 0, 0]  # held up for a second only, the first does not stop
    assert [t - c for t, c in zip(times(made, Kind.CROSS, 2), [11_000, 13_500, 70_000], strict=True)] == [
        10_000 + ms for ms in lost
    ]


def test_who_only_slows_down_loses_no_more_behind_the_line_than_before_it(engine: str) -> None:
    movement = {"a": 0, "b": 1, "group": 1, "startup2_ms": 2600}
    tables = tables_of([{}, {}], [movement], signals=two_stages())
    made = run(engine, tables, arrivals_of([(24_400, 0, [0])]), 90_000, [(30_000, 1)])
    assert times(made, Kind.CROSS, 0) == [35_000]  # 600 ms late
    assert made.sums().arrive_ms.tolist() == [35_000 + 600 + 10_000]


def test_at_a_stop_sign_everybody_stops(engine: str) -> None:
    """Nobody comes on the other road: the first holds for 2.5 s, the next follows 3.3 s behind it."""
    minor = {"a": 0, "b": 2, "rules": STOPS, "hold_ms": 2500, "gap_ms": 6200, "follow_ms": 3300}
    tables = tables_of(CROSSROADS, [minor, {"a": 1, "b": 3}], yields=[(0, 1)], origins=(0, 1))
    made = run(engine, tables, arrivals_of([(0, 0, [0]), (500, 0, [0]), (30_000, 0, [0])]), 90_000)
    assert times(made, Kind.CROSS, 0) == [12_500, 15_800, 42_500]


def test_a_stop_sign_looks_for_a_gap_after_the_stop(engine: str) -> None:
    minor = {"a": 0, "b": 2, "rules": STOPS, "hold_ms": 2500, "gap_ms": 6200, "follow_ms": 3300}
    tables = tables_of(CROSSROADS, [minor, {"a": 1, "b": 3}], yields=[(0, 1)], origins=(0, 1))
    trips = [(0, 0, [0]), (7000, 1, [1]), (13_000, 1, [1])]  # at 12.5 s the next is 4.5 s away, then 10.5 s
    made = run(engine, tables, arrivals_of(trips), 90_000)
    assert times(made, Kind.CROSS, 0) == [23_000]


def test_right_turn_on_red_after_a_stop_in_a_gap(engine: str) -> None:
    """Group 1 is red; the stream of group 0, which has green, ends with a vehicle at 16 s."""
    links = [{}, {}, {"headway_ms": 1}, {}]
    turn = {"a": 1, "b": 2, "group": 1, "rules": ON_RED, "hold_ms": 3000, "gap_ms": 6200, "follow_ms": 3300}
    through = {"a": 0, "b": 2, "group": 0}
    tables = tables_of(links, [through, turn], foes=[(0, 1)], origins=(0, 1), signals=two_stages())
    trips = [(2000 * i, 0, [0]) for i in range(4)] + [(0, 1, [1]), (100, 1, [1])]
    made = run(engine, tables, arrivals_of(trips), 60_000)
    assert times(made, Kind.CROSS, 1) == [16_001, 19_301]  # merges a millisecond behind it


def test_on_green_a_turn_that_may_go_on_red_is_like_any_other(engine: str) -> None:
    turn = {"a": 1, "b": 2, "group": 1, "rules": ON_RED, "hold_ms": 3000, "startup_ms": 1000}
    through = {"a": 0, "b": 2, "group": 0}
    tables = tables_of(CROSSROADS, [through, turn], foes=[(0, 1)], origins=(0, 1), signals=two_stages())
    trips = [(14_000, 1, [1]), (14_100, 1, [1]), (30_000, 1, [1])]  # the first is there a second before green
    made = run(engine, tables, arrivals_of(trips), 60_000, [(20_000, 1)])
    assert times(made, Kind.CROSS, 1) == [26_000, 28_000, 40_000]


def all_way(n: int) -> tuple[list[dict], list[dict], list[tuple[int, int]]]:
    """``n`` approaches, each with one movement, all in each other's way."""
    row = {"rules": STOPS | TAKES_TURNS, "hold_ms": 2000, "gap_ms": 2900, "follow_ms": 3900}
    movements = [{"a": i, "b": n + i, **row} for i in range(n)]
    return [{}] * (2 * n), movements, [(i, j) for i in range(n) for j in range(i)]


def test_an_all_way_stop_serves_first_come_first_served(engine: str) -> None:
    links, movements, foes = all_way(4)
    tables = tables_of(links, movements, foes=foes, origins=range(4))
    trips = [(300, 0, [0]), (200, 1, [1]), (100, 2, [2]), (0, 3, [3]), (50, 3, [3])]
    made = run(engine, tables, arrivals_of(trips), 60_000)
    first = 12_000
    order = [times(made, Kind.CROSS, link) for link in range(4)]
    # 3, 2, 1, 0, each 2.9 s behind the one before; the second of 3 was there last
    assert order == [[first + 8700], [first + 5800], [first + 2900], [first, first + 11_600]]


def test_one_approach_of_an_all_way_stop_alone_goes_at_its_own_headway(engine: str) -> None:
    links, movements, foes = all_way(4)
    tables = tables_of(links, movements, foes=foes, origins=range(4))
    made = run(engine, tables, arrivals_of([(0, 0, [0])] * 4), 60_000)
    assert times(made, Kind.CROSS, 0) == [12_000 + 3900 * i for i in range(4)]


def test_nobody_waits_for_the_turn_of_one_without_room(engine: str) -> None:
    """Link 2, behind approach 0, is full of vehicles that wait at a red light."""
    links = [{}, {}, {"slots": 6}, {}, {}]
    row = {"rules": STOPS | TAKES_TURNS, "hold_ms": 2000, "gap_ms": 2900, "follow_ms": 3900}
    movements = [{"a": 0, "b": 2, **row}, {"a": 1, "b": 3, **row}, {"a": 2, "b": 4, "group": 1}]
    tables = tables_of(links, movements, foes=[(0, 1)], origins=(0, 1), signals=two_stages())
    made = run(engine, tables, arrivals_of([(0, 0, [0, 2])] * 4 + [(30_000, 1, [1])]), 90_000)
    assert len(times(made, Kind.CROSS, 0)) == 3
    assert times(made, Kind.CROSS, 1) == [42_000]


def blocked_junction(rules: int):
    """Link 0 feeds link 2, which holds three and ends at a red light; link 1 crosses it to link 3."""
    links = [{}, {}, {"slots": 6, "travel_ms": 2000, "wave_ms": 1000}, {}, {}]
    movements = [
        {"a": 0, "b": 2, "rules": rules},
        {"a": 1, "b": 3},
        {"a": 2, "b": 4, "group": 1, "startup_ms": 1000},
    ]
    return tables_of(links, movements, foes=[(0, 1)], origins=(0, 1), signals=two_stages())


def test_a_junction_kept_clear_lets_the_others_cross(engine: str) -> None:
    trips = [(0, 0, [0, 2])] * 5 + [(20_000, 1, [1])]
    made = run(engine, blocked_junction(0), arrivals_of(trips), 60_000)
    assert times(made, Kind.INSIDE) == []
    assert times(made, Kind.CROSS, 1) == [30_000]


def test_who_stands_inside_a_junction_blocks_those_who_cross(engine: str) -> None:
    """The fourth stands inside from 16 s on until the first has left link 2 (green at 45 s, one second of
    start-up) and the wave has brought room, at 47 s."""
    trips = [(0, 0, [0, 2])] * 5 + [(20_000, 1, [1])]
    made = run(engine, blocked_junction(ENTERS), arrivals_of(trips), 60_000, [(40_000, 1)])
    assert times(made, Kind.INSIDE, 0) == [16_000]
    assert times(made, Kind.CROSS, 0) == [10_000, 12_000, 14_000, 47_000, 49_000]
    assert times(made, Kind.CROSS, 1) == [47_001]  # whoever is freed at an instant goes after it


def test_an_emergency_vehicle_passes_the_queue_and_obeys_the_light(engine: str) -> None:
    movement = {"a": 0, "b": 1, "group": 1, "startup_ms": 1000}
    tables = tables_of([{"headway_ms": 1000}] * 2, [movement], signals=two_stages())
    arrivals = arrivals_of([(1000 * i, 0, [0]) for i in range(4)])._replace(
        siren=np.array([False, False, False, True])
    )
    made = run(engine, tables, arrivals, 60_000, [(30_000, 1)])
    rows = made.records()
    passed = rows[rows["kind"] == Kind.PASS]
    assert [(int(r["t_ms"]), int(r["entity"]), int(r["value"])) for r in passed] == [(13_000, 3, 3)]
    crossed = rows[(rows["kind"] == Kind.CROSS) & (rows["place"] == 0)]
    assert crossed["entity"].tolist() == [3, 0, 1, 2]
    assert crossed["t_ms"].tolist() == [36_000, 38_000, 40_000, 42_000]


def test_a_bus_holds_up_those_behind_it_at_its_stop_and_is_not_delayed_by_it(engine: str) -> None:
    tables = tables_of([{}, {}], [{"a": 0, "b": 1}])
    arrivals = arrivals_of([(0, 0, [0]), (3000, 0, [0])])._replace(
        route_dwell_ms=np.array([15_000, 0, 0, 0], np.int32)
    )
    made = run(engine, tables, arrivals, 60_000)
    assert times(made, Kind.CROSS, 0) == [25_000, 27_000]
    sums = made.sums()
    assert (sums.arrive_ms - sums.depart_ms - sums.freeflow_ms).tolist() == [0, 14_000]
