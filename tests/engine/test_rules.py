"""Each rule of the model on a road small enough to work out by hand; both engines."""

import numpy as np
import pytest
from support.roads import arrivals_of, run, tables_of, times, two_stages

from signalsim.engine.records import Kind

pytestmark = pytest.mark.nojit

CORRIDOR = [{"travel_ms": 10_000}, {"travel_ms": 10_000}]


def test_free_flow_takes_link_times_and_the_junction(engine: str) -> None:
    tables = tables_of(CORRIDOR, [{"a": 0, "b": 1, "traverse_ms": 1500}])
    made = run(engine, tables, arrivals_of([(700, 0, [0])]), 60_000)
    assert times(made, Kind.CROSS) == [10_700, 22_200]
    assert made.sums().arrive_ms.tolist() == [22_200]
    assert made.sums().freeflow_ms.tolist() == [21_500]


def test_a_slow_leader_is_not_overtaken(engine: str) -> None:
    tables = tables_of(CORRIDOR[:1], [])
    arrivals = arrivals_of([(0, 0, []), (2000, 0, [])])
    arrivals.pace[:] = [1250, 800]
    made = run(engine, tables, arrivals, 60_000)
    assert made.sums().arrive_ms.tolist() == [12_500, 14_500]  # own free flow of the second: 10,000


def test_discharge_from_a_standing_queue(engine: str) -> None:
    """First crossing at green + start-up, the second a headway and its extra later, then one per headway."""
    movement = {"a": 0, "b": 1, "group": 1, "startup_ms": 1000, "startup2_ms": 2450, "headway_ms": 2550}
    tables = tables_of([{"headway_ms": 1000}] * 2, [movement], signals=two_stages())
    arrivals = arrivals_of([(1000 * i, 0, [0]) for i in range(4)])
    made = run(engine, tables, arrivals, 90_000, [(30_000, 1)])
    green = 35_000
    assert times(made, Kind.CROSS, 0) == [green + 1000, green + 6000, green + 8550, green + 11_100]


def test_a_vehicle_that_meets_green_does_not_start_up(engine: str) -> None:
    tables = tables_of(CORRIDOR, [{"a": 0, "b": 1, "group": 1, "startup_ms": 3000}], signals=two_stages())
    made = run(engine, tables, arrivals_of([(25_100, 0, [0])]), 90_000, [(30_000, 1)])
    assert times(made, Kind.CROSS, 0) == [35_100]


def test_end_gain_is_discharge_after_the_end_of_green(engine: str) -> None:
    movement = {"a": 0, "b": 1, "group": 0, "end_gain_ms": 2000}
    tables = tables_of(CORRIDOR, [movement], signals=two_stages())
    trips = [(t - 10_000, 0, [0]) for t in (19_999, 21_998, 22_001)]
    made = run(engine, tables, arrivals_of(trips), 60_000, [(20_000, 1)])
    assert times(made, Kind.CROSS, 0) == [19_999, 21_999]  # the third comes a millisecond late


def test_a_queue_dissolves_with_the_backward_wave(engine: str) -> None:
    """Room for two cars: the third may enter L/w after the first has left."""
    links = [{"slots": 40}, {"slots": 6, "wave_ms": 7000, "travel_ms": 2000}, {}]
    movements = [{"a": 0, "b": 1}, {"a": 1, "b": 2, "group": 1}]
    tables = tables_of(links, movements, signals=two_stages())
    arrivals = arrivals_of([(2000 * i, 0, [0, 1]) for i in range(5)])
    made = run(engine, tables, arrivals, 120_000, [(40_000, 1)])
    assert times(made, Kind.CROSS, 0) == [10_000, 12_000, 14_000, 45_000 + 7000, 47_000 + 7000]
    assert times(made, Kind.CROSS, 1) == [45_000, 47_000, 49_000, 54_000, 56_000]


def test_freed_room_is_shared_by_capacity(engine: str) -> None:
    """Two links of 1 and 2 s headway into a lane that takes one car per 4 s: shares 1 to 2."""
    links = [{"headway_ms": 1000}, {"headway_ms": 2000}, {"headway_ms": 4000, "slots": 400, "wave_ms": 1000}]
    movements = [{"a": 0, "b": 2, "headway_ms": 1000}, {"a": 1, "b": 2, "headway_ms": 2000}]
    tables = tables_of(links, movements, origins=(0, 1))
    trips = [(500 * i, link, [link]) for i in range(200) for link in (0, 1)]
    made = run(engine, tables, arrivals_of(trips), 410_000)
    out = made.sums().movement_crossed
    assert abs(out[0] - 2 * out[1]) <= 2 and out.sum() == 100


def test_a_permissive_turn_waits_for_a_gap(engine: str) -> None:
    """Opposing vehicles cross at 10, 12 and 20 s; a gap of 4.5 s opens at 12 s, the next follows 2.5 s on."""
    links = [{}, {}, {}, {}]
    movements = [{"a": 0, "b": 2}, {"a": 1, "b": 3}]
    tables = tables_of(links, movements, yields=[(0, 1)], origins=(0, 1))
    trips = [(0, 0, [0]), (10, 0, [0]), (0, 1, [1]), (2000, 1, [1]), (10_000, 1, [1])]
    made = run(engine, tables, arrivals_of(trips), 60_000)
    assert times(made, Kind.CROSS, 0) == [12_000, 14_500]


def test_two_queued_permissive_turners_clear_at_the_end_of_green(engine: str) -> None:
    movements = [
        {"a": 0, "b": 2, "group": 0, "sneakers": 2, "end_gain_ms": 2000, "follow_ms": 2500},
        {"a": 1, "b": 3, "group": 0, "end_gain_ms": 2000},
    ]
    tables = tables_of([{}, {}, {}, {}], movements, yields=[(0, 1)], origins=(0, 1), signals=two_stages())
    opposing = [(2000 * i, 1, [1]) for i in range(60)]
    turning = [(2000 * i, 0, [0]) for i in range(4)]
    made = run(engine, tables, arrivals_of(turning + opposing), 60_000, [(30_000, 1)])
    assert times(made, Kind.CROSS, 0) == [32_000, 34_500]


def test_who_cannot_enter_waits_and_is_counted(engine: str) -> None:
    links = [{"slots": 6, "wave_ms": 1000}, {}]
    tables = tables_of(links, [{"a": 0, "b": 1, "group": 1}], signals=two_stages())
    made = run(engine, tables, arrivals_of([(0, 0, [0])] * 10), 60_000)
    assert made.totals()[:4] == (10, 0, 3, 7)
    assert made.observe().source_waiting.tolist() == [7]


def test_a_full_bay_blocks_the_lane_beside_it(engine: str) -> None:
    """A link with a bay: three turners fill it at red, the fourth stands at its mouth, through waits."""
    from support.networks import bay_case

    tables, arrivals = bay_case()
    made = run(engine, tables, arrivals, 60_000)
    crossed = made.sums().movement_crossed
    assert crossed.tolist() == [0, 2]  # two went through before the bay was full; the rest are stuck
    assert np.array_equal(made.observe().lane_vehicles[:3], [4, 3, 0])


def test_far_events_come_in_time_however_busy_the_half_turns_are(engine: str) -> None:
    """The wheel is refilled every 65,536 ms; an event in the millisecond before must not hide that."""
    half = 1 << 16
    tables = tables_of([{}, {}], [], origins=(0, 1))
    far = [150_000, 2 * half + 40_000, 3 * half, 4 * half + 1]
    trips = [(k * half - 1, 0, []) for k in range(1, 6)] + [(t, 1, []) for t in far]
    made = run(engine, tables, arrivals_of(trips), 6 * half)
    assert times(made, Kind.DEPART, 1) == far


def test_a_far_event_is_not_lost_behind_busy_half_turns(engine: str) -> None:
    """One lonely departure beyond a whole turn, events just before two half turns in a row."""
    half = 1 << 16
    tables = tables_of([{}, {}], [], origins=(0, 1))
    trips = [(half - 1, 0, []), (2 * half - 1, 0, []), (150_000, 1, [])]
    made = run(engine, tables, arrivals_of(trips), 6 * half)
    assert made.sums().arrive_ms.tolist() == [half + 9_999, 2 * half + 9_999, 160_000]
