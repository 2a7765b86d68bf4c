"""A scenario as streets are run: 3 s of yellow, 2 s of all-red, greens of 7 s or more, people who cross.

A yellow is longer where approaches are too fast for 3 s. Where a scenario has no crossings, each leg of a
junction with signals gets one, with a button and a lamp that walks in the stages of the deployed plan that
let it: no vehicle comes out of the leg, none goes straight into it, and, where there is such a stage, none
turns into it from the far side. Legs without such a stage get none. Walk and clearance are the project's
defaults, 100 people an hour come to each (assumption), and nobody stands for more than ten minutes: the
longest red that the interlock can guarantee everywhere. Greens of the plans are raised to what that needs.
"""

import csv
import math
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from signalsim.counts.spec import PEDESTRIANS
from signalsim.network import Network
from signalsim.network.tables import Spec
from signalsim.scenario import Scenario, load
from signalsim.scenario.reference import whole_folder
from signalsim.signals import SignalSystem
from signalsim.signals.greens import least_greens_s
from signalsim.signals.load import read_signals
from signalsim.signals.model import group_speed_mps
from signalsim.signals.specs import CROSSING, GROUP, INTERGREEN, PLAN, STAGE

YELLOW_S, ALL_RED_S, MIN_GREEN_S = 3.0, 2.0, 7.0
PEOPLE_PER_HOUR, MAX_RED_S = 100, 600.0
Cells = dict[str, Any]


class Leg(NamedTuple):
    """A leg of a junction with signals, and the local stages in which people may cross it."""

    junction: int
    links: tuple[int, ...]
    stages: tuple[int, ...]


def as_street(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario so changed, in a new folder."""
    with whole_folder(scenario.path, scenario.tables_path) as whole:
        shutil.copytree(whole, folder)
    (folder / INTERGREEN.file).unlink(missing_ok=True)
    signals = scenario.signals
    groups = [row | _times(row, scenario.network, signals) for row in _read(folder, GROUP)]
    stages = _read(folder, STAGE)
    if not len(signals.crossings):
        legs = [leg for leg in _legs(scenario) if leg.stages]
        names = [f"walk-{k}" for k in range(len(legs))]
        junctions = [signals.junctions[leg.junction] for leg in legs]
        links = [" ".join(scenario.network.link.ids[link] for link in leg.links) for leg in legs]
        crossings = [
            {"crossing_id": name, "node_id": junction, "link_ids": of, "group_id": name, "push_button": 1}
            for name, junction, of in zip(names, junctions, links, strict=True)
        ]
        groups += [
            {"group_id": name, "junction_id": junction, "max_red_s": MAX_RED_S}
            for name, junction in zip(names, junctions, strict=True)
        ]
        for name, leg in zip(names, legs, strict=True):
            _walk_in(stages, signals, name, leg)
        _write(folder, CROSSING, crossings)
        _write(folder, PEDESTRIANS, _people(scenario, names))
    _write(folder, GROUP, groups)
    _write(folder, STAGE, stages)
    _lengthen(folder, scenario.network)
    return load(folder)


def _times(row: Cells, network: Network, signals: SignalSystem) -> Cells:
    """A vehicle group's yellow, all-red and minimum green; nothing of those that walk."""
    g = signals.groups.index(str(row["group_id"]))
    if signals.walks[g]:
        return {}
    speed = group_speed_mps(network, signals.movements_of_group[g])
    shortest = math.ceil(10 * network.defaults.shortest_yellow_s(speed)) / 10
    return {
        "yellow_s": max(YELLOW_S, shortest),
        "all_red_s": ALL_RED_S,
        "min_green_s": max(MIN_GREEN_S, float(signals.min_green_s[g])),
    }


def _legs(scenario: Scenario) -> Iterator[Leg]:
    network, signals = scenario.network, scenario.signals
    plans = signals.plans[scenario.config.control.deployed]
    for j, node in enumerate(signals.junction_node.tolist()):
        around: dict[int, list[int]] = {}
        for link, (a, b) in enumerate(zip(network.link_from, network.link_to, strict=True)):
            if node in (a, b):
                around.setdefault(int(b if a == node else a), []).append(link)
        for links in around.values():
            yield Leg(j, tuple(links), tuple(_stages(network, signals, j, set(links), plans[j].stages)))


def _stages(
    network: Network, signals: SignalSystem, j: int, leg: set[int], planned: tuple[int, ...]
) -> list[int]:
    """Without a conflict; of these, if there are some, those in which nobody turns in from the far side."""
    near = "right" if network.drive_right else "left"
    free, quiet = [], []
    for s in sorted(set(planned)):
        shown = signals.stage_groups[j][s]
        green = [m for g in shown for m in signals.movements_of_group[g]]
        out = any(int(network.movement_from[m]) in leg for m in green)
        into = {network.movement.texts("type")[m] for m in green if int(network.movement_to[m]) in leg}
        if not out and "thru" not in into:
            free.append(s)
            if into <= {near}:
                quiet.append(s)
    return quiet or free


def _walk_in(stages: list[Cells], signals: SignalSystem, name: str, leg: Leg) -> None:
    names = {signals.stages[leg.junction][s] for s in leg.stages}
    for row in stages:
        if row["junction_id"] == signals.junctions[leg.junction] and row["stage_id"] in names:
            row["group_ids"] = f"{row['group_ids']} {name}"


def _people(scenario: Scenario, crossings: Iterable[str]) -> Iterator[Cells]:
    """The same number an hour at each, all the time."""
    start = scenario.config.start_local
    hours = -(-round(scenario.horizon.end_s) // 3600)
    for name in crossings:
        for k in range(hours):
            begin, end = (start + timedelta(hours=hour) for hour in (k, k + 1))
            yield {
                "crossing_id": name,
                "interval_start": begin.isoformat(),
                "interval_end": end.isoformat(),
                "pedestrians": PEOPLE_PER_HOUR,
            }


def _lengthen(folder: Path, network: Network) -> None:
    """Greens of the plans: what minimum greens and walks need, or more."""
    signals, _, _ = read_signals(folder, network)
    rows = _read(folder, PLAN)
    for row in rows:
        row["cycle_s"] = row["change_s"] = ""
    for name, plans in signals.plans.items():
        for j, plan in plans.items():
            of = [r for r in rows if (r["plan_id"], r["junction_id"]) == (name, signals.junctions[j])]
            of.sort(key=lambda row: int(str(row["position"])))
            least = least_greens_s(signals, j, plan.stages)
            for row, green, low in zip(of, plan.green_s, least, strict=True):
                row["green_s"] = round(max(green, low), 3)
    _write(folder, PLAN, rows)


def _read(folder: Path, spec: Spec) -> list[Cells]:
    with (folder / spec.file).open(newline="", encoding="utf-8-sig") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _write(folder: Path, spec: Spec, rows: Iterable[Cells]) -> None:
    with (folder / spec.file).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [column.name for column in spec.columns], extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
