"""Webster's fixed plan: the cycle of least delay, greens by critical flow ratio."""

from dataclasses import dataclass
from typing import Any

from .fixed import PlanPolicy, timetable
from .lookup import check_range
from .plans import designed_plan


@dataclass(frozen=True)
class Webster:
    """A plan for every junction by itself, designed on the scenario's counts (Webster 1958).

    The stage order is the deployed plan's. Offsets are 0: cycles differ between junctions.
    """

    min_cycle_s: float = 30.0
    max_cycle_s: float = 180.0

    def __post_init__(self) -> None:
        check_range(self, min_cycle_s=(5.0, 600.0))
        check_range(self, max_cycle_s=(self.min_cycle_s, 600.0))

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        plan = designed_plan(built, "webster", min_cycle_s=self.min_cycle_s, max_cycle_s=self.max_cycle_s)
        return PlanPolicy(timetable(plan))
