"""Controllers of a UTDF file: phases in rings and barriers.

A phase's split is MaxGreen + Yellow + AllRed. ``BRP`` places it: barrier, ring, position.
"""

import math
from collections import Counter
from dataclasses import dataclass, replace

from signalsim.errors import InputError
from signalsim.formats.rings import Phase, Rings, split_times
from signalsim.formats.rings.model import coordinated_of
from signalsim.formats.utdf.sections import Records, Utdf

PHASES = tuple(f"D{k}" for k in range(1, 65))
MAX_STAGES = 256  # of one barrier
PRETIMED, COORDINATED = 0, 3  # codes of Control Type; 1 and 2 are actuated, not coordinated
_RECALLS = ("none", "min", "ped", "max", "ped")  # the last: rest in walk


@dataclass(frozen=True)
class UtdfPhase(Phase):
    """A phase and what the file says of pedestrians."""

    walk_s: float = 0.0
    dont_walk_s: float = 0.0
    calls_walk: bool = False  # its recall is a pedestrian one


@dataclass(frozen=True)
class Controller(Rings):
    """One controller; it may serve several nodes."""

    phases: dict[int, UtdfPhase]  # type: ignore[assignment]
    node: str  # that the file lists it under
    nodes: tuple[str, ...]
    stated_cycle_s: float | None
    has_splits: bool  # it is pretimed or coordinated


def read_controllers(utdf: Utdf) -> list[Controller]:
    """All controllers that have phases. Raises InputError."""
    return [
        _controller(utdf, node, records)
        for node, records in utdf.phases.items()
        if "BRP" in records and any(_has_green(records, column) for column in PHASES)
    ]


def _has_green(records: Records, column: str) -> bool:
    return "MaxGreen" in records and bool(records["MaxGreen"].text(column))


def _controller(utdf: Utdf, node: str, records: Records) -> Controller:
    phases = {
        k: _phase(records, k, column) for k, column in enumerate(PHASES, 1) if _has_green(records, column)
    }
    _check_size(records, phases)
    plan = utdf.timeplans.get(node, {})
    stated = plan["Cycle Length"].number("DATA", 1, 3600) if "Cycle Length" in plan else None
    kind = plan["Control Type"].whole("DATA", 0, 9) if "Control Type" in plan else None
    if (kind or 0) == PRETIMED:
        phases = {number: replace(phase, recall="max") for number, phase in phases.items()}
    start, end, cycle, uneven = split_times(phases.values())
    has_splits = (kind or 0) in (PRETIMED, COORDINATED)
    return Controller(
        phases=phases,
        cycle_s=cycle,
        offset_s=_offset(plan, phases, start, cycle),
        start_s=start,
        end_s=end,
        uneven=uneven,
        coordinated=coordinated_of(_reference(plan, phases)) if has_splits else (),
        floating=False,
        node=node,
        nodes=_nodes(utdf, node, plan),
        stated_cycle_s=stated,
        has_splits=has_splits,
    )


def _check_size(records: Records, phases: dict[int, UtdfPhase]) -> None:
    """Not more ways to be green together than a junction of any use has."""
    rings = Counter((phase.barrier, phase.ring) for phase in phases.values())
    for barrier in {barrier for barrier, _ in rings}:
        sets = math.prod(number for (b, _), number in rings.items() if b == barrier)
        if sets > MAX_STAGES:
            raise InputError(
                f"{records['BRP'].path}, row {records['BRP'].line}: the rings of barrier {barrier} make "
                f"{sets:,} stages; give barriers, rings and positions that make at most {MAX_STAGES}"
            )


def _phase(records: Records, number: int, column: str) -> UtdfPhase:
    def time(name: str, low: float, high: float, default: float) -> float:
        value = records[name].number(column, low, high) if name in records else None
        return default if value is None else value

    row = records["BRP"]
    place = row.whole(column, 100, 9999)
    if place is None:
        raise row.fault(
            column, "is empty for a phase with a green; give barrier, ring and position, as in 112"
        )
    code = int(time("Recall", 0, 9, 0.0))
    recall = _RECALLS[code] if code < len(_RECALLS) else "min"
    return UtdfPhase(
        number=number,
        barrier=place // 100,
        ring=place // 10 % 10,
        position=place % 10,
        min_green_s=time("MinGreen", 0, 120, 5.0),
        green_s=time("MaxGreen", 0.1, 600, 0.0),
        yellow_s=time("Yellow", 0, 10, 3.5),
        all_red_s=time("AllRed", 0, 20, 1.0),
        extension_s=time("VehExt", 0, 30, 3.0),
        min_gap_s=time("MinGap", 0, 30, 3.0),
        before_reduction_s=time("TimeBeforeReduce", 0, 255, 0.0),
        reduction_s=time("TimeToReduce", 0, 255, 0.0),
        recall="min" if recall == "ped" else recall,
        dual_entry=time("DualEntry", 0, 1, 1.0) > 0,
        walk_s=time("Walk", 0, 300, 0.0),
        dont_walk_s=time("DontWalk", 0, 300, 0.0),
        calls_walk=recall == "ped",
    )


def _nodes(utdf: Utdf, node: str, plan: Records) -> tuple[str, ...]:
    """The nodes that share the controller, its own first."""
    found = [node]
    for k in range(1, 16):
        row = plan.get(f"Node {k}")
        other = "" if row is None else row.text("DATA")
        if row is None or other in ("", "0"):
            continue
        if other not in utdf.nodes:
            raise row.fault("DATA", "is no node of [Nodes]; add it there")
        if other not in found:
            found.append(other)
    return tuple(found)


def _reference(plan: Records, phases: dict[int, UtdfPhase]) -> list[UtdfPhase]:
    """The phases that the offset refers to."""
    code = plan["Reference Phase"].whole("DATA", 0, 9999) if "Reference Phase" in plan else None
    return [phases[p] for p in ((code or 0) // 100, (code or 0) % 100) if p in phases]


def _offset(plan: Records, phases: dict[int, UtdfPhase], start: dict[int, float], cycle: float) -> float:
    """The offset of the first barrier's beginning, from that of the reference phases' reference point."""
    offset = plan["Offset"].number("DATA", -3600, 3600) if "Offset" in plan else None
    to = plan["Referenced To"].whole("DATA", 0, 4) if "Referenced To" in plan else None
    named = _reference(plan, phases)
    if not named:
        return (offset or 0.0) % cycle
    return round(((offset or 0.0) - reference_s(to or 0, named, start)) % cycle, 3)


def reference_s(to: int, named: list[UtdfPhase], start: dict[int, float]) -> float:
    """Where in the cycle the point lies that offsets are referenced to.

    0: the last of the named phases turns green; 1: the first turns yellow; 2: the first turns red;
    3: the first turns green; 4: the first begins to flash don't walk.
    """
    green = [start[phase.number] for phase in named]
    if to in (0, 3):
        return max(green) if to == 0 else min(green)
    more = {1: 0.0, 2: 1.0, 4: 0.0}[to]
    return min(
        begin + phase.green_s + more * phase.yellow_s - (phase.dont_walk_s if to == 4 else 0.0)
        for begin, phase in zip(green, named, strict=True)
    )
