"""Plans of a scenario as controllers use them: as written, or designed on its counts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from signalsim.errors import InputError
from signalsim.signals import Plan, PlanArrays, Program, always, design_plans, plan_arrays
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S

from .fixed import PlanPolicy, timetable
from .lasting import lasting_plan
from .lookup import check_range
from .volumes import traffic_of


def deployed_program(built: Any, name: str = "") -> Program:
    """The plan or the schedule of that name, or what is deployed. InputError names what there is."""
    program: Program | None = built.programs.get(name or built.deployed_name)
    if program is None and not name and not built.signals.junctions:
        return always(built.deployed)
    if program is None:
        there = ", ".join(built.programs) or "none"
        raise InputError(f"plan '{name}': the scenario has no such plan; there are: {there}")
    return program


def deployed_plan(built: Any, name: str = "") -> PlanArrays:
    """The plan of that name; empty, or the name of a schedule: of each junction the plan that it has when the
    demand window begins. InputError names what there is."""
    if not name or name in built.signals.schedules:
        deployed: PlanArrays = built.deployed
        return deployed
    deployed_program(built, name)
    plan: PlanArrays = built.plans[name]
    return plan


def stage_order(plan: PlanArrays) -> dict[int, tuple[int, ...]]:
    """Junction -> its local stages in the plan's order."""
    return {j: tuple(plan.stage[a:b].tolist()) for j, (a, b) in enumerate(pairwise(plan.start))}


def designed_plan(built: Any, method: str, *, min_cycle_s: float, max_cycle_s: float) -> PlanArrays:
    """A plan by ``signals.design_plans`` ("webster" or "uniform") in the deployed stage order."""
    plans, _ = design_plans(
        traffic_of(built),
        method,
        stage_order(lasting_plan(built.deployed, built.tables.signals)),
        min_cycle_s=min_cycle_s,
        max_cycle_s=max_cycle_s,
    )
    return plan_arrays(built.signals, plans)


def plain_plans(plan: PlanArrays) -> dict[int, Plan]:
    """Junction -> plan, offsets from simulated time 0 to the start of the first green; changes as the
    intergreens ask for."""
    return {
        j: Plan(
            tuple(plan.stage[a:b].tolist()),
            tuple((plan.green_ms[a:b] / 1000).tolist()),
            float(plan.offset_ms[j]) / 1000,
        )
        for j, (a, b) in enumerate(pairwise(plan.start))
    }


@dataclass(frozen=True)
class Designed:
    """What controllers share that design a fixed plan on the scenario's counts; ``method`` names how."""

    method: ClassVar[str]

    min_cycle_s: float = MIN_CYCLE_S
    max_cycle_s: float = MAX_CYCLE_S

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0), max_cycle_s=(self.min_cycle_s, 600.0))

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        plan = designed_plan(built, self.method, min_cycle_s=self.min_cycle_s, max_cycle_s=self.max_cycle_s)
        return PlanPolicy(timetable(always(plan)))
