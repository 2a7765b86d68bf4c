"""Plans of a scenario as a UTDF file: [Network], [Nodes], [Lanes], [Timeplans] and [Phases].

A junction with rings has its phases, with the splits of the plan. Of any other, ring 1 runs through the
stages of the plan, each a phase whose Yellow and AllRed are the change behind it. A movement names the
phases that show it.
"""

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.rings import Phase, Rings, phases_of_groups, told_rings
from signalsim.network import Network
from signalsim.signals import SignalSystem
from signalsim.signals.model import Plan

_COMPASS = ("EB", "NE", "NB", "NW", "WB", "SW", "SB", "SE")  # by eighths from east
_TURN = {"left": ("L", "L2"), "thru": ("T",), "right": ("R", "R2"), "uturn": ("U",)}
_REFERENCE = {"start_of_green": 0, "end_of_green": 1, "end_of_yellow": 2}  # of one phase
_FIRST_GREEN = 3  # the first of several to turn green
_RECALLS = {"none": 0, "soft": 0, "min": 1, "ped": 2, "max": 3}
_FREE, _COORDINATED = 1, 3
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
    rings = [told_rings(signals, j, plan, offset_point) for j in range(len(numbers))]
    rings = [one if one is not None and _fits(one) else None for one in rings]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerows([["[Network]"], ["Network Settings"], ["RECORDNAME", "DATA"]])
        out.writerows([["UTDFVERSION", 8], ["Metric", 1], []])
        out.writerows(_nodes(network, signals, numbers))
        out.writerows(_lanes(network, signals, numbers, plans, rings))
        out.writerows(_timeplans(signals, numbers, plans, rings, _REFERENCE[offset_point]))
        out.writerows(_phases(signals, numbers, plans, rings))


def _fits(rings: Rings) -> bool:
    """Whether rings and positions are single digits, as BRP has them."""
    return all(
        phase.ring <= _PER_BARRIER and phase.position <= _PER_BARRIER for phase in rings.phases.values()
    )


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
    network: Network,
    signals: SignalSystem,
    numbers: Sequence[str],
    plans: dict[int, Plan],
    rings: Sequence[Rings | None],
) -> Iterable[list[Any]]:
    codes = [side + turn for side in _COMPASS for turn in ("U", "L2", "L", "T", "R", "R2")]
    yield from (["[Lanes]"], ["Lane Group Data"], ["RECORDNAME", "INTID", *codes])
    for j, number in enumerate(numbers):
        if rings[j] is None:
            stages = [signals.stage_groups[j][stage] for stage in plans[j].stages]
            phases_of = {
                g: [k for k, shown in enumerate(stages, 1) if g in shown] for g in signals.groups_of(j)
            }
        else:
            phases_of = {g: sorted(key) for g, key in phases_of_groups(signals, j).items()}
        shown = _shown(network, signals, phases_of)
        for k in range(max((len(phases) for phases in shown.values()), default=0)):
            cells = [shown[code][k] if k < len(shown.get(code, ())) else "" for code in codes]
            yield [f"Phase{k + 1}", number, *cells]
    yield []


def _shown(network: Network, signals: SignalSystem, phases_of: dict[int, list[int]]) -> dict[str, list[int]]:
    """The phases of each turn, by its code; a third turn of a kind from one side has no code."""
    found: dict[str, list[int]] = {}
    for g, phases in sorted(phases_of.items()):
        for movement in signals.movements_of_group[g]:
            eighth = round(float(network.heading[network.movement_from[movement]]) / (math.pi / 4)) % 8
            for turn in _TURN[network.movement_type[movement]]:
                if _COMPASS[eighth] + turn not in found:
                    found[_COMPASS[eighth] + turn] = phases
                    break
    return found


def _timeplans(
    signals: SignalSystem,
    numbers: Sequence[str],
    plans: dict[int, Plan],
    rings: Sequence[Rings | None],
    reference: int,
) -> Iterable[list[Any]]:
    yield from (["[Timeplans]"], ["Timing Plan Settings"], ["RECORDNAME", "INTID", "DATA"])
    for j, number in enumerate(numbers):
        one = rings[j]
        if one is None:
            cycle = signals.cycle_s(j, plans[j])
            records = _records(0, cycle, reference, 1, plans[j].offset_s % cycle)
        elif one.coordinated:
            first = min(one.start_s[p] for p in one.coordinated)
            code = one.coordinated[0]
            if len(one.coordinated) > 1:
                code = 100 * one.coordinated[0] + one.coordinated[1]
            offset = (one.offset_s + first) % one.cycle_s
            records = _records(_COORDINATED, one.cycle_s, _FIRST_GREEN, code, offset)
        else:
            first_phase = min(one.phases, key=lambda p: (one.start_s[p], p))
            records = _records(_FREE, one.cycle_s, _FIRST_GREEN, first_phase, one.offset_s)
        for record, value in records:
            yield [record, number, value]
    yield []


def _records(
    kind: int, cycle_s: float, reference: int, phase: int, offset_s: float
) -> Iterable[tuple[str, int | str]]:
    yield "Control Type", kind
    yield "Cycle Length", _text(cycle_s)
    yield "Referenced To", reference
    yield "Reference Phase", phase
    yield "Offset", _text(offset_s)


def _phases(
    signals: SignalSystem, numbers: Sequence[str], plans: dict[int, Plan], rings: Sequence[Rings | None]
) -> Iterable[list[Any]]:
    columns = max(
        [_MIN_COLUMNS, *(len(plan.stages) for plan in plans.values()), *(max(r.phases) for r in rings if r)]
    )
    header = [f"D{k}" for k in range(1, columns + 1)]
    yield from (["[Phases]"], ["Phasing Data"], ["RECORDNAME", "INTID", *header])
    for j, number in enumerate(numbers):
        one = rings[j]
        if one is None:
            yield from _stage_phases(signals, j, number, plans[j])
        else:
            yield from _ring_phases(one, number, columns)


def _ring_phases(rings: Rings, number: str, columns: int) -> Iterable[list[Any]]:
    """Phases as they are; a gap reduction only where there is one."""
    phases = [rings.phases.get(k) for k in range(1, columns + 1)]

    def row(name: str, value: Callable[[Phase], Any]) -> list[Any]:
        return [name, number, *("" if phase is None else value(phase) for phase in phases)]

    yield row("BRP", lambda p: f"{p.barrier}{p.ring}{p.position}")
    yield row("MinGreen", lambda p: _text(p.min_green_s))
    yield row("MaxGreen", lambda p: _text(p.green_s))
    yield row("VehExt", lambda p: _text(p.extension_s))
    yield row("TimeBeforeReduce", lambda p: _text(p.before_reduction_s))
    yield row("TimeToReduce", lambda p: _text(p.reduction_s))
    yield row("MinGap", lambda p: _text(p.extension_s if p.min_gap_s is None else p.min_gap_s))
    yield row("Yellow", lambda p: _text(p.yellow_s))
    yield row("AllRed", lambda p: _text(p.all_red_s))
    yield row("Recall", lambda p: _RECALLS[p.recall])
    yield row("DualEntry", lambda p: int(p.dual_entry))


def _stage_phases(signals: SignalSystem, j: int, number: str, plan: Plan) -> Iterable[list[Any]]:
    """The stages of a plan as phases of one ring."""
    changes = signals.plan_changes_s(j, plan)
    yellow = [min(change, _yellow_s(signals, j, plan, k)) for k, change in enumerate(changes)]
    least = [
        min(signals.stage_min_green_s(j, stage), green)
        for stage, green in zip(plan.stages, plan.green_s, strict=True)
    ]
    places = (f"{k // _PER_BARRIER + 1}1{k % _PER_BARRIER + 1}" for k in range(len(plan.stages)))
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


def _text(seconds: float | None) -> str:
    return "" if seconds is None else f"{round(seconds, 3):.10g}"
