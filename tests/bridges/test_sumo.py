"""SUMO behind the engines' protocol: nobody is lost, the lamps are the interlock's, runs repeat."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.safety import dangers
from typer.testing import CliRunner

from signalsim.bridges.sumo.engine import SumoEngine
from signalsim.cli import app
from signalsim.demand import sample
from signalsim.engine.records import RECORD, Kind
from signalsim.errors import InputError
from signalsim.experiment import EngineComparison, EngineNames, compare_engines, judge
from signalsim.scenario import build, load
from signalsim.simulation import simulate

COLOURS = {"r": 0, "y": 1, "g": 2, "G": 2}


class LongestQueue:
    """A student's controller."""

    def decide(self, view: Any) -> Any:
        return max(view.stages, key=lambda stage: stage.queue_veh)


@pytest.mark.parametrize("controller", ["deployed", "max-pressure", "actuated", LongestQueue()])
def test_any_controller_drives_sumo_and_everybody_arrives(built: Any, controller: Any) -> None:
    run = simulate(built, controller, engine="sumo")
    assert run.engine == "sumo"
    assert run.totals.departed == run.totals.arrived > 200
    assert (run.totals.inside, run.totals.waiting) == (0, 0)
    sums = run.sums
    assert (sums.depart_ms <= sums.enter_ms).all() and (sums.enter_ms < sums.arrive_ms).all()
    assert (sums.freeflow_ms > 10_000).all()
    assert sums.movement_crossed.sum() == run.moves - run.totals.arrived
    assert sums.lane_crossed.sum() >= sums.counted.sum()


def test_both_engines_have_the_same_traffic_and_free_flow(built: Any) -> None:
    ours, theirs = (simulate(built, "deployed", engine=name).sums for name in ("numba", "sumo"))
    assert (ours.depart_ms == theirs.depart_ms).all()
    assert (ours.freeflow_ms == theirs.freeflow_ms).all()  # all arrived: the same distance
    assert (ours.movement_crossed == theirs.movement_crossed).all()


def test_the_same_again_gives_the_same_records(built: Any) -> None:
    first, second = (simulate(built, "max-pressure", engine="sumo", record="full") for _ in range(2))
    assert first.records.tobytes() == second.records.tobytes()
    other = simulate(built, "max-pressure", engine="sumo", record="full", seed=5)
    assert first.records.tobytes() != other.records.tobytes()


def test_records_tell_what_the_sums_add_up(built: Any) -> None:
    run = simulate(built, "deployed", engine="sumo", record="full")
    records, sums = run.records, run.sums
    assert (np.diff(records["t_ms"]) >= 0).all()
    depart, arrive = (records[records["kind"] == kind] for kind in (Kind.DEPART, Kind.ARRIVE))
    assert (sums.enter_ms[depart["entity"]] == depart["t_ms"]).all()
    assert (sums.arrive_ms[arrive["entity"]] == arrive["t_ms"]).all()
    assert (sums.stops[arrive["entity"]] == arrive["value"]).all()
    cross = records[records["kind"] == Kind.CROSS]
    ours = cross[sums.counted[cross["entity"]]]
    n_lanes = len(sums.lane_crossed)
    assert (np.bincount(ours["place"], minlength=n_lanes) == sums.lane_crossed).all()
    assert (np.bincount(ours["place"], ours["value"], n_lanes) == sums.lane_delay_ms).all()
    enter = records[records["kind"] == Kind.ENTER]
    assert len(enter) <= len(cross)  # so short an edge may be passed within a second


def test_the_deployed_plan_shows_what_the_compiled_engine_shows_at_the_next_second(built: Any) -> None:
    """Holds where intergreens are whole seconds, as in both scenarios."""
    ours, theirs = (
        simulate(built, "deployed", engine=name, record="full").records for name in ("numba", "sumo")
    )
    end = min(ours["t_ms"].max(), theirs["t_ms"].max()) - 1000
    signals = [r[(r["kind"] >= Kind.ASPECT) & (r["t_ms"] < end)] for r in (ours, theirs)]
    signals[0]["t_ms"] = -(-signals[0]["t_ms"] // 1000) * 1000
    assert len(signals[0]) > 100
    expected, found = (sorted(r[r["t_ms"] < end].tolist()) for r in signals)
    assert found == expected


def test_vehicles_are_conserved_and_cameras_see_them_at_every_moment(built: Any) -> None:
    engine = SumoEngine(built, sample(built), count_from_ms=0, count_to_ms=1 << 40)
    try:
        before = engine.observe()
        for now in range(0, 400_000, 20_500):  # not only whole seconds
            engine.advance(now)
            sight, totals = engine.observe(), engine.totals()
            assert totals.departed == totals.arrived + totals.inside + totals.waiting
            assert sight.now_ms == engine.now_ms == now
            assert sight.source_waiting.sum() == totals.waiting
            assert sight.lane_vehicles.sum() <= totals.inside
            assert (sight.lane_queue <= sight.lane_vehicles).all()
            assert (sight.lane_out >= before.lane_out).all() and (sight.lane_advance >= sight.lane_out).all()
            assert sight.movement_out.sum() == totals.moves - totals.arrived - totals.inside
            before = sight
        assert before.lane_queue.sum() > 0 and before.lane_out.sum() > 0
    finally:
        engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.observe()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_asked_for_the_lamps_never_endanger_anybody(built: Any, data: st.DataObject) -> None:
    """Read back from SUMO each second; a yellow of 3.5 s is shown for 4."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    patience_ms = data.draw(st.sampled_from([1, 700, 5000, 30_000]))
    engine = SumoEngine(built, sample(built), count_from_ms=0, count_to_ms=1 << 40)
    n_junctions = len(built.index.junctions)
    rows: list[tuple[int, int, int]] = []
    shown = np.zeros(len(built.index.groups), int)
    try:
        lamps = _lamps_of_groups(engine, built)
        for now in range(0, 300_000, 500):
            engine.advance(now)
            if now and now % 1000 == 500:
                colours = _colours(engine, lamps)
                rows += [(now - 500, g, colours[g]) for g in np.flatnonzero(colours != shown)]
                shown = colours
            stage = rng.integers(-2, 5, n_junctions).astype(np.int32)
            engine.request(stage, now + rng.integers(-1000, patience_ms, n_junctions))
    finally:
        engine.close()
    records = np.zeros(len(rows), RECORD)
    records["kind"] = Kind.ASPECT
    records["t_ms"], records["entity"], records["value"] = np.array(rows).T
    order = np.lexsort((records["value"] == 2, records["t_ms"]))  # at one second the ends come first
    group = built.tables.signals.group.copy()
    group["yellow_ms"] = -(-group["yellow_ms"] // 1000) * 1000
    tables = built.tables._replace(signals=built.tables.signals._replace(group=group))
    assert dangers(tables, records[order]) == []
    assert len({row[1] for row in rows}) > 2


def _lamps_of_groups(engine: SumoEngine, built: Any) -> dict[int, list[tuple[str, int]]]:
    """Group -> its lamps in SUMO (light, index), found by the names of edges alone."""
    index = built.index
    movement = {
        (index.links[a], index.links[b]): m
        for m, (a, b) in enumerate(zip(index.movement_from, index.movement_to, strict=True))
    }
    lamps: dict[int, list[tuple[str, int]]] = {}
    for light in engine.libsumo("trafficlight", "getIDList"):
        for k, links in enumerate(engine.libsumo("trafficlight", "getControlledLinks", light)):
            start, end = (lane.rsplit("_", 1)[0].removesuffix(".stop") for lane in links[0][:2])
            lamps.setdefault(int(index.movement_group[movement[start, end]]), []).append((light, k))
    assert sorted(lamps) == list(range(len(index.groups)))
    return lamps


def _colours(engine: SumoEngine, lamps: dict[int, list[tuple[str, int]]]) -> np.ndarray:
    states = {
        light: engine.libsumo("trafficlight", "getRedYellowGreenState", light)
        for light in engine.libsumo("trafficlight", "getIDList")
    }
    found = [{COLOURS[states[light][k]] for light, k in lamps[g]} for g in sorted(lamps)]
    assert all(len(of_group) == 1 for of_group in found)
    return np.array([of_group.pop() for of_group in found])


def test_a_left_turn_that_gives_way_is_permissive_in_sumo(crossing: Any) -> None:
    engine = SumoEngine(crossing, sample(crossing), count_from_ms=0, count_to_ms=1 << 40)
    try:
        engine.advance(60_000)  # the deployed plan's first stage goes on: Main Street
        engine.request(np.array([2], np.int32), np.array([0]))
        engine.advance(75_000)  # Mill Lane
        links = engine.libsumo("trafficlight", "getControlledLinks", "C")
        state = engine.libsumo("trafficlight", "getRedYellowGreenState", "C")
    finally:
        engine.close()
    letters = {(link[0][0], link[0][1][:1]): state[k] for k, link in enumerate(links)}
    assert (letters["N_in_0", "E"], letters["S_in_0", "W"]) == ("g", "g")
    assert (letters["N_in_0", "S"], letters["S_in_0", "N"]) == ("G", "G")


def test_who_may_go_on_red_is_told_to_stop_and_go(crossing: Any) -> None:
    """Right turns of Main Street, while it is red for Mill Lane's sake; nobody else."""
    network = crossing.scenario.network
    toml = network.node.path.parent / "scenario.toml"
    folder = toml.parent.with_name("on_red")
    shutil.copytree(toml.parent, folder)
    (folder / toml.name).write_text(toml.read_text() + "\n[defaults]\nturn_on_red = 1\n")
    built = build(load(folder))
    engine = SumoEngine(built, sample(built), count_from_ms=0, count_to_ms=1 << 40)
    try:
        engine.advance(60_000)
        engine.request(np.array([2], np.int32), np.array([0]))
        engine.advance(75_000)
        links = engine.libsumo("trafficlight", "getControlledLinks", "C")
        state = engine.libsumo("trafficlight", "getRedYellowGreenState", "C")
    finally:
        engine.close()
    ends = [(link[0][0][:1], link[0][1][:1]) for link in links]
    assert {end for end, lamp in zip(ends, state, strict=True) if lamp == "s"} == {("E", "N"), ("W", "S")}
    assert {lamp for end, lamp in zip(ends, state, strict=True) if end == ("E", "W")} == {"r"}


NODES = """<nodes><node id="W" x="0" y="0"/><node id="M" x="100" y="0"/><node id="E" x="250" y="0"/>
<node id="C" x="108.2" y="0" type="traffic_light"/><node id="N" x="108.2" y="150"/>
<node id="S" x="108.2" y="-150"/></nodes>"""
EDGES = """<edges><edge id="far" from="W" to="M" speed="13.9"/><edge id="near" from="M" to="C" speed="13.9"/>
<edge id="out" from="C" to="E" speed="13.9"/><edge id="down" from="N" to="C" speed="13.9"/>
<edge id="away" from="C" to="S" speed="13.9"/></edges>"""


def test_a_link_too_short_for_a_car_has_a_queue_all_the_same(tmp_path: Path) -> None:
    """SUMO's vehicles stand before it; a camera that looks up the approach sees them."""
    from signalsim.formats import reader
    from signalsim.formats.sumo.export.netconvert import binary
    from signalsim.scenario import build, load
    from signalsim.scenario.bring import bring

    net, trips = tmp_path / "tiny.net.xml", tmp_path / "tiny.rou.xml"
    (tmp_path / "tiny.nod.xml").write_text(NODES)
    (tmp_path / "tiny.edg.xml").write_text(EDGES)
    subprocess.run(
        [str(binary("netconvert")), f"--node-files={tmp_path / 'tiny.nod.xml'}", "--no-turnarounds=true",
         f"--edge-files={tmp_path / 'tiny.edg.xml'}", f"--output-file={net}"],
        check=True, capture_output=True,
    )  # fmt: skip
    ways = [("far", "out"), ("down", "away")]
    lines = [f'<trip id="{2 * t + k}" depart="{5 * t}" from="{a}" to="{b}"/>'
             for t in range(12) for k, (a, b) in enumerate(ways)]  # fmt: skip
    trips.write_text("<routes>" + "".join(lines) + "</routes>")
    bring("tiny", lambda: reader("sumo")("tiny", net=str(net), routes=[str(trips)]), tmp_path / "tiny")
    built = build(load(tmp_path / "tiny"))
    link = built.index.links.index("near")
    assert built.index.link_length_m[link] < 2
    (lane,) = built.index.lanes_of_link(link)
    other = next(
        s for s, mask in enumerate(built.index.stage_mask)
        if not int(mask) >> int(built.index.movement_group[built.index.movement_from == link][0]) & 1
    )  # fmt: skip
    engine = SumoEngine(built, sample(built), count_from_ms=0, count_to_ms=1 << 40)
    try:
        engine.request(np.array([other], np.int32), np.array([0]))
        engine.advance(100_000)
        sight = engine.observe()
    finally:
        engine.close()
    assert sight.lane_queue[lane] == sight.lane_vehicles[lane] == 3  # all that the lane holds to our engines
    assert sight.lane_advance[lane] - sight.lane_out[lane] == 3
    assert sight.lane_queue.sum() > 6


def test_two_simulations_at_once_do_not_disturb_each_other(crossing: Any) -> None:
    engines = [SumoEngine(crossing, sample(crossing), count_from_ms=0, count_to_ms=1 << 40) for _ in range(2)]
    for now in range(0, 200_000, 10_000):
        for engine in engines:
            engine.advance(now)
    seen = [engine.observe() for engine in engines]
    for engine in engines:
        engine.close()
    assert all((a == b).all() for a, b in zip(seen[0][1:], seen[1][1:], strict=True))


def test_without_libsumo_one_line_says_what_to_install(
    crossing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "libsumo", None)
    with pytest.raises(InputError, match=r"pip install 'signalsim\[sumo\]'"):
        simulate(crossing, "deployed", engine="sumo")


def test_a_network_that_is_not_the_scenarios_is_named(town: Any, tmp_path: Path) -> None:
    from signalsim.scenario import build, load

    folder = tmp_path / "town"
    shutil.copytree(town.scenario.path, folder)
    net = folder / "sumo.net.xml"
    net.write_text(net.read_text().replace("left0A0", "elsewhere"))
    with pytest.raises(InputError, match=r"sumo\.net\.xml: has no edge 'left0A0'"):
        simulate(build(load(folder)), "deployed", engine="sumo")
    net.write_text("<net")
    with pytest.raises(InputError, match=r"sumo\.net\.xml: SUMO cannot load it"):
        simulate(build(load(folder)), "deployed", engine="sumo")


@pytest.fixture(scope="module")
def both(crossing: Any) -> EngineComparison:
    return compare_engines(
        crossing.scenario, ["deployed", "max-pressure"], engines=["numba", "sumo"], replications=2
    )


def test_two_engines_side_by_side(both: EngineComparison) -> None:
    document = json.loads(both.to_json())
    assert list(document["engines"]) == ["numba", "sumo"]
    for engine, one in both.by_engine.items():
        entry = document["engines"][engine]["controllers"]["max-pressure"]
        assert entry["mean_delay_s"] == pytest.approx(
            one.mean("typical", "max-pressure", "mean_delay_s").mean
        )
        assert entry["vs_baseline"]["mean_delay_s"]["difference"] < 0
    assert "libsumo" in document["provenance"]["versions"]
    assert both.transfers("typical", "deployed") == "open"  # it differs from itself by nothing
    keys = {o.key for one in both.by_engine.values() for row in one.outcomes.values() for o in row}
    assert len(keys) == 8


def test_a_gate_names_the_engine(both: EngineComparison) -> None:
    assert judge("sumo.max-pressure.vs_baseline.mean_delay_s.percent > 500", both).fails is False
    with pytest.raises(InputError, match="begin with one of them"):
        judge("max-pressure.mean_delay_s > 1", EngineNames(["max-pressure"], ["typical"], ["numba", "sumo"]))


def test_the_command_line_writes_a_table_and_a_page(crossing: Any, tmp_path: Path) -> None:
    folder, out = str(crossing.scenario.path), tmp_path / "out"
    command = ["compare", folder, "--controllers", "deployed,max-pressure", "--replications", "1"]
    done = CliRunner().invoke(app, [*command, "--engine", "numba,sumo", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "numba" in done.stdout and "sumo" in done.stdout and "max-pressure" in done.stdout
    assert "max-pressure" in (out / "report.html").read_text()
    rows = (out / "runs.csv").read_text().splitlines()
    assert len(rows) == 5 and rows[0].startswith("engine,sensors,controller")
    wrong = CliRunner().invoke(app, [*command, "--engine", "numba,vissim"])
    assert wrong.exit_code == 2 and "'vissim' is not one of numba, simpy, sumo" in wrong.output
