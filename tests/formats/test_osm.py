"""OpenStreetMap: a small map with tags as in life, by hand; GraphML as osmnx saves it; spoilt files."""

import csv
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.maps import NODES, WAYS, osm

from signalsim.errors import InputError
from signalsim.formats.osm import read
from signalsim.formats.osm.raw import from_graph
from signalsim.formats.osm.tags import is_for_cars, values, way
from signalsim.formats.roads import Road, lane_ranges
from signalsim.network import conflicts, load_network
from signalsim.scenario import load
from signalsim.scenario.bring import bring
from signalsim.simulation import simulate


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(folder: Path, name: str) -> dict[str, dict[str, str]]:
    """Rows by their first cell."""
    return {next(iter(row.values())): row for row in rows(folder, name)}


def stages(folder: Path) -> list[str]:
    return [row["group_ids"] for row in rows(folder, "signal_stage.csv")]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("osm")
    (folder / "town.osm").write_text(osm(), encoding="utf-8")
    source = str(folder / "town.osm")
    bring(source, lambda: read("town", source=source), folder / "town")
    return folder / "town"


def test_roads_lie_where_they_lie_in_metres(imported: Path) -> None:
    links = table(imported, "link.csv")
    lengths = {"1-4": 500, "4-16": 500, "21-4": 292, "4-5": 400, "5-6": 300, "34-32": 400, "32-5": 142}
    assert {name: float(links[name]["length"]) for name in lengths} == pytest.approx(lengths, abs=0.1)
    assert links["1-4"]["name"] == "Main Street"
    assert links["21-4"]["free_speed"] == "48.3"  # 30 mph
    assert "33-6" not in links  # a service road


def test_two_carriageways_and_their_crossings_are_one_junction_with_the_lights_before_it(
    imported: Path,
) -> None:
    nodes = table(imported, "node.csv")
    assert [name for name, row in nodes.items() if row["ctrl_type"] == "signal"] == ["4"]
    assert "15" not in nodes  # joined with 4
    groups = table(imported, "signal_group.csv")
    assert set(groups) == {"1-4", "1-4.left", "12-4", "12-4.left", "21-4", "34-4"}


def test_a_widening_before_the_stop_line_is_a_bay_and_arrows_give_lanes(imported: Path) -> None:
    assert table(imported, "lane.csv")["1-4:-1"]["opt_length_m"] == "80"
    moves = table(imported, "movement.csv")
    lanes = {m: (moves[m]["start_ib_lane"], moves[m]["end_ib_lane"], moves[m]["type"]) for m in moves}
    assert lanes["1-4>4-21"] == ("-1", "-1", "left")
    assert lanes["1-4>4-5"] == ("1", "2", "thru")
    assert lanes["1-4>4-34"] == ("2", "2", "right")


def test_stages_and_a_plan_of_90_seconds(imported: Path) -> None:
    assert stages(imported) == ["1-4 12-4", "1-4.left 12-4.left", "21-4 34-4"]
    plan = rows(imported, "signal_plan.csv")
    assert {row["cycle_s"] for row in plan} == {"90"}
    assert len({row["green_s"] for row in plan}) == 1


def test_forbidden_turns_and_turns_back_are_not_there(imported: Path) -> None:
    moves = table(imported, "movement.csv")
    assert "32-5>5-12" not in moves  # no_straight_on
    assert "12-5>5-32" in moves  # the other way round is allowed
    assert not [m for m, row in moves.items() if row["type"] == "uturn"]


def test_assumed_demand_is_by_class_and_lanes_and_reported(imported: Path) -> None:
    counts = {row["link_id"]: int(row["count"]) for row in table(imported, "counts.csv").values()}
    assert counts == {"1-4": 700, "11-12": 700, "21-4": 250, "24-34": 250, "31-32": 150, "33-32": 50}
    report = (imported / "import.md").read_text(encoding="utf-8")
    assert "replace them by your counts" in report
    assert "footway 1, service 1" in report


def test_the_import_runs_and_conserves_vehicles(imported: Path) -> None:
    result = simulate(load(imported), controller="deployed", seed=1)
    totals = result.totals
    assert totals.departed == totals.arrived + totals.inside + totals.waiting
    assert totals.arrived > 1000


def graphml(folder: Path, *, simplify: bool) -> Path:
    """The map as osmnx reads and saves it."""
    osmnx = pytest.importorskip("osmnx", reason="needs osmnx: pip install 'signalsim[osm]'")
    (folder / "town.osm").write_text(osm(), encoding="utf-8")
    usual = osmnx.settings.useful_tags_way
    osmnx.settings.useful_tags_way = [*usual, "turn:lanes"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = osmnx.graph_from_xml(folder / "town.osm", simplify=False, retain_all=True)
            others = [
                e for e in graph.edges(keys=True) if graph.edges[e]["highway"] in ("footway", "service")
            ]
            graph.remove_edges_from(others)
            if simplify:
                graph = osmnx.simplify_graph(graph, node_attrs_include=["highway"])
    finally:
        osmnx.settings.useful_tags_way = usual
    path = folder / f"town_{simplify}.graphml"
    osmnx.save_graphml(graph, path)
    return path


@pytest.mark.parametrize("simplify", [False, True])
def test_graphml_of_osmnx_gives_the_same_roads(tmp_path: Path, imported: Path, simplify: bool) -> None:
    source = str(graphml(tmp_path, simplify=simplify))
    bring(source, lambda: read("town", source=source), tmp_path / "out")
    ours, theirs = table(imported, "link.csv"), table(tmp_path / "out", "link.csv")
    assert theirs.keys() == ours.keys()
    assert {n: float(r["length"]) for n, r in theirs.items()} == pytest.approx(
        {n: float(r["length"]) for n, r in ours.items()}, abs=0.2
    )
    assert stages(tmp_path / "out") == [
        "1-4 12-4", "1-4.left 12-4.left", "21-4 34-4",
    ]  # fmt: skip
    same = ("lanes", "free_speed", "from_node_id", "to_node_id")
    assert {n: [r[k] for k in same] for n, r in theirs.items()} == {
        n: [r[k] for k in same] for n, r in ours.items()
    }


def test_right_of_way_follows_the_curves_of_roads(tmp_path: Path) -> None:
    """A road from the north-west that swings round and comes in from the east faces the one from the west."""
    nodes = {
        1: (0, 0, {"highway": "traffic_signals"}), 2: (-300, 0, {}), 3: (60, 0, {}), 4: (60, 200, {}),
        5: (-200, 260, {}), 6: (0, -300, {}),
    }  # fmt: skip
    street = {"highway": "secondary", "lanes": "2"}
    ways = {1: ([2, 1], street), 2: ([1, 3, 4, 5], street), 3: ([6, 1], street)}
    (tmp_path / "bend.osm").write_text(osm(nodes, ways, ()), encoding="utf-8")
    source = str(tmp_path / "bend.osm")
    bring(source, lambda: read("bend", source=source), tmp_path / "out")
    moves = table(tmp_path / "out", "movement.csv")
    assert {m: row["type"] for m, row in moves.items()} == {
        "2-1>1-5": "thru", "2-1>1-6": "right", "5-1>1-2": "thru", "5-1>1-6": "left", "6-1>1-2": "left",
        "6-1>1-5": "right",
    }  # fmt: skip
    rules = {(r["mvmt_id"], r["other_mvmt_id"]): r["rule"] for r in rows(tmp_path / "out", "conflict.csv")}
    assert rules["5-1>1-6", "2-1>1-5"] == "yield"  # a left turn against what it faces
    assert stages(tmp_path / "out") == ["2-1 5-1", "6-1"]


def test_a_map_without_ends_gets_stubs_at_its_border(tmp_path: Path) -> None:
    """Nine crossings of a grid: its corners are bends, its four other outer nodes lead out."""
    nodes = {3 * i + j + 1: (100.0 * i, 100.0 * j, {}) for i in range(3) for j in range(3)}
    street = {"highway": "tertiary", "lanes": "2", "maxspeed": "40"}
    ways = {i: ([3 * i + j + 1 for j in range(3)], street) for i in range(3)}
    ways |= {10 + j: ([3 * i + j + 1 for i in range(3)], street) for j in range(3)}
    (tmp_path / "grid.osm").write_text(osm(nodes, ways, ()), encoding="utf-8")
    source = str(tmp_path / "grid.osm")
    report = bring(source, lambda: read("grid", source=source), tmp_path / "out").report
    stubs = {name: row for name, row in table(tmp_path / "out", "link.csv").items() if ".out" in name}
    assert set(stubs) == {f"{n}-{n}.out" for n in "2468"} | {f"{n}.out-{n}" for n in "2468"}
    assert {(row["length"], row["lanes"], row["free_speed"]) for row in stubs.values()} == {
        ("100", "1", "40")
    }
    assert table(tmp_path / "out", "node.csv")["2.out"]["x_coord"] == "-200"  # outwards from (-100, 0)
    assert "streets that the border of the map cut off" in report


def test_nodes_that_had_more_streets_before_the_cut(tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.MultiDiGraph()
    for k, count in enumerate([1, 3, 2, 4]):  # an end, a cut junction, a whole node, a cut end
        graph.add_node(k, x=8 + k / 1000, y=50.0, street_count=count)
    for k in range(3):
        graph.add_edge(k, k + 1, highway="tertiary", oneway=False, reversed=False)
        graph.add_edge(k + 1, k, highway="tertiary", oneway=False, reversed=True)
    assert from_graph(graph, "graph").cut == {"1"}


@pytest.mark.parametrize(
    ("tags", "forward", "both", "lanes", "speed"),
    [
        ({"highway": "primary"}, True, False, 1, 50.0),
        ({"highway": "motorway"}, True, False, 2, 120.0),
        ({"highway": "primary", "lanes": "3"}, True, False, 3, 50.0),
        ({"highway": "primary", "lanes": "4", "maxspeed": "60"}, True, True, 2, 60.0),
        ({"highway": "primary", "lanes": "3", "lanes:forward": "2"}, True, True, 2, 50.0),
        ({"highway": "primary", "lanes": "3", "lanes:forward": "2"}, False, True, 1, 50.0),
        ({"highway": "primary", "lanes": "3", "lanes:both_ways": "1"}, True, True, 1, 50.0),
        ({"highway": "primary", "lanes": "['3', '2']"}, True, False, 2, 50.0),
        ({"highway": "primary", "maxspeed": "['30 mph', '25 mph']"}, True, False, 1, 40.2),
        ({"highway": "primary", "lanes": "2;3", "maxspeed": "none"}, True, False, 2, 150.0),
        ({"highway": "primary", "lanes": "many", "maxspeed": "signals"}, True, False, 1, 50.0),
        ({"highway": "primary", "lanes": "99", "maxspeed": "walk"}, True, False, 10, 20.0),
        ({"highway": "primary", "turn:lanes": "left||right"}, True, False, 3, 50.0),
        ({"highway": "tertiary", "maxspeed": "DE:urban"}, True, True, 1, 50.0),
        ({"highway": "tertiary", "maxspeed:backward": "30", "maxspeed": "50"}, False, True, 1, 30.0),
        ({"highway": "['tertiary', 'secondary_link']", "lanes": "0"}, True, False, 1, 50.0),
    ],
)  # fmt: skip
def test_tags(tags: dict[str, str], forward: bool, both: bool, lanes: int, speed: float) -> None:
    found = way(tags, forward, both)
    assert (found.lanes, found.speed_kmh) == (lanes, speed)


def test_values_of_merged_ways() -> None:
    assert values("['2', '3']") == ["2", "3"]
    assert values("2;3") == ["2", "3"]
    assert values("[" * 1500) == []
    assert values("[__import__('os')]") == []


def test_roads_that_are_not_for_everybody() -> None:
    assert not is_for_cars({"highway": "residential", "access": "private"})
    assert is_for_cars({"highway": "residential", "access": "private", "motor_vehicle": "yes"})
    assert not is_for_cars({"highway": "footway"})


def road(lanes: int, arrows: str | None, **bays: int) -> Road:
    names = {"l": "left", "t": "thru", "r": "right"}
    painted = (
        None if arrows is None else tuple(frozenset(names[c] for c in lane) for lane in arrows.split("|"))
    )
    return Road("a", "1", "2", 100, lanes, None, 0, 0, arrows=painted, **bays)


@pytest.mark.parametrize(
    ("found", "kinds", "spans"),
    [
        (road(1, None), {"left", "thru", "right"}, {"left": (0, 0), "thru": (0, 0), "right": (0, 0)}),
        (road(3, None), {"left", "thru", "right"}, {"left": (0, 0), "thru": (0, 2), "right": (2, 2)}),
        (road(3, None), {"left", "right"}, {"left": (0, 1), "right": (2, 2)}),
        (road(2, None, left_bays=1), {"left", "thru"}, {"left": (0, 0), "thru": (1, 2)}),
        (road(2, None, left_bays=1), {"thru"}, {"thru": (0, 2)}),
        (road(3, "l|t|tr"), {"left", "thru", "right"}, {"left": (0, 0), "thru": (1, 2), "right": (2, 2)}),
        (road(3, "l||"), {"left", "thru", "right"}, {"left": (0, 0), "thru": (1, 2), "right": (2, 2)}),
        (road(2, "l|t"), {"thru", "right"}, {"thru": (0, 1), "right": (1, 1)}),
        (road(2, "l|r"), {"left", "thru", "right"}, {"left": (0, 0), "thru": (0, 1), "right": (1, 1)}),
        (road(1, None), {"uturn"}, {"uturn": (0, 0)}),
    ],
)  # fmt: skip
def test_lanes_of_turns(found: Road, kinds: set[str], spans: dict[str, tuple[int, int]]) -> None:
    assert lane_ranges(found, kinds) == spans


@given(st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_every_lane_serves_a_turn_and_every_turn_has_a_lane(data: st.DataObject) -> None:
    lanes, left, right = (
        data.draw(st.integers(1, 6)),
        data.draw(st.integers(0, 2)),
        data.draw(st.integers(0, 2)),
    )
    sides = st.frozensets(st.sampled_from(["left", "thru", "right"]))
    n = lanes + left + right
    arrows = data.draw(st.none() | st.lists(sides, min_size=n, max_size=n))
    kinds = data.draw(st.sets(st.sampled_from(["left", "thru", "right", "uturn"]), min_size=1))
    found = Road("a", "1", "2", 100, lanes, None, 0, 0, left_bays=left, right_bays=right, arrows=arrows)
    spans = lane_ranges(found, kinds)
    assert spans.keys() == kinds
    assert {lane for first, last in spans.values() for lane in range(first, last + 1)} == set(range(n))


def refused(path: Path, told: str) -> None:
    with pytest.raises(InputError, match=told) as error:
        read("x", source=str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


BOMB = '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", ["bomb.osm", "bomb.graphml"])
def test_entities_are_refused(tmp_path: Path, name: str) -> None:
    root = "osm" if name.endswith(".osm") else "graphml"
    (tmp_path / name).write_text(f"{BOMB}<{root}>&b;</{root}>", encoding="utf-8")
    refused(tmp_path / name, "document type")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.osm", "", "well-formed"),
        ("a.osm", osm()[:900], "well-formed"),
        ("a.osm", "<gpx/>", "root is <gpx>"),
        ("a.osm", osm(NODES, {}, ()), "no road for cars"),
        ("a.osm", osm(NODES, {1: ([1, 2], {"highway": "primary"})}, ()), "no road leads"),
        ("a.osm", osm().replace('lat="50.0000', 'lat="nan', 1), "lat"),
        ("a.graphml", "<graphml/>", "GraphML|no road"),
        ("a.graphml", "<osm/>", "root is <osm>"),
        ("a.graphml", "<graphml><graph><node/></graph></graphml>", "no position"),
    ],
)
def test_what_is_no_map_is_said(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    refused(tmp_path / name, told)


def test_missing_files_and_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path / "none.osm", "no such file")
    monkeypatch.setitem(__import__("sys").modules, "osmnx", None)  # as where it is not installed
    with pytest.raises(InputError, match=r"pip install 'signalsim\[osm\]'"):
        read("x", source="Nowhere Town, Atlantis")


def outcome(source: Path) -> str:
    """'' for a map that became a scenario, else the message of one line that refuses it."""
    out = source.parent / f"out{len(list(source.parent.iterdir()))}"
    try:
        bring(str(source), lambda: read("x", source=str(source)), out)
    except InputError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_spoilt_maps_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    raw = osm().encode()
    kind = data.draw(st.sampled_from(["cut", "bytes", "attribute", "reference", "drop"]))
    if kind == "cut":
        raw = raw[: data.draw(st.integers(0, len(raw)))]
    elif kind == "bytes":
        at = data.draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + data.draw(st.binary(min_size=1, max_size=4)) + raw[at + 1 :]
    elif kind == "attribute":
        bad: Any = data.draw(
            st.sampled_from(["nan", "inf", "1e999", "-", "", "9" * 400, "[[", "\u202e", "1 2"])
        )
        old = data.draw(
            st.sampled_from(['v="2"', 'v="50"', 'v="left|through|through;right"', 'v="primary"', 'id="4"'])
        )
        raw = raw.replace(old.encode(), f'{old.split("=")[0]}="{bad}"'.encode(), data.draw(st.integers(1, 4)))
    elif kind == "reference":
        raw = raw.replace(b'ref="4"', b'ref="77777"', data.draw(st.integers(1, 3)))
    else:
        keep = {k: v for k, v in WAYS.items() if data.draw(st.booleans())}
        raw = osm(NODES, keep).encode()
    path = tmp_path / "spoilt.osm"
    path.write_bytes(raw)
    outcome(path)


@given(st.data())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_random_street_maps_load(tmp_path: Path, data: st.DataObject) -> None:
    """Any set of streets between points of a grid is a scenario or is refused with a reason."""
    n = data.draw(st.integers(2, 9))
    coordinate = st.integers(-4, 4)
    points = data.draw(st.lists(st.tuples(coordinate, coordinate), min_size=n, max_size=n, unique=True))
    lights = data.draw(st.sets(st.integers(1, n)))
    nodes = {
        k + 1: (60.0 * x, 60.0 * y, {"highway": "traffic_signals"} if k + 1 in lights else {})
        for k, (x, y) in enumerate(points)
    }
    tags = st.fixed_dictionaries(
        {"highway": st.sampled_from(["primary", "residential", "living_street", "motorway_link"])},
        optional={
            "oneway": st.sampled_from(["yes", "no", "-1"]), "lanes": st.sampled_from(["1", "2", "5", "0"]),
            "turn:lanes": st.sampled_from(["left|right", "through|", "reverse|left;through|right|right"]),
        },
    )  # fmt: skip
    ways = {
        k: (data.draw(st.lists(st.integers(1, n), min_size=2, max_size=4)), data.draw(tags))
        for k in range(data.draw(st.integers(1, 8)))
    }
    (tmp_path / "random.osm").write_text(osm(nodes, ways, ()), encoding="utf-8")
    told = outcome(tmp_path / "random.osm")
    assert told == "" or "no road" in told


def control(tmp_path: Path, nodes: Any, ways: Any) -> tuple[dict[str, str], str]:
    """ctrl_type by movement of a map, and the report."""
    (tmp_path / "m.osm").write_text(osm(nodes, ways, ()), encoding="utf-8")
    source = str(tmp_path / "m.osm")
    report = bring(source, lambda: read("m", source=source), tmp_path / "out").report
    moves = table(tmp_path / "out", "movement.csv")
    return {name: row.get("ctrl_type", "") for name, row in moves.items()}, report


CROSS = {1: (0, 0, {}), 2: (-300, 0, {}), 3: (300, 0, {}), 4: (0, 300, {}), 5: (0, -300, {})}
ROADS = {1: ([2, 1, 3], {"highway": "secondary"}), 2: ([4, 6, 1, 7, 5], {"highway": "tertiary"})}


@pytest.mark.parametrize("said", [True, False])
def test_a_sign_is_for_the_junction_that_it_stands_before(said: bool, tmp_path: Path) -> None:
    """The second road runs from north to south: a stop sign before, a give-way sign behind the junction."""
    side = {"direction": "forward"}, {"direction": "backward"}
    signs = {
        6: (0, 12, {"highway": "stop"} | (side[0] if said else {})),
        7: (0, -12, {"highway": "give_way"} | (side[1] if said else {})),
    }
    found, report = control(tmp_path, CROSS | signs, ROADS)
    assert {kind for name, kind in found.items() if name.startswith("4-1")} == {"stop"}
    assert {kind for name, kind in found.items() if name.startswith("5-1")} == {"yield"}
    assert {kind for name, kind in found.items() if name[0] in "23"} == {""}
    assert "movements with a stop sign: 3" in report
    net = load_network(tmp_path / "out")
    yields = conflicts(net).yields
    assert not (net.is_minor[yields[:, 1]] & ~net.is_minor[yields[:, 0]]).any()


@pytest.mark.parametrize(
    ("node", "tags"),
    [(1, {"highway": "stop"}), (6, {"highway": "stop", "stop": "all", "direction": "forward"})],
)
def test_all_way_stops(node: int, tags: dict[str, str], tmp_path: Path) -> None:
    nodes = CROSS | {6: (0, 12, {}), 7: (0, -12, {})}
    nodes[node] = (*nodes[node][:2], tags)
    found, report = control(tmp_path, nodes, ROADS)
    assert set(found.values()) == {"stop_4_way"}
    assert "all-way stops: 1" in report


def test_a_sign_far_from_a_junction_is_named(tmp_path: Path) -> None:
    found, report = control(tmp_path, CROSS | {6: (0, 150, {"highway": "stop"}), 7: (0, -12, {})}, ROADS)
    assert set(found.values()) == {""}
    assert "stop and give-way signs: no road ends within 40 m (6)" in report


def test_who_drives_round_has_priority(tmp_path: Path) -> None:
    """A ring with four two-way roads, drawn as it is driven: anticlockwise."""
    places = {1: (15, 0), 2: (0, 15), 3: (-15, 0), 4: (0, -15)}
    nodes = {n: (*place, {}) for n, place in places.items()}
    nodes |= {n + 10: (20 * x, 20 * y, {}) for n, (x, y) in places.items()}
    ways = {1: ([1, 2, 3, 4, 1], {"highway": "tertiary", "junction": "roundabout"})}
    ways |= {n + 10: ([n + 10, n], {"highway": "tertiary"}) for n in places}
    control(tmp_path, nodes, ways)
    net = load_network(tmp_path / "out")
    arm = [int(net.node.ids[net.link_from[link]]) > 10 for link in net.movement_from]
    assert list(net.movement.texts("ctrl_type")) == ["yield" if is_arm else "no_control" for is_arm in arm]
    yields = conflicts(net).yields
    assert {(arm[a], arm[b]) for a, b in yields.tolist()} == {(True, False)}
