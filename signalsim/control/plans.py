"""Plans of a scenario as controllers use them: as written, or designed on its counts."""

from typing import Any

from signalsim.errors import InputError
from signalsim.signals import PlanArrays, design_plans, plan_arrays

from .volumes import design_volumes


def deployed_plan(built: Any, name: str = "") -> PlanArrays:
    """The plan of that name, or the deployed one. InputError names the plans that there are."""
    if not name:
        deployed: PlanArrays = built.deployed
        return deployed
    plan: PlanArrays | None = built.plans.get(name)
    if plan is None:
        there = ", ".join(built.plans) or "none"
        raise InputError(f"plan '{name}': the scenario has no such plan; there are: {there}")
    return plan


def stage_order(built: Any) -> tuple[list[list[int]], list[list[int]]]:
    """Stage order and greens (ms) of the deployed plan, per junction."""
    plan = deployed_plan(built)
    rows = [slice(a, b) for a, b in zip(plan.start[:-1], plan.start[1:], strict=True)]
    return [plan.stage[row].tolist() for row in rows], [plan.green_ms[row].tolist() for row in rows]


def designed_plan(built: Any, method: str, *, min_cycle_s: float, max_cycle_s: float) -> PlanArrays:
    """A plan by ``signals.design_plans`` ("webster" or "uniform") in the deployed stage order."""
    order, _ = stage_order(built)
    plans, _ = design_plans(
        built.scenario.network,
        built.signals,
        design_volumes(built.demand),
        built.index.movement_saturation_pcuph,
        method,
        {j: tuple(row) for j, row in enumerate(order)},
        min_cycle_s=min_cycle_s,
        max_cycle_s=max_cycle_s,
    )
    return plan_arrays(built.signals, plans)
