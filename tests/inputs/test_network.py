"""Directions, conflicts, lanes and what the engine is given, checked by hand on the crossing."""

import math

import numpy as np
import pytest

from signalsim.network import DEFAULTS, Defaults, load_network
from signalsim.network.geometry import paths_cross, turn_type
from signalsim.scenario import build, load

NORTH, EAST, SOUTH, WEST = math.pi / 2, 0.0, -math.pi / 2, math.pi


@pytest.mark.parametrize(
    ("heading_in", "heading_out", "turn"),
    [(NORTH, WEST, "left"), (NORTH, EAST, "right"), (NORTH, NORTH, "thru"), (WEST, SOUTH, "left"),
     (SOUTH, NORTH, "uturn"), (SOUTH, WEST, "right")],
)  # fmt: skip
def test_turns(heading_in: float, heading_out: float, turn: str) -> None:
    assert turn_type(heading_in, heading_out) == turn


@pytest.mark.parametrize(
    ("a", "b", "right_hand", "left_hand"),
    [
        ("NS", "EW", True, True),  # two through streams
        ("NS", "SN", False, False),  # against each other
        ("NE", "SN", True, False),  # where one drives on the right, N to E is a left turn across S to N
        ("NE", "SW", False, False),  # two left turns pass each other
        ("NW", "SN", False, True),  # and on the left, N to W is the turn across
        ("NE", "ES", True, False),
    ],
)
def test_crossing_paths(a: str, b: str, right_hand: bool, left_hand: bool) -> None:
    leg = {"N": NORTH, "E": EAST, "S": SOUTH, "W": WEST}
    ends = [leg[k] for k in a + b]
    assert paths_cross(*ends, drive_right=True) == right_hand
    assert paths_cross(*ends, drive_right=False) == left_hand


def pairs(built, rows) -> set[tuple[str, str]]:
    return {(built.index.movements[a], built.index.movements[b]) for a, b in rows}


def test_side_roads_left_turns_give_way_to_what_comes_against_them(scenarios) -> None:
    """Against N_left come S_thru and S_right; S_right ends in a lane of its own (two lanes eastwards)."""
    built = build(load(scenarios / "crossing"))
    assert pairs(built, built.road.yields) == {("N_left", "S_thru"), ("S_left", "N_thru")}


def test_forbidden_groups_of_the_crossing(scenarios) -> None:
    """All but the pairs that go together: E W, EL WL, N S, and those of one approach."""
    signals = load(scenarios / "crossing").signals
    found = {frozenset((signals.groups[a], signals.groups[b])) for a, b in signals.forbidden}
    every = {frozenset((a, b)) for a in signals.groups for b in signals.groups if a != b}
    together = {frozenset(p) for p in (("E", "W"), ("EL", "WL"), ("N", "S"), ("E", "EL"), ("W", "WL"))}
    assert every - found == together


def test_every_forbidden_pair_has_its_intergreen(scenarios) -> None:
    for name, seconds in (("crossing", 5.0), ("hangzhou", 5.0)):
        signals = load(scenarios / name).signals
        both = {(a, b) for a, b in signals.forbidden} | {(b, a) for a, b in signals.forbidden}
        assert signals.intergreen_s.keys() == both
        assert set(signals.intergreen_s.values()) == {seconds}


def test_conflict_file_wins(crossing) -> None:
    (crossing / "conflict.csv").write_text("mvmt_id,other_mvmt_id,rule\nN_left,S_thru,free\n")
    built = build(load(crossing.path))
    assert pairs(built, built.road.yields) == {("S_left", "N_thru")}


def test_intergreen_file_wins(crossing) -> None:
    """From stage 1 (E, W) to stage 2 (EL, WL) the longest pair counts."""
    (crossing / "intergreen.csv").write_text(
        "clearing_group_id,entering_group_id,intergreen_s\nE,WL,7\nW,EL,5.5\n"
    )
    for row in (2, 3, 4):
        crossing.set("signal_plan.csv", row, "cycle_s", 82)
    plan = build(load(crossing.path)).plans["deployed"]
    assert plan.change_ms.tolist() == [7000, 5000, 5000]
    assert plan.cycle_ms.tolist() == [82_000]


def test_bay_splits_its_link_at_its_mouth(scenarios) -> None:
    """W_in: 400 m, 2 lanes, a bay of 60 m. 50 km/h, 7.5 m per car: 340 m are 90 slots, 60 m are 16."""
    built = build(load(scenarios / "crossing"))
    link = built.index.links.index("W_in")
    lanes = built.index.lanes_of_link(link)
    assert [built.index.lanes[k] for k in lanes] == ["W_in:1+", "W_in:2+", "W_in:-1", "W_in:1", "W_in:2"]
    assert built.road.lane_slots[lanes].tolist() == [90, 90, 16, 16, 16]
    segments = np.flatnonzero(built.road.segment_link == link)
    assert built.road.segment_travel_ms[segments].tolist() == [24_480, 4_320]
    served = {(built.index.lanes[k], built.index.movements[m]) for k, m in built.road.serves if k in lanes}
    assert served == {
        ("W_in:1+", "W_left"), ("W_in:1+", "W_thru"), ("W_in:2+", "W_thru"), ("W_in:2+", "W_right"),
        ("W_in:-1", "W_left"), ("W_in:1", "W_thru"), ("W_in:2", "W_thru"), ("W_in:2", "W_right"),
    }  # fmt: skip


def test_units_of_the_engines_columns(scenarios) -> None:
    """Through at 1,900/h: headway 1895 ms; crossings at speed from 2 s + half of that on; the first car
    crosses at 1 s and is ahead of them by 1947 ms; wave s / (kappa - s/v) = 5.5376 m/s."""
    built = build(load(scenarios / "crossing"))
    road, m = built.road, built.index.movements.index("N_thru")
    assert road.movement_headway_ms[m] == 1895
    assert (road.movement_startup_ms[m], road.movement_startup2_ms[m]) == (1000, 1947)
    assert road.movement_loss_ms[m] == 2671  # 50 km/h at 2.6 m/s2
    assert road.movement_end_gain_ms[m] == 2000
    assert road.movement_traverse_ms[m] == 1728  # 24 m at 50 km/h
    left = built.index.movements.index("N_left")
    assert (road.movement_gap_ms[left], road.movement_follow_ms[left]) == (4500, 2500)
    assert (road.movement_sneakers[left], road.movement_sneakers[m]) == (2, 0)
    assert road.movement_sneakers[built.index.movements.index("W_left")] == 0  # protected
    lane = built.index.lanes.index("N_in:1")
    flow, density = 1900 / 3600, 1 / 7.5
    wave = flow / (density - flow / (50 / 3.6))
    assert road.lane_wave_ms[lane] == math.ceil(300_000 / wave)
    assert road.lane_view_ms[lane] == 5760  # 80 m at 50 km/h
    assert road.lane_view_slots[lane] == 21
    assert road.lane_view_ms[built.index.lanes.index("N_out:1")] == 0


def test_engine_accepts_both_scenarios(scenarios) -> None:
    for name in ("crossing", "hangzhou"):
        built = build(load(scenarios / name))
        assert len(built.tables.movement) == len(built.index.movements)
        assert len(built.tables.lane_slots) == len(built.index.lanes)


def test_overrides_by_scenario_and_by_column(crossing) -> None:
    crossing.replace("scenario.toml", "[source]", "[defaults]\nsaturation_flow = 1750\n\n[source]")
    crossing.set("movement.csv", 3, "opt_saturation_flow", 1500)
    built = build(load(crossing.path))
    name = built.index.movements.index
    assert built.index.movement_saturation_pcuph[name("N_thru")] == 1500
    assert built.index.movement_saturation_pcuph[name("S_thru")] == 1750
    assert built.index.movement_saturation_pcuph[name("S_left")] == pytest.approx(0.95 * 1750)


def test_turn_types_follow_from_positions(crossing) -> None:
    given = load_network(crossing.path)
    for row in range(2, 14):
        crossing.set("movement.csv", row, "type", "")
    assert load_network(crossing.path).movement_type == given.movement_type


def test_short_link_warns_of_lost_storage(crossing) -> None:
    """100 m hold 26.67 slots: 26 are 2.5 % less. 70 m hold 18.67: 3.6 %."""
    crossing.set("link.csv", 2, "length", 100)
    assert load_network(crossing.path).warnings == ()
    crossing.set("link.csv", 2, "length", 70)
    (warning,) = load_network(crossing.path).warnings
    assert "'N_in'" in warning
    assert "3.6 %" in warning


def test_short_bay_warns_of_lost_storage(crossing) -> None:
    """35 m hold 9.33 slots: 9 are 3.6 % less."""
    crossing.set("lane.csv", 3, "opt_length_m", 35)
    (warning,) = load_network(crossing.path).warnings
    assert "bay -1 of link 'W_in'" in warning
    assert "3.6 %" in warning


def test_graph_is_a_view_of_the_tables(scenarios) -> None:
    network = load_network(scenarios / "hangzhou")
    assert network.graph.number_of_nodes() == 32
    assert network.graph.number_of_edges() == 80
    assert network.graph.edges["J11", "J21", "J11-J21"]["length"] == 800


def test_yellow_and_all_red_formulas() -> None:
    """50 km/h: 1 + 13.89 / 6.1 = 3.28 s; (15 + 6.1) / 13.89 = 1.52 s."""
    assert Defaults().yellow_s(50 / 3.6) == pytest.approx(3.277, abs=1e-3)
    assert Defaults().all_red_s(50 / 3.6) == pytest.approx(1.519, abs=1e-3)


def test_every_default_lies_within_its_limits() -> None:
    for column in DEFAULTS:
        assert column.low <= float(column.default) <= column.high, column.name  # type: ignore[arg-type]
        assert column.meaning
