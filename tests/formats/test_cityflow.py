"""CityFlow: what its files mean here, by hand on one junction and on the research data sets."""

import copy
import importlib.util
import json
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalsim.demand.specs import ROUTES, TRIPS
from signalsim.engine.records import RECORD, Kind
from signalsim.errors import InputError
from signalsim.formats.cityflow import read
from signalsim.formats.draft import Draft
from signalsim.network import load_network
from signalsim.network.specs import CONFLICT, LINK, MOVEMENT, NODE
from signalsim.scenario.bring import bring
from signalsim.signals import load_signals
from signalsim.signals.specs import GROUP, PLAN, STAGE

SETS = {
    "jinan_3x4": ("roadnet_3_4.json", "anon_3_4_jinan_real.json"),
    "hangzhou_4x4": ("roadnet_4_4.json", "anon_4_4_hangzhou_real.json"),
    "hangzhou_1x1": ("roadnet.json", "flow.json"),
}
ARMS = {"W": (-300, 0), "S": (0, -300), "E": (300, 0), "N": (0, 300)}
AHEAD = {"W": "E", "E": "W", "S": "N", "N": "S"}  # where one comes from -> straight on
LEFT = {"W": "N", "E": "S", "S": "W", "N": "E"}
RIGHT = {left: arm for arm, left in LEFT.items()}
LANES = {"turn_left": 0, "go_straight": 1, "turn_right": 2}
VEHICLE = {"length": 5.0, "width": 2.0, "maxPosAcc": 2.0, "maxNegAcc": 4.5, "usualPosAcc": 2.0,
           "usualNegAcc": 4.5, "minGap": 2.5, "maxSpeed": 11.11, "headwayTime": 2}  # fmt: skip


def crossing() -> dict[str, Any]:
    """One junction of width 10, four roads of 300 m and three lanes each way, the four usual phases."""
    nodes = [{"id": a, "point": {"x": x, "y": y}, "virtual": True} for a, (x, y) in ARMS.items()]
    roads, links = [], []
    for arm, (x, y) in ARMS.items():
        lanes = [{"width": 3, "maxSpeed": 11.11} for _ in range(3)]
        ends = [{"x": x, "y": y}, {"x": 0, "y": 0}]
        roads.append(
            {
                "id": f"{arm}in",
                "startIntersection": arm,
                "endIntersection": "J",
                "points": ends,
                "lanes": lanes,
            }
        )
        roads.append({"id": f"{arm}out", "startIntersection": "J", "endIntersection": arm,
                      "points": ends[::-1], "lanes": lanes})  # fmt: skip
        for kind, to in (("go_straight", AHEAD[arm]), ("turn_left", LEFT[arm]), ("turn_right", RIGHT[arm])):
            lane = {"startLaneIndex": LANES[kind], "endLaneIndex": LANES[kind]}
            links.append({"type": kind, "startRoad": f"{arm}in", "endRoad": f"{to}out", "laneLinks": [lane]})
    right = [2, 5, 8, 11]
    phases = [(5, []), (30, [0, 6]), (30, [3, 9]), (20, [1, 7]), (20, [4, 10])]
    light = {"lightphases": [{"time": t, "availableRoadLinks": right + own} for t, own in phases]}
    junction = {"id": "J", "point": {"x": 0, "y": 0}, "width": 10, "virtual": False, "roadLinks": links,
                "trafficLight": light}  # fmt: skip
    return {"intersections": [*nodes, junction], "roads": roads}


def flow(*roads: str, **times: float) -> dict[str, Any]:
    return {"vehicle": VEHICLE, "route": list(roads), "interval": 1, "startTime": 0, "endTime": 0, **times}


@pytest.fixture
def bring_in(tmp_path: Path) -> Callable[..., Draft]:
    """Reads a network and flows from files of their own."""

    def do(net: Any, flows: Any) -> Draft:
        for name, content in (("net.json", net), ("flow.json", flows)):
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return read("x", roadnet=str(tmp_path / "net.json"), flow=str(tmp_path / "flow.json"))

    return do


def table(draft: Draft, spec: Any) -> list[dict[str, Any]]:
    columns = draft.tables[spec.file][1]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def by_id(draft: Draft, spec: Any) -> dict[str, dict[str, Any]]:
    return {row[spec.key]: row for row in table(draft, spec)}


def test_roads_end_at_the_junctions_edge_and_the_lane_link_is_the_rest(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(crossing(), [flow("Win", "Eout")])
    links, movements = by_id(draft, LINK), by_id(draft, MOVEMENT)
    assert links["Win"]["length"] == 290 and links["Win"]["lanes"] == 3
    assert links["Win"]["free_speed"] == pytest.approx(11.11 * 3.6, abs=1e-9)
    straight, left, right = (movements[f"Win:{turn}"] for turn in ("thru", "left", "right"))
    assert straight["opt_path_m"] == 20  # from edge to edge, in one line
    assert (left["start_ib_lane"], straight["start_ib_lane"], right["start_ib_lane"]) == (1, 2, 3)
    assert left["start_ob_lane"] == left["end_ob_lane"] == 1  # one of three lanes behind
    assert straight["opt_speed_kmh"] == links["Win"]["free_speed"] and left["opt_speed_kmh"] == 30
    assert left["opt_path_m"] > right["opt_path_m"] > 1


def test_lanes_stand_to_the_right_of_the_road_from_the_left(bring_in) -> None:  # type: ignore[no-untyped-def]
    """Lane 0 of a road to the east lies nearest to its line, so its left turn is the longest: by the
    quarter circles' radii of 11.5 m (left, from 1.5 m beside the centre) and 2.5 m (right).
    """
    movements = by_id(bring_in(crossing(), [flow("Win", "Eout")]), MOVEMENT)
    left, right = movements["Win:left"]["opt_path_m"], movements["Win:right"]["opt_path_m"]
    assert left > 11.5 * 2**0.5 and left < 2 * 11.5  # between the chord and the two legs
    assert right > 2.5 * 2**0.5


def test_discharge_is_as_measured_in_cityflow(bring_in) -> None:  # type: ignore[no-untyped-def]
    movement = by_id(bring_in(crossing(), [flow("Win", "Eout")]), MOVEMENT)["Win:thru"]
    headway = 3600 / movement["opt_saturation_flow"]
    crossings = [movement["opt_first_headway_s"]]
    crossings.append(crossings[0] + movement["opt_second_headway_s"])
    crossings += [crossings[1] + headway * k for k in range(1, 9)]
    assert crossings == pytest.approx([1.0] + [0.9 + 2.55 * n for n in range(2, 11)])
    assert movement["opt_end_gain_s"] == 0


def test_other_vehicles_change_headway_and_spacing(bring_in) -> None:  # type: ignore[no-untyped-def]
    flows = [flow("Win", "Eout", vehicle={**VEHICLE, "length": 11.11, "minGap": 2.0, "headwayTime": 1.5})]
    draft = bring_in(crossing(), flows)
    assert 3600 / draft.column(LINK, "opt_saturation_flow")[0] == pytest.approx(1.5 + 1 + 0.1)
    assert draft.config["defaults"]["jam_spacing_m"] == 13.11
    assert "discharge and spacing" in draft.report()


def test_who_gives_way_and_what_is_never_green_together(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(crossing(), [flow("Win", "Eout")])
    rules = {(r["mvmt_id"], r["other_mvmt_id"]): r["rule"] for r in table(draft, CONFLICT)}
    pairs = {frozenset(pair): rule for pair, rule in rules.items()}
    assert pairs[frozenset(("Win:thru", "Sin:thru"))] == "forbidden"
    assert pairs[frozenset(("Win:left", "Ein:thru"))] == "forbidden"  # protected: no phase shows both
    assert frozenset(("Win:thru", "Ein:thru")) not in pairs
    assert frozenset(("Win:thru", "Win:left")) not in pairs  # from one road
    assert not [pair for pair in pairs if all(name.endswith(":right") for name in pair)]


def test_turns_into_one_lane_give_way_by_type(bring_in) -> None:  # type: ignore[no-untyped-def]
    """All lane links end in lane 1: right turns meet straight and left ones there."""
    net = crossing()
    for link in net["intersections"][-1]["roadLinks"]:
        link["laneLinks"][0]["endLaneIndex"] = 1
    rules = {
        (r["mvmt_id"], r["other_mvmt_id"]): r["rule"]
        for r in table(bring_in(net, [flow("Win", "Eout")]), CONFLICT)
    }
    assert rules["Sin:right", "Win:thru"] == "yield" and rules["Sin:right", "Nin:left"] == "yield"
    assert ("Win:thru", "Sin:right") not in rules


def test_a_permitted_left_turn_gives_way_to_what_comes_against_it(bring_in) -> None:  # type: ignore[no-untyped-def]
    net = crossing()
    net["intersections"][-1]["trafficLight"]["lightphases"][1]["availableRoadLinks"] += [1, 7]
    rules = {
        (r["mvmt_id"], r["other_mvmt_id"]): r["rule"]
        for r in table(bring_in(net, [flow("Win", "Eout")]), CONFLICT)
    }
    assert rules["Win:left", "Ein:thru"] == "yield"


def test_phases_become_stages_and_the_dark_one_the_change(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(crossing(), [flow("Win", "Eout")])
    assert {row["stage_id"]: row["group_ids"] for row in table(draft, STAGE)} == {
        "EW-through": "Win:thru Ein:thru",
        "NS-through": "Sin:thru Nin:thru",
        "EW-left": "Win:left Ein:left",
        "NS-left": "Sin:left Nin:left",
    }
    assert {(r["yellow_s"], r["all_red_s"], r["min_green_s"]) for r in table(draft, GROUP)} == {(5, 0, 5)}
    assert not by_id(draft, MOVEMENT)["Win:right"]["opt_signal_group_id"]
    folder = tmp_path / "out"
    folder.mkdir()
    draft.write(folder)
    signals = load_signals(folder, load_network(folder, conflicts_as_listed=True))
    plans = {name: plan[0] for name, plan in signals.plans.items()}
    assert plans["deployed"].green_s == (30, 30, 20, 20) and signals.cycle_s(0, plans["deployed"]) == 120
    assert plans["fixedtime"].green_s == (25,) * 4 and signals.cycle_s(0, plans["fixedtime"]) == 120
    names = [signals.stages[0][stage] for stage in plans["fixedtime"].stages]
    assert names == ["EW-through", "NS-through", "EW-left", "NS-left"]


def test_flows_send_a_vehicle_each_interval_and_routes_are_completed(bring_in) -> None:  # type: ignore[no-untyped-def]
    """A second junction K east of J; the flow names the first and the last road only."""
    net = crossing()
    east = next(node for node in net["intersections"] if node["id"] == "E")
    east |= {"virtual": False, "width": 10, "trafficLight": {"lightphases": []}}
    net["intersections"].append({"id": "F", "point": {"x": 600, "y": 0}, "virtual": True})
    for name, ends in (("Fout", ("E", "F")), ("Fin", ("F", "E"))):
        points = [{"x": 300 if end == "E" else 600, "y": 0} for end in ends]
        net["roads"].append({"id": name, "startIntersection": ends[0], "endIntersection": ends[1],
                             "points": points, "lanes": net["roads"][0]["lanes"]})  # fmt: skip
    links = [{"startLaneIndex": k, "endLaneIndex": k} for k in range(3)]
    east["roadLinks"] = [
        {"type": "go_straight", "startRoad": "Eout", "endRoad": "Fout", "laneLinks": links},
        {"type": "go_straight", "startRoad": "Fin", "endRoad": "Ein", "laneLinks": links},
    ]
    draft = bring_in(net, [flow("Win", "Fout", interval=7, startTime=10, endTime=31), flow("Fin", "Wout")])
    assert draft.column(TRIPS, "depart_s") == [10, 17, 24, 31, 0]
    assert draft.column(ROUTES, "link_ids") == ["Win Eout Fout", "Fin Ein Wout"]
    assert draft.config["horizon"] == {"warm_up_s": 0.0, "demand_s": 60.0, "drain_s": 3600.0}
    assert by_id(draft, LINK)["Eout"]["length"] == 280


def test_lanes_that_nobody_can_leave_are_left_out(bring_in) -> None:  # type: ignore[no-untyped-def]
    net = crossing()
    junction = net["intersections"][-1]
    junction["roadLinks"][:] = [link for link in junction["roadLinks"] if link["startRoad"] != "Win"]
    junction["roadLinks"].append(
        {"type": "go_straight", "startRoad": "Win", "endRoad": "Eout",
         "laneLinks": [{"startLaneIndex": 2, "endLaneIndex": 0}]}
    )  # fmt: skip
    junction["trafficLight"]["lightphases"] = []
    draft = bring_in(net, [flow("Win", "Eout")])
    assert by_id(draft, LINK)["Win"]["lanes"] == 1
    assert by_id(draft, MOVEMENT)["Win:thru"]["start_ib_lane"] == 1
    assert "Win: lane 0, Win: lane 1" in draft.report()


def test_flows_that_lead_nowhere_are_dropped_and_named(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(crossing(), [flow("Win", "Eout"), flow("Eout", "Win"), flow("Win")])
    assert len(draft.column(TRIPS, "vehicle_id")) == 1
    assert "([1], [2])" in draft.report()


def test_an_imported_crossing_runs_and_loses_nobody(tmp_path: Path) -> None:
    from signalsim.simulation import simulate

    routes = [(f"{arm}in", f"{to}out") for arm in ARMS for to in (AHEAD[arm], LEFT[arm], RIGHT[arm])]
    flows = [flow(*route, interval=20, startTime=k, endTime=600) for k, route in enumerate(routes)]
    for name, content in (("net.json", crossing()), ("flow.json", flows)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    net, trips = (str(tmp_path / name) for name in ("net.json", "flow.json"))
    bring(net, lambda: read("x", roadnet=net, flow=trips), tmp_path / "out")
    for controller in ("deployed", "deployed:plan=fixedtime", "max-pressure"):
        totals = simulate(tmp_path / "out", controller).totals
        assert totals.departed == sum((600 - k) // 20 + 1 for k in range(12))
        assert totals.departed == totals.arrived and totals.inside == totals.waiting == 0


@pytest.mark.parametrize("name", SETS)
def test_research_sets(name: str, research_data: Path, tmp_path: Path) -> None:
    roadnet, flows = (research_data / "cityflow" / name / file for file in SETS[name])
    draft = read(name, roadnet=str(roadnet), flow=str(flows))
    junctions, vehicles = {"jinan_3x4": (12, 6295), "hangzhou_4x4": (16, 2983), "hangzhou_1x1": (1, 2231)}[
        name
    ]
    assert len(set(draft.column(GROUP, "junction_id"))) == junctions
    assert len(draft.column(TRIPS, "vehicle_id")) == vehicles
    assert draft.config["horizon"]["demand_s"] == 3600
    draft.write(tmp_path)
    network = load_network(tmp_path, conflicts_as_listed=True)
    signals = load_signals(tmp_path, network)
    assert {signals.cycle_s(j, plan) for j, plan in signals.plans["fixedtime"].items()} == {120}
    lane = {row["type"]: row["start_ib_lane"] for row in table(draft, MOVEMENT)}
    assert lane["left"] == 1 and lane["thru"] == 2 and lane.get("right", 3) == 3


@pytest.mark.parametrize(("name", "bound_s"), [("jinan_3x4", 175.0), ("hangzhou_4x4", 229.8)])
def test_free_flow_is_the_published_lower_bound(name: str, bound_s: float, research_data: Path) -> None:
    """The bound is of whole roads, node to node, closed at 3600 s; our links lack 15 m at each junction."""
    roadnet, flows = (research_data / "cityflow" / name / file for file in SETS[name])
    draft = read(name, roadnet=str(roadnet), flow=str(flows))
    nodes, links = by_id(draft, NODE), by_id(draft, LINK)
    length, speed = {}, {}
    for link in links.values():
        ends = [nodes[link[end]] for end in ("from_node_id", "to_node_id")]
        length[link["link_id"]] = np.hypot(*(ends[1][c] - ends[0][c] for c in ("x_coord", "y_coord")))
        inside = 15 * sum(end["ctrl_type"] == "signal" for end in ends)
        assert link["length"] == length[link["link_id"]] - inside
        speed[link["link_id"]] = link["free_speed"] / 3.6
    ways = dict(zip(draft.column(ROUTES, "route_id"), draft.column(ROUTES, "link_ids"), strict=True))
    total = 0.0
    departs, routes = draft.column(TRIPS, "depart_s"), draft.column(TRIPS, "route_id")
    for depart, route in zip(departs, routes, strict=True):
        until = depart + sum(length[link] / speed[link] for link in ways[route].split()[:-1])
        total += min(until, 3600) - depart
    assert round(total / len(departs), 1) == bound_s


def test_movements_of_a_route_follow_each_other(research_data: Path) -> None:
    roadnet, flows = (research_data / "cityflow" / "jinan_3x4" / file for file in SETS["jinan_3x4"])
    draft = read("x", roadnet=str(roadnet), flow=str(flows))
    joined = {(row["ib_link_id"], row["ob_link_id"]) for row in table(draft, MOVEMENT)}
    for route in draft.column(ROUTES, "link_ids"):
        assert set(pairwise(route.split())) <= joined


WRONG: list[tuple[tuple[Any, ...], Any, str]] = [
    (("roads", 3, "startIntersection"), "Q", r"roads\[3\].startIntersection: 'Q' is no intersection; give"),
    (("roads", 0, "lanes", 1, "maxSpeed"), "fast", r"roads\[0\].lanes\[1\].maxSpeed: 'fast' is no number;"),
    (("roads", 0, "lanes"), [], r"roads\[0\].lanes has too few entries; give 1 or more"),
    (("roads", 0, "points", 0, "x"), 1e300, r"roads\[0\].points\[0\].x: '1e\+300' is too high; give 1e\+07"),
    (("roads", 2, "id"), "Win", r"roads\[2\].id: 'Win' is also that of roads\[0\]; rename one"),
    (("roads", 0, "points", 1, "x"), -295, r"roads\[0\].points: road 'Win' is 5 m long .* give 1 m or more"),
    (("intersections", 4, "virtual"), "no", r"intersections\[4\].virtual: 'no' is neither true nor false"),
    (("intersections", 4, "width"), None, r"intersections\[4\].width: 'None' is no number"),
    (("intersections", 4, "roadLinks", 1, "startRoad"), "Eout",
     r"intersections\[4\].roadLinks\[1\].startRoad: 'Eout' does not end at intersection 'J'"),
    (("intersections", 4, "roadLinks", 1, "endRoad"), "", r"roadLinks\[1\].endRoad: '' is empty; give an id"),
    (("intersections", 4, "roadLinks", 2, "type"), "fly", r"\[2\].type: 'fly' is unknown; give 'go_str"),
    (("intersections", 4, "roadLinks", 0, "laneLinks", 0, "endLaneIndex"), 7,
     r"roadLinks\[0\].laneLinks\[0\].endLaneIndex: '7' is no lane of the road; give 0 to 2"),
    (("intersections", 4, "trafficLight", "lightphases", 1, "availableRoadLinks", 0), 99,
     r"lightphases\[1\].availableRoadLinks\[0\]: '99' is no road link of this intersection; it has 12"),
    (("intersections", 4, "trafficLight", "lightphases", 4, "availableRoadLinks"), [2, 5, 8, 11],
     r"no phase shows road link 4 \('Sin' to 'Wout'\)"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "message"), WRONG)
def test_what_is_wrong_is_named(place: tuple[Any, ...], value: Any, message: str, bring_in) -> None:  # type: ignore[no-untyped-def]
    net = crossing()
    where = net
    for step in place[:-1]:
        where = where[step]
    where[place[-1]] = value
    with pytest.raises(InputError, match=message) as caught:
        bring_in(net, [flow("Win", "Eout")])
    assert "net.json, " in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not readable as JSON .*line 1 column 0"),
        ('{"intersections": [', "not readable as JSON .*line 1 column 19"),
        ("[" * 100_000, "not readable as JSON .*recursion limit"),
        ("null", "the whole file: 'None' is no object"),
        ('{"intersections": [], "roads": []}', "intersections has too few entries"),
        ('{"roads": []}', "intersections is missing; add it"),
        ("\xff\xfe", "not readable as JSON"),
        ('{"intersections": 1' + "0" * 10_000 + "}", "not readable as JSON|is no list"),
    ],
)
def test_broken_json(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(text.encode("latin-1"))
    (tmp_path / "flow.json").write_text("[]")
    with pytest.raises(InputError, match=message):
        read("x", roadnet=str(tmp_path / "net.json"), flow=str(tmp_path / "flow.json"))


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        ([], "holds no flow"),
        ([flow("Win", "nowhere")], r"\[0\].route\[1\]: 'nowhere' is no road"),
        ([flow("Win", "Eout", interval=0)], r"\[0\].interval: '0' is too low; give more than 0"),
        (
            [flow("Win", "Eout", startTime=50, endTime=20)],
            r"\[0\].endTime: '20.0' lies before startTime \(50\)",
        ),
        ([flow("Win", "Eout", interval=1e-6, endTime=3600)], r"\[0\].interval: .* at most 5,000,000"),
        ([flow("Win", "Eout", startTime=1e9)], r"\[0\].startTime: .* too high; give 604000 or less"),
        ([flow("Win", "Eout", vehicle={**VEHICLE, "length": 20})], "length and minGap make 22.5 m"),
        ([flow("Eout", "Win")], "no flow sends a vehicle on a route of two roads"),
        ('[{"route": ["Win", "Eout"], "interval": NaN}]', r"\[0\].vehicle is missing"),
    ],
)
def test_wrong_flows(flows: Any, message: str, bring_in) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message) as caught:
        bring_in(crossing(), flows)
    assert "flow.json" in str(caught.value)


def test_nan_is_no_number(bring_in) -> None:  # type: ignore[no-untyped-def]
    text = json.dumps([flow("Win", "Eout")]).replace('"interval": 1', '"interval": NaN')
    with pytest.raises(InputError, match=r"\[0\].interval: 'nan' is not finite"):
        bring_in(crossing(), text)


def places(part: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [found for key, value in inside for found in ((*here, key), *places(value, (*here, key)))]


DOCUMENT = {"net": crossing(), "flow": [flow("Win", "Eout", interval=30, endTime=100), flow("Sin", "Wout")]}
PLACES = places(DOCUMENT)
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1,
        10**30,
        -1e308,
        float("nan"),
        float("inf"),
        "",
        "Win",
        "J",
        "a b",
        "\x00",
        [],
        {},
        [[]],
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(spoils=st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_spoilt_files_are_refused_or_read(spoils: list[tuple[Any, Any]], tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    for place, value in spoils:
        where: Any = document
        try:
            for step in place[:-1]:
                where = where[step]
            if value == "delete":
                del where[place[-1]]
            else:
                where[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier one took the place away
    for name in ("net", "flow"):
        (tmp_path / name).write_text(json.dumps(document.get(name, "")), encoding="utf-8")
    try:
        draft = read("x", roadnet=str(tmp_path / "net"), flow=str(tmp_path / "flow"))
        assert draft.column(TRIPS, "vehicle_id")
        with tempfile.TemporaryDirectory() as folder:
            draft.write(Path(folder))
            load_signals(folder, load_network(folder, conflicts_as_listed=True))
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(length=st.integers(0, 5000), is_flow=st.booleans())
def test_cut_off_files_are_refused(length: int, is_flow: bool, tmp_path: Path) -> None:
    for name in ("net", "flow"):
        text = json.dumps(DOCUMENT[name])
        cut = (name == "flow") == is_flow
        (tmp_path / name).write_text(text[: min(length, len(text) - 1)] if cut else text, encoding="utf-8")
    with pytest.raises(InputError):
        read("x", roadnet=str(tmp_path / "net"), flow=str(tmp_path / "flow"))


def test_plan_is_missing_where_stages_are(bring_in) -> None:  # type: ignore[no-untyped-def]
    """Without the left turns' phases the literature's plan cannot be had, and the report says so."""
    net = crossing()
    phases = net["intersections"][-1]["trafficLight"]["lightphases"]
    phases[3]["availableRoadLinks"] += phases[4]["availableRoadLinks"]
    del phases[4]
    draft = bring_in(net, [flow("Win", "Eout")])
    assert set(draft.column(PLAN, "plan_id")) == {"deployed"}
    assert "plan 'fixedtime'" in draft.report()


def test_att_paper_by_hand() -> None:
    """Two vehicles: one drives 20 s on an entering lane and 9 s on the last road; the other enters at
    3590 s and is closed at 3600 s. A third has not entered.
    """
    benchmark = Path(__file__).parents[2] / "benchmarks" / "cityflow.py"
    spec = importlib.util.spec_from_file_location("benchmark_cityflow", benchmark)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [
        (0, Kind.DEPART, 0, 0), (0, Kind.ENTER, 0, 0), (20_000, Kind.CROSS, 0, 0), (23_000, Kind.ENTER, 0, 1),
        (32_000, Kind.CROSS, 0, 1), (32_000, Kind.ARRIVE, 0, 1), (3_590_000, Kind.DEPART, 1, 0),
        (3_590_000, Kind.ENTER, 1, 0), (3_620_000, Kind.CROSS, 1, 0), (3_620_000, Kind.DEPART, 2, 0),
    ]  # fmt: skip
    records = np.array([(t, kind, vehicle, lane, 0, 0) for t, kind, vehicle, lane in rows], RECORD)
    index = SimpleNamespace(link_junction=np.array([0, -1]), lane_link=np.array([0, 1]))
    assert module.att_paper_s(records, SimpleNamespace(index=index)) == (20 + 10) / 2
