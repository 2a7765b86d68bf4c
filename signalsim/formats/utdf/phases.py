"""Rings as they are in a UTDF file: signal_phase.csv, signal_overlap.csv and signal_split.csv.

A phase has the group that is green with it alone; groups that are green with several are overlaps of
them. A node with a phase that nobody has for himself is left out: a phase of this project has a lamp
of its own. A split is MaxGreen, Yellow and AllRed of a controller that is coordinated, or pretimed:
then every phase has a maximum recall.
"""

from collections.abc import Iterable

from signalsim.formats.draft import Draft
from signalsim.formats.utdf.lights import Lights, group_name
from signalsim.formats.utdf.plans import PLAN_ID
from signalsim.formats.utdf.rings import Controller, Phase
from signalsim.signals.specs import OVERLAP, PHASE, SPLIT

PRETIMED, COORDINATED = 0, 3
RECALLS = ("none", "min", "ped", "max")
REST_IN_WALK = 4


def add_phases(draft: Draft, lights: Lights) -> None:
    """Rows of the three tables, and what of the phases' settings is lost."""
    if not lights.key:
        return
    bare: dict[str, list[int]] = {}
    ringed: dict[str, Controller] = {}
    for node, controller in lights.controllers.items():
        if not lights.keys_of(node):
            continue
        if without := [p for p in controller.phases if frozenset([p]) not in lights.keys_of(node)]:
            bare[node] = without
            continue
        ringed[node] = controller
        _add_rows(draft, lights, node, controller)
        if controller.control_type in (PRETIMED, COORDINATED) and _coordinated(controller):
            _add_splits(draft, node, controller)
    _report(draft, ringed, bare)


def _add_rows(draft: Draft, lights: Lights, node: str, controller: Controller) -> None:
    """Phases and overlaps; rings, barriers and positions numbered anew from 1."""
    phases = controller.phases.values()
    rings, barriers = _ranks(p.ring for p in phases), _ranks(p.barrier for p in phases)
    for phase in phases:
        inside = [p for p in phases if (p.ring, p.barrier) == (phase.ring, phase.barrier)]
        before = sum((p.position, p.number) < (phase.position, phase.number) for p in inside)
        draft.add(
            PHASE,
            junction_id=node,
            phase_num=phase.number,
            group_id=group_name(node, frozenset([phase.number])),
            ring=rings[phase.ring],
            barrier=barriers[phase.barrier],
            position=before + 1,
            min_green_s=_min_green_s(phase),
            max_green_s=max(phase.green_s, 1.0),
            passage_s=phase.extension_s,
            recall=_recall(controller, phase),
            dual_entry=int(phase.dual_entry),
            **_reduction(phase),
        )
    for key in sorted(lights.keys_of(node), key=sorted):
        if len(key) > 1:
            draft.add(
                OVERLAP,
                junction_id=node,
                group_id=group_name(node, key),
                phase_nums=" ".join(map(str, sorted(key))),
            )


def _ranks(numbers: Iterable[int]) -> dict[int, int]:
    return {number: k for k, number in enumerate(sorted(set(numbers)), 1)}


def _min_green_s(phase: Phase) -> float:
    """Its minimum, which its split has room for."""
    return max(min(phase.min_green_s, phase.green_s), 1.0)


def _reduction(phase: Phase) -> dict[str, float]:
    """Columns of the gap reduction, where there is one."""
    if not phase.reduction_s or phase.min_gap_s >= phase.extension_s:
        return {}
    return {
        "min_gap_s": phase.min_gap_s,
        "before_reduction_s": phase.before_reduction_s,
        "reduction_s": phase.reduction_s,
    }


def _recall(controller: Controller, phase: Phase) -> str:
    """No pedestrians are imported: what they call for is called for by a minimum recall."""
    if controller.control_type == PRETIMED:
        return "max"
    kind = RECALLS[phase.recall] if phase.recall < len(RECALLS) else "ped"
    return "min" if kind == "ped" else kind


def _coordinated(controller: Controller) -> list[int]:
    """The phases that offsets refer to: one of a ring, all between the same barriers."""
    found: list[Phase] = []
    for phase in map(controller.phases.__getitem__, controller.reference):
        fits = all(p.ring != phase.ring and p.barrier == phase.barrier for p in found)
        if fits:
            found.append(phase)
    return [phase.number for phase in found]


def _add_splits(draft: Draft, node: str, controller: Controller) -> None:
    """Splits with the offset of the first of the coordinated phases' starts of green."""
    chosen = _coordinated(controller)
    first = min(controller.start_s[p] for p in chosen)
    for number in controller.phases:
        draft.add(
            SPLIT, plan_id=PLAN_ID, junction_id=node, phase_num=number,
            split_s=round(controller.end_s[number] - controller.start_s[number], 3),
            coordinated=int(number in chosen),
            offset_s=round((controller.offset_s + first) % controller.cycle_s, 3),
        )  # fmt: skip


def _report(draft: Draft, ringed: dict[str, Controller], bare: dict[str, list[int]]) -> None:
    if ringed:
        splits = [node for node, c in ringed.items() if c.control_type in (PRETIMED, COORDINATED)]
        draft.understood(
            f"rings, barriers and actuation (MinGreen, MaxGreen, VehExt, MinGap, Recall, DualEntry) at "
            f"{len(ringed):,} nodes, splits at {len(splits):,} of them; the others run free when actuated"
        )
    if bare:
        draft.dropped(
            "rings",
            "a phase has no movement for itself; the plan shows its splits all the same",
            [f"{node}: {', '.join(f'P{p}' for p in phases)}" for node, phases in bare.items()],
        )
    unreferenced = [
        node for node, c in ringed.items()
        if c.control_type in (PRETIMED, COORDINATED) and not _coordinated(c)
    ]  # fmt: skip
    if unreferenced:
        draft.guessed("coordination without Reference Phase", "free when actuated", unreferenced)
    walking = [
        f"{node}: P{phase.number}"
        for node, controller in ringed.items()
        for phase in controller.phases.values()
        if phase.walk_s > 0 or phase.recall in (2, REST_IN_WALK)
    ]
    if walking:
        draft.dropped(
            "Walk, DontWalk, PedCalls",
            "the file does not say where pedestrians cross; their recalls are minimum recalls",
            walking,
        )
