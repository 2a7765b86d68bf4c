"""Fixed plans designed on counts, and the tables that controllers work on."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from support.networks import random_case

from signalsim.control import get
from signalsim.control.layout import junctions
from signalsim.control.volumes import design_volumes, expected_volumes
from signalsim.scenario import build, load


def _demand(counted):
    """Link 0 feeds movements 0 (to 1) and 1 (to 2); link 1 feeds movement 2 (to 3)."""
    turning = SimpleNamespace(
        start=np.array([0, 2, 3, 3, 3]),
        movement=np.array([0, 1, 2]),
        to_link=np.array([1, 2, 3]),
        bin_start_ms=np.array([0, 1_800_000]),
        cumulative=np.array([[0.25, 1.0, 1.0], [0.75, 1.0, 1.0]]),
    )
    entries = SimpleNamespace(
        link=np.array([0, 0, 1]),
        start_ms=np.array([-600_000, 600_000, 0]),
        end_ms=np.array([600_000, 3_600_000, 3_600_000]),
        vehicles=np.array([200.0, 500.0, 60.0]),
    )
    return SimpleNamespace(
        entries=entries,
        turning=turning,
        counted=np.array(counted),
        window_ms=(0, 3_600_000),
        heavy_share=0.1,
        heavy_pcu=2.0,
        listed=None,
    )


def test_expected_volumes_follow_entries_and_shares():
    # 100 of the first 200 are in the window: 600 veh/h, half of them by each movement on average
    assert expected_volumes(_demand([np.nan] * 3)) == pytest.approx([300, 300, 360])


def test_counts_come_before_expectations_and_heavy_vehicles_weigh_more():
    assert design_volumes(_demand([np.nan, 250.0, 400.0])) == pytest.approx([330, 275, 440])


def test_uniform_gives_the_busiest_stage_what_websters_formula_asks_for_it(scenarios):
    built = build(load(scenarios / "crossing"))
    plans = {name: get(name).prepare(built).plan for name in ("uniform", "webster")}
    webster, uniform = plans["webster"], plans["uniform"]
    assert webster.stage.tolist() == uniform.stage.tolist() == [0, 1, 2]
    assert uniform.cycle_ms[0] > webster.cycle_ms[0]  # as if every stage were as busy as the busiest
    change = 5000
    greens = {}
    for name, plan in plans.items():
        starts = np.concatenate(([0], plan.end_ms[:-1] + change))
        greens[name] = plan.end_ms - starts
        assert plan.end_ms[-1] + change == plan.cycle_ms[0]
    assert np.ptp(greens["uniform"]) <= 100
    # the side road has less traffic, and turns that hold up a lane while they wait for gaps
    assert min(greens["webster"][[0, 2]]) > greens["webster"][1]


def test_limits_of_the_cycle_are_kept(scenarios):
    built = build(load(scenarios / "crossing"))
    for spec, low, high in (("webster:max_cycle_s=60", 0, 60.2), ("uniform:min_cycle_s=150", 149.8, 999)):
        assert low <= get(spec).prepare(built).plan.cycle_ms[0] / 1000 <= high


def test_what_a_stage_serves(built):
    layout = junctions(built.tables)
    assert _rows(layout.stage_movement, layout.stage_movement_id) == [[1, 7], [0, 6], [4, 10], [3, 9]]
    assert layout.stage_lane_id.tolist() == [1, 5, 0, 4, 3, 7, 2, 6]
    assert layout.stage_min_green_ms.tolist() == [5000] * 4
    assert layout.change_ms.reshape(4, 4).tolist() == [[5000 * (a != b) for b in range(4)] for a in range(4)]


def _layout_twin(tables):
    """What ``junctions`` says, once more with loops and sets."""
    signals, movement = tables.signals, tables.movement
    served, lanes, minimum, change = [], [], [], []
    for junction in signals.junction:
        first, n = int(junction["first_group"]), int(junction["n_groups"])
        masks = signals.stage[junction["first_stage"] :][: junction["n_stages"]]
        stages = [{first + i for i in range(n) if int(mask) >> i & 1} for mask in masks]
        for groups in stages:
            served.append([m for m in range(len(movement)) if int(movement["group"][m]) in groups])
            lanes.append(
                [lane for lane in range(len(tables.lane_slots)) if _serves(tables, lane, served[-1])]
            )
        matrix = signals.intergreen_ms[junction["intergreen_start"] :][: n * n].reshape(n, n)
        walks = {first + i for i in range(n) if signals.group["walk"][first + i]}
        foes_of = {first + i: _members(int(signals.forbidden[first + i]), first, n) for i in range(n)}
        for groups in stages:
            needed = []
            for g in groups:
                more = [0]
                if g not in walks:
                    led = (p for p in groups & walks if int(signals.group["led"][p]) >> (g - first) & 1)
                    more += [int(signals.group["lead_ms"][p]) for p in led]
                for e in foes_of[g] - groups if g in walks else ():
                    ending = [int(matrix[c - first, e - first]) for c in foes_of[e] & groups - walks]
                    more += [int(matrix[g - first, e - first]) - max(ending)] if ending else []
                needed.append(int(signals.group["min_green_ms"][g]) + max(more))
            minimum.append(max(needed, default=0))
        for before in stages:
            for after in stages:
                longest = [0]
                for e in after - before:
                    ending = foes_of[e] & before - after
                    longest += [int(matrix[c - first, e - first]) for c in ending - walks or ending]
                change.append(max(longest))
    return served, lanes, minimum, change


def _members(mask, first, n):
    return {first + i for i in range(n) if mask >> i & 1}


def _serves(tables, lane, movements):
    at_line = tables.segment["next"][tables.lane[lane]] < 0
    own = tables.lane_movement_id[tables.lane_movement[lane] : tables.lane_movement[lane + 1]]
    return at_line and bool(set(own.tolist()) & set(movements))


@pytest.mark.parametrize("seed", range(8))
def test_layout_of_random_networks(seed):
    tables, _, _ = random_case(seed)
    layout = junctions(tables)
    served, lanes, minimum, change = _layout_twin(tables)
    assert _rows(layout.stage_movement, layout.stage_movement_id) == served
    assert _rows(layout.stage_lane, layout.stage_lane_id) == lanes
    assert layout.stage_min_green_ms.tolist() == minimum
    assert layout.change_ms.tolist() == change
    n_stages = np.diff(layout.first_stage)
    assert layout.change_start.tolist() == (np.cumsum(n_stages**2) - n_stages**2).tolist()


def _rows(start, values):
    return [values[a:b].tolist() for a, b in pairwise(start)]
