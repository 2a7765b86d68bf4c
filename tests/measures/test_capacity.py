"""Capacity in gaps: on paper, and against what a queue that never ends sends through in both engines."""

import numpy as np
import pytest
from support.passages import greens_of, passages_of
from support.roads import arrivals_of, run, tables_of, two_stages

from signalsim import measures as m
from signalsim.engine.tables import ON_RED
from signalsim.measures.capacity import crossed_on_red

TURN = {"gap_ms": 5000, "follow_ms": 2500}


def yielding(lit: bool = False):
    """Movement 0 from link 0 gives way to movement 1 from link 1; under one signal group if ``lit``."""
    group = {"group": 0, "startup_ms": 3000, "end_gain_ms": 2000} if lit else {}
    movements = [{"a": 0, "b": 2, **TURN, **group}, {"a": 1, "b": 3, **group}]
    links = [{"slots": 400, "wave_ms": 1000}, {}, {}, {}]
    signals = two_stages(yellow_ms=3000) if lit else None
    return tables_of(links, movements, yields=[(0, 1)], signals=signals, origins=(0, 1))


def test_gaps_on_paper() -> None:
    """Priority at 4, 10 and 30 s of a minute: none before 4 (a lag of 4 s), one from 4 (until 5), from 10
    on one at 10, 12.5, ... 25, and from 30 on all of 30, 32.5, ... 57.5.
    """
    p = passages_of(3, movement=[1, 1, 1], link=[1, 1, 1], cross_ms=[4000, 10_000, 30_000])
    found = m.capacity_pcu(p, yielding(), greens_of([], 60_000), 0, 60_000)
    assert found.tolist() == [0 + 1 + 7 + 12, 30]


def test_green_without_anybody_open_against_it_counts_by_headways() -> None:
    """Group 0 is open in [0, 20), the priority stream's own group never: (20 - 2) / 2 s."""
    tables = tables_of(
        [{}, {}, {}, {}],
        [
            {"a": 0, "b": 2, "group": 0, "startup_ms": 3000, "end_gain_ms": 2000, "sneakers": 2, **TURN},
            {"a": 1, "b": 3, "group": 1},
        ],
        yields=[(0, 1)],
        signals=two_stages(),
        origins=(0, 1),
    )
    found = m.capacity_pcu(passages_of(0), tables, greens_of([(0, 0, 20_000)], 60_000), 0, 60_000)
    assert found[0] == 9 + 2  # those that clear at its end


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lit", [False, True])
def test_it_is_what_a_standing_queue_discharges(seed: int, lit: bool, engine: str) -> None:
    """Priority at random, 600 veh/h; the turners stand in a queue throughout. To one vehicle."""
    rng = np.random.default_rng(seed)
    end_ms = 1_200_000
    priority = [(int(t), 1, [1]) for t in np.sort(rng.integers(0, end_ms, end_ms // 6000))]
    turners = [(500 * i, 0, [0]) for i in range(end_ms // 1500)]
    tables = yielding(lit)
    arrivals = arrivals_of(priority + turners)
    switches = [(45_000 * (i + 1), (i + 1) % 2) for i in range(end_ms // 45_000 - 1)] if lit else []
    made = run(engine, tables, arrivals, end_ms, switches)
    p = m.passages(made.records(), tables, arrivals, made.sums().counted, end_ms)
    shown = m.greens(made.records(), end_ms)
    from_ms, to_ms = 90_000, 1_080_000
    crossed = int(((p.movement == 0) & (p.cross_ms >= from_ms) & (p.cross_ms < to_ms)).sum())
    standing = next(
        m.queues(
            p, m.by_movement(p, np.array([0, -1]), 1), np.arange(from_ms, to_ms, 1000), np.ones(len(p.link))
        )
    )
    assert standing.min() > 0
    capacity = m.capacity_pcu(p, tables, shown, from_ms, to_ms)[0]
    assert abs(crossed - capacity) <= 1


def test_turns_on_red_are_no_demand_of_the_green() -> None:
    """Green in [10, 30), end gain 2 s: who crosses at 5, 32 and 40 s turned on red."""
    movements = [{"a": 0, "b": 1, "group": 0, "end_gain_ms": 2000, "rules": ON_RED}]
    tables = tables_of([{}, {}], movements, signals=two_stages())
    p = passages_of(6, cross_ms=[5000, 10_000, 31_999, 32_000, 40_000, -1])
    shown = greens_of([(0, 10_000, 30_000)], 60_000)
    assert crossed_on_red(p, tables, shown).tolist() == [True, False, False, True, True, False]
    x = m.degree_of_saturation(p, tables, m.lane_groups(tables), shown, 0, 60_000)
    assert x[0] == pytest.approx(3 / (23 / 2))  # no start-up loss in this table: 20 + 1 + 2 s


def test_streams_whose_greens_overlap_are_open_once() -> None:
    """Priority is open in [0, 20) and [15, 40), and nobody comes: 40 s by follow-up, 20 s by headways."""
    tables = tables_of(
        [{}, {}, {}, {}],
        [
            {"a": 0, "b": 3, "gap_ms": 5000, "follow_ms": 2500},
            {"a": 1, "b": 3, "group": 0},
            {"a": 2, "b": 3, "group": 1},
        ],
        yields=[(0, 1), (0, 2)],
        signals=two_stages(),
    )
    shown = greens_of([(0, 0, 20_000), (1, 15_000, 40_000)], 60_000)
    assert m.capacity_pcu(passages_of(0), tables, shown, 0, 60_000)[0] == 16 + 10
