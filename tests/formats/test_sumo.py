"""SUMO: networks of netgenerate and netconvert, RESCO's real ones, and files that are broken."""

import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.sumonets import make_cross, tool
from support.wheels import data

from signalsim.counts.spec import COUNTS
from signalsim.demand.specs import ROUTES, TRIPS
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.sumo import read
from signalsim.network import conflicts
from signalsim.network.specs import CONFLICT, LANE, LINK, MOVEMENT
from signalsim.scenario import build, load
from signalsim.scenario.bring import bring
from signalsim.signals.specs import DETECTOR, GROUP, INTERGREEN, PHASE, PLAN, STAGE
from signalsim.simulation import simulate

sumo = pytest.importorskip("sumo", reason="the extra 'sumo' is not installed")
RESCO = "wheel:sumo-rl==1.4.5/sumo_rl/nets/RESCO"
# what the research data sets hold: vehicles that depart in the hour, signals
REAL = {
    "cologne1": (2015, 1), "cologne3": (2856, 3), "cologne8": (2046, 8),
    "ingolstadt1": (1716, 1), "ingolstadt7": (3031, 7), "ingolstadt21": (4281, 21),
}  # fmt: skip


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross(tmp_path_factory.mktemp("cross"))


def routes(folder: Path, inside: str) -> str:
    file = folder / "x.rou.xml"
    file.write_text(f"<routes>{inside}</routes>")
    return str(file)


def table(draft: Draft, spec: Any) -> list[dict[str, Any]]:
    columns = draft.tables[spec.file][1]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


FLOW = '<flow id="f" from="nc" to="cs" begin="0" end="600" number="60"/>'


def test_lanes_count_from_the_left_and_keep_their_names(cross: Path, tmp_path: Path) -> None:
    draft = read("x", net=str(cross), routes=[routes(tmp_path, FLOW)])
    lanes = {row["lane_id"]: row["lane_num"] for row in table(draft, LANE) if row["link_id"] == "nc"}
    assert lanes == {"nc_1": 1, "nc_0": 2}
    moves = {row["mvmt_id"]: row for row in table(draft, MOVEMENT)}
    assert (moves["nc->cs"]["start_ib_lane"], moves["nc->cs"]["end_ib_lane"]) == (1, 2)
    assert (moves["nc->ce"]["type"], moves["nc->ce"]["start_ib_lane"]) == ("left", 1)
    assert (moves["nc->cw"]["type"], moves["nc->cw"]["start_ib_lane"]) == ("right", 2)
    assert not any(row["type"] == "uturn" for row in moves.values())


def test_a_left_hand_network_has_its_first_lane_on_the_left(tmp_path: Path) -> None:
    net = make_cross(tmp_path, "static", "--lefthand")
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    lanes = {row["lane_id"]: row["lane_num"] for row in table(draft, LANE) if row["link_id"] == "nc"}
    assert lanes == {"nc_0": 1, "nc_1": 2}
    assert draft.config["network"]["driving_side"] == "left"


def test_who_gives_way_is_as_the_requests_say(cross: Path, tmp_path: Path) -> None:
    """At a signal with permissive left turns: left gives way to the opposing through movement; roads
    that cross are never green together.
    """
    draft = read("x", net=str(cross), routes=[routes(tmp_path, FLOW)])
    rules = {(row["mvmt_id"], row["other_mvmt_id"]): row["rule"] for row in table(draft, CONFLICT)}
    assert rules["nc->ce", "sc->cn"] == "yield"
    either = rules.get(("nc->cs", "ec->cw")) or rules.get(("ec->cw", "nc->cs"))
    assert either == "forbidden"
    assert ("nc->cs", "sc->cn") not in rules and ("sc->cn", "nc->cs") not in rules


@pytest.mark.parametrize("kind", ["allway_stop", "priority_stop", "right_before_left", "priority"])
def test_signs_are_those_of_the_junctions_type(kind: str, tmp_path: Path) -> None:
    net = make_cross(tmp_path, kind=kind)
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    bring("x", lambda: draft, tmp_path / "out")
    network = load(tmp_path / "out").network
    stops = {network.movement.ids[m][0] for m in np.flatnonzero(network.must_stop)}
    assert stops == {"allway_stop": set("nsew"), "priority_stop": set("ew")}.get(kind, set())
    found = conflicts(network)
    assert (len(found.yields) == 0) == (kind == "allway_stop")
    meeting = {(m["mvmt_id"], m["other_mvmt_id"]) for m in table(draft, CONFLICT)}
    assert len(found.foes) == len(meeting) > 20


def test_lamps_that_say_stop_then_go_are_turns_on_red(tmp_path: Path) -> None:
    """Their groups are red then; connections that are not kept clear are told too."""
    net = make_cross(tmp_path, kind="traffic_light_right_on_red")
    text = net.read_text()
    assert re.search(r'<phase[^>]*state="[^"]*s', text)
    net.write_text(
        text.replace('<connection from="nc" to="cs"', '<connection keepClear="0" from="nc" to="cs"')
    )
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    bring("x", lambda: draft, tmp_path / "out")
    moves = {row["mvmt_id"]: row for row in table(draft, MOVEMENT)}
    assert {name for name, row in moves.items() if row["ctrl_type"] == "signal_with_RTOR"} == {
        "nc->cw", "wc->cs", "sc->ce", "ec->cn",
    }  # fmt: skip
    assert {name for name, row in moves.items() if row["opt_keep_clear"] == 0} == {"nc->cs"}
    assert "movements that may go on red after a stop (lamp s): 4" in draft.report()
    theirs, ours = lamps_of_sumo(net, 0, 300, tmp_path), lamps_of_ours(tmp_path / "out", 300)
    index = dict(re.findall(r'<connection from="(\wc)" to="cw"[^>]*linkIndex="(\d+)"', text))
    right = int(index["nc"])
    assert "s" in {state[right] for state in theirs}
    assert (np.array([state[right] in "Gg" for state in theirs]) == ours["nc->cw"]).all()


def lamps_of_sumo(net: Path, begin_s: float, seconds: int, folder: Path) -> np.ndarray:
    """(seconds, n) lamps by SUMO itself: states of traffic light 'c', a text per second."""
    out = folder / "states.xml"
    more = folder / "states.add.xml"
    more.write_text(f'<additional><timedEvent type="SaveTLSStates" source="c" dest="{out}"/></additional>')
    tool("sumo", "-n", str(net), "-a", str(more), "--begin", str(begin_s), "--end", str(begin_s + seconds),
         "--no-step-log")  # fmt: skip
    return np.array(re.findall(r'state="([^"]*)"', out.read_text())[:seconds])


def lamps_of_ours(folder: Path, seconds: int) -> dict[str, np.ndarray]:
    """By movement: whether its lamp is green in the middle of every second."""
    built = build(load(folder))
    records = simulate(built, "deployed", record="full").records
    assert records is not None
    out = {}
    for movement, group in enumerate(built.index.movement_group.tolist()):
        own = records[(records["kind"] == Kind.ASPECT) & (records["entity"] == group)]
        at = np.searchsorted(own["t_ms"], np.arange(seconds) * 1000 + 500, side="right") - 1
        green = np.where(at >= 0, own["value"][np.maximum(at, 0)] == 2, False)
        out[built.index.movements[movement]] = green
    return out


@pytest.mark.parametrize(("offset", "begin"), [(0, 0), (17, 0), (17, 1200), (-25, 300)])
def test_our_lamps_are_green_when_sumos_are(offset: int, begin: int, tmp_path: Path) -> None:
    """Second by second, from the first on."""
    net = make_cross(tmp_path)
    net.write_text(re.sub(r'(<tlLogic[^>]*offset=")0"', rf'\g<1>{offset}"', net.read_text()))
    flow = f'<flow id="f" from="nc" to="cs" begin="{begin}" end="{begin + 600}" number="60"/>'
    bring("x", lambda: read("x", net=str(net), routes=[routes(tmp_path, flow)]), tmp_path / "out")
    theirs, ours = lamps_of_sumo(net, begin, 300, tmp_path), lamps_of_ours(tmp_path / "out", 300)
    index = {
        f"{a}->{b}": int(i)
        for a, b, i in re.findall(
            r'<connection from="(\wc)" to="(c\w)"[^>]*linkIndex="(\d+)"', net.read_text()
        )
    }
    for movement, green in ours.items():
        shown = np.array([state[index[movement]] in "Gg" for state in theirs])
        assert (shown == green).all(), movement


def test_a_plan_has_the_programs_cycle_and_the_stages_of_its_green_phases(
    cross: Path, tmp_path: Path
) -> None:
    draft = read("x", net=str(cross), routes=[routes(tmp_path, FLOW)])
    durations = [float(d) for d in re.findall(r'<phase duration="([\d.]+)"', cross.read_text())]
    assert {row["cycle_s"] for row in table(draft, PLAN)} == {sum(durations)}
    states = re.findall(r'<phase duration="[\d.]+" +state="([^"]*)"', cross.read_text())
    assert len(table(draft, PLAN)) == len(table(draft, STAGE)) == sum("y" not in state for state in states)
    assert {row["yellow_s"] for row in table(draft, GROUP)} == {3.0}


# phase -> (approach, movements, longest green): left turns have lights of their own
NEMA = {1: ("s", "l", 20), 2: ("n", "t", 30), 3: ("w", "l", 10), 4: ("e", "t", 25),
        5: ("n", "l", 8), 6: ("s", "t", 30), 7: ("e", "l", 10), 8: ("w", "t", 25)}  # fmt: skip


def nema_program(net: Path, cycle_s: int) -> str:
    """Eight phases in two rings for the crossing of three lanes."""
    index: dict[tuple[str, str], list[int]] = {}
    for a, i, way in re.findall(
        r'<connection from="(\w)c"[^>]*linkIndex="(\d+)" dir="(\w)"', net.read_text()
    ):
        index.setdefault((a, "l" if way in "tlL" else "t"), []).append(int(i))
    size = 1 + max(max(own) for own in index.values())
    phases = "".join(
        f'<phase name="{k}" duration="99" minDur="5" maxDur="{green}" yellow="3" red="2" '
        f'state="{"".join("G" if i in index[a, way] else "r" for i in range(size))}"/>'
        for k, (a, way, green) in NEMA.items()
    )
    params = {"ring1": "1,2,3,4", "ring2": "5,6,7,8", "barrierPhases": "4,8", "barrier2Phases": "2,6"}
    params |= {"coordinate-mode": "true", "total-cycle-length": str(cycle_s)} if cycle_s else {}
    keys = "".join(f'<param key="{key}" value="{value}"/>' for key, value in params.items())
    head = '<tlLogic id="c" type="NEMA" programID="n" offset="0">'
    return f"<additional>{head}{keys}{phases}</tlLogic></additional>"


@pytest.mark.parametrize(("cycle_s", "expected_s"), [(0, 20 + 30 + 10 + 25 + 4 * 5), (120, 120)])
def test_nema_rings_become_a_fixed_sequence(cycle_s: int, expected_s: float, tmp_path: Path) -> None:
    """A ring that is done first holds its last phase; a left turn that ends early lets the opposite
    through movement begin; the coordinated phases take what is left of the cycle.
    """
    net = make_cross(tmp_path, lanes=3)
    plans = tmp_path / "nema.add.xml"
    plans.write_text(nema_program(net, cycle_s))
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)], plans=[str(plans)])
    bring("x", lambda: draft, tmp_path / "out")
    assert {row["cycle_s"] for row in table(draft, PLAN)} == {expected_s}
    lamps = lamps_of_ours(tmp_path / "out", 240)
    assert not (lamps["nc->cs"] & lamps["sc->cw"]).any()
    assert not (lamps["nc->cs"] & lamps["ec->cw"]).any()
    assert (lamps["sc->cn"] & lamps["sc->cw"]).any()  # 6 with 1, once 5 has ended
    assert not (lamps["nc->cs"] & lamps["nc->ce"]).any()  # 2 begins after 1, when 5 has ended
    run = simulate(tmp_path / "out", "deployed")
    assert run.totals.arrived == run.totals.departed == 60


def test_nema_rings_become_tables(tmp_path: Path) -> None:
    """Every phase has its row, in coordination with the split that its ring has; the lamps of the
    deployed plan show these splits to the millisecond.
    """
    net = make_cross(tmp_path, lanes=3)
    plans = tmp_path / "nema.add.xml"
    text = nema_program(net, 120).replace('offset="0"', 'offset="7"')
    more = {"minRecall": "2,6", "maxRecall": "4", "fixForceOff": "true", "latchingDetectors": "1"}
    params = "".join(f'<param key="{key}" value="{value}"/>' for key, value in more.items())
    plans.write_text(
        text.replace("<phase", params + "<phase", 1).replace('name="3"', 'name="3" vehext="4.5"')
    )
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)], plans=[str(plans)])
    bring("x", lambda: draft, tmp_path / "out")
    system = load(tmp_path / "out").signals
    (rings,) = system.rings.values()
    assert [(p.number, p.ring, p.barrier, p.position) for p in rings.phases] == [
        (1, 1, 1, 1), (2, 1, 1, 2), (3, 1, 2, 1), (4, 1, 2, 2),
        (5, 2, 1, 1), (6, 2, 1, 2), (7, 2, 2, 1), (8, 2, 2, 2),
    ]  # fmt: skip
    assert [p.recall for p in rings.phases] == ["none", "min", "none", "max", "none", "min", "none", "none"]
    assert [p.passage_s for p in rings.phases] == [2, 2, 4.5, 2, 2, 2, 2, 2]
    assert [p.number for p in rings.phases if p.locks] == [1]
    assert {p.max_green_s for p in rings.phases if p.number in (1, 3, 4)} == {20, 10, 25}
    # 20 + 5, 30 + 5 and 15 s that are left of the cycle; 8 + 5 and what ring 1 leaves
    splits = {split.phase: split.split_s for split in rings.splits["deployed"]}
    assert splits == {1: 25, 2: 50, 3: 15, 4: 30, 5: 13, 6: 62, 7: 15, 8: 30}
    assert [s.phase for s in rings.splits["deployed"] if s.coordinated] == [2, 6]
    assert not any(split.floating for split in rings.splits["deployed"])
    assert {split.offset_s for split in rings.splits["deployed"]} == {7.0}  # of phase 6, the first of both

    run = simulate(tmp_path / "out", "deployed", record="full")
    assert run.records is not None
    lamps = run.records[(run.records["kind"] == Kind.ASPECT) & (run.records["t_ms"] > 130_000)]
    start = {1: 0, 2: 25, 3: 75, 4: 90, 5: 0, 6: 13, 7: 75, 8: 90}
    for p in rings.phases:
        own = lamps[lamps["entity"] == p.group]
        begin = start[p.number] + 7 - 13
        assert set(own["t_ms"][own["value"] == 2] % 120_000) == {1000 * begin % 120_000}
        assert set(own["t_ms"][own["value"] == 1] % 120_000) == {
            1000 * (begin + splits[p.number] - 5) % 120_000
        }


@pytest.mark.parametrize(("given", "expected_m"), [("", 20), ("15", 15), ("nonsense", 20), ("1e9", 100)])
def test_detectors_of_nema_programs(given: str, expected_m: float, tmp_path: Path) -> None:
    """A zone in every lane; all of these lanes serve the through movement, so none is a left one."""
    net = make_cross(tmp_path, lanes=3)
    plans = tmp_path / "nema.add.xml"
    told = {"detector-length-leftTurnLane": "8", "detector-length": given}
    params = "".join(f'<param key="{key}" value="{value}"/>' for key, value in told.items())
    plans.write_text(nema_program(net, 0).replace("<phase", params + "<phase", 1))
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)], plans=[str(plans)])
    lanes = {(row["link_id"], row["lane_num"]): row["length_m"] for row in table(draft, DETECTOR)}
    assert lanes == {(f"{a}c", number): expected_m for a in "nesw" for number in (1, 2, 3)}


def test_a_nema_phase_without_a_lamp_of_its_own(tmp_path: Path) -> None:
    """Phase 1 shows nothing that phase 6 does not show too: no rings, but the fixed plan."""
    net = make_cross(tmp_path, lanes=3)
    text = nema_program(net, 0)
    states = dict(re.findall(r'name="(\d)"[^>]*state="([^"]*)"', text))
    both = "".join("G" if "G" in pair else "r" for pair in zip(states["1"], states["6"], strict=True))
    plans = tmp_path / "nema.add.xml"
    plans.write_text(text.replace(states["6"], both))
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)], plans=[str(plans)])
    assert PHASE.file not in draft.tables
    assert "rings of NEMA programs: a phase has no movement for itself (c: 1)" in draft.report()
    bring("x", lambda: draft, tmp_path / "out")
    run = simulate(tmp_path / "out", "deployed")
    assert run.totals.arrived == run.totals.departed == 60


@pytest.mark.parametrize("kind", ["actuated", "delay_based"])
def test_programs_that_react_have_their_durations(kind: str, tmp_path: Path) -> None:
    net = make_cross(tmp_path, kind)
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    assert "programs that react to traffic" in draft.report()
    assert table(draft, PLAN)


def test_programs_of_another_file_replace_those_of_the_network(cross: Path, tmp_path: Path) -> None:
    size = len(re.findall(r'<phase duration="[\d.]+" +state="([^"]*)"', cross.read_text())[0])
    some, rest = size // 4, size - size // 4
    states = [a * some + b * rest for a, b in ("Gr", "yr", "rG", "ry")]
    phases = "".join(
        f'<phase duration="{d}" state="{s}"/>' for d, s in zip((20, 4, 30, 4), states, strict=True)
    )
    plans = tmp_path / "tls.add.xml"
    plans.write_text(
        f'<additional><tlLogic id="c" programID="new" type="static">{phases}</tlLogic></additional>'
    )
    draft = read("x", net=str(cross), routes=[routes(tmp_path, FLOW)], plans=[str(plans)])
    assert {row["cycle_s"] for row in table(draft, PLAN)} == {58.0}
    assert {row["yellow_s"] for row in table(draft, GROUP)} == {4.0}


def test_a_longer_intergreen_than_yellow_is_kept(tmp_path: Path) -> None:
    net = make_cross(tmp_path, "static", "--tls.allred.time", "2")
    draft = read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    assert {row["all_red_s"] for row in table(draft, GROUP)} <= {0.0, 2.0}
    assert 2.0 in {row["all_red_s"] for row in table(draft, GROUP)}
    assert INTERGREEN.file not in draft.tables or table(draft, INTERGREEN)


def test_vehicles_of_every_form(cross: Path, tmp_path: Path) -> None:
    """Vehicles with and without routes of their own, trips, flows, types, times as a clock."""
    file = routes(
        tmp_path,
        '<vType id="lorry" vClass="truck"/><vType id="bike" vClass="bicycle"/>'
        '<vType id="small" length="4" minGap="2"/>'
        '<vTypeDistribution id="mix"><vType id="a" probability="0.5"/><vType id="b" vClass="bus" '
        'probability="0.5"/></vTypeDistribution>'
        '<route id="r" edges="wc ce"/>'
        '<routeDistribution id="rd"><route edges="ec cw" probability="0.5"/><route edges="ec cn" '
        'probability="0.5"/></routeDistribution>'
        '<vehicle id="v1" depart="300" route="r" type="small"/>'
        '<vehicle id="v2" depart="0:05:10" type="lorry"><route edges="nc cs"/></vehicle>'
        '<trip id="t1" depart="320" from="sc" to="ce"/>'
        '<vehicle id="b1" depart="330" route="r" type="bike"/>'
        '<vehicle id="x1" depart="330"><route edges="nc ce cs"/></vehicle>'
        '<trip id="x2" depart="330" from="nowhere" to="cw"/>'
        '<vehicle id="w1" depart="triggered" route="r"/>'
        '<flow id="f1" begin="300" end="400" number="5" route="r"/>'
        '<flow id="f2" begin="300" end="400" vehsPerHour="360" from="ec" to="cn"/>'
        '<flow id="f3" begin="300" end="700" probability="0.1" from="ec" to="cn" type="mix"/>'
        '<flow id="f4" begin="300" end="700" period="exp(0.2)" route="rd"/>'
        '<person id="p" depart="300"><walk edges="nc cs"/></person>',
    )
    draft = read("x", net=str(cross), routes=[file])
    trips = {row["vehicle_id"]: row for row in table(draft, TRIPS)}
    where = {row["route_id"]: row["link_ids"] for row in table(draft, ROUTES)}
    assert trips["v1"]["depart_s"] == 0.0 and trips["v2"]["depart_s"] == 10.0
    assert trips["v2"]["class"] == "heavy"
    assert where[trips["t1"]["route_id"]] == "sc ce"
    assert {"b1", "x1", "x2", "w1"}.isdisjoint(trips)
    assert sum(name.startswith("f1.") for name in trips) == 5
    assert sum(name.startswith("f2.") for name in trips) == 10
    third = [row for name, row in trips.items() if name.startswith("f3.")]
    assert {row["class"] for row in third} == {"car", "bus"}
    assert abs(len(third) - 40) < 5 * 40**0.5
    fourth = {where[row["route_id"]] for name, row in trips.items() if name.startswith("f4.")}
    assert fourth == {"ec cw", "ec cn"}
    again = read("x", net=str(cross), routes=[file])
    assert again.tables[TRIPS.file][1] == draft.tables[TRIPS.file][1]
    report = draft.report()
    for name in ("b1", "x1", "x2", "w1", "p"):
        assert name in report


def test_a_flow_without_end_lasts_as_long_as_sumo_has_it(cross: Path, tmp_path: Path) -> None:
    """To the end of the configuration, without one 24 hours."""
    file = routes(tmp_path, '<flow id="f" from="nc" to="cs" begin="60" period="60"/>')
    config = tmp_path / "x.sumocfg"
    config.write_text(
        f'<configuration><input><net-file value="{cross}"/></input><time><begin value="0"/>'
        '<end value="7260"/></time></configuration>'
    )
    assert len(table(read("x", net=str(cross), routes=[file]), TRIPS)) == 24 * 60
    assert len(table(read("x", config=str(config), routes=[file]), TRIPS)) == 120


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "x.net.xml.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(b"<net>")
        for _ in range(80):
            file.write(b'<a b="%s"/>' % (b" " * (1 << 20)))
    with pytest.raises(InputError, match="more than is read from a file of this size"):
        read("x", net=str(bomb))


def test_turns_back_are_kept_where_a_route_takes_them(cross: Path, tmp_path: Path) -> None:
    file = routes(tmp_path, '<vehicle id="v" depart="0"><route edges="nc cn"/></vehicle>' + FLOW)
    moves = {row["mvmt_id"] for row in table(read("x", net=str(cross), routes=[file]), MOVEMENT)}
    assert "nc->cn" in moves and "sc->cs" not in moves


def test_trips_that_begin_and_end_inside(tmp_path: Path) -> None:
    """A link that others lead to is an entry where a trip begins there; likewise an exit."""
    net = tmp_path / "g.net.xml"
    tool("netgenerate", "--grid", "--grid.number", "3", "--grid.length", "150", "-o", str(net),
         "--no-turnarounds", "-j", "traffic_light")  # fmt: skip
    trips = "".join(f'<trip id="t{k}" depart="{k}" from="A0A1" to="B2C2"/>' for k in range(20))
    bring("g", lambda: read("g", net=str(net), routes=[routes(tmp_path, trips)]), tmp_path / "out")
    run = simulate(tmp_path / "out", "deployed")
    assert run.totals.arrived == run.totals.departed == 20
    links = (tmp_path / "out" / "link.csv").read_text()
    assert "opt_entry" in links and "opt_exit" in links


@pytest.mark.parametrize("kind", ["grid", "spider", "rand"])
@pytest.mark.parametrize("junctions", ["traffic_light", "priority", "right_before_left", "allway_stop"])
def test_whatever_netgenerate_makes_runs(kind: str, junctions: str, tmp_path: Path) -> None:
    net = tmp_path / "n.net.xml"
    size = {"grid": ["--grid.number", "4", "--grid.attach-length", "100"],
            "spider": ["--spider.arm-number", "5"], "rand": ["--rand.iterations", "40"]}[kind]  # fmt: skip
    tool("netgenerate", f"--{kind}", *size, "-L", "2", "-j", junctions, "--seed", "7", "-o", str(net))
    random_trips = Path(sumo.SUMO_HOME) / "tools" / "randomTrips.py"
    made = tmp_path / "t.trips.xml"
    subprocess.run(
        [sys.executable, str(random_trips), "-n", str(net), "-o", str(made), "-e", "300", "-p", "2",
         "-s", "1"],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    bring("n", lambda: read("n", net=str(net), routes=[str(made)]), tmp_path / "out")
    run = simulate(tmp_path / "out", "deployed")
    totals = run.totals
    assert totals.departed > 100
    assert totals.departed == totals.arrived + totals.inside + totals.waiting


def test_a_network_without_routes_has_assumed_volumes(cross: Path, tmp_path: Path) -> None:
    bring("x", lambda: read("x", net=str(cross)), tmp_path / "out")
    assert (tmp_path / "out" / COUNTS.file).is_file()
    assert "replace them by your counts" in (tmp_path / "out" / "import.md").read_text()


def test_counts_of_edges_and_turns(cross: Path, tmp_path: Path) -> None:
    counts = tmp_path / "counts.xml"
    counts.write_text(
        '<data><interval id="a" begin="900" end="1800"><edge id="nc" entered="120"/><edge id="ec" '
        'entered="60"/>'
        '<edge id="sc" entered="40"/><edge id="wc" entered="20"/><edge id="nowhere" entered="5"/>'
        '<edgeRelation from="nc" to="cs" count="100"/><edgeRelation from="nc" to="ce" count="20"/>'
        "</interval></data>"
    )
    out = tmp_path / "out"
    bring("x", lambda: read("x", net=str(cross), counts=[str(counts)]), out)
    run = simulate(out, "deployed")
    assert abs(run.totals.departed - 240) < 5 * 240**0.5
    assert "nowhere" in (out / "import.md").read_text()
    both = read("x", net=str(cross), counts=[str(counts)], routes=[routes(tmp_path, FLOW)])
    assert "60 vehicles of route files" in both.report()


def test_a_configuration_names_files_and_times(cross: Path, tmp_path: Path) -> None:
    routes(tmp_path, FLOW)
    (tmp_path / "net.xml").write_bytes(cross.read_bytes())
    config = tmp_path / "x.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="net.xml"/><route-files value="x.rou.xml"/></input>'
        '<time><begin value="100"/><end value="400"/></time></configuration>'
    )
    draft = read("x", config=str(config))
    assert draft.config["horizon"]["demand_s"] == 300.0
    assert len(table(draft, TRIPS)) == 30


def test_gzip_is_read(cross: Path, tmp_path: Path) -> None:
    packed = tmp_path / "net.xml.gz"
    packed.write_bytes(gzip.compress(cross.read_bytes()))
    assert table(read("x", net=str(packed), routes=[routes(tmp_path, FLOW)]), LINK)


@pytest.mark.parametrize("name", REAL)
def test_the_real_networks_run_and_lose_nobody(name: str, tmp_path: Path) -> None:
    config = data(f"{RESCO}/{name}/{name}.sumocfg")
    vehicles, signals = REAL[name]
    bring(name, lambda: read(name, config=str(config)), tmp_path / "out")
    run = simulate(tmp_path / "out", "deployed")
    assert run.totals.departed == run.totals.arrived == vehicles
    assert len(run.built.index.junctions) == signals


BROKEN: list[tuple[str, Callable[[str], str], str]] = [
    ("cut off", lambda text: text[: len(text) // 2], "is the file whole?"),
    ("no network", lambda text: "<routes/>", "begins with <routes>"),
    ("empty", lambda text: "<net/>", "holds no edge"),
    ("no number", lambda text: text.replace('speed="13.89"', 'speed="fast"', 1), "is not a number"),
    ("endless", lambda text: text.replace('speed="13.89"', f'speed="{"9" * 400}"', 1), "is not a number"),
    ("an edge twice", lambda text: text.replace('<edge id="cn"', '<edge id="nc"', 1), "is there twice"),
    ("a junction twice", lambda text: text.replace('<junction id="s"', '<junction id="n"'), "is there twice"),
    ("a lane twice", lambda text: text.replace('id="nc_1" index="1"', 'id="nc_1" index="0"'),
     "is there twice"),
    ("a short state", lambda text: re.sub(r'state="[Ggr]+"/>', 'state="G"/>', text), "lengthen the states"),
    ("an unknown lamp", lambda text: re.sub(r'state="[Ggr]', 'state="Q', text), "shows 'Q'"),
    ("bits that are none", lambda text: re.sub(r'foes="\d', 'foes="7', text), "is not made of 0 and 1"),
    ("astray", lambda text: text.replace('from="nc" to="cs"', 'from="nc" to="sc"'), "begins at 's'"),
    (
        "entities that grow",
        lambda text: '<!DOCTYPE net [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + text[text.index("<net") :],
        "document type",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "message"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_what_is_wrong_is_named(
    spoil: Callable[[str], str], message: str, cross: Path, tmp_path: Path
) -> None:
    net = tmp_path / "x.net.xml"
    net.write_text(spoil(cross.read_text()))
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read("x", net=str(net), routes=[routes(tmp_path, FLOW)])
    assert str(net) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<vehicle id="v" depart="soon!"><route edges="nc cs"/></vehicle>', "is no time"),
        ('<vehicle id="v" depart="0" route="nowhere"/>', "is no <route>"),
        ('<vehicle depart="0"><route edges="nc cs"/></vehicle>', "is missing"),
        ('<flow id="f" from="nc" to="cs" period="0"/>', "is not a number from"),
        ('<flow id="f" from="nc" to="cs" end="1e7" period="0.001"/>', "vehicles"),
        ('<flow id="f" from="nc" to="cs"/>', "give one"),
        ('<trip id="t" depart="0" fromTaz="1" toTaz="2"/>', "no vehicle that can be simulated (vehicles"),
        ('<flow id="f" from="nc" to="cs" begin="9" end="0" period="exp(1)"/>', "before the flow's beginning"),
        ('<flow id="f" from="nc" to="cs" probability="0" number="9"/>', "is not a number from"),
        ('<routeDistribution id="d" routes="nowhere"/>', "'nowhere' is no <route>"),
        ('<vType id="t" length="0"/>' + FLOW, "is not a number from"),
        ('<vehicle id="v" depart="0"><route edges="cs nc"/></vehicle>', "none of its 1 vehicles"),
    ],
)
def test_wrong_vehicles(inside: str, message: str, cross: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read("x", net=str(cross), routes=[routes(tmp_path, inside)])


ODD = st.sampled_from(
    ["", "-1", "0", "1e308", "nan", "inf", "9" * 500, "nc", "c", "G", "\u0001", "a b", "none"]
)


@settings(max_examples=120, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(spoils=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), ODD), min_size=1, max_size=3))
def test_spoilt_files_are_refused_or_read(
    spoils: list[tuple[float, str]], cross: Path, tmp_path: Path
) -> None:
    """Any attribute of the network or the routes replaced by anything."""
    texts = {"net": cross.read_text(), "rou": f"<routes>{FLOW}</routes>"}
    for place, value in spoils:
        name = "rou" if place > 0.8 else "net"
        found = list(re.finditer(r'="([^"]*)"', texts[name]))
        hit = found[int(place * 7919 * len(found)) % len(found)]
        texts[name] = texts[name][: hit.start(1)] + value + texts[name][hit.end(1) :]
    for name, text in texts.items():
        (tmp_path / f"{name}.xml").write_text(text)
    try:
        bring("x", lambda: read("x", net=str(tmp_path / "net.xml"), routes=[str(tmp_path / "rou.xml")]),
              tmp_path / f"out{abs(hash(tuple(spoils)))}")  # fmt: skip
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(share=st.floats(0, 0.999))
def test_cut_off_files_are_refused(share: float, cross: Path, tmp_path: Path) -> None:
    text = cross.read_text().rstrip()
    (tmp_path / "net.xml").write_text(text[: int(share * len(text))])
    with pytest.raises(InputError):
        read("x", net=str(tmp_path / "net.xml"))
