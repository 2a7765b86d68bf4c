"""Each measure of a place on a few vehicles that can be checked on paper."""

import math

import numpy as np
import pytest
from support.passages import greens_of, in_one_row, passages_of
from support.roads import tables_of, two_stages

from signalsim import measures as m

HOUR_MS = 3_600_000


def test_delay_stops_and_flow() -> None:
    p = passages_of(
        4,
        delay_ms=[10_000, 20_000, 0, 30_000],
        wait_ms=[0, 0, 40_000, 0],
        stops=[1, 2, 0, 1],
        cross_ms=[5000, 6000, 7000, -1],
    )
    rows = in_one_row(p)
    assert m.control_delay_s(p, rows).tolist() == [25.0]
    assert m.control_delay_p95_s(p, rows).tolist() == [40.0]
    assert m.total_control_delay_h(p, rows).tolist() == [100 / 3600]
    assert m.entry_wait_s(p, rows).tolist() == [10.0]
    assert m.stops_per_passage(p, rows).tolist() == [1.0]
    assert m.demand_veh(p, rows).tolist() == [4] and m.not_crossed_veh(p, rows).tolist() == [1]
    crossed = rows.within(p.cross_ms, 0, 7000)  # up to, not at
    assert m.flow_vph(crossed, 10_000).tolist() == [720.0]


def test_percentiles_are_values_that_occurred() -> None:
    rows = m.Rows(np.array([0] * 20 + [1] * 3 + [-1]), 3)
    values = np.array([*range(20, 0, -1), 7, 5, 6, 99])
    assert rows.percentile(values, 95)[:2].tolist() == [19, 7] and math.isnan(rows.percentile(values, 95)[2])
    assert rows.percentile(values, 50)[:2].tolist() == [10, 6]


def test_level_of_service_at_its_limits() -> None:
    delay = np.array([0, 10, 10.001, 20, 35, 55, 80, 80.001, np.nan])
    assert "".join(m.level_of_service(delay, np.ones(9, bool))) == "AABBCDEF"
    delay = np.array([10, 10.001, 15, 25, 35, 50, 50.001])
    assert "".join(m.level_of_service(delay, np.zeros(7, bool))) == "ABBCDEF"
    signalised = np.ones(4, bool)
    letters = m.level_of_service(np.full(4, 5.0), signalised, np.array([1.0, 1.001, np.inf, np.nan]))
    assert "".join(letters) == "AFFA"


def test_lane_groups_are_lanes_that_share_movements() -> None:
    """Left, left and through, through, right from a lane of its own."""
    links = [{"lanes": 4}, {}, {}, {}]
    movements = [
        {"a": 0, "b": 1, "lanes": (0, 1)},
        {"a": 0, "b": 2, "lanes": (1, 2)},
        {"a": 0, "b": 3, "lanes": (3,)},
    ]
    groups = m.lane_groups(tables_of(links, movements))
    assert groups.of_lane.tolist() == [0, 0, 0, 1, -1, -1, -1]
    assert groups.of_movement.tolist() == [0, 0, 1]
    assert groups.lanes.tolist() == [3, 1] and groups.link.tolist() == [0, 0]


def saturation_of(lanes: list[tuple[int, ...]], cars: list[int], n_lanes: int, **options: object):
    """v/c of the groups of one approach whose movements share signal group 0, green 33 s of 90 s."""
    links = [{"lanes": n_lanes}] + [{} for _ in lanes] + [{}]
    timing = {"headway_ms": 2000, "startup_ms": 3000, "end_gain_ms": 2000, "group": 0}  # 2 s lost
    movements = [{"a": 0, "b": 1 + i, "lanes": own, **timing, **options} for i, own in enumerate(lanes)]
    movements += [{"a": len(lanes) + 1, "b": 1, "group": 1}]
    tables = tables_of(links, movements, signals=two_stages())
    greens = greens_of([(0, 90_000 * i, 90_000 * i + 33_000) for i in range(40)], HOUR_MS)
    movement = np.repeat(np.arange(len(cars)), cars)
    p = passages_of(len(movement), movement=movement, line_ms=np.arange(len(movement)) % HOUR_MS)
    groups = m.lane_groups(tables)
    return m.degree_of_saturation(p, tables, groups, greens, 0, HOUR_MS), tables, greens


def test_degree_of_saturation_of_a_plain_lane_group() -> None:
    """g = 33 - 2 + 2, s = 1800: c = 660 per lane; 990 on two lanes are 0.75."""
    x, tables, greens = saturation_of([(0, 1)], [990], 2)
    assert m.effective_green_ms(tables, greens, 0, HOUR_MS).tolist()[:1] == [40 * 33_000]
    assert m.effective_green_ms(tables, greens, 0, 10_000).tolist()[:1] == [8000]
    assert x[0] == pytest.approx(0.75, rel=1e-15)


def test_degree_of_saturation_of_shared_lanes() -> None:
    """Turners who may only use the left of two lanes fill it; those who may use both move over."""
    assert saturation_of([(0,), (0, 1)], [330, 660], 2)[0][0] == pytest.approx(0.75)  # balanced: 495 each
    assert saturation_of([(0,), (0, 1)], [594, 66], 2)[0][0] == pytest.approx(0.90)  # the left one alone
    assert saturation_of([(0,), (0,)], [330, 330], 1)[0][0] == pytest.approx(1.0)


def test_degree_of_saturation_without_green_and_with_gaps() -> None:
    assert saturation_of([(0,)], [1], 1, group=1)[0][0] == math.inf
    assert saturation_of([(0,)], [0], 1, group=1)[0][0] == 0
    assert math.isnan(saturation_of([(0,)], [10], 1, group=-1, rules=3)[0][0])  # an all-way stop
    assert saturation_of([(0,)], [900], 1, group=-1)[0][0] == pytest.approx(0.5)  # always open


def one_lamp():
    return tables_of(
        [{}, {}],
        [{"a": 0, "b": 1, "group": 0, "end_gain_ms": 1000}],
        signals=two_stages(yellow_ms=3000, intergreen_ms=5000),
    )


def test_arrivals_on_green_and_platoon_ratio() -> None:
    """Green in [10, 30) of 100 s; of four, two come then: at its very start, and not at its very end."""
    tables, greens = one_lamp(), greens_of([(0, 10_000, 30_000)], 100_000)
    p = passages_of(4, line_ms=[9999, 10_000, 29_999, 30_000])
    rows = in_one_row(p)
    assert m.arrivals_on_green(p, rows, tables, greens).tolist() == [0.5]
    assert m.platoon_ratio(p, rows, tables, greens, 0, 100_000)[0] == pytest.approx(0.5 / 0.2)
    free = passages_of(1, movement=[-1])
    assert math.isnan(m.arrivals_on_green(free, in_one_row(free), tables, greens)[0])


def test_split_failures() -> None:
    """Greens [0, 20), [60, 80), [120, 140); clearance 5 s. Who stood at 60 s and goes at 125 s was left once.

    One that came during a green is no failure of that green; one that clears within 5 s is served.
    """
    tables = one_lamp()
    greens = greens_of([(0, 0, 20_000), (0, 60_000, 80_000), (0, 120_000, 140_000)], 200_000)

    def failures(line_s: float, cross_s: float, until: int = 200_000) -> int:
        p = passages_of(1, line_ms=[round(1000 * line_s)], cross_ms=[round(1000 * cross_s)])
        return int(m.split_failures(p, tables, greens, np.zeros(1, np.int64), 1, 0, until)[0])

    assert failures(30, 125) == 1
    assert failures(60, 125) == 1  # there when it began
    assert failures(60.001, 125) == 0  # came during the green
    assert failures(30, 84.999) == 0 and failures(30, 85) == 1
    assert failures(30, -0.001) == 2  # has not crossed at all
    assert failures(0, 190) == 3
    assert failures(30, -0.001, until=120_000) == 1  # the third green ends later
    assert m.greens_shown(tables, greens, np.zeros(1, np.int64), 1, 0, 200_000).tolist() == [3]
    assert m.greens_shown(tables, greens, np.zeros(1, np.int64), 1, 0, 80_000).tolist() == [1]


def test_a_green_fails_once_however_many_it_leaves() -> None:
    tables, greens = one_lamp(), greens_of([(0, 60_000, 80_000)], 200_000)
    p = passages_of(3, line_ms=[10_000, 20_000, 30_000], cross_ms=[130_000, 132_000, -1])
    assert m.split_failures(p, tables, greens, np.zeros(1, np.int64), 1, 0, 200_000).tolist() == [1]


def test_queues() -> None:
    """Two in the queue from 10 and 12 s to 20 and 22 s; one that waits outside is in no queue on the road."""
    p = passages_of(
        3, line_ms=[10_000, 12_000, 11_000], cross_ms=[20_000, 22_000, -1], enter_ms=[0, 2000, -1]
    )
    times = np.arange(0, 40_000, 2000)
    (samples,) = m.queues(p, in_one_row(p), times, np.ones(3))
    assert samples.tolist() == [0] * 5 + [1, 2, 2, 2, 2, 1] + [0] * 9
    assert m.mean_queue(samples) == 10 / 20 and m.max_queue(samples) == 2 and m.p95_queue(samples) == 2
    (metres,) = m.queues(p, in_one_row(p), times, np.array([7.5, 15.0, 7.5]))
    assert m.max_queue(metres) == 22.5


def test_people_and_buses() -> None:
    p = passages_of(
        3, size=[2, 4, 4], is_bus=[False, False, True], delay_ms=[36_000] * 3, wait_ms=[0, 0, 36_000]
    )
    rows = in_one_row(p)
    assert m.person_delay_h(p, rows)[0] == pytest.approx((1.7 + 1.0 + 2 * 10.8) / 100)
    assert m.person_delay_h(p, rows, m.Occupancy(1, 1, 30))[0] == pytest.approx(0.62)
    assert m.bus_delay_s(p, rows).tolist() == [72.0]
    cars = passages_of(1)
    assert math.isnan(m.bus_delay_s(cars, in_one_row(cars))[0])


def test_fuel() -> None:
    """One car, a mile at 30 mph, an hour of delay, two stops; another waits outside for an hour."""
    p = passages_of(
        2, delay_ms=[HOUR_MS, 0], stops=[2, 0], enter_ms=[0, -1], cross_ms=[0, -1], wait_ms=[0, HOUR_MS]
    )
    mile, mph30 = np.array([1609.344]), np.array([30 * 0.44704])
    litres = m.fuel_l(p, in_one_row(p), mile, mph30)
    gallons = (0.075283 - 0.047676 + 0.0135594) + 0.7329 + 2 * 0.00552699 + 0.7329
    assert litres[0] == pytest.approx(gallons * 3.785411784, rel=1e-12)
    assert m.co2_kg(litres)[0] == pytest.approx(gallons * 8.887, rel=1e-12)


def test_reliability_of_a_pair_of_ends() -> None:
    """Twenty trips of 100, 110, ... 290 s whose free-flow time is 100 s."""
    travel = 100_000 + 10_000 * np.arange(20)
    t = m.Trips(
        m.Rows(np.zeros(20, np.int64), 1),
        np.zeros(1),
        np.ones(1),
        np.array([20]),
        travel,
        np.full(20, 100_000),
    )
    assert m.travel_time_s(t).tolist() == [195.0]
    assert m.travel_time_percentile_s(t, 95).tolist() == [280.0]
    assert m.planning_time_index(t).tolist() == [2.8]
    assert m.buffer_index(t)[0] == pytest.approx(85 / 195)
