"""Signal tables of a GMNS folder: phases, rings and barriers become groups, stages and a plan.

Older and newer forms are read: phases are joined to movements by timing_phase_id, by signal_phase_id,
or by controller_id and signal_phase_num; a plan's times are written XXXXXXXX_HHMM_HHMM or with colons;
coordination stands in its own table or in the plan's row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from signalsim.formats.gmns.roads import Found
from signalsim.formats.gmns.rows import Folder, Row

AT_MINUTE, ON_DAY = 8 * 60, 2  # of several plans the one of Tuesday 08:00 is taken (Sunday is 0)
_TIMES = re.compile(r"([01]{7,9})_(\d\d):?(\d\d)_(\d\d):?(\d\d)", re.ASCII)


@dataclass(frozen=True)
class Phase:
    """A phase of one node: its movements (ids of moves), those that are permitted, and its times in s."""

    number: int
    ring: int
    barrier: int
    position: int
    moves: frozenset[str]
    permitted: frozenset[str]
    green_s: float
    min_green_s: float | None
    clearance_s: float | None
    extension_s: float | None = None


@dataclass(frozen=True)
class Timing:
    """A node's plan: pairs of phases in order, greens, cycle and the start of the first green."""

    plan: str
    stages: tuple[tuple[Phase, ...], ...]
    cycle_s: float | None
    offset_s: float
    first: int = 0  # the stage that the offset is for
    coordinated: tuple[int, ...] = ()  # phases, the first that the offset is of
    point: str = ""  # of it
    told_offset_s: float = 0.0


@dataclass
class Timings:
    """Plans by node, and the ids of plans that were not taken."""

    by_node: dict[str, Timing] = field(default_factory=dict)
    other_plans: list[str] = field(default_factory=list)


def timings(folder: Folder, found: Found) -> Timings:
    """What the signal tables say of every node that has phases with movements for cars."""
    plans = folder.rows("signal_timing_plan.csv", ("timing_plan_id",))
    phases = folder.rows("signal_timing_phase.csv", ("timing_plan_id", "signal_phase_num"))
    served: dict[str, dict[str, dict[int, tuple[Row, dict[str, bool]]]]] = {}
    find = _finder(plans, phases)
    for row in folder.rows("signal_phase_mvmt.csv"):
        move = found.move_of.get(row.text("mvmt_id"))
        if move is None or row.text("protection").lower() == "rtor":
            continue
        for phase in find(row):
            own_phases = served.setdefault(move.node, {}).setdefault(phase.required("timing_plan_id"), {})
            number = phase.whole("signal_phase_num", 0, 10_000) or 0
            _, moves = own_phases.setdefault(number, (phase, {}))
            permitted = row.text("protection").lower() in ("permitted", "permissive")
            moves[move.id] = moves.get(move.id, True) and permitted
    out = Timings()
    for node, by_plan in sorted(served.items()):
        own = [row for row in plans if row.text("timing_plan_id") in by_plan]
        name = _in_force(own, by_plan)
        out.other_plans += sorted(f"{plan} of {node}" for plan in by_plan if plan != name)
        named = [r for r in own if r.text("timing_plan_id") == name]
        plan = next((r for r in named if _is_of(r, node)), named[0] if named else None)
        numbered = [_phase(n, phase, moves) for n, (phase, moves) in sorted(by_plan[name].items())]
        stages = _pairs(numbered)
        rows = _coordination(folder, plan, name, node)
        first, offset = _offset(rows[0], stages) if rows else (0, 0.0)
        cycle = plan.number_of("cycle_length", 0, 3600) if plan else None
        out.by_node[node] = Timing(
            plan=name,
            stages=stages,
            cycle_s=cycle or None,
            offset_s=offset,
            first=first,
            coordinated=tuple(n for r in rows if (n := r.whole("coord_phase", 0, 10_000))),
            point=rows[0].text("coord_ref_to").lower() if rows else "",
            told_offset_s=(rows[0].number_of("offset", -3600, 3600) or 0.0) if rows else 0.0,
        )
    return out


def _finder(plans: Sequence[Row], phases: Sequence[Row]) -> Callable[[Row], list[Row]]:
    """A function from a row of signal_phase_mvmt.csv to the timing phases it belongs to."""
    by_key: dict[tuple[str, ...], list[Row]] = {}
    controllers: dict[str, list[str]] = {}
    for row in plans:
        controllers.setdefault(row.text("timing_plan_id"), []).append(row.text("controller_id"))
    for row in phases:
        for column in ("timing_phase_id", "signal_phase_id"):
            if row.text(column):
                by_key.setdefault((column, row.text(column)), []).append(row)
        for controller in controllers.get(row.text("timing_plan_id"), []):
            by_key.setdefault(("number", controller, row.text("signal_phase_num")), []).append(row)

    def find(row: Row) -> list[Row]:
        by_number = ("number", row.text("controller_id"), row.text("signal_phase_num"))
        keys = [(c, row.text(c)) for c in ("timing_phase_id", "signal_phase_id") if row.text(c)]
        return next((by_key[key] for key in (*keys, by_number) if key in by_key), [])

    return find


def _is_of(row: Row, node: str) -> bool:
    return row.text("controller_id") == node


def _in_force(plans: Sequence[Row], by_plan: Mapping[str, object]) -> str:
    """The plan of Tuesday 08:00; else the first with a cycle; else the first."""
    for row in plans:
        if (match := _TIMES.fullmatch(row.text("time_day"))) and match[1][ON_DAY] == "1":
            begin, end = (60 * int(match[k]) + int(match[k + 1]) for k in (2, 4))
            if begin <= AT_MINUTE < end:
                return row.text("timing_plan_id")
    with_cycle = [row.text("timing_plan_id") for row in plans if row.number_of("cycle_length", 0, 3600)]
    return with_cycle[0] if with_cycle else min(by_plan)


def _phase(number: int, row: Row, moves: Mapping[str, bool]) -> Phase:
    least, most = (row.number_of(name, 0, 3600) for name in ("min_green", "max_green"))
    return Phase(
        number=number,
        ring=row.whole("ring", -100, 100) or 0,
        barrier=row.whole("barrier", -100, 100) or 0,
        position=row.whole("position", -1000, 1000) or 0,
        moves=frozenset(moves),
        permitted=frozenset(name for name, is_permitted in moves.items() if is_permitted),
        green_s=most or least or 0.0,
        min_green_s=least if least and most and least < most else None,
        clearance_s=row.number_of("clearance", 0, 120),
        extension_s=row.number_of("extension", 0, 30),
    )


def _pairs(phases: Sequence[Phase]) -> tuple[tuple[Phase, ...], ...]:
    """Phases that are green together, in order: between two barriers the first of each ring, then the
    second, …; a ring with fewer stays in its last. Without rings each phase is alone.
    """
    if not all(phase.ring for phase in phases):
        return tuple((phase,) for phase in phases)
    out: list[tuple[Phase, ...]] = []
    for barrier in sorted({phase.barrier for phase in phases}):
        rings: dict[int, list[Phase]] = {}
        for phase in sorted(phases, key=lambda p: (p.position, p.number)):
            if phase.barrier == barrier:
                rings.setdefault(phase.ring, []).append(phase)
        for k in range(max(map(len, rings.values()))):
            out.append(tuple(own[min(k, len(own) - 1)] for _, own in sorted(rings.items())))
    return tuple(out)


def _coordination(folder: Folder, plan: Row | None, name: str, node: str) -> list[Row]:
    """The rows that coordinate a node's plan, or the row of the plan itself."""
    rows = [r for r in folder.rows("signal_coordination.csv") if r.text("timing_plan_id") == name]
    own = [r for r in rows if _is_of(r, node)] or (rows if len(rows) == 1 else [])
    return own or ([plan] if plan is not None else [])


def _offset(row: Row, stages: Sequence[Sequence[Phase]]) -> tuple[int, float]:
    """The coordinated stage, and the start of its green after the reference second."""
    number = row.whole("coord_phase", 0, 10_000)
    offset = row.number_of("offset", -3600, 3600) or 0.0
    for k, stage in enumerate(stages):
        for phase in stage:
            if phase.number == number:
                point = row.text("coord_ref_to").lower()
                if point == "begin_of_yellow":
                    offset -= phase.green_s
                elif point == "begin_of_red":
                    offset -= phase.green_s + min(phase.clearance_s or 0.0, 4.0)
                return k, offset
    return 0, offset
