"""Plans of a scenario as a UTDF file: [Network], [Nodes], [Lanes], [Timeplans] and [Phases].

The scenario knows stages, not rings: ring 1 runs through the stages of the plan, each a phase whose
Yellow and AllRed are the change behind it. A movement names the phases that show it.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.signals import SignalSystem
from signalsim.signals.model import Plan

_COMPASS = ("EB", "NE", "NB", "NW", "WB", "SW", "SB", "SE")  # by eighths from east
_TURN = {"left": ("L", "L2"), "thru": ("T",), "right": ("R", "R2"), "uturn": ("U",)}
_REFERENCE = {"start_of_green": 0, "end_of_green": 1, "end_of_yellow": 2}
_PER_BARRIER = 9  # positions, which are one digit
_MIN_COLUMNS = 8


def write_plans(
    network: Network,
    signals: SignalSystem,
    path: Path,
    plan: str = "deployed",
    offset_point: str = "start_of_green",
) -> None:
    """Write the plan of that name for all junctions. Raises InputError where there is none."""
    if plan not in signals.plans:
        there = ", ".join(signals.plans) or "none"
        raise InputError(f"plan '{plan}': the scenario has no such plan; there are: {there}")
    numbers = _numbers(signals.junctions)
    plans = signals.plans[plan]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows([["[Network]"], ["Network Settings"], ["RECORDNAME", "DATA"]])
        out.writerows([["UTDFVERSION", 8], ["Metric", 1], []])
        out.writerows(_nodes(network, signals, numbers))
        out.writerows(_lanes(network, signals, numbers, plans))
        out.writerows(_timeplans(signals, numbers, plans, _REFERENCE[offset_point]))
        out.writerows(_phases(signals, numbers, plans))


def _numbers(junctions: Sequence[str]) -> list[str]:
    """INTID of every junction: its id where all are numbers, as Synchro wants them, else 1, 2, …"""
    if all(name.isascii() and name.isdigit() for name in junctions):
        return list(junctions)
    return [str(k) for k in range(1, len(junctions) + 1)]


def _nodes(network: Network, signals: SignalSystem, numbers: Sequence[str]) -> Iterable[list[Any]]:
    yield from (["[Nodes]"], ["Node Data"], ["INTID", "TYPE", "X", "Y", "Z", "DESCRIPTION"])
    x, y = network.node.numbers("x_coord"), network.node.numbers("y_coord")
    for number, name, node in zip(numbers, signals.junctions, signals.junction_node.tolist(), strict=True):
        yield [number, 0, f"{x[node]:.10g}", f"{y[node]:.10g}", 0, name]
    yield []


def _lanes(
    network: Network, signals: SignalSystem, numbers: Sequence[str], plans: dict[int, Plan]
) -> Iterable[list[Any]]:
    codes = [side + turn for side in _COMPASS for turn in ("U", "L2", "L", "T", "R", "R2")]
    yield from (["[Lanes]"], ["Lane Group Data"], ["RECORDNAME", "INTID", *codes])
    for j, number in enumerate(numbers):
        shown = _shown(network, signals, j, plans[j])
        for k in range(max((len(phases) for phases in shown.values()), default=0)):
            cells = [shown[code][k] if k < len(shown.get(code, ())) else "" for code in codes]
            yield [f"Phase{k + 1}", number, *cells]
    yield []


def _shown(network: Network, signals: SignalSystem, junction: int, plan: Plan) -> dict[str, list[int]]:
    """The phases of each turn, by its code; a third turn of a kind from one side has no code."""
    found: dict[str, list[int]] = {}
    for g in signals.groups_of(junction):
        phases = [k for k, stage in enumerate(plan.stages, 1) if g in signals.stage_groups[junction][stage]]
        for movement in signals.movements_of_group[g]:
            eighth = round(float(network.heading[network.movement_from[movement]]) / (math.pi / 4)) % 8
            for turn in _TURN[network.movement_type[movement]]:
                if _COMPASS[eighth] + turn not in found:
                    found[_COMPASS[eighth] + turn] = phases
                    break
    return found


def _timeplans(
    signals: SignalSystem, numbers: Sequence[str], plans: dict[int, Plan], reference: int
) -> Iterable[list[Any]]:
    yield from (["[Timeplans]"], ["Timing Plan Settings"], ["RECORDNAME", "INTID", "DATA"])
    for j, number in enumerate(numbers):
        cycle = signals.cycle_s(j, plans[j])
        for record, value in (
            ("Control Type", 0),
            ("Cycle Length", _text(cycle)),
            ("Referenced To", reference),
            ("Reference Phase", 1),
            ("Offset", _text(plans[j].offset_s % cycle)),
        ):
            yield [record, number, value]
    yield []


def _phases(signals: SignalSystem, numbers: Sequence[str], plans: dict[int, Plan]) -> Iterable[list[Any]]:
    columns = max([_MIN_COLUMNS, *(len(plan.stages) for plan in plans.values())])
    header = [f"D{k}" for k in range(1, columns + 1)]
    yield from (["[Phases]"], ["Phasing Data"], ["RECORDNAME", "INTID", *header])
    for j, number in enumerate(numbers):
        plan = plans[j]
        changes = signals.plan_changes_s(j, plan)
        yellow = [min(change, _yellow_s(signals, j, plan, k)) for k, change in enumerate(changes)]
        places = [f"{k // _PER_BARRIER + 1}1{k % _PER_BARRIER + 1}" for k in range(len(plan.stages))]
        least = [
            min(signals.stage_min_green_s(j, stage), green)
            for stage, green in zip(plan.stages, plan.green_s, strict=True)
        ]
        yield ["BRP", number, *places]
        yield ["MinGreen", number, *map(_text, least)]
        yield ["MaxGreen", number, *map(_text, plan.green_s)]
        yield ["Yellow", number, *map(_text, yellow)]
        yield ["AllRed", number, *(_text(c - y) for c, y in zip(changes, yellow, strict=True))]


def _yellow_s(signals: SignalSystem, junction: int, plan: Plan, k: int) -> float:
    """The longest yellow of the groups that end with a plan's k-th stage."""
    shown = signals.stage_groups[junction]
    ending = shown[plan.stages[k]] - shown[plan.stages[(k + 1) % len(plan.stages)]]
    return max((float(signals.yellow_s[g]) for g in ending), default=0.0)


def _text(seconds: float) -> str:
    return f"{round(seconds, 3):.10g}"
