"""Signal groups, stages, plans, intergreens; analytic plan design."""

from signalsim.signals.design import Design
from signalsim.signals.flows import design_plans, stage_ratios
from signalsim.signals.load import load_signals
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.plan import PlanArrays, plan_arrays

__all__ = [
    "Design",
    "Plan",
    "PlanArrays",
    "SignalSystem",
    "design_plans",
    "load_signals",
    "plan_arrays",
    "stage_ratios",
]
