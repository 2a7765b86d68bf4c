"""Travel times on CityFlow's research data sets, beside those published for CityFlow itself.

Each set is imported with the four stages of the literature's setting A (right turns always open).
``att_paper``, as the papers have it: mean over vehicles that have entered of the time on lanes that
lead to a junction with signals, unfinished vehicles closed at 3600 s; the last road, the insides of
the junctions and the wait to enter are left out. The data carry no licence and are not part of the
project: give the folder that holds them.

    python benchmarks/cityflow.py [FOLDER] [--sets jinan_3x4,...] [--controllers A;B]
        [--sensors omniscient] [--json]
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from signalsim.control.registry import get
from signalsim.engine.records import Kind
from signalsim.formats.cityflow import read
from signalsim.scenario import Built, build, load
from signalsim.signals.specs import GROUP, PLAN, STAGE
from signalsim.simulation import simulate

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data" / "cityflow"
SETS = {
    "jinan_3x4": ("roadnet_3_4.json", "anon_3_4_jinan_real.json"),
    "hangzhou_4x4": ("roadnet_4_4.json", "anon_4_4_hangzhou_real.json"),
    "hangzhou_1x1": ("roadnet.json", "flow.json"),
}
PLANNED, ADAPTIVE = "deployed:plan=fixedtime", "max-pressure:interval_s=15"
PUBLISHED = {  # names in published.csv
    "deployed": "FixedTime",
    "webster": "Webster fixed plan knowing the hour's volumes",
    "max-pressure": "MaxPressure",
}
END_MS = 3_600_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="folder with the sets' folders")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument(
        "--controllers", default=f"{PLANNED};webster;coordinated;{ADAPTIVE}", help="separated by semicolons"
    )
    parser.add_argument("--sensors", default="omniscient", help="what controllers see")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if text := missing(given.data):
        sys.exit(text)
    published = read_published(given.data.parent / "published.csv")
    rows = [
        measure(built, name, controller, given.sensors, published)
        for name in given.sets.split(",")
        for built in [built_set(given.data, name)]
        for controller in given.controllers.split(";")
    ]
    if given.json:
        print(json.dumps(rows))
        return
    print(f"{'set':<14}{'controller':<30}{'vehicles':>9}{'arrived':>9}{'att_paper s':>13}{'published s':>13}")
    for row in rows:
        beside = "" if row["published_s"] is None else f"{row['published_s']:.1f}"
        print(
            f"{row['set']:<14}{row['controller']:<30}{row['departed']:>9}{row['arrived']:>9}"
            f"{row['att_paper_s']:>13.1f}{beside:>13}"
        )


def missing(data: Path) -> str:
    """What to say where the folder is absent; empty where it is there."""
    if data.is_dir():
        return ""
    return (
        f"{data}: no such folder. The data sets carry no licence and are not part of the project; "
        "give the folder that holds jinan_3x4, hangzhou_4x4 and hangzhou_1x1"
    )


def built_set(data: Path, name: str) -> Built:
    """A data set, imported with the stages of plan ``fixedtime`` alone."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / name
        write_set(data, name, folder)
        built = build(load(folder))
        built.demand  # noqa: B018  (read while the folder is there)
    return built


def write_set(
    data: Path,
    name: str,
    folder: Path,
    *,
    all_stages: bool = False,
    horizon: Mapping[str, float] | None = None,
    short_yellow: bool = False,
) -> None:
    """A data set as a scenario in a new folder, under plan ``fixedtime``.

    ``all_stages``: with those of the file besides the plan's; ``horizon``: other times than the import's;
    ``short_yellow``: changes of 2 s and greens from 3 s on, as in the literature's setting C.
    """
    roadnet, flow = (data / name / file for file in SETS[name])
    draft = read(name, roadnet=str(roadnet), flow=str(flow))
    plans = draft.tables[PLAN.file][1]
    keep(plans, [plan == "fixedtime" for plan in plans["plan_id"]])
    used = set(zip(plans["junction_id"], plans["stage_id"], strict=True))
    stages = draft.tables[STAGE.file][1]
    if not all_stages:
        keep(stages, [key in used for key in zip(stages["junction_id"], stages["stage_id"], strict=True)])
    if short_yellow:
        draft.section("defaults", hardest_deceleration=9.0)  # by which 2 s are no longer refused
        groups = draft.tables[GROUP.file][1]
        for column, value in (("yellow_s", 2.0), ("all_red_s", 0.0), ("min_green_s", 3.0)):
            groups[column] = [value] * len(groups["group_id"])
    draft.section("control", deployed="fixedtime")
    draft.section("horizon", **(horizon or {}))
    folder.mkdir(parents=True)
    draft.write(folder)


def keep(columns: dict[str, list], rows: list[bool]) -> None:
    """Keep the rows of a table that are True."""
    for name, values in columns.items():
        columns[name] = [value for value, is_kept in zip(values, rows, strict=True) if is_kept]


def measure(built, set_name: str, controller: str, sensors: str, published: dict) -> dict:  # type: ignore[no-untyped-def]
    """One run, its vehicles counted and its att_paper."""
    run = simulate(built, get(controller), seed=1, sensors=sensors, record="full")
    totals = run.totals
    if totals.departed != totals.arrived + totals.inside + totals.waiting:
        raise RuntimeError(f"{set_name}, {controller}: vehicles were lost or made: {totals}")
    return {
        "set": set_name,
        "controller": controller,
        "departed": totals.departed,
        "arrived": totals.arrived,
        "inside": totals.inside,
        "waiting": totals.waiting,
        "att_paper_s": att_paper_s(run.records, built),
        "freeflow_s": freeflow_s(run.records, built),
        "published_s": published.get((set_name, PUBLISHED.get(controller.partition(":")[0], ""))),
    }


def att_paper_s(records: np.ndarray, built) -> float:  # type: ignore[no-untyped-def]
    """Mean time per vehicle on lanes that lead to signals, in the first hour, s."""
    counts = built.index.link_junction[built.index.lane_link] >= 0
    records = records[records["t_ms"] < END_MS]
    entered = len(np.unique(records["entity"][records["kind"] == Kind.DEPART]))
    entries, exits = (
        records[(records["kind"] == kind) & counts[np.where(records["kind"] == kind, records["place"], 0)]]
        for kind in (Kind.ENTER, Kind.CROSS)
    )
    still = (len(entries) - len(exits)) * END_MS  # those on such a lane at the end
    total_ms = int(exits["t_ms"].sum()) + still - int(entries["t_ms"].sum())
    return total_ms / 1000 / max(entered, 1)


def freeflow_s(records: np.ndarray, built) -> float:  # type: ignore[no-untyped-def]
    """What of ``att_paper`` the same ways take at free flow, s."""
    index, begun = built.index, records[records["t_ms"] < END_MS]
    entries = begun[begun["kind"] == Kind.ENTER]["place"]
    lanes = entries[index.link_junction[index.lane_link[entries]] >= 0]
    entered = len(np.unique(begun["entity"][begun["kind"] == Kind.DEPART]))
    return int(built.tables.segment["travel_ms"][index.lane_segment[lanes]].sum()) / 1000 / max(entered, 1)


def read_published(path: Path, setting: str = "A") -> dict[tuple[str, str], float]:
    """Published seconds of a setting by set and policy; empty where the file is absent."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["data_set"], row["policy"]): float(row["seconds"])
            for row in csv.DictReader(file)
            if row["setting"] == setting and row["definition"] == "att_paper"
        }


if __name__ == "__main__":
    main()
