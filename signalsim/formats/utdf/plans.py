"""The deployed plan of a UTDF network, which shows the rings' splits, and the rings themselves."""

from signalsim.formats.complete import signals_of
from signalsim.formats.draft import Draft
from signalsim.formats.rings import bare_phases
from signalsim.formats.rings.tables import PLAN_ID
from signalsim.formats.utdf.lights import Lights, group_name
from signalsim.formats.utdf.rings import Controller
from signalsim.signals import Plan, SignalSystem
from signalsim.signals.greens import plan_greens
from signalsim.signals.specs import GROUP, PLAN

_EXACT_S = 0.1


def add_plans(draft: Draft, lights: Lights, source: str) -> None:
    """The plan ``deployed`` of every junction; what it cannot show as the file has it is reported."""
    if not lights.key:
        return
    _, system = signals_of(draft, source)
    off: dict[str, float] = {}
    for j, node in enumerate(system.junctions):
        lights.tables(draft, node).add_plan()
        plan = _plan(draft, system, j)
        off[node] = _inexactness_s(lights, node, system, j, plan)
        _lower_min_greens(draft, system, j, plan)
    if inexact := {node: most for node, most in off.items() if most > _EXACT_S}:
        draft.guessed(
            "splits that are not exactly those of the file",
            "yellows were lengthened, or the rings ask for more than one group can show",
            [f"{node}: greens begin or end up to {most:.1f} s off" for node, most in inexact.items()],
        )
    draft.section("control", deployed=PLAN_ID, offset_reference="midnight")


def _plan(draft: Draft, system: SignalSystem, j: int) -> Plan:
    """A junction's rows of the plan table as a plan."""
    columns = {name: draft.column(PLAN, name) for name in ("stage_id", "green_s", "change_s", "offset_s")}
    own = [i for i, name in enumerate(draft.column(PLAN, "junction_id")) if name == system.junctions[j]]
    return Plan(
        stages=tuple(system.stages[j].index(columns["stage_id"][i]) for i in own),
        green_s=tuple(columns["green_s"][i] for i in own),
        offset_s=columns["offset_s"][own[0]],
        change_s=tuple(columns["change_s"][i] for i in own),
    )


def _inexactness_s(lights: Lights, node: str, system: SignalSystem, j: int, plan: Plan) -> float:
    """The most, in s, by which a green of the plan begins or ends at another time than its phases'."""
    lamps = lights.lamps[node]
    cycle, offset = lights.controllers[node].cycle_s, lights.controllers[node].offset_s
    shown: dict[str, list[tuple[float, float]]] = {}
    for one in plan_greens(system, j, plan):
        times = (one.begin_s + plan.offset_s - offset, one.end_s + plan.offset_s - offset)
        shown.setdefault(system.groups[one.group], []).append(times)
    most = 0.0
    for key, lamp in lamps.lamps.items():
        mine = shown.get(group_name(node, key), [])
        for green in lamp.greens:
            for own, theirs in ((0, green.begin_s), (1, green.end_s)):
                most = max(most, min((_apart(span[own], theirs, cycle) for span in mine), default=0.0))
    return most


def _apart(a: float, b: float, cycle: float) -> float:
    return min((a - b) % cycle, (b - a) % cycle)


def _lower_min_greens(draft: Draft, system: SignalSystem, j: int, plan: Plan) -> None:
    """Minimum greens that the plan keeps, where a green begins late."""
    rows = {name: i for i, name in enumerate(draft.column(GROUP, "group_id"))}
    least = draft.column(GROUP, "min_green_s")
    for one in plan_greens(system, j, plan):
        i = rows[system.groups[one.group]]
        least[i] = max(min(least[i], round(one.end_s - one.begin_s, 3)), 1.0)


def add_phases(draft: Draft, lights: Lights) -> None:
    """The tables of the phases of every node that can have them, and what of their settings is lost."""
    bare: dict[str, list[int]] = {}
    ringed: dict[str, Controller] = {}
    for node, controller in lights.controllers.items():
        if without := bare_phases(controller, lights.keys_of(node)):
            bare[node] = without
        else:
            ringed[node] = controller
            lights.tables(draft, node).add_phases()
    if ringed:
        splits = sum(bool(controller.coordinated) for controller in ringed.values())
        draft.understood(
            "rings, barriers and actuation (MinGreen, MaxGreen, VehExt, MinGap, Recall, DualEntry) at "
            f"{len(ringed):,} nodes, splits at {splits:,} of them; the others run free when actuated"
        )
    if bare:
        draft.dropped(
            "rings",
            "a phase has no movement for itself; the plan shows its splits all the same",
            [f"{node}: {', '.join(f'P{p}' for p in phases)}" for node, phases in bare.items()],
        )
    free = [node for node, one in ringed.items() if one.has_splits and not one.coordinated]
    if free:
        draft.guessed("coordination without Reference Phase", "free when actuated", free)
    walking = [
        f"{node}: P{phase.number}"
        for node, controller in ringed.items()
        for phase in controller.phases.values()
        if phase.walk_s > 0 or phase.calls_walk
    ]
    if walking:
        draft.dropped(
            "Walk, DontWalk, PedCalls",
            "the file does not say where pedestrians cross; their recalls are minimum recalls",
            walking,
        )
