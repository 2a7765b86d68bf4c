"""Plans of a scenario as controllers use them: as written, or designed on its counts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from signalsim.errors import InputError
from signalsim.signals import PlanArrays, Program, always, design_plans, plan_arrays

from .fixed import PlanPolicy, timetable
from .lookup import check_range
from .volumes import design_volumes


def deployed_program(built: Any, name: str = "") -> Program:
    """The plan or the schedule of that name, or what is deployed. InputError names what there is."""
    program: Program | None = built.programs.get(name or built.deployed_name)
    if program is None:
        there = ", ".join(built.programs) or "none"
        raise InputError(f"plan '{name}': the scenario has no such plan; there are: {there}")
    return program


def stage_order(plan: PlanArrays) -> dict[int, tuple[int, ...]]:
    """Junction -> its local stages in the plan's order."""
    return {j: tuple(plan.stage[a:b].tolist()) for j, (a, b) in enumerate(pairwise(plan.start))}


def designed_plan(built: Any, method: str, *, min_cycle_s: float, max_cycle_s: float) -> PlanArrays:
    """A plan by ``signals.design_plans`` ("webster" or "uniform") in the deployed stage order."""
    plans, _ = design_plans(
        built.scenario.network,
        built.signals,
        design_volumes(built.demand),
        built.index.movement_saturation_pcuph,
        method,
        stage_order(built.deployed),
        min_cycle_s=min_cycle_s,
        max_cycle_s=max_cycle_s,
    )
    return plan_arrays(built.signals, plans)


@dataclass(frozen=True)
class Designed:
    """What controllers share that design a fixed plan on the scenario's counts; ``method`` names how."""

    method: ClassVar[str]

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0), max_cycle_s=(self.min_cycle_s, 600.0))

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        plan = designed_plan(built, self.method, min_cycle_s=self.min_cycle_s, max_cycle_s=self.max_cycle_s)
        return PlanPolicy(timetable(always(plan)))
