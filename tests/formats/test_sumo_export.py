"""Exported scenarios in SUMO itself: it runs them, every vehicle arrives, its lamps are ours."""

import csv
import importlib.util
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tomli_w

from signalsim.demand import sample
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.formats.complete import network_of
from signalsim.formats.sumo import read
from signalsim.formats.sumo.export import Plans, export_beside, export_scenario
from signalsim.formats.sumo.export.lights import phases
from signalsim.formats.sumo.export.names import Names
from signalsim.formats.sumo.export.netconvert import binary, build_net
from signalsim.formats.sumo.export.own import joined
from signalsim.network import Network, conflicts
from signalsim.scenario import build, load
from signalsim.scenario.build import Built
from signalsim.signals import Plan, plan_arrays
from signalsim.simulation import simulate

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="needs SUMO: pip install 'signalsim[sumo]'"
)
Row = dict[str, str]
Rows = list[Row]
SHORT = {"warm_up_s": 300, "demand_s": 600, "drain_s": 1800}


def copy(source: Path, folder: Path, **edits: Callable[[Rows], Rows]) -> Path:
    """A copy of a scenario with some tables edited."""
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name, edit in edits.items():
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8") as file:
            rows = edit(list(csv.DictReader(file)))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def set_config(folder: Path, **sections: dict[str, object]) -> None:
    config = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
    for name, values in sections.items():
        config[name] = config.get(name, {}) | values
    (folder / "scenario.toml").write_text(tomli_w.dumps(config), encoding="utf-8")


def hard_crossing(scenarios: Path, folder: Path) -> Path:
    """Groups that stay green over a change, intergreens by pair, times between SUMO's steps, offsets, two
    plans, a bay on each side, ids that SUMO refuses.
    """

    def plans(rows: Rows) -> Rows:
        deployed = [("1", 30), ("4", 8), ("2", 9.5), ("3", 20)]
        evening = [("3", 25), ("1", 20), ("2", 12)]
        return [
            {"plan_id": name, "junction_id": "C", "position": str(k + 1), "stage_id": stage,
             "green_s": str(green), "offset_s": str(offset)}
            for name, offset, plan in (("deployed", 23.5, deployed), ("evening plan", -40, evening))
            for k, (stage, green) in enumerate(plan)
        ]  # fmt: skip

    def stages(rows: Rows) -> Rows:
        return [*rows, {"junction_id": "C", "stage_id": "4", "group_ids": "E EL", "name": ""}]

    def lanes(rows: Rows) -> Rows:
        return [*rows, {"lane_id": "r", "link_id": "W_in", "lane_num": "3", "opt_length_m": "30"}]

    def moves(rows: Rows) -> Rows:
        return [
            r | ({"start_ib_lane": "3", "end_ib_lane": "3"} if r["mvmt_id"] == "W_right" else {})
            for r in rows
        ]

    def groups(rows: Rows) -> Rows:
        return [r | ({"yellow_s": "3.8", "all_red_s": "1.13"} if r["group_id"] == "S" else {}) for r in rows]

    def colons(rows: Rows) -> Rows:
        return [{k: v.replace("E_in", "E:in") for k, v in r.items()} for r in rows]

    source = copy(
        scenarios / "crossing", folder,
        signal_plan=plans, signal_stage=stages, signal_group=groups,
        lane=lambda rows: colons(lanes(rows)),
        movement=lambda rows: colons(moves(rows)), link=colons, counts=colons,
    )  # fmt: skip
    (folder / "intergreen.csv").write_text(
        "clearing_group_id,entering_group_id,intergreen_s\nE,N,8\nE,S,6.5\nN,E,5\nN,W,7.5\nW,EL,6\nWL,N,9\n"
    )
    set_config(folder, horizon=SHORT)
    return source


def exported(source: Path, folder: Path, plan: str = "deployed") -> Built:
    built = build(load(source))
    folder.mkdir()
    scenario = built.scenario
    export_scenario(
        scenario.network, scenario.signals, Plans(built.plans, plan), sample(built, 1),
        scenario.horizon.end_s, folder,
    )  # fmt: skip
    return built


def sumo(folder: Path, *options: str) -> None:
    found = subprocess.run(
        [binary("sumo"), "-c", folder / "scenario.sumocfg", "--no-step-log", *options],
        capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert "Warning" not in found.stderr, found.stderr


def root(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def shown_by_sumo(folder: Path, junctions: list[str], until_s: float) -> dict[str, dict[float, str]]:
    """Junction -> time -> state, at every step."""
    lines = "".join(
        f'<timedEvent type="SaveTLSStates" source="{j}" dest="{folder / "states.xml"}"/>' for j in junctions
    )
    (folder / "ask.add.xml").write_text(f"<additional>{lines}</additional>")
    sumo(
        folder, "--additional-files", f"{folder / 'tls.add.xml'},{folder / 'ask.add.xml'}",
        "--end", str(until_s),
    )  # fmt: skip
    out: dict[str, dict[float, str]] = {j: {} for j in junctions}
    for state in root(folder / "states.xml"):
        out[state.attrib["id"]][float(state.attrib["time"])] = state.attrib["state"]
    return out


def lamps_of_sumo(built: Built, folder: Path, until_s: float) -> list[dict[float, tuple[str, ...]]]:
    """Per junction: time -> aspect of each group, the same on all its links and in upper case."""
    network, signals = built.scenario.network, built.signals
    names = Names(network, built.plans)
    movement = {
        (names.last_edge(a), names.first_edge(b)): m
        for m, (a, b) in enumerate(zip(network.movement_from, network.movement_to, strict=True))
    }
    links = [
        (c.attrib["tl"], int(c.attrib["linkIndex"]), movement[c.attrib["from"], c.attrib["to"]])
        for c in root(folder / "net.net.xml").iter("connection")
        if "tl" in c.attrib
    ]
    assert {m for _, _, m in links} == set(range(len(network.movement)))
    states = shown_by_sumo(folder, [names.node[n] for n in signals.junction_node], until_s)
    out = []
    for j, node in enumerate(signals.junction_node.tolist()):
        own: dict[float, tuple[str, ...]] = {}
        at = {g: [k for tl, k, m in links if tl == names.node[node] and signals.movement_group[m] == g]
              for g in (-1, *signals.groups_of(j))}  # fmt: skip
        for t, state in states[names.node[node]].items():
            assert {state[k] for k in at[-1]} <= {"g", "G"}
            found = [{state[k].upper() for k in at[g]} for g in signals.groups_of(j)]
            assert all(len(letters) == 1 for letters in found), (t, state)
            own[t] = tuple(letters.pop() for letters in found)
        out.append(own)
    return out


def lamps_of_ours(built: Built, plan: str, times: list[float]) -> list[list[tuple[str, ...]]]:
    """The same of our engine, at the times given."""
    records = simulate(built, f"deployed:plan={plan}", record="full").records
    assert records is not None
    own = records[records["kind"] == Kind.ASPECT]
    aspect = np.zeros(len(built.signals.groups), int)
    out: list[list[tuple[str, ...]]] = [[] for _ in built.signals.junctions]
    at = 0
    for t in times:
        while at < len(own) and own["t_ms"][at] <= round(1000 * t):
            aspect[own["entity"][at]] = own["value"][at]
            at += 1
        for j, row in enumerate(out):
            row.append(tuple("RYG"[aspect[g]] for g in built.signals.groups_of(j)))
    return out


def check_lamps(built: Built, folder: Path, plan: str, begin_s: float, end_s: float) -> None:
    """Step by step the same lamps, and never two greens that are forbidden."""
    theirs = lamps_of_sumo(built, folder, end_s)
    times = [t for t in theirs[0] if begin_s <= t < end_s]
    assert len(times) >= end_s - begin_s
    step_s = times[1] - times[0]  # SUMO does at a step's begin what is due within it
    ours = lamps_of_ours(built, plan, [t + step_s - 0.001 for t in times])
    for j, row in enumerate(ours):
        assert [(t, theirs[j][t]) for t in times] == list(zip(times, row, strict=True))
    for a, b in built.signals.forbidden.tolist():
        j = int(built.signals.group_junction[a])
        first = built.signals.groups_of(j).start
        assert not any(s[a - first] == s[b - first] == "G" for s in theirs[j].values())


def check_all_arrive(built: Built, folder: Path) -> float:
    """Every vehicle; their mean travel time, s."""
    sumo(folder, "--tripinfo-output", str(folder / "trips.xml"))
    trips = root(folder / "trips.xml").findall("tripinfo")
    assert len(trips) == len(sample(built, 1).depart_ms) > 200
    assert all(float(t.attrib["arrival"]) >= 0 for t in trips)
    return float(np.mean([float(t.attrib["duration"]) for t in trips]))


@pytest.mark.parametrize("name", ["crossing", "hangzhou"])
def test_sumo_runs_what_ships_and_shows_our_lamps(tmp_path: Path, scenarios: Path, name: str) -> None:
    built = exported(scenarios / name, tmp_path / "out")
    check_all_arrive(built, tmp_path / "out")
    cycle_s = int(built.deployed.cycle_ms[0]) / 1000
    check_lamps(built, tmp_path / "out", "deployed", 0, 2 * cycle_s)


@pytest.mark.parametrize("plan", ["deployed", "evening plan"])
def test_changes_are_those_of_the_interlock(tmp_path: Path, scenarios: Path, plan: str) -> None:
    """From the second cycle on: in the first our junctions still find into an offset plan."""
    built = exported(hard_crossing(scenarios, tmp_path / "in"), tmp_path / "out", plan)
    cycle_s = int(built.plans[plan].cycle_ms[0]) / 1000
    check_lamps(built, tmp_path / "out", plan, cycle_s, 3 * cycle_s)
    check_all_arrive(built, tmp_path / "out")


def test_the_net_is_ours_and_nothing_more(tmp_path: Path, scenarios: Path) -> None:
    built = exported(hard_crossing(scenarios, tmp_path / "in"), tmp_path / "out")
    network = built.scenario.network
    net = root(tmp_path / "out" / "net.net.xml")
    lanes = {e.attrib["id"]: [float(x.attrib["length"]) for x in e] for e in net.iter("edge")}
    assert {name: len(own) for name, own in lanes.items() if name.startswith("E_")} == {
        "E_in": 2, "E_in.stop": 3, "E_out": 2,
    }  # fmt: skip
    lengths = [lanes["E_in"][0], lanes[":E_in.mouth_0"][0], lanes["E_in.stop"][0]]
    assert lengths == [339, 1, 60] and lanes["N_in"] == [300]
    found = {
        tuple(c.attrib[k] for k in ("from", "fromLane", "to", "toLane"))
        for c in net.iter("connection")
        if "tl" in c.attrib
    }
    assert {c for c in found if c[0].startswith("W_in")} == {
        ("W_in.stop", "0", "S_out", "0"), ("W_in.stop", "1", "E_out", "0"), ("W_in.stop", "2", "E_out", "1"),
        ("W_in.stop", "3", "N_out", "0"),
    }  # fmt: skip
    assert len(found) == sum(len(network.movement_lanes(m)) for m in range(len(network.movement)))
    mouth = {
        (c.attrib["fromLane"], c.attrib["toLane"])
        for c in net.iter("connection")
        if c.attrib["from"] == "W_in"
    }
    assert mouth == {("0", "0"), ("0", "1"), ("1", "2"), ("1", "3")}


def test_who_gives_way_is_green_with_a_small_letter(tmp_path: Path, scenarios: Path) -> None:
    exported(scenarios / "crossing", tmp_path / "out")
    net = root(tmp_path / "out" / "net.net.xml")
    index = {
        (c.attrib["from"], c.attrib["to"]): int(c.attrib["linkIndex"])
        for c in net.iter("connection")
        if "tl" in c.attrib
    }
    states = [p.attrib["state"] for p in net.iter("phase")]
    shown = {ends: {s[k] for s in states} for ends, k in index.items()}
    assert shown["N_in", "E_out"] == shown["S_in", "W_out"] == {"g", "y", "r"}
    assert all(letters == {"G", "y", "r"} for ends, letters in shown.items() if ends[0][0] in "EW")


def test_driving_on_the_left_is_the_mirror_image(tmp_path: Path, scenarios: Path) -> None:
    swap = {"left": "right", "right": "left", "thru": "thru"}

    def moves(rows: Rows) -> Rows:
        lanes = {("E_in", "-1"): "3", ("W_in", "-1"): "3", ("E_in", "2"): "1", ("W_in", "2"): "1"}
        out = []
        for r in rows:
            ends = [lanes.get((r["ib_link_id"], r[k]), r[k]) for k in ("start_ib_lane", "end_ib_lane")]
            if r["type"] == "thru":
                ends = [r["start_ib_lane"], r["end_ib_lane"]]
            out.append(r | {"type": swap[r["type"]], "start_ib_lane": ends[0], "end_ib_lane": ends[1]})
        return out

    mirrored = copy(
        scenarios / "crossing", tmp_path / "in", movement=moves,
        node=lambda rows: [r | {"x_coord": str(-float(r["x_coord"]))} for r in rows],
        lane=lambda rows: [r | {"lane_num": "3"} for r in rows],
    )  # fmt: skip
    set_config(mirrored, horizon=SHORT, network={"driving_side": "left"})
    built = exported(mirrored, tmp_path / "left")
    straight = copy(scenarios / "crossing", tmp_path / "straight")
    set_config(straight, horizon=SHORT)
    exported(straight, tmp_path / "right")
    keys = ("from", "fromLane", "to", "toLane", "tl")
    nets = [root(tmp_path / side / "net.net.xml") for side in ("left", "right")]
    assert nets[0].attrib["lefthand"] in ("1", "true")
    left, right = ({tuple(c.get(k) for k in keys) for c in net.iter("connection")} for net in nets)
    assert {c for c in left if c[4]} == {c for c in right if c[4]}  # SUMO counts lanes from the kerb
    times = [check_all_arrive(built, tmp_path / side) for side in ("left", "right")]
    assert times[0] == pytest.approx(times[1], rel=0.1)  # the drivers' dawdling is drawn in another order


def test_equal_input_and_seed_give_equal_bytes(tmp_path: Path, scenarios: Path) -> None:
    for name in ("a", "b"):
        exported(scenarios / "crossing", tmp_path / name)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name
        assert str(tmp_path) not in file.read_text(encoding="utf-8")


def test_a_scenario_that_came_from_sumo_keeps_its_net_and_types(tmp_path: Path, scenarios: Path) -> None:
    """Two hours on: SUMO's programs count from its time 0, not from ours."""
    source = copy(scenarios / "hangzhou", tmp_path / "in")
    set_config(source, horizon={"warm_up_s": 600, "demand_s": 60, "drain_s": 1800})
    built = exported(source, tmp_path / "first")
    (source / "sumo.net.xml").write_bytes((tmp_path / "first" / "net.net.xml").read_bytes())
    (source / "sumo.vtypes.xml").write_text(
        '<additional><vType id="car" length="4"/><vType id="heavy" vClass="truck"/></additional>'
    )
    out, scenario = tmp_path / "second", built.scenario
    out.mkdir()
    export_beside(scenario.network, source, sample(built, 1), 7200, scenario.horizon.end_s, out)
    assert (out / "net.net.xml").read_bytes() == (source / "sumo.net.xml").read_bytes()
    assert not root(out / "routes.rou.xml").findall("vType")
    check_all_arrive(built, out)
    first = next(v.attrib["depart"] for v in root(out / "routes.rou.xml").iter("vehicle"))
    assert float(first) == 7200 + sample(built, 1).depart_ms[0] / 1000


def test_drivers_and_classes_are_those_of_the_sample(tmp_path: Path, scenarios: Path) -> None:
    built = exported(scenarios / "crossing", tmp_path / "out")
    arrivals = sample(built, 1)
    vehicles = root(tmp_path / "out" / "routes.rou.xml").findall("vehicle")
    assert [round(1000 * float(v.attrib["depart"])) for v in vehicles] == arrivals.depart_ms.tolist()
    assert [v.attrib["type"] == "heavy" for v in vehicles] == (arrivals.size > 2).tolist()
    factors = np.array([float(v.attrib["speedFactor"]) for v in vehicles])
    assert np.abs(factors - 1000 / arrivals.pace).max() < 1e-4


def test_lanes_that_merge_let_each_other_in(tmp_path: Path, scenarios: Path) -> None:
    def narrow(rows: Rows) -> Rows:
        return [r | ({"lanes": "1"} if r["link_id"] == "W_out" else {}) for r in rows]

    source = copy(scenarios / "crossing", tmp_path / "in", link=narrow)
    set_config(source, horizon=SHORT)
    built = exported(source, tmp_path / "out")
    net = root(tmp_path / "out" / "net.net.xml")
    first = next(p.attrib["state"] for p in net.iter("phase"))
    letters = {
        (c.attrib["from"], c.attrib["to"]): first[int(c.attrib["linkIndex"])]
        for c in net.iter("connection")
        if "tl" in c.attrib
    }
    assert letters["E_in.stop", "W_out"] == "g" and letters["W_in.stop", "E_out"] == "G"
    check_all_arrive(built, tmp_path / "out")


def test_netconvert_that_refuses_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="netconvert refuses the network: Error: Could not open") as error:
        build_net(tmp_path, tmp_path, drive_right=True)
    assert "\n" not in str(error.value)


def with_signs(scenarios: Path, folder: Path, control: Callable[[Row], str]) -> Path:
    """The crossing without its signals; ``control``: ctrl_type of a movement."""

    def moves(rows: Rows) -> Rows:
        return [r | {"opt_signal_group_id": "", "ctrl_type": control(r)} for r in rows]

    source = copy(scenarios / "crossing", folder, movement=moves)
    for file in source.glob("signal_*.csv"):
        file.unlink()
    config = tomllib.loads((source / "scenario.toml").read_text(encoding="utf-8"))
    config.pop("control", None)
    (source / "scenario.toml").write_text(tomli_w.dumps(config), encoding="utf-8")
    set_config(source, horizon=SHORT)
    return source


def control_read_back(built: Built, folder: Path) -> tuple[dict[str, str], Network]:
    """ctrl_type by movement of what was exported, and the network as it is read."""
    name_of = {
        f"{a}->{b}": m
        for a, b, m in zip(
            *(built.scenario.network.movement.texts(c) for c in ("ib_link_id", "ob_link_id", "mvmt_id")),
            strict=True,
        )
    }
    draft = read("again", net=str(folder / "net.net.xml"))
    network = network_of(draft, "the exported network")
    control = zip(network.movement.ids, network.movement.texts("ctrl_type"), strict=True)
    return {name_of[key.replace(".stop", "")]: kind for key, kind in control if "mouth" not in key and
            key.replace(".stop", "") in name_of}, network  # fmt: skip


@pytest.mark.parametrize(
    "control",
    [lambda r: "stop_4_way", lambda r: "stop" if r["mvmt_id"][0] in "NS" else "",
     lambda r: "stop_2_way" if r["mvmt_id"][0] in "EW" else "no_control"],
    ids=["all-way", "side road stops", "main road stops"],
)  # fmt: skip
def test_stop_signs_come_back_from_sumos_network(
    tmp_path: Path, scenarios: Path, control: Callable[[Row], str]
) -> None:
    source = with_signs(scenarios, tmp_path / "source", control)
    built = exported(source, tmp_path / "out")
    found, again = control_read_back(built, tmp_path / "out")
    own = built.scenario.network
    stops = dict(zip(own.movement.ids, own.must_stop.tolist(), strict=True))
    assert {name: kind != "" for name, kind in found.items()} == stops
    assert (set(found.values()) == {"stop_4_way"}) == own.all_way.all()
    if not own.all_way.all():  # who has a sign gives way to who has none, as SUMO's own requests say
        minor, major = again.is_minor, conflicts(again).yields
        assert not (minor[major[:, 1]] & ~minor[major[:, 0]]).any()
    check_all_arrive(built, tmp_path / "out")


def test_turns_on_red_and_junctions_that_are_not_kept_clear(tmp_path: Path, scenarios: Path) -> None:
    """Right turns from north and south may go on red; nobody keeps the junction clear from the west."""

    def moves(rows: Rows) -> Rows:
        return [
            r | {"ctrl_type": "signal_with_RTOR" if r["mvmt_id"] in ("N_right", "S_right") else "",
                 "opt_keep_clear": "0" if r["mvmt_id"].startswith("W") else "",
                 "opt_signal_group_id": r["opt_signal_group_id"]} for r in rows
        ]  # fmt: skip

    source = copy(scenarios / "crossing", tmp_path / "source", movement=moves)
    set_config(source, horizon=SHORT)
    built = exported(source, tmp_path / "out")
    found, again = control_read_back(built, tmp_path / "out")
    assert {name for name, kind in found.items() if kind == "signal_with_RTOR"} == {"N_right", "S_right"}
    entering = {again.movement.ids[m].split("->")[0] for m in np.flatnonzero(~again.keeps_clear)}
    assert entering == {"W_in.stop"}
    check_all_arrive(built, tmp_path / "out")


def test_a_light_of_several_junctions_shows_the_plan_of_each(scenarios: Path) -> None:
    """Cycles of 40 s and 60 s repeat together after 120 s, and at any time in it each junction shows what its
    own plan shows then; a run that ends before that is the whole program."""
    built = build(load(scenarios / "hangzhou"))
    greens = {0: (5.0, 5.0, 5.0, 5.0), 1: (10.0, 10.0, 10.0, 10.0)}
    plans = {j: Plan((0, 1, 2, 3), greens.get(j, greens[0]), 7.0 * j) for j in range(16)}
    arrays = plan_arrays(built.signals, plans)
    offset, shown = joined(built.signals, arrays, (0, 1), 3_600_000)
    assert (offset, sum(phase.duration_ms for phase in shown)) == (0, 120_000)
    at = 0
    for phase in shown:
        for j in (0, 1):
            own, begin = phases(built.signals, arrays, j), 0
            into = (at - int(arrays.offset_ms[j])) % int(arrays.cycle_ms[j])
            for one in own:
                if begin <= into < begin + one.duration_ms:
                    assert {g: phase.aspects[g] for g in one.aspects} == one.aspects
                begin += one.duration_ms
        at += phase.duration_ms
    assert sum(phase.duration_ms for phase in joined(built.signals, arrays, (0, 1), 90_000)[1]) == 90_000
