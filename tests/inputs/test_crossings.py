"""Crossings and counts of pedestrians: what a folder says and what is made of it."""

from itertools import pairwise

import numpy as np
import pytest
from support.crosswalks import HOURLY, add_crossings

from signalsim.control.layout import junctions
from signalsim.demand import sample
from signalsim.engine.tables import BUTTON, ON_RED, RESTS, WALKS
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.scenario.findings import check_scenario


@pytest.fixture
def walked(crossing):
    add_crossings(crossing.path)
    return crossing


def groups(built) -> dict[str, int]:
    return {name: g for g, name in enumerate(built.index.groups)}


def test_walk_and_clearance_follow_from_the_crossing(walked) -> None:
    """8 m at 1.07 m/s are 7.5 s, rounded up to a tenth; the west crossing gives its own walk and speed."""
    built = build(load(walked.path))
    signals, g = built.signals, groups(built)
    walk = {name: float(signals.min_green_s[g[name]]) for name in ("PN", "PS", "PW")}
    clearance = {name: float(signals.yellow_s[g[name]]) for name in ("PN", "PS", "PW")}
    assert walk == {"PN": 7.0, "PS": 7.0, "PW": 8.0}
    assert clearance == {"PN": 7.5, "PS": 7.5, "PW": 13.4}
    assert signals.all_red_s[[g[name] for name in walk]].tolist() == [0, 0, 0]
    bits = {name: int(built.tables.signals.group.walk[g[name]]) for name in walk}
    assert bits == {"PN": WALKS | BUTTON, "PS": WALKS | RESTS, "PW": WALKS}


def test_the_region_says_how_fast_people_walk(walked) -> None:
    walked.replace("scenario.toml", "[demand]", '[network]\nregion = "de"\n\n[demand]')
    built = build(load(walked.path))
    g = groups(built)
    assert float(built.signals.yellow_s[g["PN"]]) == 6.7  # 8 m at 1.2 m/s
    assert float(built.signals.min_green_s[g["PN"]]) == 5.0


def test_who_may_never_be_green_with_a_walk(walked) -> None:
    """Through and from the leg, and turns that no stage shows with it; turns beside it give way."""
    built = build(load(walked.path))
    g = groups(built)
    name = {number: text for text, number in g.items()}
    apart = {frozenset((name[a], name[b])) for a, b in built.signals.forbidden.tolist()}
    of = {p: sorted(q for pair in apart if p in pair for q in pair - {p}) for p in ("PN", "PS", "PW")}
    assert of == {"PN": ["N", "S", "WL"], "PS": ["EL", "N", "S"], "PW": ["E", "W", "WL"]}
    assert built.signals.intergreen_s[g["PW"], g["E"]] == 13.4
    assert built.signals.intergreen_s[g["E"], g["PW"]] == 5.0
    tables = built.tables
    meets = {
        built.index.movements[m]: [built.index.crossings[z.crossing] for z in zones]
        for m in range(len(tables.movement))
        if len(zones := tables.zone[tables.movement.zone_start[m] : tables.movement.zone_end[m]])
    }
    assert meets == {
        "E_left": ["south"], "E_right": ["north"], "N_right": ["west"], "S_left": ["west"],
        "W_left": ["north"], "W_right": ["south"],
    }  # fmt: skip
    assert built.signals.lead_s == {
        (g["PW"], g["N"]): 3.0, (g["PW"], g["S"]): 3.0,
    }  # fmt: skip


def test_turns_that_are_forbidden_are_kept_apart(walked) -> None:
    walked.set("crossing.csv", walked.row_of("crossing.csv", "north"), "turns", "forbidden")
    with pytest.raises(InputError, match=r"crossing 'north' .group PN. lies in the way of movement 'E_ri"):
        load(walked.path)


def test_zones_are_the_lanes_behind_the_junction(walked) -> None:
    """West: 16 m, of which two lanes of 3.25 m lead away; at 1.2 m/s."""
    built = build(load(walked.path))
    tables, m = built.tables, built.index.movements.index("N_right")
    (zone,) = tables.zone[tables.movement.zone_start[m] : tables.movement.zone_end[m]]
    times = (zone.near_from_ms, zone.near_to_ms, zone.far_from_ms, zone.far_to_ms)
    assert times == (0, round(6.5 / 0.0012), round(9.5 / 0.0012), round(16 / 0.0012))
    assert zone.gap_ms == 3000
    assert tables.crossing.cross_ms.tolist() == [7477, 7477, 13_333]


def test_who_turns_on_red_meets_people_on_both_sides(walked) -> None:
    walked.replace("scenario.toml", "[demand]", '[network]\nregion = "us"\n\n[demand]')
    built = build(load(walked.path))
    tables = built.tables
    m = built.index.movements.index("N_right")
    assert tables.movement.rules[m] & ON_RED
    rows = tables.zone[tables.movement.zone_start[m] : tables.movement.zone_end[m]]
    assert [(built.index.crossings[z.crossing], int(z.on_red)) for z in rows] == [("north", 1), ("west", 0)]


def test_a_zebra_is_given_way_to_by_all_who_cross_it(walked) -> None:
    walked.append("crossing.csv", "zebra", "E", "E_in E_out", 14, "", "", "", "", "", "")
    walked.append("crossing.csv", "east", "C", "E_in E_out", 14, "", "", "", "", "", "")
    built = build(load(walked.path))
    tables, east = built.tables, built.index.crossings.index("east")
    met = {
        built.index.movements[m]
        for m in range(len(tables.movement))
        for z in tables.zone[tables.movement.zone_start[m] : tables.movement.zone_end[m]]
        if z.crossing == east and not z.on_red
    }
    assert met == {"E_left", "E_thru", "E_right", "W_thru", "N_left", "S_right"}


def test_a_plan_and_controllers_reckon_with_walks(walked) -> None:
    """Stage 1 needs 7 s and what 7.5 s of clearance go beyond 5 s; stage 3 needs 8 s and 8.4 s."""
    built = build(load(walked.path))
    assert [round(built.signals.stage_min_green_s(0, s), 3) for s in range(3)] == [10.0, 6.0, 16.4]
    layout = junctions(built.tables)
    assert layout.stage_min_green_ms.tolist() == [10_000, 6000, 16_400]
    assert built.signals.changes_s(0, (0, 1, 2)) == (5.0, 5.0, 5.0)
    assert layout.change_ms.tolist() == [0, 5000, 5000, 5000, 0, 5000, 5000, 5000, 0]


def test_pedestrians_are_drawn_by_crossing_and_time(walked) -> None:
    built = build(load(walked.path))
    numbers = np.zeros(3)
    for replication in range(20):
        arrivals = sample(built, 1, replication)
        start, at = arrivals.pedestrian_start, arrivals.pedestrian_ms
        assert len(start) == 4 and start[-1] == len(at) == len(arrivals.pedestrian_far)
        assert all((np.diff(at[a:b]) >= 0).all() for a, b in pairwise(start))
        numbers += np.add.reduceat((at >= 300_000).astype(int), start[:-1])
    expected = 20 * np.array(list(HOURLY.values()))
    assert (abs(numbers - expected) < 4 * np.sqrt(expected)).all()
    again = sample(built, 1, 19)
    assert np.array_equal(again.pedestrian_ms, at) and np.array_equal(again.depart_ms, arrivals.depart_ms)
    assert 0.4 < arrivals.pedestrian_far.mean() < 0.6


def test_exact_mode_has_the_counted_numbers(walked) -> None:
    walked.replace("scenario.toml", 'mode = "sampled"', 'mode = "exact"')
    arrivals = sample(build(load(walked.path)), 3)
    in_window = arrivals.pedestrian_ms >= 300_000
    counted = np.add.reduceat(in_window.astype(int), arrivals.pedestrian_start[:-1])
    assert counted.tolist() == list(HOURLY.values())


def test_crossings_do_not_change_who_drives(walked, tmp_path) -> None:
    from shutil import copytree

    plain = copytree(walked.path, tmp_path / "plain")
    (plain / "pedestrians.csv").unlink()
    with_people, without = (sample(build(load(path)), 1) for path in (walked.path, plain))
    assert np.array_equal(with_people.depart_ms, without.depart_ms)
    assert len(without.pedestrian_ms) == 0
    assert any("nobody walks" in sentence for sentence in load(plain).warnings)


def cell(file: str, key: str, column: str, value: object):
    return lambda folder: folder.set(file, folder.row_of(file, key), column, value)


WRONG = {
    "no node": (cell("crossing.csv", "north", "node_id", "X"), "'X' is no node of node.csv"),
    "no link": (cell("crossing.csv", "north", "link_ids", "N_in up"), "names 'up', which is no link"),
    "another leg": (cell("crossing.csv", "north", "node_id", "E"), "does not touch node 'E'"),
    "no group": (cell("crossing.csv", "north", "group_id", "P9"), "'P9' is no signal group"),
    "a group elsewhere": (
        lambda folder: folder.append("crossing.csv", "far", "N", "N_in", 8, "PN", 1, 0, 0, "", ""),
        "hangs at junction 'C'",
    ),
    "a group of vehicles": (cell("crossing.csv", "north", "group_id", "E"), "is the group of vehicles"),
    "a button without a lamp": (cell("crossing.csv", "north", "group_id", ""), "needs a signal"),
    "one lamp, two ways": (cell("crossing.csv", "north", "group_id", "PS"), "differs from crossing 'north'"),
    "length": (cell("crossing.csv", "north", "length_m", 0), "column 'length_m'"),
    "lead": (cell("crossing.csv", "west", "lead_s", 9), "is not shorter than the walk (8 s)"),
    "twice": (
        lambda folder: folder.append("crossing.csv", "north", "C", "N_in", 8, "PN", 1, 0, 0, "", ""),
        "is there twice",
    ),
    "a lamp for nobody": (
        lambda folder: folder.append("signal_group.csv", "P9", "C", "", "", "", ""),
        "'P9' controls no movement and no crossing",
    ),
    "yellow of a minute": (cell("signal_group.csv", "E", "yellow_s", 60), "is no yellow of vehicles"),
    "a stage that crosses": (
        cell("signal_stage.csv", "C", "group_ids", "E W PN PS PW"),
        "shows conflicting greens: crossing 'west'",
    ),
    "never served": (
        lambda folder: folder.replace("signal_stage.csv", " PW", ""),
        "serves crossing 'west' (group 'PW')",
    ),
    "plan": (cell("signal_group.csv", "PW", "min_green_s", 25), "is below the minimum green of the stage"),
    "no crossing": (
        cell("pedestrians.csv", "north", "crossing_id", "x"),
        "'x' is no crossing of crossing.csv",
    ),
    "half a person": (cell("pedestrians.csv", "north", "pedestrians", 1.5), "is not a whole number"),
    "a crowd": (cell("pedestrians.csv", "north", "pedestrians", 50_000), "more than a crossing carries"),
    "overlap": (
        lambda folder: folder.append(
            "pedestrians.csv", "north", "2024-05-14T08:30:00+02:00", "2024-05-14T08:45:00+02:00", 5
        ),
        "intervals overlap",
    ),
    "ends before": (
        cell("pedestrians.csv", "north", "interval_end", "2024-05-14T07:00:00+02:00"),
        "the interval's end is not",
    ),
    "empty": (
        lambda folder: (folder / "pedestrians.csv").write_text(
            "crossing_id,interval_start,interval_end,pedestrians\n"
        ),
        "has a header but no counts",
    ),
    "no file": (
        lambda folder: folder.replace("scenario.toml", "[demand]", '[demand]\npedestrians = "people.csv"'),
        "people.csv: no such file",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_line(walked, case: str) -> None:
    spoil, message = WRONG[case]
    spoil(walked)
    with pytest.raises(InputError) as told:
        load(walked.path)
    text = str(told.value)
    assert message in text and "\n" not in text


def test_a_check_lists_what_is_wrong_and_what_should_be_known(walked) -> None:
    assert check_scenario(walked.path).findings == []
    cell("signal_group.csv", "PS", "yellow_s", 3)(walked)
    cell("signal_group.csv", "PN", "min_green_s", 40)(walked)
    found = {finding.text.partition(": ")[2]: finding for finding in check_scenario(walked.path).findings}
    assert {finding.level for finding in found.values()} == {"note"}
    assert any("clears in 3 s; crossing 'south' takes 7.5 s" in text for text in found)
    assert any("a call of group 'PN' makes the green of 33 s longer" in text for text in found)
    assert all(np.isfinite(finding.x) for finding in found.values())
    cell("crossing.csv", "north", "group_id", "P9")(walked)
    (wrong,) = [f for f in check_scenario(walked.path).findings if f.level == "error"]
    assert "'P9' is no signal group" in wrong.text
