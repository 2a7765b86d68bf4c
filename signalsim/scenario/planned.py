"""A copy of a scenario with a plan, or a schedule of plans, added to its tables."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.sumo.export import OWN_NET, OWN_TYPES
from signalsim.scenario.build import reference_s
from signalsim.scenario.load import Scenario
from signalsim.scenario.reference import whole_folder
from signalsim.scenario.ringed import COLUMNS as SPLIT_COLUMNS
from signalsim.scenario.ringed import split_rows
from signalsim.signals.model import Plan
from signalsim.signals.plan import ms
from signalsim.signals.specs import PLAN, SCHEDULE, SPLIT, STAGE

Plans = Mapping[int, Plan]  # junction -> plan
_PLAN_COLUMNS = ("plan_id", "junction_id", "position", "stage_id", "green_s", "offset_s", "cycle_s")
_SCHEDULE_COLUMNS = ("schedule_id", "start", "plan_id")
_STAGE_COLUMNS = ("junction_id", "stage_id", "group_ids", "name")


def check_name(scenario: Scenario, names: Iterable[str]) -> None:
    """Raise InputError where the scenario has a plan or a schedule of one of these names."""
    for name in names:
        if name in scenario.signals.plans or name in scenario.signals.schedules:
            raise InputError(
                f"{scenario.path}: has a plan '{name}' already; give the new one another name (--name)"
            )


def write_planned(
    scenario: Scenario,
    plans: Mapping[str, Plans],
    folder: Path,
    schedule: tuple[str, Mapping[str, str]] | None = None,
) -> None:
    """Write the files of ``scenario`` to ``folder``, which exists, and ``plans`` among its plans; stages
    that ``sequences.with_stages`` added to its signals are written behind its own.

    Offsets of ``plans`` are from simulated time 0 to the start of the first stage's green; the table gets
    what the scenario counts them from. ``schedule``: its name, and start (as in 06:30) -> plan.
    """
    with whole_folder(scenario.path, scenario.tables_path) as whole:
        (folder / "scenario.toml").write_bytes((whole / "scenario.toml").read_bytes())
    for file in scenario.files:
        if file.name == "scenario.toml":
            continue
        inside = file.is_relative_to(scenario.path)
        target = folder / (file.relative_to(scenario.path) if inside else file.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    for name in (OWN_NET, OWN_TYPES):  # what SUMO runs, and an export keeps, of a scenario that came from it
        if (own := scenario.tables_path / name).is_file():
            (folder / name).write_bytes(own.read_bytes())
    if stages := list(_new_stages(scenario)):
        _extend(scenario.tables_path / STAGE.file, folder / STAGE.file, _STAGE_COLUMNS, stages)
    add_plans(scenario, plans, folder)
    if schedule:
        name, starts = schedule
        rows = [{"schedule_id": name, "start": start, "plan_id": plan} for start, plan in starts.items()]
        _extend(scenario.tables_path / SCHEDULE.file, folder / SCHEDULE.file, _SCHEDULE_COLUMNS, rows)


def add_plans(scenario: Scenario, plans: Mapping[str, Plans], folder: Path) -> None:
    """Write signal_plan.csv of ``folder``, and where junctions have rings signal_split.csv: what the scenario
    has, and these plans behind it."""
    rows = [row for name, of in plans.items() for row in _rows(scenario, name, of)]
    _extend(scenario.tables_path / PLAN.file, folder / PLAN.file, _PLAN_COLUMNS, rows)
    splits = [row for name, of in plans.items() for row in split_rows(scenario, name, of)]
    if splits:
        _extend(scenario.tables_path / SPLIT.file, folder / SPLIT.file, SPLIT_COLUMNS, splits)


def _new_stages(scenario: Scenario) -> Iterable[dict[str, Any]]:
    """Rows for stages that no table has, but for those that follow from rings."""
    signals = scenario.signals
    columns = (signals.stage_table.texts("junction_id"), signals.stage_table.texts("stage_id"))
    there = set(zip(*columns, strict=True))
    for j, (ids, members) in enumerate(zip(signals.stages, signals.stage_groups, strict=True)):
        for stage, groups in zip(ids, members, strict=True):
            if j not in signals.rings and (signals.junctions[j], stage) not in there:
                yield {
                    "junction_id": signals.junctions[j],
                    "stage_id": stage,
                    "group_ids": " ".join(signals.groups[g] for g in sorted(groups)),
                    "name": "added with a plan",
                }


def _rows(scenario: Scenario, name: str, plans: Plans) -> Iterable[dict[str, Any]]:
    signals = scenario.signals
    for j, plan in sorted(plans.items()):
        offset = _written_offset(scenario, j, plan)
        for k, (stage, green) in enumerate(zip(plan.stages, plan.green_s, strict=True), 1):
            yield {
                "plan_id": name,
                "junction_id": signals.junctions[j],
                "position": k,
                "stage_id": signals.stages[j][stage],
                "green_s": _number(green),
                "offset_s": _number(offset),
                "cycle_s": _number(signals.cycle_s(j, plan)),
            }


def _written_offset(scenario: Scenario, junction: int, plan: Plan) -> float:
    """The offset by the scenario's reference second and point."""
    signals, point = scenario.signals, scenario.config.control.offset_point
    shift = 0.0 if point == "start_of_green" else plan.green_s[0]
    if point == "end_of_yellow":
        shift += max(float(signals.yellow_s[g]) for g in signals.stage_groups[junction][plan.stages[0]])
    cycle = ms(signals.cycle_s(junction, plan))
    return (ms(plan.offset_s) + ms(shift) - ms(reference_s(scenario.config))) % cycle / 1000


def _number(value: float) -> str:
    return f"{round(value, 3):g}"


def _extend(old: Path, new: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """The table ``old``, if there is one, with rows added, as ``new``."""
    header, before = list(columns), list[dict[str, Any]]()
    if old.is_file():
        with old.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found = list(reader.fieldnames or [])
            header = found + [column for column in header if column not in found]
            before = list(reader)
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows([*before, *rows])
