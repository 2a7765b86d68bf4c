"""What a check of a network finds: each kind where it is and nothing else, also where nothing loads."""

import csv
import itertools
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalsim.errors import InputError
from signalsim.network.findings import KINDS, Finding
from signalsim.network.findings.lines import _close_pairs, _crossing
from signalsim.scenario import load
from signalsim.scenario.findings import check_scenario

Spoil = Callable[["Folder"], object]  # type: ignore[name-defined]  # noqa: F821


def cell(file: str, key: str, column: str, value: object) -> Spoil:
    """Change one cell of the row whose first cell is ``key``."""
    return lambda folder: folder.set(file, folder.row_of(file, key), column, value)


def drop(file: str, key: str) -> Spoil:
    return lambda folder: folder.drop_row(file, folder.row_of(file, key))


def both(*spoils: Spoil) -> Spoil:
    return lambda folder: [spoil(folder) for spoil in spoils]


def street(
    *links: tuple[str, str, str], movements: tuple[tuple[str, str, str], ...] = (), more: str = ""
) -> Spoil:
    """Nodes X0 to X3 north-east of the crossing, links (id, from, to) and movements (node, in, out), which
    all have the cell ``more``.
    """

    def spoil(folder) -> None:
        for k in range(4):
            folder.append("node.csv", f"X{k}", 100 + 200 * k, 400, "", "")
        for name, a, b in links:
            folder.append("link.csv", name, a, b, 300, 1, 50, "")
        for node, a, b in movements:
            folder.append("movement.csv", f"{a}>{b}", node, a, b, 1, 1, "", "")
            if more:
                cell("movement.csv", f"{a}>{b}", *more.split("="))(folder)
        ends = {end for _, *ends in links for end in ends}
        for k in range(4):
            if f"X{k}" not in ends:
                drop("node.csv", f"X{k}")(folder)

    return spoil


def through_only(folder) -> None:
    """A street that leads on from N_out, with signals at X0 for its one movement."""
    street(("a", "N", "X0"), ("b", "X0", "X1"), movements=(("N", "N_out", "a"), ("X0", "a", "b")))(folder)
    folder.set("movement.csv", folder.row_of("movement.csv", "a>b"), "opt_signal_group_id", "G")
    folder.append("signal_group.csv", "G", "X0", 5, 3.5, 1.6, "")
    folder.append("signal_stage.csv", "X0", "1", "G", "")
    folder.append("signal_plan.csv", "deployed", "X0", 1, "1", 30, 0, 30)


def unsignalised(folder) -> None:
    """Two one-way roads that cross at X0, (100, 400), without signals: from N to X1, from X3 to X2."""
    street(
        ("a", "N", "X0"), ("b", "X0", "X1"), ("c", "X3", "X0"), ("d", "X0", "X2"),
        movements=(("N", "N_out", "a"), ("X0", "a", "b"), ("X0", "c", "d")),
    )(folder)  # fmt: skip
    for node, x, y in (("X1", 200, 500), ("X2", 0, 500), ("X3", 200, 300)):
        cell("node.csv", node, "x_coord", x)(folder)
        cell("node.csv", node, "y_coord", y)(folder)


def under_a_bridge(folder) -> None:
    """A two-way road from N by way of X0 to X1, which passes the northern arm at (0, 100)."""
    street(
        ("a", "N", "X0"), ("b", "X0", "X1"), ("c", "X1", "X0"), ("d", "X0", "N"),
        movements=(("N", "N_out", "a"), ("X0", "a", "b"), ("X0", "c", "d"), ("N", "d", "N_in")),
    )(folder)  # fmt: skip
    for node, x in (("X0", -100), ("X1", 100)):
        cell("node.csv", node, "x_coord", x)(folder)
        cell("node.csv", node, "y_coord", 100)(folder)


ONE = {
    # what is done: (spoil, [(kind, level, id, (x, y) or None, a part of the text)])
    "length of nothing": (
        cell("link.csv", "E_in", "length", 0),
        [("zero-length-link", "error", "E_in", (160, 0), "'0' is below 0.1 m")],
    ),
    "length below nothing": (
        cell("link.csv", "E_in", "length", -3),
        [("zero-length-link", "error", "E_in", (160, 0), "'-3' is below 0.1 m")],
    ),
    "ends at one place": (
        cell("node.csv", "E", "x_coord", 0),
        [("zero-length-link", "error", name, (0, 0), "lies where node") for name in ("E_in", "E_out")],
    ),
    "a word for a length": (
        cell("link.csv", "E_in", "length", "long"),
        [("value", "error", "E_in", (160, 0), "is not a number")],
    ),
    "a word for a position": (
        cell("node.csv", "E", "x_coord", "east"),
        [("value", "error", "E", None, "is not a number")],
    ),
    "a node's id twice": (
        lambda folder: folder.append("node.csv", "E", 500, 0, "", ""),
        [("duplicate-id", "error", "E", (400, 0), "is there twice (first in row 4)")],
    ),
    "a link's id twice, and once more": (
        lambda folder: [folder.append("link.csv", "E_in", "N", "E", 300, 1, 50, "") for _ in range(2)],
        [("duplicate-id", "error", "E_in", (160, 0), f"row {row}") for row in (10, 11)],
    ),
    "a movement's id twice": (
        cell("movement.csv", "N_left", "mvmt_id", "N_thru"),
        [("duplicate-id", "error", "N_thru", (0, 0), "is there twice")],
    ),
    "a node that is not there": (
        cell("link.csv", "E_in", "from_node_id", "EE"),
        [("absent-reference", "error", "E_in", (0, 0), "'EE' is no node of node.csv")],
    ),
    "a link that is not there": (
        cell("movement.csv", "N_thru", "ob_link_id", "S_aus"),
        [("absent-reference", "error", "N_thru", (0, 0), "did you mean 'S_out'?")],
    ),
    "a bay of a link that is not there": (
        cell("lane.csv", "W_bay", "link_id", "V_in"),
        [("absent-reference", "error", "W_bay", None, "did you mean"),
         ("movement-without-lanes", "error", "W_left", (0, 0), "'-1' is no lane of the movement's link")],
    ),
    "header only": (
        lambda folder: folder.write("movement.csv", folder.rows("movement.csv")[:1]),
        [("empty-table", "error", "", None, "has a header but no rows")],
    ),
    "too slow for its flow": (
        cell("link.csv", "E_out", "free_speed", 10),
        [("speed-too-low", "error", "E_out", (240, 0), "10 km/h is too slow")],
    ),
    "bay without a length": (
        cell("lane.csv", "W_bay", "opt_length_m", ""),
        [("lane-list", "error", "W_bay", (-160, 0), "is empty for a turn bay")],
    ),
    "movement from another node": (
        cell("movement.csv", "N_left", "ib_link_id", "N_out"),
        [("movement-ends", "error", "N_left", (0, 0), "does not end at node 'C'")],
    ),
    "movement without lanes": (
        cell("movement.csv", "N_left", "start_ib_lane", 3),
        [("movement-without-lanes", "error", "N_left", (0, 0), "'3' is no lane")],
    ),
    "two lanes without movements": (
        cell("link.csv", "N_in", "lanes", 3),
        [("lane-without-movement", "error", "N_in", (0, 120), f"lane {n} of link 'N_in'") for n in (2, 3)],
    ),
    "dead end at a junction": (
        street(("in", "X0", "C")),
        [("dead-end", "error", "in", (40, 160), "no movement leads on")],
    ),
    "dead end where a road goes on": (
        street(("a", "N", "X1"), ("b", "X1", "X2"), ("c", "X2", "X1"), movements=(("N", "N_out", "a"),)),
        [("dead-end", "note", "a", (180, 360), "where link 'b' goes on but no movement does"),
         ("unreachable", "note", "b", (420, 400), "where link 'a' arrives")],
    ),
    "ring without an entry": (
        street(("a", "X0", "X1"), ("b", "X1", "X0"), movements=(("X1", "a", "b"), ("X0", "b", "a"))),
        [("unreachable", "error", "a", (220, 400), "cannot be reached"),
         ("unreachable", "error", "b", (180, 400), "cannot be reached"),
         ("unreachable", "note", "a", (220, 400), "no road joins them to the other 8 links")],
    ),
    "ring without an exit": (
        street(("to", "N", "X0"), ("a", "X0", "X1"), ("b", "X1", "X0"),
               movements=(("N", "N_out", "to"), ("X0", "to", "a"), ("X1", "a", "b"), ("X0", "b", "a"))),
        [("unreachable", "error", name, None, "leads to no exit") for name in ("a", "b", "to", "N_out")],
    ),
    "road apart": (
        street(("a", "X0", "X1"), ("b", "X1", "X2"), movements=(("X1", "a", "b"),)),
        [("unreachable", "note", "a", (220, 400), "link 'a' and 1 more: no road joins them")],
    ),
    "node without links": (
        lambda folder: folder.append("node.csv", "alone", 50, 60, "", ""),
        [("lonely-node", "note", "alone", (50, 60), "no link begins or ends at node 'alone'")],
    ),
    "link shorter than a vehicle": (
        cell("link.csv", "N_out", "length", 6),
        [("short-link", "note", "N_out", (0, 180), "(6 m) is shorter than a standing car")],
    ),
    "bay shorter than a vehicle": (
        cell("lane.csv", "W_bay", "opt_length_m", 7),
        [("short-link", "note", "W_in", (-160, 0), "bay -1 of link 'W_in' (7 m)")],
    ),
    "little left before a bay": (
        cell("link.csv", "W_in", "length", 63.75),
        [("short-link", "note", "W_in", (-160, 0), "3.75 m left before its bays")],
    ),
    "slots of a link": (
        cell("link.csv", "N_out", "length", 70),
        [("lost-to-slots", "note", "N_out", (0, 180), "whole slots cost 3.6 % of its storage")],
    ),
    "slots of a bay": (
        cell("lane.csv", "W_bay", "opt_length_m", 35),
        [("lost-to-slots", "note", "W_in", (-160, 0), "bay -1 of link 'W_in' is short (35 m)")],
    ),
    "signals without conflicts": (
        through_only,
        [("signals-without-conflicts", "note", "X0", (100, 400), "none of its movements conflict")],
    ),
    "signal without groups": (
        cell("node.csv", "N", "ctrl_type", "signal"),
        [("signals-without-conflicts", "note", "N", (0, 300), "is marked as a signal")],
    ),
    "stop sign under a signal": (
        cell("movement.csv", "N_left", "ctrl_type", "stop"),
        [("control", "error", "N_left", (0, 0), "is no control of a movement with a signal group ('N')")],
    ),
    "signal without a group": (
        street(("a", "N", "X0"), movements=(("N", "N_out", "a"),), more="ctrl_type=signal_with_RTOR"),
        [("control", "error", "N_out>a", (0, 300), "needs a signal group")],
    ),
    "all-way stop of one road only": (
        both(unsignalised, cell("movement.csv", "c>d", "ctrl_type", "stop_4_way")),
        [("control", "error", "a>b", (100, 400), "meets movement 'c>d' of an all-way stop")],
    ),
    "all-way stop of nobody": (
        both(unsignalised, cell("movement.csv", "a>b", "ctrl_type", "stop"),
             cell("node.csv", "X0", "ctrl_type", "4_stop")),
        [("right-of-way", "note", "X0", (100, 400), "is marked as an all-way stop, but movement 'a>b'")],
    ),
    "right of way by ids": (
        unsignalised,
        [("right-of-way", "note", "X0", (100, 400), "'c>d' gives way to 'a>b' by the order of their ids")],
    ),
    "crossing roads, each two-way": (
        under_a_bridge,
        [("crossing-geometry", "note", "N_in", (0, 100), "crosses link 'b' at (0.0, 100.0)")],
    ),
    "conflicting greens": (
        cell("signal_stage.csv", "C", "group_ids", "E W N"),
        [("signal-times", "error", "C", (0, 0), "shows conflicting greens")],
    ),
    "two short yellows": (
        both(cell("signal_group.csv", "E", "yellow_s", 2), cell("signal_group.csv", "N", "yellow_s", 2)),
        [("signal-times", "error", name, (0, 0), "is too short for group") for name in ("E", "N")]
        + [("signal-note", "note", name, (0, 0), "clears in 3.5 s") for name in ("E", "N")],
    ),
    "unknown group": (
        cell("movement.csv", "N_thru", "opt_signal_group_id", "NN"),
        [("signal-tables", "error", "N_thru", (0, 0), "'NN' is no signal group")],
    ),
    "word for a time": (
        cell("signal_group.csv", "N", "min_green_s", "short"),
        [("value", "error", "N", (0, 0), "is not a number")],
    ),
    "rule for two nodes": (
        lambda folder: (folder / "conflict.csv").write_text(
            "mvmt_id,other_mvmt_id,rule\nN_left,N_left,free\n"
        ),
        [("conflict-list", "error", "N_left", (0, 0), "is not another movement of the same node")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE)
def test_it_is_found_where_it_is_and_nothing_else(what: str, crossing) -> None:
    spoil, wanted = ONE[what]
    spoil(crossing)
    found = check_scenario(crossing.path).findings
    assert sorted((f.kind, f.level, f.id) for f in found) == sorted(w[:3] for w in wanted)
    for kind, level, name, spot, part in wanted:
        near = [f for f in found if (f.kind, f.level, f.id) == (kind, level, name) and part in f.text]
        assert near, (part, found)
        if spot:
            assert (near[0].x, near[0].y) == pytest.approx(spot)


def test_every_kind_is_tested_or_cannot_be_made_from_the_crossing() -> None:
    tested = {kind for _, wanted in ONE.values() for kind, *_ in wanted}
    assert set(KINDS) - tested == {"too-many-feeders"}


@pytest.mark.parametrize("name", ["crossing", "hangzhou"])
def test_a_clean_network_has_none(name: str, scenarios: Path) -> None:
    checked = check_scenario(scenarios / name)
    assert checked.findings == []
    assert checked.unchecked == ()


def test_one_set_of_rules(crossing) -> None:
    """What loading refuses is among the errors word for word, and what only has notes loads."""
    for spoil, wanted in ONE.values():
        again = type(crossing)(crossing.path)
        before = {file: file.read_bytes() for file in crossing.path.iterdir()}
        spoil(again)
        errors = [f.text for f in check_scenario(crossing.path).findings if f.level == "error"]
        if errors:
            with pytest.raises(InputError) as caught:
                load(crossing.path)
            assert str(caught.value).replace(f"{crossing.path}/", "") in errors
        else:
            load(crossing.path)
        for file in crossing.path.iterdir():
            file.write_bytes(before[file]) if file in before else file.unlink()
        assert wanted


def test_too_many_lanes_into_one_link(tmp_path: Path, scenarios: Path) -> None:
    """Sixteen roads of four lanes meet in one."""
    roads = range(16)
    star(tmp_path, scenarios, [f"r{k},R{k},C,300,4,50" for k in roads], [f"r{k}" for k in roads])
    found, equals = check_scenario(tmp_path).findings
    assert (found.kind, found.level, found.id) == ("too-many-feeders", "error", "out")
    assert (equals.kind, equals.id) == ("right-of-way", "C")
    assert "is fed by 64 lanes" in found.text


def star(folder: Path, scenarios: Path, links: list[str], into: list[str]) -> None:
    """Links from nodes R0, R1, … on a circle to C, and one that leads on from there."""
    turn = [2 * np.pi * k / 40 for k in range(len(into))]
    nodes = [f"R{k},{300 * np.cos(a):.1f},{300 * np.sin(a):.1f}" for k, a in enumerate(turn)]
    text = {
        "node.csv": ["node_id,x_coord,y_coord", "C,0,0", "Z,-300,0", *nodes],
        "link.csv": ["link_id,from_node_id,to_node_id,length,lanes,free_speed", "out,C,Z,300,4,50", *links],
        "movement.csv": ["mvmt_id,node_id,ib_link_id,ob_link_id", *(f"m{a},C,{a},out" for a in into)],
        "scenario.toml": [(scenarios / "crossing" / "scenario.toml").read_text()],
    }
    for name, lines in text.items():
        (folder / name).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"node_id,x_coord\nC,0\n", b"a;b\n1;2\n"])
def test_a_table_that_cannot_be_read_is_one_message(content: bytes, crossing) -> None:
    (crossing / "node.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"node\.csv"):
        check_scenario(crossing.path)


def test_line_of_a_link_is_used_where_it_fits(crossing) -> None:
    """A detour of the eastern arm by way of the north crosses the northern arm; in degrees it is ignored."""
    for name, line in (
        ("E_in", "LINESTRING (400 0, 300 200, -100 100, 0 0)"),
        ("W_in", "LINESTRING (8 50, 8.1 50)"),
    ):
        crossing.set("link.csv", crossing.row_of("link.csv", name), "geometry", line)
    (found,) = check_scenario(crossing.path).findings
    assert found.kind == "crossing-geometry"
    assert (found.x, found.y) == (0, 125)
    assert {"'E_in'", "'N_in'"} <= set(re.findall(r"'\w+'", found.text))


@pytest.mark.parametrize(
    "line",
    ["LINESTRING", "LINESTRING (", "LINESTRING (1 2, 3)", "POINT (1 2)", "(1 2, 3 4)", "LINESTRING ()",
     "LINESTRING (nan nan, 0 0)", "LINESTRING (1 2" * 3000],
)  # fmt: skip
def test_broken_line_is_as_none(line: str, crossing) -> None:
    crossing.set("link.csv", 2, "geometry", line)
    assert check_scenario(crossing.path).findings == []


# crossing geometry against plain pairwise comparison in whole numbers

points = st.tuples(st.integers(-20, 20), st.integers(-20, 20))


def turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@given(st.lists(st.tuples(points, points).filter(lambda s: s[0] != s[1]), min_size=2, max_size=30))
def test_crossings_are_those_of_all_pairs(segments: list) -> None:
    """Segments whose ends lie strictly on both sides of each other cross; touching is judged elsewhere."""
    ends = np.array(segments, float)
    a, b = _close_pairs(ends[:, 0], ends[:, 1])
    meets, where = _crossing(ends[:, 0], ends[:, 1], a, b)
    found = set(zip(a[meets].tolist(), b[meets].tolist(), strict=True))
    for i, j in itertools.combinations(range(len(segments)), 2):
        (p, q), (r, s) = segments[i], segments[j]
        sides = turn(p, q, r) * turn(p, q, s), turn(r, s, p) * turn(r, s, q)
        if max(sides) < 0:
            assert (i, j) in found
        elif max(sides) > 0:
            assert (i, j) not in found
    for (i, j), place in zip(zip(a[meets], b[meets], strict=True), where[meets], strict=True):
        for k in (i, j):
            way = ends[k, 1] - ends[k, 0]
            off = way[0] * (place - ends[k, 0])[1] - way[1] * (place - ends[k, 0])[0]
            assert abs(off) < 1e-6


def test_crossings_of_ten_thousand_links_take_no_time() -> None:
    """Streets of a city with a few long roads across: far from the 50 million pairs."""
    rng = np.random.default_rng(1)
    start = rng.uniform(0, 10_000, (10_000, 2))
    end = start + rng.normal(0, 150, (10_000, 2))
    start[:20], end[:20] = rng.uniform(0, 10_000, (2, 20, 2))
    begun = time.process_time()
    a, _ = _close_pairs(start, end)
    assert time.process_time() - begun < 5
    assert len(a) < 2_000_000


# whatever stands in the tables, a check ends with findings or one message


class Random:
    """Tables of a random road network that is right: a tree of two-way streets with all turns."""

    def __init__(self, seed: int):
        draw = random.Random(seed)
        n = draw.randint(3, 9)
        self.node = [[f"n{k}", draw.randint(-500, 500), 1000 * k + draw.randint(0, 300)] for k in range(n)]
        pairs = [(k, draw.randrange(k)) for k in range(1, n)]
        ends = pairs + [(b, a) for a, b in pairs]
        self.link = [
            [f"l{a}-{b}", f"n{a}", f"n{b}", draw.choice([5, 30, 80, 300.5, 900]), draw.randint(1, 3)]
            for a, b in ends
        ]
        self.movement = [
            [f"{a}>{b}>{c}", f"n{b}", f"l{a}-{b}", f"l{b}-{c}"]
            for (a, b), (b2, c) in itertools.product(ends, ends)
            if b == b2 and a != c
        ]

    def write(self, folder: Path) -> None:
        for name, header, rows in (
            ("node", ["node_id", "x_coord", "y_coord"], self.node),
            ("link", ["link_id", "from_node_id", "to_node_id", "length", "lanes"], self.link),
            ("movement", ["mvmt_id", "node_id", "ib_link_id", "ob_link_id"], self.movement),
        ):
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *rows])


RULES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JUNK = st.sampled_from(
    ["", "0", "-1", "1e9", "nan", "x", "n0", "n1", "l1-0", "l0-1", "5", "99999999999", "'", "é"]
)


@RULES
@given(st.integers(0, 10_000))
def test_right_networks_have_no_errors(tmp_path: Path, scenarios: Path, seed: int) -> None:
    Random(seed).write(tmp_path)
    (tmp_path / "scenario.toml").write_bytes((scenarios / "crossing" / "scenario.toml").read_bytes())
    checked = check_scenario(tmp_path)
    assert checked.count("error") == 0, checked.findings
    assert {f.kind for f in checked.findings} <= {
        "short-link", "lost-to-slots", "crossing-geometry", "right-of-way",
    }  # fmt: skip


@RULES
@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(0, 10**6), JUNK), min_size=1, max_size=6))
def test_broken_networks_have_findings_and_no_traceback(
    tmp_path: Path, scenarios: Path, seed: int, junk: list[tuple[int, str]]
) -> None:
    """Any cells of any tables replaced; what loading would say is among what the check says."""
    network = Random(seed)
    for at, text in junk:
        rows = (network.node, network.link, network.movement)[at % 3]
        row = rows[at // 3 % len(rows)]
        row[at // 100 % len(row)] = text
    network.write(tmp_path)
    (tmp_path / "scenario.toml").write_bytes((scenarios / "crossing" / "scenario.toml").read_bytes())
    found = check_scenario(tmp_path).findings
    assert all(isinstance(f, Finding) and f.kind in KINDS and "\n" not in f.text for f in found)
    try:
        load(tmp_path)
    except InputError as error:
        text = str(error).replace(f"{tmp_path}/", "")
        if not text.startswith(("counts.csv", "scenario.toml")):
            assert text in [f.text for f in found if f.level == "error"]
