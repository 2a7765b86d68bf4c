"""UTDF: one junction by hand, the real file of the wheel utdf2gmns, and files that are broken."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.wheels import data

from signalsim.counts.spec import COUNTS
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.experiment.plan_methods import design
from signalsim.formats.draft import Draft
from signalsim.formats.utdf import read, write_plans
from signalsim.formats.utdf.rings import Controller, read_controllers, reference_s
from signalsim.formats.utdf.sections import read_sections
from signalsim.network import load_network
from signalsim.network.specs import CONFLICT, LANE, LINK, MOVEMENT, NODE
from signalsim.scenario import Scenario, build, load
from signalsim.scenario.bring import bring
from signalsim.scenario.planned import write_planned
from signalsim.signals import load_signals
from signalsim.signals.greens import plan_greens
from signalsim.signals.specs import DETECTOR, GROUP, PHASE, PLAN, SPLIT, STAGE
from signalsim.simulation import simulate

REAL = "wheel:utdf2gmns==1.2.5/utdf2gmns/engine/sigma_x/UTDF8.csv"

SMALL = """[Network]
Network Settings
RECORDNAME,DATA
UTDFVERSION,8
Metric,0
ScenarioDate,05/14/2024
ScenarioTime,8:00 am

[Nodes]
Node Data
INTID,TYPE,X,Y,Z,DESCRIPTION
1,0,0,0,0,Main & First
2,1,1000,0,0,
3,1,-1000,0,0,
4,1,0,800,0,
5,2,0,-500,0,
6,1,0,-900,0,

[Links]
Link Data
RECORDNAME,INTID,NB,SB,EB,WB
Up ID,1,5,4,3,2
Lanes,1,1,2,3,3
Distance,1,500,800,1000,1000
Speed,1,30,30,45,45
Up ID,2,,,1,
Lanes,2,,,2,
Distance,2,,,1000,
Speed,2,,,45,
Up ID,3,,,,1
Lanes,3,,,,2
Distance,3,,,,1000
Speed,3,,,,45
Up ID,4,1,,,
Lanes,4,1,,,
Distance,4,800,,,
Speed,4,30,,,
Up ID,5,6,1,,
Lanes,5,1,1,,
Distance,5,400,500,,
Speed,5,30,30,,
Up ID,6,,5,,
Lanes,6,,1,,
Distance,6,,400,,
Speed,6,,30,,

[Lanes]
Lane Group Data
RECORDNAME,INTID,NBL,NBT,NBR,SBL,SBT,SBR,EBL,EBT,EBR,WBL,WBT,WBR,PED,HOLD
Up Node,1,5,5,5,4,4,4,3,3,3,2,2,2,,
Dest Node,1,3,4,2,2,5,3,4,2,5,5,3,4,,
Lanes,1,0,1,0,0,1,1,1,2,0,1,2,0,,
Shared,1,,3,,,1,0,0,2,,0,2,,,
Storage,1,,,,,,100,200,,,150,,,,
StLanes,1,,,,,,1,1,,,1,,,,
Phase1,1,,8,,,4,,5,2,,1,6,,,
PermPhase1,1,8,,,4,,4,,,,,,,,
SatFlow,1,0,1700,0,0,1800,1500,1750,3500,0,1750,3500,0,,
Volume,1,50,100,30,20,110,60,80,700,40,90,650,20,,
Growth,1,100,100,100,100,100,100,100,110,100,100,100,100,,
PHF,1,0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,,
HeavyVehicles,1,2,2,2,2,2,2,2,2,2,2,2,2,,
Allow RTOR,1,1,1,1,1,1,1,1,1,1,1,1,1,,

[Timeplans]
Timing Plan Settings
RECORDNAME,INTID,DATA
Control Type,1,3
Cycle Length,1,90
Referenced To,1,0
Reference Phase,1,206
Offset,1,20

[Phases]
Phasing Data
RECORDNAME,INTID,D1,D2,D3,D4,D5,D6,D7,D8
BRP,1,111,112,211,212,121,122,221,222
MinGreen,1,5,10,,7,5,10,,7
MaxGreen,1,10,34,,30,14,30,,30
Yellow,1,4,4,,4,4,4,,4
AllRed,1,2,2,,2,2,2,,2
"""


@pytest.fixture
def bring_in(tmp_path: Path) -> Callable[[str], Draft]:
    """Reads a text as a UTDF file."""

    def do(text: str) -> Draft:
        (tmp_path / "net.csv").write_text(text, encoding="utf-8")
        return read("x", source=str(tmp_path / "net.csv"))

    return do


@pytest.fixture(scope="module")
def real_file() -> Path:
    return data(REAL)


@pytest.fixture(scope="module")
def real(real_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The real file, imported as the command does."""
    out = tmp_path_factory.mktemp("utdf") / "out"
    return load(bring(REAL, lambda: read("real", source=str(real_file)), out).folder)


def table(draft: Draft, spec: Any) -> list[dict[str, Any]]:
    columns = draft.tables[spec.file][1]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def by_id(draft: Draft, spec: Any) -> dict[str, dict[str, Any]]:
    return {row[spec.key]: row for row in table(draft, spec)}


def plan_rows(draft: Draft) -> list[tuple[str, float, float, float | None]]:
    """(stage, green, offset, change) of every row."""
    names = ("stage_id", "green_s", "offset_s", "change_s")
    rows = [tuple(row[name] for name in names) for row in table(draft, PLAN)]
    return [(*row[:3], None if np.isnan(row[3]) else row[3]) for row in rows]


def test_feet_and_miles_become_metres_and_kilometres(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(SMALL)
    assert by_id(draft, NODE)["2"]["x_coord"] == 304.8
    link = by_id(draft, LINK)["3-1"]
    assert link["length"] == 304.8 and link["free_speed"] == pytest.approx(72.42, abs=0.01)
    metric = by_id(bring_in(SMALL.replace("Metric,0", "Metric,1")), LINK)["3-1"]
    assert metric["length"] == 1000 and metric["free_speed"] == 45


def test_lanes_bays_and_sharing(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(SMALL)
    links, movements = by_id(draft, LINK), by_id(draft, MOVEMENT)
    bays = {(row["link_id"], row["lane_num"]): row["opt_length_m"] for row in table(draft, LANE)}
    assert bays == {("3-1", -1): 60.96, ("2-1", -1): 45.72, ("4-1", 2): 30.48}
    assert [links[name]["lanes"] for name in ("3-1", "2-1", "4-1", "5-1", "1-2")] == [2, 2, 1, 1, 2]

    def lanes(name: str) -> tuple[int, int]:
        return movements[name]["start_ib_lane"], movements[name]["end_ib_lane"]

    assert [lanes(f"1:EB{turn}") for turn in "LTR"] == [(-1, -1), (1, 2), (2, 2)]
    assert [lanes(f"1:SB{turn}") for turn in "LTR"] == [(1, 1), (1, 1), (2, 2)]
    assert [lanes(f"1:NB{turn}") for turn in "LTR"] == [(1, 1), (1, 1), (1, 1)]
    assert {movements[f"1:EB{turn}"]["type"] for turn in "LTR"} == {"left", "thru", "right"}
    assert movements["5:NB>1"]["ob_link_id"] == "5-1"  # the bend


def test_saturation_flow_is_per_lane_and_in_cars(bring_in) -> None:  # type: ignore[no-untyped-def]
    movements = by_id(bring_in(SMALL), MOVEMENT)
    assert movements["1:EBT"]["opt_saturation_flow"] == 1785  # 3500 / 2 lanes, 2 % of trucks worth 2 cars
    assert movements["1:EBR"]["opt_saturation_flow"] == 1785  # it shares their lane
    assert movements["1:EBL"]["opt_saturation_flow"] == 1785
    assert movements["1:SBL"]["opt_saturation_flow"] == 1836


def test_volumes_become_counts_of_one_hour(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(SMALL)
    counts = {(row["link_id"], row["movement_id"]): row["count"] for row in table(draft, COUNTS)}
    assert counts["3-1", "1:EBT"] == 770  # growth 110 %
    assert counts["6-5", None] == 180  # the entry behind the bend: 50 + 100 + 30
    assert {row["interval_start"] for row in table(draft, COUNTS)} == {"2024-05-14T08:00:00+00:00"}
    assert draft.config["start"].isoformat() == "2024-05-14T07:50:00"
    assert draft.config["demand"]["heavy_share"] == 0.02
    for word in ("peak hour factors", "right turns that may go on red", "rings, barriers and actuation"):
        assert word in draft.report()


def test_phases_become_groups_stages_and_a_plan(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Ring 1: phase 1 0–16, 2 16–56, 4 56–92; ring 2: 5 0–20, 6 20–56, 8 56–92. Greens end 6 s before."""
    draft = bring_in(SMALL)
    groups = {row["mvmt_id"]: row["opt_signal_group_id"] for row in table(draft, MOVEMENT)}
    assert groups["1:EBL"] == "1:P5" and groups["1:WBL"] == "1:P1"
    assert groups["1:EBR"] == "1:P2"  # it has no phase of its own: that of its lane
    assert groups["1:SBR"] == groups["1:SBL"] == "1:P4" and groups["5:NB>1"] is None
    assert by_id(draft, GROUP)["1:P2"]["min_green_s"] == 10
    stages = {row["stage_id"]: row["group_ids"] for row in table(draft, STAGE)}
    assert stages["P2+P5"] == "1:P2 1:P5" and stages["P4+P8"] == "1:P4 1:P8"
    # phase 1 ends at 10, phase 5 at 14, before phase 2 begins at 16: the second change begins in the first
    assert plan_rows(draft) == [
        ("P1+P5", 10, 0.0, 0), ("P2+P5", 4, 0.0, None), ("P2+P6", 30, 0.0, None), ("P4+P8", 30, 0.0, None),
    ]  # fmt: skip
    assert draft.config["control"]["offset_reference"] == "midnight"


def test_what_rings_keep_apart_is_forbidden_and_a_permitted_left_gives_way(bring_in) -> None:  # type: ignore[no-untyped-def]
    draft = bring_in(SMALL)
    rules = {frozenset((r["mvmt_id"], r["other_mvmt_id"])): r["rule"] for r in table(draft, CONFLICT)}
    assert rules[frozenset(("1:WBL", "1:EBT"))] == "forbidden"  # phases 1 and 2 of ring 1
    assert rules[frozenset(("1:EBT", "1:SBT"))] == "forbidden"  # across the barrier
    assert rules[frozenset(("1:EBL", "1:WBT"))] == "forbidden"  # phases 5 and 6 of ring 2


def test_a_left_turn_that_is_protected_and_permitted(bring_in) -> None:  # type: ignore[no-untyped-def]
    """Its lamp is green with both phases, and it gives way to what comes against it by geometry. It
    stays green while its own phase clears, so phase 6 waits for nothing: its change comes when it is due.
    """
    draft = bring_in(SMALL.replace("PermPhase1,1,8,,,4,,4,,", "PermPhase1,1,8,,,4,,4,2,"))
    groups = {row["mvmt_id"]: row["opt_signal_group_id"] for row in table(draft, MOVEMENT)}
    rules = {frozenset((r["mvmt_id"], r["other_mvmt_id"])): r["rule"] for r in table(draft, CONFLICT)}
    assert groups["1:EBL"] == "1:P2+P5" and frozenset(("1:EBL", "1:WBT")) not in rules
    assert plan_rows(draft) == [
        ("P1+P5", 10, 0.0, None), ("P2+P5", 4, 0.0, None), ("P2+P6", 30, 0.0, None), ("P4+P8", 30, 0.0, None),
    ]  # fmt: skip
    assert "not exactly those of the file" not in draft.report()


def test_offset_points_of_reference(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bring_in(SMALL)
    (controller,) = read_controllers(read_sections(tmp_path / "net.csv"))
    named = [controller.phases[p] for p in (2, 6)]
    points = [reference_s(to, named, controller.start_s) for to in range(5)]
    assert points == [20, 50, 54, 16, 50]
    assert controller.offset_s == 0  # offset 20 is where phase 6, the last of 2 and 6, turns green


def test_real_network_and_volumes(real: Scenario) -> None:
    assert len(real.network.node) == 53 and len(real.signals.junctions) == 20
    volumes = real_numbers(data(REAL), "Volume")
    assert real.demand.counted[~np.isnan(real.demand.counted)].sum() == pytest.approx(sum(volumes))


def real_numbers(path: Path, record: str) -> list[float]:
    """All numbers of a record, read without the importer."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and row[0] == record]
    return [float(cell) for row in rows for cell in row[2:] if cell]


def controllers(path: Path) -> list[Controller]:
    return read_controllers(read_sections(path))


def test_real_splits_begin_and_end_as_the_file_itself_says(real_file: Path) -> None:
    """[Phases] has Start and End of each split; they follow from MaxGreen, Yellow, AllRed, BRP and the
    offset, to the file's tenth of a second.
    """
    utdf = read_sections(real_file)
    checked = 0
    for one in read_controllers(utdf):
        assert one.cycle_s == one.stated_cycle_s and not one.uneven
        for phase in one.phases:
            for record, mine in (("Start", one.start_s[phase]), ("End", one.end_s[phase])):
                told = utdf.phases[one.node][record].number(f"D{phase}", 0, 1000)
                assert told is not None
                off = (one.offset_s + mine - told) % one.cycle_s
                assert min(off, one.cycle_s - off) < 0.051, (one.node, phase, record)
                checked += 1
    assert checked == 2 * 114


def test_real_lamps_show_the_splits_of_the_file(real: Scenario, real_file: Path) -> None:
    """What the interlock shows under the plan, in every cycle and at all 20 nodes: each group turns green
    at the Start of a split of [Phases] and yellow at its End less Yellow and AllRed, within a tenth of
    a second, which is what the file has. Only where another phase of the group is on before, or goes
    on behind, it stays green.
    """
    run = simulate(build(real), "deployed", record="full")
    assert run.records is not None
    lamps = run.records[run.records["kind"] == Kind.ASPECT]
    utdf = read_sections(real_file)
    since_midnight = 3600 * real.config.start_local.hour + 60 * real.config.start_local.minute
    by_node = {node: one for one in controllers(real_file) for node in one.nodes}
    checked: set[tuple[str, int]] = set()
    for g, name in enumerate(real.signals.groups):
        node, key = name.split(":")
        one, phases = by_node[node], [int(p[1:]) for p in key.split("+")]
        rows = utdf.phases[one.node]
        start, end, yellow, all_red = (
            {p: float(rows[record].text(f"D{p}")) for p in phases}
            for record in ("Start", "End", "Yellow", "AllRed")
        )
        cycle = one.cycle_s

        def on(at: float, other: int, start=start, end=end, cycle=cycle) -> bool:  # type: ignore[no-untyped-def]
            return (at - start[other]) % cycle < (end[other] - start[other]) % cycle - 0.05

        begins = {start[p] for p in phases if not any(on(start[p] - 0.2, q) for q in phases)}
        ends = {
            (end[p] - yellow[p] - all_red[p]) % cycle
            for p in phases
            if not any(on(end[p] + 0.2, q) or (q != p and on(end[p] - 0.2, q)) for q in phases)
        }
        own = lamps[(lamps["entity"] == g) & (lamps["t_ms"] > 300_000)]
        for value, due in ((2, begins), (1, ends)):
            times = own["t_ms"][own["value"] == value] / 1000 + since_midnight
            assert len(times) >= 8 * len(due), name
            off = np.abs((times[:, None] - np.array(sorted(due)) + cycle / 2) % cycle - cycle / 2)
            assert off.min(axis=1).max() < 0.1 and off.min(axis=0).max() < 0.1, (name, value)
        checked |= {(node, p) for p in phases}
    assert checked == {(node, p) for node, one in by_node.items() for p in one.phases}
    assert len(checked) == 118  # those of controller 39 at two nodes


def test_cycles_of_the_real_plan(real: Scenario, real_file: Path) -> None:
    by_node = {node: one for one in controllers(real_file) for node in one.nodes}
    for j, node in enumerate(real.signals.junctions):
        plan = real.signals.plans["deployed"][j]
        assert real.signals.cycle_s(j, plan) == pytest.approx(by_node[node].stated_cycle_s, abs=1e-9)


def test_real_file_runs_and_loses_nobody(real: Scenario) -> None:
    built = build(real)
    for controller in ("deployed", "max-pressure"):
        totals = simulate(built, controller, seed=1).totals
        assert totals.departed == totals.arrived + totals.inside + totals.waiting > 12_000


def test_written_plans_are_read_back(real: Scenario, real_file: Path, tmp_path: Path) -> None:
    """Rings come back as they were in the file; a junction without runs its plan's stages in one ring."""
    write_plans(real.network, real.signals, tmp_path / "plans.csv")
    back = read_controllers(read_sections(tmp_path / "plans.csv", ("Nodes", "Lanes", "Timeplans", "Phases")))
    by_node = {node: one for one in controllers(real_file) for node in one.nodes}
    assert [one.node for one in back] == list(real.signals.junctions)
    for j, one in enumerate(back):
        if j in real.signals.rings:
            assert_same_rings(one, by_node[one.node])
            continue
        plan, cycle = (
            real.signals.plans["deployed"][j],
            real.signals.cycle_s(j, real.signals.plans["deployed"][j]),
        )
        assert [phase.green_s for phase in one.phases.values()] == pytest.approx(plan.green_s, abs=1e-3)
        assert one.cycle_s == pytest.approx(cycle, abs=2e-3)
        assert one.offset_s == pytest.approx(plan.offset_s % cycle, abs=2e-3)
        changes = [phase.yellow_s + phase.all_red_s for phase in one.phases.values()]
        assert changes == pytest.approx(real.signals.plan_changes_s(j, plan), abs=2e-3)


def assert_same_rings(one: Controller, other: Controller) -> None:
    """Phases, their places, times and settings, splits and coordination."""
    assert (one.cycle_s, one.offset_s, one.coordinated) == (other.cycle_s, other.offset_s, other.coordinated)
    assert (one.start_s, one.end_s) == (other.start_s, other.end_s)
    for number, phase in other.phases.items():
        mine = one.phases[number]
        places = [sorted({getattr(p, name) for p in other.phases.values()}) for name in ("ring", "barrier")]
        assert mine.ring == places[0].index(phase.ring) + 1
        assert mine.barrier == places[1].index(phase.barrier) + 1
        assert mine.min_green_s == min(phase.min_green_s, phase.green_s)
        for name in ("green_s", "yellow_s", "all_red_s", "extension_s", "recall", "dual_entry"):
            assert getattr(mine, name) == getattr(phase, name), (one.node, number, name)


def test_rings_of_a_small_file_go_there_and_back(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Gap reduction, recalls, single entry and a phase that a movement shares; and that which has none."""
    text = SMALL + (
        "VehExt,1,2.5,4,,3,3,4,,3\nTimeBeforeReduce,1,0,10,,0,0,10,,0\nTimeToReduce,1,0,15,,0,0,15,,0\n"
        "MinGap,1,2,2.2,,3,3,2.4,,3\nRecall,1,0,3,,1,0,2,,0\nDualEntry,1,0,1,,1,0,1,,1\n"
    )
    bring("x", lambda: bring_in(text), tmp_path / "out")
    scenario = load(tmp_path / "out")
    (rings,) = scenario.signals.rings.values()
    phases = sorted(rings.phases, key=lambda p: p.number)
    assert [(p.number, p.recall, p.dual_entry) for p in phases] == [
        (1, "none", False), (2, "max", True), (4, "min", True), (5, "none", False), (6, "min", True),
        (8, "none", True),
    ]  # fmt: skip
    assert [(p.min_gap_s, p.before_reduction_s, p.reduction_s) for p in phases if p.reduction_s] == [
        (2.2, 10, 15), (2.4, 10, 15),
    ]  # fmt: skip
    splits = {split.phase: (split.split_s, split.coordinated) for split in rings.splits["deployed"]}
    assert splits == {
        1: (16, False), 2: (40, True), 4: (36, False), 5: (20, False), 6: (36, True), 8: (36, False),
    }  # fmt: skip
    assert {split.offset_s for split in rings.splits["deployed"]} == {16.0}  # phase 2's start of green
    write_plans(scenario.network, scenario.signals, tmp_path / "plans.csv")
    utdf = read_sections(tmp_path / "plans.csv", ("Nodes", "Lanes", "Timeplans", "Phases"))
    (back,) = read_controllers(utdf)
    (one,) = read_controllers(read_sections(tmp_path / "net.csv"))
    assert_same_rings(back, one)
    assert {p: back.phases[p].min_gap_s for p in (2, 6)} == {2: 2.2, 6: 2.4}
    assert utdf.lanes["1"]["Phase1"].text("EBT") == "2" and utdf.lanes["1"]["Phase1"].text("EBL") == "5"


def test_detectors_become_zones_and_lines(bring_in) -> None:  # type: ignore[no-untyped-def]
    """In feet, from the stop line: one of 20 at it, one of 6 that begins 100 upstream, in each lane."""
    lanes = (
        "numDetects,1,,,,,,,1,2,,,,,,\nDetectPos1,1,,,,,,,0,0,,,,,,\nDetectSize1,1,,,,,,,20,6,,,,,,\n"
        "DetectType1,1,,,,,,,3,1,,,,,,\nDetectExtend1,1,,,,,,,0.5,0,,,,,,\nDetectDelay1,1,,,,,,,5,0,,,,,,\n"
        "DetectPos2,1,,,,,,,,94,,,,,,\nDetectSize2,1,,,,,,,,6,,,,,,\nDetectType2,1,,,,,,,,258,,,,,,\n"
        "SwitchPhase,1,,,,,,,2,,,,,,,\n"
    )
    draft = bring_in(SMALL.replace("Allow RTOR,1", f"{lanes}Allow RTOR,1"))
    rows = {row["detector_id"]: row for row in table(draft, DETECTOR)}
    assert list(rows) == ["1:EBL.1.-1", "1:EBT.1.1", "1:EBT.1.2", "1:EBT.2.1", "1:EBT.2.2"]
    zone, line = rows["1:EBL.1.-1"], rows["1:EBT.2.2"]
    assert (zone["mode"], zone["length_m"], zone["delay_s"], zone["extend_s"]) == ("presence", 6.1, 5, 0.5)
    assert (line["mode"], line["distance_m"], line["delay_s"]) == ("passage", 30.48, None)
    assert (line["calls"], line["extends"], line["counts"]) == (0, 1, 1)
    assert "SwitchPhase: detectors call their lane's phases (1:EBL)" in draft.report()


def test_phases_without_a_movement_of_their_own(bring_in) -> None:  # type: ignore[no-untyped-def]
    """Phase 5 shows only a left turn that phase 2 shows too: no rings, and the report says so."""
    draft = bring_in(SMALL.replace("PermPhase1,1,8,,,4,,4,,", "PermPhase1,1,8,,,4,,4,2,"))
    assert PHASE.file not in draft.tables and SPLIT.file not in draft.tables
    assert "rings: a phase has no movement for itself; the plan shows its splits all the same (1: P5)" in (
        draft.report()
    )


def test_plans_of_other_scenarios_are_written(scenarios: Path, tmp_path: Path) -> None:
    """Ids that are no numbers become INTIDs from 1, with the id as DESCRIPTION."""
    scenario = load(scenarios / "crossing")
    write_plans(scenario.network, scenario.signals, tmp_path / "plans.csv", offset_point="end_of_green")
    utdf = read_sections(tmp_path / "plans.csv", ("Nodes", "Lanes", "Timeplans", "Phases"))
    (one,) = read_controllers(utdf)
    assert utdf.nodes["1"].text("DESCRIPTION") == scenario.signals.junctions[0]
    plan = scenario.signals.plans["deployed"][0]
    assert tuple(phase.green_s for phase in one.phases.values()) == plan.green_s
    assert one.offset_s == (plan.offset_s - plan.green_s[0]) % one.cycle_s
    with pytest.raises(InputError, match="no such plan; there are: deployed"):
        write_plans(scenario.network, scenario.signals, tmp_path / "x.csv", plan="night")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Distance,1,500,", "Distance,1,far,", "row 24, column 'NB': 'far' is no number; give one or leave"),
        ("Distance,1,500,", "Distance,1,,", "row 22, column 'NB': '5' is upstream of an approach without"),
        ("Up ID,1,5,", "Up ID,1,77,", "row 22, column 'NB': '77' is no node of .Nodes.; add it there"),
        ("Dest Node,1,3,", "Dest Node,1,77,", "column 'NBL': '77' is no node that a link of .Links. joins"),
        ("Dest Node,1,3,", "Dest Node,1,4,", "Dest Node of '1': NBT and NBL both lead to '4'"),
        ("Lanes,1,0,1,0,0,1,1,1", "Lanes,1,0,1,0,0,1,1,99", "column 'EBL': '99' is out of range; give"),
        ("Shared,1,,3", "Shared,1,,1.5", "column 'NBT': '1.5' is no whole number; give one"),
        ("MaxGreen,1,10", "MaxGreen,1,nan", "column 'D1': 'nan' is no number"),
        ("MaxGreen,1,10", "MaxGreen,1,1e9", "column 'D1': '1e9' is out of range; give 0.1 to 600"),
        ("BRP,1,111", "BRP,1,", "column 'D1': '' is empty for a phase with a green; give barrier"),
        ("1,0,0,0,0,Main", "1,0,,0,0,Main", "column 'X': '' is empty; every node needs a position"),
        ("2,1,1000,0,0,", "1,1,1000,0,0,", "column 'INTID': '1' is there twice .first in row 12.; keep one"),
        ("Up Node,1,5", "Up Node,1,2", "column 'NBL': '2' is not the upstream node of that approach"),
        ("Metric,0", "Metric,7", "column 'DATA': '7' is out of range; give 0 to 1"),
        ("[Links]", "[Lines]", "has no rows in section .Links.; export the whole network as UTDF 8"),
        ("Yellow,1,4,4,", "Yellow,1,4,4,4,4,4,4,4,4,4,4,", "values for 10 columns of .Phases.; remove"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(old: str, new: str, message: str, bring_in) -> None:  # type: ignore[no-untyped-def]
    assert SMALL.count(old) == 1
    with pytest.raises(InputError, match=message) as caught:
        bring_in(SMALL.replace(old, new))
    assert "net.csv" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"[Network]\n", b'[Nodes]\n"x\n', b"\x00" * 99]
)
def test_files_that_are_no_utdf(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.csv").write_bytes(raw)
    with pytest.raises(InputError, match=r"net\.csv"):
        read("x", source=str(tmp_path / "net.csv"))


ROWS = list(csv.reader(io.StringIO(SMALL)))
CELLS = [(r, c) for r, row in enumerate(ROWS) for c in range(len(row)) if row[c]]
ODD = st.sampled_from(
    ["", "-1", "0", "1", "2", "8", "9", "77", "1e400", "nan", "1e30", "-0.5", "x y", "*", "[Lanes]", "€"]
)


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(spoils=st.lists(st.tuples(st.sampled_from(CELLS), ODD), min_size=1, max_size=4),
       length=st.integers(1, 3 * len(SMALL)))  # fmt: skip
def test_spoilt_files_are_refused_or_read(
    spoils: list[tuple[tuple[int, int], str]], length: int, tmp_path: Path
) -> None:
    rows = [list(row) for row in ROWS]
    for (r, c), value in spoils:
        rows[r][c] = value
    text = "\n".join(",".join(row) for row in rows)[:length]
    (tmp_path / "net.csv").write_text(text, encoding="utf-8")
    try:
        draft = read("x", source=str(tmp_path / "net.csv"))
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        draft.write(folder)
        load(folder)
    except InputError as error:
        assert "\n" not in str(error)


def test_rings_without_end_are_refused(bring_in) -> None:  # type: ignore[no-untyped-def]
    """60 phases in ten rings of one barrier make six to the power of ten stages."""
    columns = range(1, 61)
    head, _, _ = SMALL.partition("RECORDNAME,INTID,D1")
    rows = {
        "RECORDNAME,INTID": [f"D{k}" for k in columns],
        "BRP,1": [f"1{k % 10}{k // 10}" for k in columns],
        "MaxGreen,1": ["10" for _ in columns],
    }
    with pytest.raises(InputError, match="the rings of barrier 1 make 60,466,176 stages; give"):
        bring_in(head + "".join(f"{name},{','.join(cells)}\n" for name, cells in rows.items()))


def test_two_rings_that_change_apart(bring_in) -> None:  # type: ignore[no-untyped-def]
    """Phase 5's split ends 10 s after phase 1's: phase 6 joins while phase 2 stays."""
    draft = bring_in(SMALL.replace("MaxGreen,1,10,34,,30,14,30", "MaxGreen,1,10,34,,30,20,24"))
    assert plan_rows(draft) == [
        ("P1+P5", 10, 86.0, None), ("P2+P5", 4, 86, None), ("P2+P6", 24, 86, None), ("P4+P8", 30, 86, None),
    ]  # fmt: skip


def test_the_small_file_is_a_scenario(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "out"
    folder.mkdir()
    bring_in(SMALL).write(folder)
    network = load_network(folder, load(folder).config.network_defaults)
    assert load_signals(folder, network).junctions == ("1",)
    totals = simulate(folder, "deployed", seed=3).totals
    assert totals.departed == totals.arrived + totals.inside + totals.waiting > 1000


def test_right_turns_on_red_are_as_allowed(bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Of the four right turns the file allows all but EBR; nobody keeps clear of NBT's way out."""
    rtor = "Allow RTOR,1,1,1,1,1,1,1,1,1,1,1,1,1,,"
    assert rtor in SMALL
    text = SMALL.replace(
        rtor, "Allow RTOR,1,1,1,1,1,1,1,1,1,0,1,1,1,,\nEnter Blocked,1,0,1,0,0,0,0,0,0,0,0,0,0,,"
    )
    draft = bring_in(text)
    kinds = {name: row["ctrl_type"] for name, row in by_id(draft, MOVEMENT).items() if row["ctrl_type"]}
    right = ("NBR", "SBR", "WBR")
    assert kinds == {f"1:{code}": "signal_with_RTOR" for code in right} | {"1:EBR": "signal"}
    assert "right turns that may go on red after a stop (Allow RTOR): 3" in draft.report()
    entering = {name for name, row in by_id(draft, MOVEMENT).items() if row["opt_keep_clear"] == 0}
    assert entering == {"1:NBT"}
    bring("x", lambda: draft, tmp_path / "out")
    scenario = load(tmp_path / "out")
    net = scenario.network
    assert {net.movement.ids[m] for m in np.flatnonzero(net.on_red)} == {f"1:{code}" for code in right}
    foes = {frozenset((net.movement.ids[a], net.movement.ids[b])) for a, b in scenario.signals.foes}
    assert frozenset(("1:EBR", "1:SBT")) in foes  # both southwards
    assert frozenset(("1:EBR", "1:NBT")) not in foes  # kept apart by the rings, yet their ways do not meet
    rules = {frozenset((r["mvmt_id"], r["other_mvmt_id"])): r["rule"] for r in table(draft, CONFLICT)}
    assert rules[frozenset(("1:EBR", "1:NBT"))] == "apart"


@pytest.mark.parametrize("method", ["uniform", "webster", "coordinated"])
def test_a_designed_plan_keeps_its_rings_there_and_back(method: str, bring_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A plan for a controller with rings has splits, which are what its stages show; written as UTDF they
    come back with the same phases, rings, barriers and times."""
    bring("x", lambda: bring_in(SMALL), tmp_path / "out")
    built = build(load(tmp_path / "out"))
    plans = design(built, method, "new", min_cycle_s=20, max_cycle_s=180).plans
    (tmp_path / "planned").mkdir()
    write_planned(built.scenario, plans, tmp_path / "planned")
    signals = load(tmp_path / "planned").signals
    (rings,), plan = signals.rings.values(), signals.plans["new"][0]
    assert {signals.stage_groups[0][s] for s in plan.stages} <= set(rings.stages())
    greens = {g.group: g.end_s - g.begin_s for g in plan_greens(signals, 0, plan)}
    splits = {split.phase: split.split_s for split in rings.splits["new"]}
    assert rings.cycle_s(rings.splits["new"]) == pytest.approx(signals.cycle_s(0, plan))
    assert {p.number: splits[p.number] - p.clear_s for p in rings.phases} == pytest.approx(
        {p.number: greens[p.group] for p in rings.phases}
    )
    write_plans(load(tmp_path / "planned").network, signals, tmp_path / "plans.csv", "new")
    (back,) = read_controllers(
        read_sections(tmp_path / "plans.csv", ("Nodes", "Lanes", "Timeplans", "Phases"))
    )
    places = {n: (p.ring, p.barrier, p.position, p.split_s) for n, p in back.phases.items()}
    assert places == {
        p.number: (p.ring, p.barrier, p.position, pytest.approx(splits[p.number])) for p in rings.phases
    }
    assert back.cycle_s == pytest.approx(signals.cycle_s(0, plan))
    first = min((p for p in rings.phases if p.number in back.coordinated), key=lambda p: p.number)
    begins = {g.group: g.begin_s for g in plan_greens(signals, 0, plan)}[first.group]
    there = back.offset_s + back.start_s[first.number]
    assert (there - plan.offset_s - begins) % back.cycle_s == pytest.approx(0, abs=2e-3)
