"""Controllers of a UTDF file: phases in rings and barriers, and the stages that follow from them.

A phase's split is MaxGreen + Yellow + AllRed. ``BRP`` places it: barrier, ring, position. Within a
barrier each ring runs through its phases by position; the next barrier begins when all rings are
done. Time 0 of a cycle is here the beginning of the first barrier.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import product

from signalsim.errors import InputError
from signalsim.formats.utdf.sections import Records, Utdf

PHASES = tuple(f"D{k}" for k in range(1, 65))
MAX_STAGES = 256  # of one barrier
Phases = frozenset[int]


@dataclass(frozen=True)
class Phase:
    """A phase's times, s, and its place."""

    number: int
    barrier: int
    ring: int
    position: int
    min_green_s: float
    green_s: float
    yellow_s: float
    all_red_s: float
    dont_walk_s: float
    extension_s: float = 3.0
    min_gap_s: float = 3.0
    before_reduction_s: float = 0.0
    reduction_s: float = 0.0
    recall: int = 0  # 0 none, 1 minimum, 2 pedestrian, 3 maximum, 4 rest in walk
    dual_entry: bool = True
    walk_s: float = 0.0

    @property
    def change_s(self) -> float:
        return round(self.yellow_s + self.all_red_s, 3)

    @property
    def split_s(self) -> float:
        return self.green_s + self.yellow_s + self.all_red_s


@dataclass(frozen=True)
class Controller:
    """One controller; it may serve several nodes."""

    node: str  # that the file lists it under
    phases: dict[int, Phase]
    nodes: tuple[str, ...]
    cycle_s: float  # as the rings make it
    stated_cycle_s: float | None
    control_type: int  # 0 pretimed, 1 actuated, 2 semi-actuated, 3 actuated and coordinated
    reference: tuple[int, ...]  # phases that the offset refers to
    offset_s: float  # of the beginning of the first barrier after the reference second
    uneven: tuple[int, ...]  # barriers whose rings differ in length
    start_s: dict[int, float]  # of each phase's split
    end_s: dict[int, float]

    def together(self) -> list[Phases]:
        """All sets of phases, one of each ring, that may be green at one time."""
        sets: list[Phases] = []
        for barrier in sorted({phase.barrier for phase in self.phases.values()}):
            rings: dict[int, list[int]] = {}
            for phase in sorted(self.phases.values(), key=lambda p: (p.ring, p.position, p.number)):
                if phase.barrier == barrier:
                    rings.setdefault(phase.ring, []).append(phase.number)
            sets += [frozenset(chosen) for chosen in product(*rings.values())]
        return sets


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
    start: dict[int, float] = {}
    end: dict[int, float] = {}
    uneven: list[int] = []
    at = 0.0
    for barrier in sorted({phase.barrier for phase in phases.values()}):
        inside = [phase for phase in phases.values() if phase.barrier == barrier]
        rings = sorted({phase.ring for phase in inside})
        length = max(sum(p.split_s for p in inside if p.ring == ring) for ring in rings)
        for ring in rings:
            now = at
            for phase in sorted((p for p in inside if p.ring == ring), key=lambda p: (p.position, p.number)):
                start[phase.number] = round(now, 3)
                now += phase.split_s
                end[phase.number] = round(now, 3)
            if at + length - now > 0.05:
                uneven.append(barrier)
            end[phase.number] = round(at + length, 3)  # the last phase of a ring waits at the barrier
        at += length
    plan = utdf.timeplans.get(node, {})
    cycle = plan["Cycle Length"].number("DATA", 1, 3600) if "Cycle Length" in plan else None
    kind = plan["Control Type"].whole("DATA", 0, 9) if "Control Type" in plan else None
    return Controller(
        node, phases, _nodes(utdf, node, plan), round(at, 3), cycle, kind or 0, _reference(plan, phases),
        _offset(plan, phases, start, round(at, 3)), tuple(uneven), start, end,
    )  # fmt: skip


def _check_size(records: Records, phases: dict[int, Phase]) -> None:
    """Not more ways to be green together than a junction of any use has."""
    rings = Counter((phase.barrier, phase.ring) for phase in phases.values())
    for barrier in {barrier for barrier, _ in rings}:
        sets = math.prod(number for (b, _), number in rings.items() if b == barrier)
        if sets > MAX_STAGES:
            raise InputError(
                f"{records['BRP'].path}, row {records['BRP'].line}: the rings of barrier {barrier} make "
                f"{sets:,} stages; give barriers, rings and positions that make at most {MAX_STAGES}"
            )


def _phase(records: Records, number: int, column: str) -> Phase:
    def time(name: str, low: float, high: float, default: float) -> float:
        value = records[name].number(column, low, high) if name in records else None
        return default if value is None else value

    row = records["BRP"]
    place = row.whole(column, 100, 9999)
    if place is None:
        raise row.fault(
            column, "is empty for a phase with a green; give barrier, ring and position, as in 112"
        )
    green = time("MaxGreen", 0.1, 600, 0.0)
    return Phase(
        number, place // 100, place // 10 % 10, place % 10, time("MinGreen", 0, 120, 5.0), green,
        time("Yellow", 0, 10, 3.5), time("AllRed", 0, 20, 1.0), time("DontWalk", 0, 300, 0.0),
        time("VehExt", 0, 30, 3.0), time("MinGap", 0, 30, 3.0), time("TimeBeforeReduce", 0, 255, 0.0),
        time("TimeToReduce", 0, 255, 0.0), int(time("Recall", 0, 9, 0.0)), time("DualEntry", 0, 1, 1.0) > 0,
        time("Walk", 0, 300, 0.0),
    )  # fmt: skip


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


def _reference(plan: Records, phases: dict[int, Phase]) -> tuple[int, ...]:
    code = plan["Reference Phase"].whole("DATA", 0, 9999) if "Reference Phase" in plan else None
    return tuple(p for p in ((code or 0) // 100, (code or 0) % 100) if p in phases)


def _offset(plan: Records, phases: dict[int, Phase], start: dict[int, float], cycle: float) -> float:
    """The offset of the first barrier's beginning, from that of the reference phases' reference point."""
    offset = plan["Offset"].number("DATA", -3600, 3600) if "Offset" in plan else None
    to = plan["Referenced To"].whole("DATA", 0, 4) if "Referenced To" in plan else None
    named = _reference(plan, phases)
    if not named:
        return (offset or 0.0) % cycle
    return round(((offset or 0.0) - reference_s(to or 0, [phases[p] for p in named], start)) % cycle, 3)


def reference_s(to: int, named: list[Phase], start: dict[int, float]) -> float:
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
