"""GMNS: out and in again to the same records; folders as others publish them; spoilt tables."""

import csv
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.crosswalks import add_crossings

from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.formats.gmns import read
from signalsim.formats.gmns.own import RINGS
from signalsim.formats.gmns.write import write
from signalsim.scenario import Scenario, load
from signalsim.scenario.bring import bring
from signalsim.simulation import simulate

SPECIFIED = {
    "node": "node_id name x_coord y_coord z_coord node_type ctrl_type zone_id parent_node_id",
    "link": "link_id name from_node_id to_node_id directed geometry_id geometry parent_link_id dir_flag "
    "length grade facility_type capacity free_speed lanes bike_facility ped_facility parking allowed_uses "
    "toll jurisdiction row_width",
    "lane": "lane_id link_id lane_num allowed_uses r_barrier l_barrier width",
    "movement": "mvmt_id node_id name ib_link_id start_ib_lane end_ib_lane ob_link_id start_ob_lane "
    "end_ob_lane type penalty capacity ctrl_type mvmt_code allowed_uses geometry",
    "signal_controller": "controller_id",
    "signal_phase_mvmt": "signal_phase_mvmt_id timing_phase_id mvmt_id link_id protection",
    "signal_timing_plan": "timing_plan_id controller_id timeday_id time_day cycle_length",
    "signal_timing_phase": "timing_phase_id timing_plan_id signal_phase_num min_green max_green extension "
    "clearance walk_time ped_clearance ring barrier position",
    "signal_coordination": "coordination_id timing_plan_id controller_id coord_contr_id coord_phase "
    "coord_ref_to offset",
    "signal_detector": "detector_id controller_id signal_phase_num link_id start_lane end_lane ref_node_id "
    "det_zone_lr det_zone_front det_zone_back det_type",
}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    if not (folder / name).exists():
        return []
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def short(source: Path, folder: Path, seconds: int) -> Scenario:
    """A copy of a scenario whose demand window ends soon."""
    shutil.copytree(source, folder)
    config = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
    config["horizon"] |= {"demand_s": seconds, "drain_s": seconds}
    (folder / "scenario.toml").write_text(tomli_w.dumps(config), encoding="utf-8")
    return load(folder)


def there_and_back(scenario: Scenario, tmp_path: Path) -> Scenario:
    (tmp_path / "gmns").mkdir()
    write(scenario.network, scenario.signals, scenario.path, tmp_path / "gmns")
    source = str(tmp_path / "gmns")
    return load(bring(source, lambda: read("back", source=source), tmp_path / "back").folder)


@pytest.mark.parametrize(("name", "seconds"), [("crossing", 600), ("hangzhou", 300)])
def test_out_and_in_again_gives_the_same_records(
    tmp_path: Path, scenarios: Path, name: str, seconds: int
) -> None:
    scenario = short(scenarios / name, tmp_path / "short", seconds)
    back = there_and_back(scenario, tmp_path)
    for controller in ("deployed", "max-pressure"):
        one, other = (
            simulate(s, controller=controller, seed=3, record="full").records for s in (scenario, back)
        )
        assert one is not None and other is not None
        assert len(one) > 1000
        assert np.array_equal(one, other)


def test_the_folder_has_the_columns_of_the_specification(tmp_path: Path, scenarios: Path) -> None:
    scenario = load(scenarios / "crossing")
    write(scenario.network, scenario.signals, scenario.path, tmp_path)
    for name, specified in SPECIFIED.items():
        have = list(rows(tmp_path, f"{name}.csv")[0])
        assert not [c for c in have if c not in specified.split() and not c.startswith("opt_")], name
    assert [r["lane_num"] for r in rows(tmp_path, "lane.csv") if r["link_id"] == "E_in"] == ["-1", "1", "2"]
    phases = [
        (r["min_green"], r["clearance"], r["barrier"]) for r in rows(tmp_path, "signal_timing_phase.csv")
    ]
    assert phases == [("33", "5", "1"), ("10", "5", "2"), ("22", "5", "3")]
    assert sum(float(g) + float(c) for g, c, _ in phases) == float(
        rows(tmp_path, "signal_timing_plan.csv")[0]["cycle_length"]
    )
    soft = {r["mvmt_id"] for r in rows(tmp_path, "signal_phase_mvmt.csv") if r["protection"] == "permitted"}
    assert soft == {"N_left", "S_left"}
    assert rows(tmp_path, "movement.csv")[0]["mvmt_code"] == "WBL"  # E_left comes from the east
    views = {r["link_id"]: r["det_zone_back"] for r in rows(tmp_path, "signal_detector.csv")}
    assert views == dict.fromkeys(["E_in", "N_in", "S_in", "W_in"], "-80")


def test_others_read_the_exported_tables_without_ours(tmp_path: Path, scenarios: Path) -> None:
    """From the specification's tables alone the importer makes the same stages and the same plan."""
    scenario = load(scenarios / "crossing")
    out = tmp_path / "gmns"
    out.mkdir()
    write(scenario.network, scenario.signals, scenario.path, out)
    for name in ("scenario.toml", "signal_group.csv", "signal_stage.csv", "signal_plan.csv", "counts.csv"):
        (out / name).unlink()
    back = load(bring(str(out), lambda: read("plain", source=str(out)), tmp_path / "plain").folder)
    assert np.array_equal(np.sort(back.network.length_m), np.sort(scenario.network.length_m))
    plan = rows(tmp_path / "plain", "signal_plan.csv")
    assert [(float(r["green_s"]), float(r["cycle_s"])) for r in plan] == [(33, 80), (10, 80), (22, 80)]

    def served(s: Scenario) -> list[list[str]]:
        groups = s.signals.movements_of_group
        return [
            sorted(s.network.movement.ids[m] for g in stage for m in groups[g])
            for stage in s.signals.stage_groups[0]
        ]

    assert served(back) == served(scenario)


def test_our_tables_without_a_scenario_are_taken_as_they_are(tmp_path: Path, scenarios: Path) -> None:
    scenario = load(scenarios / "crossing")
    (tmp_path / "gmns").mkdir()
    write(scenario.network, scenario.signals, scenario.path, tmp_path / "gmns")
    (tmp_path / "gmns" / "scenario.toml").unlink()
    source = str(tmp_path / "gmns")
    back = load(bring(source, lambda: read("own", source=source), tmp_path / "own").folder)
    for name in ("signal_group.csv", "signal_stage.csv", "signal_plan.csv", "counts.csv"):
        assert (tmp_path / "own" / name).read_bytes() == (tmp_path / "gmns" / name).read_bytes()
    assert back.signals.intergreen_s == scenario.signals.intergreen_s
    first = min(row["interval_start"] for row in rows(tmp_path / "own", "counts.csv"))
    assert (first, back.config.start.isoformat()) == (
        "2024-05-14T08:00:00+02:00",
        "2024-05-14T05:50:00+00:00",
    )


NODES = [(1, -100, 0, ""), (2, 100, 0, ""), (3, 0, -80, ""), (4, 0, 80, ""), (5, 0, 0, "SIGNAL")]
CONFIG = {
    "short_length": "foot",
    "long_length": "mile",
    "speed": "mph",
    "crs": "EPSG:32619",
    "version_number": "0.96",
}


def table(path: Path, cells: Iterable[dict[str, object]]) -> None:
    every = list(cells)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(every[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(every)


def published(folder: Path, *, signals: bool = True, movements: bool = True, degrees: bool = False) -> Path:
    """A junction as the published samples have theirs: mile said and feet meant, links for cyclists,
    undirected links, empty lanes, ends of lane ranges left out, phases in two rings.
    """
    folder.mkdir()
    k = 1 / 111_195.08 if degrees else 1.0
    table(folder / "config.csv", [CONFIG | {"crs": "4326" if degrees else CONFIG["crs"]}])
    table(folder / "node.csv", [
        {"node_id": n, "x_coord": x * k, "y_coord": y * k, "ctrl_type": kind, "opt_note": "x"}
        for n, x, y, kind in NODES
    ])  # fmt: skip
    link = {
        "directed": "TRUE",
        "facility_type": "ARTERIAL",
        "free_speed": 25,
        "lanes": 1,
        "allowed_uses": "ALL",
    }
    both = {"1": ("1 5", 1, 5, 328.084), "2": ("2 5", 2, 5, 328.084), "3": ("3 5", 3, 5, 262.467)}
    links = [
        link | {"link_id": name, "from_node_id": a, "to_node_id": b, "length": feet, "directed": "0"}
        for name, a, b, feet in both.values()
    ]
    links.append(link | {"link_id": "out", "from_node_id": 5, "to_node_id": 4, "length": "", "lanes": ""})
    links.append(
        link | {"link_id": "b", "from_node_id": 5, "to_node_id": 4, "length": 262, "facility_type": "BIKEWAY"}
    )
    table(folder / "link.csv", links)
    table(folder / "lane.csv", [{"lane_id": 1, "link_id": "1 5", "lane_num": -1, "allowed_uses": "ALL"}])
    if movements:
        wanted = [
            (10, "1 5", "2 5", 1, "THRU"), (11, "1 5", "out", -1, "LEFT"), (12, "2 5", "1 5", 1, "THRU"),
            (13, "2 5", "out", 7, "RIGHT"), (14, "3 5", "out", 1, "THRU"), (15, "3 5", "1 5", 1, "left"),
            (16, "3 5", "2 5", 1, "merge"), (17, "1 5", "b", 2, "LEFT"), (18, "1 5", "3 5", "", ""),
            (19, "2 5", "3 5", 1, "LEFT"),
        ]  # fmt: skip
        table(folder / "movement.csv", [
            {"mvmt_id": m, "node_id": 5, "ib_link_id": a, "start_ib_lane": lane, "end_ib_lane": "",
             "ob_link_id": b, "type": kind, "ctrl_type": "signal"}
            for m, a, b, lane, kind in wanted
        ])  # fmt: skip
    if signals:
        plan = {
            "timing_plan_id": 0,
            "controller_id": 5,
            "time_day": "",
            "time_day_id": "",
            "cycle_length": "",
        }
        table(folder / "signal_timing_plan.csv", [
            plan, plan | {"timing_plan_id": 1, "time_day": "01111100_06:00_09:00", "cycle_length": 75},
        ])  # fmt: skip
        phases = {1: (1, 1, 1, 11, 5), 6: (2, 1, 1, 11, 5), 2: (1, 1, 2, 24, 6), 4: (1, 2, 1, 21, 8)}
        table(folder / "signal_timing_phase.csv", [
            {"timing_phase_id": 100 + n, "timing_plan_id": 1, "signal_phase_num": n, "min_green": green,
             "max_green": green, "clearance": clearance, "ring": ring, "barrier": barrier, "position": place}
            for n, (ring, barrier, place, green, clearance) in phases.items()
        ])  # fmt: skip
        green = {1: (11,), 6: (10, 18), 2: (12, 13, 19), 4: (14, 15, 16)}
        table(folder / "signal_phase_mvmt.csv", [
            {"signal_phase_mvmt_id": f"{n}.{m}", "timing_phase_id": 100 + n, "mvmt_id": m, "link_id": "NULL",
             "protection": "permitted" if m == 19 else "protected"}
            for n, moves in green.items() for m in moves
        ])  # fmt: skip
        table(folder / "signal_coordination.csv", [
            {"coordination_id": 1, "timing_plan_id": 1, "controller_id": 5, "coord_contr_id": 5,
             "coord_phase": 2, "coord_ref_to": "begin_of_green", "offset": 17},
        ])  # fmt: skip
    return folder


def imported(folder: Path) -> tuple[Path, str]:
    out = folder.parent / "out"
    report = bring(str(folder), lambda: read("x", source=str(folder)), out).report
    return out, report


@pytest.mark.parametrize("degrees", [False, True])
def test_units_are_those_of_the_geometry(tmp_path: Path, degrees: bool) -> None:
    out, report = imported(published(tmp_path / "in", degrees=degrees))
    lengths = {r["link_id"]: float(r["length"]) for r in rows(out, "link.csv")}
    assert lengths == {
        "1_5": 100, "1_5-r": 100, "2_5": 100, "2_5-r": 100, "3_5": 80, "3_5-r": 80, "out": 80,
    }  # fmt: skip
    assert {r["free_speed"] for r in rows(out, "link.csv")} == {"40.2"}  # 25 mph
    assert "unit of link lengths: ft: config.csv says 'mile'" in report
    assert "lanes: 1 where link.csv gives none (out)" in report


def test_rings_become_stages_and_a_plan(tmp_path: Path) -> None:
    out, report = imported(published(tmp_path / "in"))
    group = {r["mvmt_id"]: r["opt_signal_group_id"] for r in rows(out, "movement.csv")}
    assert group == {
        "10": "5.6", "11": "5.1", "12": "5.2", "13": "5.2", "14": "5.4", "15": "5.4", "16": "5.4",
        "18": "5.6", "19": "5.2",
    }  # fmt: skip
    # ring 2 has one phase before the barrier, which stays beside both of ring 1, and clears in 1 s less
    assert {r["stage_id"]: r["group_ids"] for r in rows(out, "signal_stage.csv")} == {
        "1+6": "5.1 5.6", "2+6": "5.2 5.6", "4": "5.4", "6": "5.6",
    }  # fmt: skip
    plan = rows(out, "signal_plan.csv")
    # 11 + 5, 24 + 1 + 5 and 21 + 8 make the cycle of 75
    assert [(r["stage_id"], float(r["green_s"])) for r in plan] == [
        ("1+6", 11), ("2+6", 24), ("6", 1), ("4", 21),
    ]  # fmt: skip
    assert {(r["offset_s"], r["cycle_s"]) for r in plan} == {("1", "75")}  # phase 2 begins at 17
    clearing = {
        r["group_id"]: float(r["yellow_s"]) + float(r["all_red_s"]) for r in rows(out, "signal_group.csv")
    }
    assert clearing == {"5.1": 5, "5.2": 6, "5.4": 8, "5.6": 5}
    assert "0 of 5" not in report  # plan 0 has no phases


def test_phases_of_rings_keep_their_settings(tmp_path: Path) -> None:
    """Actuated where the folder has extensions; the coordinated phase has the offset."""
    out, report = imported(actuated(tmp_path / "in"))
    phases = {int(r["phase_num"]): r for r in rows(out, "signal_phase.csv")}
    assert {n: (r["ring"], r["barrier"], r["position"]) for n, r in phases.items()} == {
        1: ("1", "1", "1"), 2: ("1", "1", "2"), 4: ("1", "2", "1"), 6: ("2", "1", "1"),
    }  # fmt: skip
    assert {r["passage_s"] for r in phases.values()} == {"2.5"} and phases[2]["min_green_s"] == "7"
    splits = {int(r["phase_num"]): r for r in rows(out, "signal_split.csv")}
    assert {n: float(r["split_s"]) for n, r in splits.items()} == {1: 16, 2: 30, 4: 29, 6: 46}
    assert {(r["coordinated"], r["offset_s"]) for n, r in splits.items()} == {("0", "17"), ("1", "17")}
    assert splits[2]["coordinated"] == "1"
    assert "rings, barriers and actuation (min_green, max_green, extension) at 1 signals" in report


def test_rings_that_cross_are_none(tmp_path: Path) -> None:
    """Phase 4 put into ring 2 before the barrier would be green with phases 1 and 2, which it crosses."""
    folder = actuated(tmp_path / "in")
    changed = rows(folder, "signal_timing_phase.csv")
    for row in changed:
        if row["signal_phase_num"] == "4":
            row |= {"ring": "2", "barrier": "1", "position": "2"}
    table(folder / "signal_timing_phase.csv", changed)
    out, report = imported(folder)
    assert not (out / "signal_phase.csv").exists()
    assert "movements that cross are green together" in report


def test_rings_go_out_and_in_by_the_specifications_tables_alone(tmp_path: Path) -> None:
    out, _ = imported(actuated(tmp_path / "in"))
    scenario = load(out)
    gmns = tmp_path / "gmns"
    gmns.mkdir()
    write(scenario.network, scenario.signals, scenario.path, gmns)
    whole = load(bring(str(gmns), lambda: read("whole", source=str(gmns)), tmp_path / "whole").folder)
    assert whole.signals.rings == scenario.signals.rings
    for file in (*RINGS, "signal_group.csv", "signal_stage.csv", "signal_plan.csv", "scenario.toml"):
        (gmns / file).unlink(missing_ok=True)
    plain = load(bring(str(gmns), lambda: read("plain", source=str(gmns)), tmp_path / "plain").folder)
    assert plain.signals.rings == scenario.signals.rings
    for file in ("signal_phase.csv", "signal_split.csv", "signal_plan.csv", "signal_stage.csv"):
        assert (tmp_path / "plain" / file).read_bytes() == (out / file).read_bytes(), file


def actuated(folder: Path) -> Path:
    """The published folder with minimum greens and extensions."""
    published(folder)
    changed = rows(folder, "signal_timing_phase.csv")
    for row in changed:
        row |= {"min_green": "7", "extension": "2.5"}
    table(folder / "signal_timing_phase.csv", changed)
    return folder


def test_lanes_that_are_not_there_are_dealt_anew(tmp_path: Path) -> None:
    out, report = imported(published(tmp_path / "in"))
    lanes = {r["mvmt_id"]: (r["start_ib_lane"], r["end_ib_lane"]) for r in rows(out, "movement.csv")}
    assert lanes["13"] == ("1", "1")
    assert lanes["11"] == ("-1", "-1")
    assert "lanes of movements: by their turn, where the lanes given are none of the link (13, 18)" in report
    assert "movements: not for cars, or their links do not meet (17)" in report
    types = {r["mvmt_id"]: r["type"] for r in rows(out, "movement.csv")}
    assert (types["16"], types["18"]) == ("thru", "right")


def test_without_signal_tables_stages_come_from_conflicts(tmp_path: Path) -> None:
    out, report = imported(published(tmp_path / "in", signals=False, movements=False))
    assert len(rows(out, "movement.csv")) == 9  # three ways in, three of the four ways out each
    assert [r["group_ids"] for r in rows(out, "signal_stage.csv")] == ["1_5 2_5", "1_5 1_5.left", "3_5"]
    assert "replace it by the plan of the street" in report


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("node.csv", "1,-100.0,", "1,east,", "x_coord"),
        ("node.csv", "1,-100.0,", "1,1e99,", "x_coord"),
        ("node.csv", "2,100", "1,100", "there twice"),
        ("node.csv", "x_coord", "x", "column 'x_coord' is missing"),
        ("link.csv", "0,ARTERIAL,25,1,ALL,1 5,1,", "0,ARTERIAL,25,1,ALL,1 5,99,", "no node of node.csv"),
        ("link.csv", "328.084", "nan", None),
        ("link.csv", "328.084", "-5", "length"),
        ("link.csv", "ARTERIAL,25", "ARTERIAL,fast", "free_speed"),
        ("movement.csv", "10,5,1 5", "10,5,9 9", "no link of link.csv"),
        ("movement.csv", "11,5", "10,5", "there twice"),
        ("signal_timing_phase.csv", "ring", "circle", None),
        ("signal_timing_phase.csv", "101,1,1,11", "101,1,one,11", "signal_phase_num"),
        ("signal_timing_plan.csv", "timing_plan_id", "plan", "column 'timing_plan_id' is missing"),
        ("lane.csv", "1,1 5,-1", "1,1 5,left", "lane_num"),
    ],
)
def test_wrong_cells_are_named(tmp_path: Path, file: str, old: str, new: str, told: str | None) -> None:
    folder = published(tmp_path / "in")
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    if told is None:
        imported(folder)
        return
    with pytest.raises(InputError, match=told) as error:
        imported(folder)
    assert file in str(error.value)
    assert "\n" not in str(error.value)


def test_folders_that_are_none(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none", "no such folder"), (tmp_path, r"has no node\.csv")):
        with pytest.raises(InputError, match=told):
            read("x", source=str(path))


def test_demand_files_do_not_lead_out_of_the_folder(tmp_path: Path, scenarios: Path) -> None:
    shutil.copytree(scenarios / "crossing", tmp_path / "in")
    text = (tmp_path / "in" / "scenario.toml").read_text(encoding="utf-8")
    (tmp_path / "in" / "scenario.toml").write_text(
        text.replace('"counts.csv"', '"../../counts.csv"'), encoding="utf-8"
    )
    with pytest.raises(InputError, match="give a file of this folder"):
        read("x", source=str(tmp_path / "in"))


@given(st.data())
@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_spoilt_tables_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / f"in{len(list(tmp_path.iterdir()))}"
    published(folder, signals=data.draw(st.booleans()), movements=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(1, 3))):
        file = data.draw(st.sampled_from(sorted(folder.iterdir())))
        raw = file.read_bytes()
        kind = data.draw(st.sampled_from(["cut", "cell", "bytes", "away"]))
        if kind == "cut":
            raw = raw[: data.draw(st.integers(0, len(raw)))]
        elif kind == "cell":
            lines = raw.decode("latin-1").split("\n")
            at = data.draw(st.integers(0, len(lines) - 1))
            cells = lines[at].split(",")
            value = data.draw(
                st.sampled_from(["", "nan", "-1", "0", "1e308", "9" * 300, "a b", "5", "true", '"', "\u202e"])
            )
            cells[data.draw(st.integers(0, len(cells) - 1))] = value
            lines[at] = ",".join(cells)
            raw = "\n".join(lines).encode()
        elif kind == "bytes":
            at = data.draw(st.integers(0, len(raw)))
            raw = raw[:at] + data.draw(st.binary(min_size=1, max_size=3)) + raw[at:]
        file.write_bytes(raw)
        if kind == "away":
            file.unlink()
    try:
        bring(str(folder), lambda: read("x", source=str(folder)), folder.parent / f"{folder.name}.out")
    except InputError as error:
        assert "\n" not in str(error)


def test_control_of_movements_goes_there_and_back(tmp_path: Path, scenarios: Path) -> None:
    """Turns on red and a junction that is not kept clear, in our folder and with only the tables that
    the specification knows.
    """
    folder = tmp_path / "source"
    shutil.copytree(scenarios / "crossing", folder)
    cells = rows(folder, "movement.csv")
    table(folder / "movement.csv", [
        r | {"ctrl_type": "signal_with_RTOR" if r["mvmt_id"] == "N_right" else "",
             "opt_keep_clear": 0 if r["mvmt_id"] == "S_thru" else ""} for r in cells
    ])  # fmt: skip
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text() + "\n[defaults]\nturn_on_red = 1\n")
    scenario = load(folder)
    again = there_and_back(scenario, tmp_path).network
    assert again.on_red.tolist() == scenario.network.on_red.tolist()
    assert again.keeps_clear.tolist() == scenario.network.keeps_clear.tolist()
    assert {again.movement.ids[m] for m in np.flatnonzero(again.on_red)} == {
        "N_right", "E_right", "S_right", "W_right",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("node", "given", "read_as"),
    [
        ("", {}, ""),
        ("4_stop", {}, "stop_4_way"),
        ("", dict.fromkeys(range(10, 20), "STOP_4_WAY"), "stop_4_way"),
        ("", dict.fromkeys(range(10, 19), "stop_4_way"), "stop"),  # not the last one
        ("", dict.fromkeys(range(10, 20), "yield"), "yield"),
        ("", dict.fromkeys(range(10, 20), "roundabout"), ""),
    ],
)
def test_control_of_others_folders(
    node: str, given: dict[int, str], read_as: str, tmp_path: Path
) -> None:  # fmt: skip
    source = published(tmp_path / "in", signals=False)
    for file, key in (("movement.csv", "mvmt_id"), ("node.csv", "node_id")):
        kinds = {str(k): kind for k, kind in given.items()} if key == "mvmt_id" else {"5": node}
        table(source / file, [r | {"ctrl_type": kinds.get(r[key], "")} for r in rows(source, file)])
    out, report = imported(source)
    found = {r["mvmt_id"]: r.get("ctrl_type", "") for r in rows(out, "movement.csv")}
    assert found["10"] == read_as
    assert ("ctrl_type is none of" in report) == ("roundabout" in given.values())


def test_crossings_go_out_and_come_back(tmp_path: Path, scenarios: Path) -> None:
    source = add_crossings(shutil.copytree(scenarios / "crossing", tmp_path / "source"))
    back = there_and_back(short(source, tmp_path / "short", 600), tmp_path)
    ours, theirs = (simulate(path, record="full").records for path in (tmp_path / "short", back))
    assert ours is not None and (ours["kind"] == Kind.WALK).sum() > 50
    assert np.array_equal(ours, theirs)
