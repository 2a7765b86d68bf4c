"""Signal groups, stages, plans, intergreens; analytic plan design."""

from signalsim.signals.design import Design
from signalsim.signals.flows import stage_ratios
from signalsim.signals.load import load_signals
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.plan import PlanArrays, Program, always, plan_arrays
from signalsim.signals.planning import design_plans
from signalsim.signals.transition import plan_at, scheduled

__all__ = [
    "Design",
    "Plan",
    "PlanArrays",
    "Program",
    "SignalSystem",
    "always",
    "design_plans",
    "load_signals",
    "plan_arrays",
    "plan_at",
    "scheduled",
    "stage_ratios",
]
