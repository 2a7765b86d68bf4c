"""The deployed plan of a UTDF network: a sequence of stages that shows the rings' splits."""

from signalsim.formats.complete import signals_of
from signalsim.formats.draft import Draft
from signalsim.formats.lamps import plan_of
from signalsim.formats.utdf.lamps import Lamps
from signalsim.formats.utdf.lights import Lights, group_name
from signalsim.signals import Plan, SignalSystem
from signalsim.signals.greens import plan_greens
from signalsim.signals.specs import GROUP, PLAN

_EXACT_S = 0.1
PLAN_ID = "deployed"


def add_plans(draft: Draft, lights: Lights, source: str) -> None:
    """The plan ``deployed`` of every junction; what it cannot show as the file has it is reported."""
    if not lights.key:
        return
    _, system = signals_of(draft, source)
    off: dict[str, float] = {}
    for j, node in enumerate(system.junctions):
        plan = _plan(lights, node, system, j)
        _add_rows(draft, system, j, plan)
        off[node] = _inexactness_s(lights, node, system, j, plan)
        _lower_min_greens(draft, system, j, plan)
    if inexact := {node: most for node, most in off.items() if most > _EXACT_S}:
        draft.guessed(
            "splits that are not exactly those of the file",
            "yellows were lengthened, or the rings ask for more than one group can show",
            [f"{node}: greens begin or end up to {most:.1f} s off" for node, most in inexact.items()],
        )
    draft.section("control", deployed=PLAN_ID, offset_reference="midnight")


def _plan(lights: Lights, node: str, system: SignalSystem, j: int) -> Plan:
    controller = lights.controllers[node]
    number = {name: g for g, name in enumerate(system.groups)}
    stage = {groups: s for s, groups in enumerate(system.stage_groups[j])}
    found = [
        (at, stage[frozenset(number[group_name(node, key)] for key in groups)])
        for at, groups in lights.lamps[node].changes
    ]
    return plan_of(system, j, found or [(0.0, 0)], controller.cycle_s, controller.offset_s)


def _add_rows(draft: Draft, system: SignalSystem, j: int, plan: Plan) -> None:
    changes = plan.change_s or (float("nan"),) * len(plan.stages)
    for k, (stage, green, change) in enumerate(zip(plan.stages, plan.green_s, changes, strict=True)):
        draft.add(
            PLAN, plan_id=PLAN_ID, junction_id=system.junctions[j], position=k + 1,
            stage_id=system.stages[j][stage], green_s=green, offset_s=plan.offset_s, change_s=change,
        )  # fmt: skip


def _inexactness_s(lights: Lights, node: str, system: SignalSystem, j: int, plan: Plan) -> float:
    """The most, in s, by which a green of the plan begins or ends at another time than its phases'."""
    lamps: Lamps = lights.lamps[node]
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
