"""Records folded into passages: by hand, and held against the engine's sums on random networks."""

import numpy as np
import pytest
from support.networks import drive, random_case
from support.roads import ENGINES, arrivals_of, run, tables_of, two_stages

from signalsim.measures import greens, passages

SEEDS = range(40)


def crossing_streams():
    """Link 0 -> 2 under group 0, link 1 -> 2 under group 1; 10 s to drive on each link."""
    movements = [
        {"a": 0, "b": 2, "group": 0, "startup_ms": 1000},
        {"a": 1, "b": 2, "group": 1, "startup_ms": 1000},
    ]
    return tables_of([{}, {}, {}], movements, signals=two_stages(), origins=(0, 1))


def test_three_vehicles_on_paper(engine: str) -> None:
    """Group 0 is green in [0, 8) and from 45 s on; two come on red, one while they leave."""
    tables = crossing_streams()
    arrivals = arrivals_of([(0, 0, [0]), (2000, 0, [0]), (36_000, 0, [0])])
    made = run(engine, tables, arrivals, 55_000, [(8000, 1), (40_000, 0)])
    p = passages(made.records(), tables, arrivals, np.ones(3, bool), 55_000)

    assert p.vehicle.tolist() == [0, 0, 1, 1, 2, 2]
    assert p.link.tolist() == [0, 2] * 3 and p.movement.tolist() == [0, -1] * 3
    first, last = slice(0, None, 2), slice(1, None, 2)
    assert p.enter_ms[first].tolist() == [0, 2000, 36_000]
    assert p.line_ms[first].tolist() == [10_000, 12_000, 46_000]
    assert p.cross_ms[first].tolist() == [46_000, 48_000, 50_000]  # 1 s start-up, 2 s headways
    assert p.delay_ms[first].tolist() == [36_000, 36_000, 4000]
    assert p.stops[first].tolist() == [1, 1, 1]
    assert p.cross_ms[last].tolist() == [-1] * 3  # the last link takes another 10 s
    assert p.line_ms[last].tolist() == [56_000, 58_000, 60_000]

    shown = greens(made.records(), 55_000)
    assert list(zip(shown.group, shown.start_ms, shown.end_ms, strict=True)) == [
        (0, 0, 8000),
        (0, 45_000, 55_000),
        (1, 13_000, 40_000),
    ]


def test_who_finds_no_room_waits_outside(engine: str) -> None:
    """Three cars fit on the link (6 slots), its lamp is red: the fourth waits for room, the wait counts."""
    tables = tables_of(
        [{"slots": 6}, {}, {}],
        [{"a": 0, "b": 2, "group": 1}, {"a": 1, "b": 2, "group": 0}],
        signals=two_stages(),
        origins=(0, 1),
    )
    arrivals = arrivals_of([(2000 * i, 0, [0]) for i in range(4)])
    made = run(engine, tables, arrivals, 30_000)
    p = passages(made.records(), tables, arrivals, np.ones(4, bool), 30_000)
    assert p.enter_ms.tolist() == [0, 2000, 4000, -1]
    assert p.wait_ms.tolist() == [0, 0, 0, 24_000]
    assert p.delay_ms.tolist() == [20_000, 18_000, 16_000, 0]
    assert p.wished_ms.tolist() == [10_000, 12_000, 14_000, 16_000]


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_over_passages_are_the_engines_sums(seed: int) -> None:
    tables, arrivals, end_ms = random_case(seed)
    made = ENGINES["numba"](tables, arrivals, count_from_ms=end_ms // 8, count_to_ms=end_ms // 3, record=True)
    drive(made, tables, seed, end_ms)
    sums, records = made.sums(), made.records()
    p = passages(records, tables, arrivals, sums.counted, end_ms)
    lane_link = tables.segment["link"][tables.lane[: len(tables.lane_slots)]]
    n_links, n_movements = len(tables.link_first_segment), len(tables.movement)

    crossed = p.cross_ms >= 0
    led = crossed & (p.movement >= 0)
    assert np.array_equal(np.bincount(p.movement[led], minlength=n_movements), sums.movement_crossed)
    assert p.stops[p.counted].sum() == sums.lane_stops.sum()
    whole = np.bincount(p.link[~crossed & p.counted], minlength=n_links) == 0  # nobody is under way there
    delay = np.bincount(p.link[p.counted], p.delay_ms[p.counted], n_links)
    assert np.array_equal(delay[whole], np.bincount(lane_link, sums.lane_delay_ms, n_links)[whole])
    waiting = np.flatnonzero(sums.enter_ms < 0)
    assert set(p.vehicle[p.enter_ms < 0]) == set(waiting[arrivals.depart_ms[waiting] < end_ms])
    assert (p.delay_ms >= 0).all() and (p.wait_ms >= 0).all()
    for v, is_bus in zip(p.vehicle.tolist(), p.is_bus.tolist(), strict=True):
        route = arrivals.route[v]
        dwells = arrivals.route_dwell_ms[arrivals.route_start[route] : arrivals.route_start[route + 1]]
        assert is_bus == (dwells > 0).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trips_delay_is_what_it_lost_on_its_links_and_behind_slower_vehicles(seed: int) -> None:
    tables, arrivals, end_ms = random_case(seed)
    made = ENGINES["numba"](tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
    drive(made, tables, seed, end_ms)
    sums = made.sums()
    p = passages(made.records(), tables, arrivals, sums.counted, end_ms)
    n = len(arrivals.depart_ms)

    behind = _driving_ms(p) - _freely_ms(p, tables, arrivals)
    inside = p.enter_ms >= 0
    assert (behind[inside] >= 0).all(), "nobody drives faster than free flow"
    lost = np.bincount(p.vehicle, p.delay_ms + p.wait_ms + behind, n)
    arrived = sums.arrive_ms >= 0
    delay = sums.arrive_ms - sums.depart_ms - sums.freeflow_ms
    assert np.array_equal(lost[arrived], delay[arrived])


def _driving_ms(p) -> np.ndarray:
    """From entry to the stop line had nothing held it, less the loss of the start before."""
    loss = np.where(p.cross_ms >= 0, p.delay_ms - (p.cross_ms - p.line_ms), 0)
    same = np.append(False, p.vehicle[1:] == p.vehicle[:-1])
    return p.line_ms - p.enter_ms - np.where(same, np.append(0, loss[:-1]), 0)


def _freely_ms(p, tables, arrivals) -> np.ndarray:
    """Through the junction before, and over the link, at the driver's pace, its stops included."""
    result, leg = [], {}
    for v, link in zip(p.vehicle.tolist(), p.link.tolist(), strict=True):
        at = leg.get(v, int(arrivals.route_start[arrivals.route[v]]))
        leg[v] = at + 1
        s, time = int(tables.link_first_segment[link]), int(arrivals.route_dwell_ms[at])
        while s >= 0:
            time += -(-int(tables.segment[s]["travel_ms"]) * int(arrivals.pace[v]) // 1000)
            s = int(tables.segment[s]["next"])
        if at > arrivals.route_start[arrivals.route[v]]:
            time += int(tables.movement[arrivals.route_movement[at - 1]]["traverse_ms"])
        result.append(time)
    return np.array(result, np.int64)


def test_nobody_came() -> None:
    tables = crossing_streams()
    arrivals = arrivals_of([])
    made = run("numba", tables, arrivals, 10_000)
    p = passages(made.records(), tables, arrivals, np.ones(0, bool), 10_000)
    assert all(len(column) == 0 for column in p)
