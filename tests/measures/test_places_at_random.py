"""Measures of places on random networks: bounds, and the same worked out vehicle by vehicle."""

import numpy as np
import pytest
from support.networks import drive, random_case
from support.roads import ENGINES

from signalsim import measures as m

SEEDS = range(25)


def case(seed: int):
    tables, arrivals, end_ms = random_case(seed)
    made = ENGINES["numba"](tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
    drive(made, tables, seed, end_ms)
    sums, records = made.sums(), made.records()
    p = m.passages(records, tables, arrivals, sums.counted, end_ms)
    return tables, arrivals, end_ms, sums, p, m.greens(records, end_ms)


@pytest.mark.parametrize("seed", SEEDS)
def test_progression_vehicle_by_vehicle(seed: int) -> None:
    tables, _, end_ms, _, p, shown = case(seed)
    n = len(tables.movement)
    own = np.arange(n)
    rows = m.by_movement(p, own, n).within(p.line_ms, 0, end_ms)
    share = m.arrivals_on_green(p, rows, tables, shown)
    failed = m.split_failures(p, tables, shown, own, n, 0, end_ms)
    out_of = m.greens_shown(tables, shown, own, n, 0, end_ms)
    assert (failed <= out_of).all()
    spans = list(zip(shown.group.tolist(), shown.start_ms.tolist(), shown.end_ms.tolist(), strict=True))
    gain = {
        g: max(
            tables.movement["end_gain_ms"][tables.movement["group"] == g].max(initial=0),
            tables.signals.group["clear_ms"][g],
        )
        for g in set(shown.group.tolist())
    }
    for movement in range(n):
        group = int(tables.movement["group"][movement])
        mine = np.flatnonzero(p.movement == movement)
        if group < 0:
            assert np.isnan(share[movement]) and out_of[movement] == 0
            continue
        greens = [(a, b) for g, a, b in spans if g == group]
        came = [t for t in p.line_ms[mine].tolist() if t < end_ms]
        on_green = sum(any(a <= t < b for a, b in greens) for t in came)
        assert np.isnan(share[movement]) if not came else share[movement] == on_green / len(came)
        expected = 0
        for a, b in greens:
            over = b + gain[group]
            if b == end_ms or over > end_ms:
                continue
            expected += any(
                p.line_ms[i] <= a and (p.cross_ms[i] < 0 or p.cross_ms[i] >= over) for i in mine.tolist()
            )
        assert failed[movement] == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_queues_vehicle_by_vehicle(seed: int) -> None:
    tables, _, end_ms, sums, p, _ = case(seed)
    groups = m.lane_groups(tables)
    n = len(groups.lanes)
    times = np.arange(0, end_ms, 7000)
    rows = m.by_movement(p, groups.of_movement, n)
    room = np.bincount(tables.segment["link"][tables.lane[: len(sums.lane_crossed)]], sums.lane_max_queue)
    for number, samples in enumerate(m.queues(p, rows, times, np.ones(len(p.link)))):
        mine = np.flatnonzero((rows.of == number) & (p.enter_ms >= 0))
        expected = [
            sum(p.line_ms[i] <= t and not 0 <= p.cross_ms[i] <= t for i in mine.tolist())
            for t in times.tolist()
        ]
        assert samples.tolist() == expected
        assert m.max_queue(samples) >= m.p95_queue(samples) and m.max_queue(samples) >= m.mean_queue(samples)
        one_part = (tables.segment["link"] == groups.link[number]).sum() == 1  # no mouth on the way
        if one_part and (p.cross_ms[mine] >= 0).all():  # the engine looks at its queues when somebody leaves
            assert m.max_queue(samples) <= room[groups.link[number]]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_lane_group_serves_more_than_its_effective_greens_allow(seed: int) -> None:
    """Of those that do not give way: served cars x headway fit into the greens, almost."""
    tables, _, end_ms, _, p, shown = case(seed)
    green = m.effective_green_ms(tables, shown, 0, end_ms)
    served = np.bincount(p.movement[(p.cross_ms >= 0) & (p.movement >= 0)], minlength=len(green))
    greens = m.greens_shown(tables, shown, np.arange(len(green)), len(green), 0, end_ms + 1) + 1
    lanes = np.array([int(mask).bit_count() for mask in tables.movement["serve_last"]])
    firm = ~m.gives_way(tables) & (tables.movement["group"] >= 0)
    # a rolling queue does not start up: at most the lost time and a headway more per green and lane
    more = tables.movement["startup_ms"] + tables.movement["startup2_ms"] + tables.movement["headway_ms"]
    need = served * tables.movement["headway_ms"].astype(np.int64)
    assert (need <= lanes * (green + greens * more))[firm].all()
    x = m.degree_of_saturation(p, tables, m.lane_groups(tables), shown, 0, end_ms)
    assert ((x >= 0) | np.isnan(x)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_trips_hold_every_counted_vehicle(seed: int) -> None:
    tables, arrivals, _, sums, p, _ = case(seed)
    t = m.trips(sums, tables, arrivals)
    assert t.begun.sum() == sums.counted.sum()
    assert t.rows.number().sum() == (sums.arrive_ms >= 0).sum()
    last = dict(zip(p.vehicle.tolist(), p.link.tolist(), strict=True))
    arrived = np.flatnonzero(sums.counted & (sums.arrive_ms >= 0))
    assert [last[v] for v in arrived.tolist()] == t.destination[t.rows.of].tolist()
    first_link = arrivals.route_link[arrivals.route[arrived]]
    assert first_link.tolist() == t.origin[t.rows.of].tolist()
