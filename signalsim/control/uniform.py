"""The uniform fixed plan: equal greens at Webster's cycle."""

from dataclasses import dataclass
from typing import Any

from .fixed import PlanPolicy, timetable
from .lookup import check_range
from .plans import designed_plan


@dataclass(frozen=True)
class Uniform:
    """Every stage the same green, at the cycle that Webster's formula gives on the scenario's counts.

    The stage order is the deployed plan's; a minimum green that is longer stays.
    """

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0))
        check_range(self, max_cycle_s=(self.min_cycle_s, 600.0))

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        plan = designed_plan(built, "uniform", min_cycle_s=self.min_cycle_s, max_cycle_s=self.max_cycle_s)
        return PlanPolicy(timetable(plan))
