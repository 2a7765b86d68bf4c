"""The plan that hangs in the field."""

from dataclasses import dataclass
from typing import Any

from .fixed import PlanPolicy, timetable
from .plans import deployed_plan


@dataclass(frozen=True)
class Deployed:
    """Follows a plan of the input; ``plan`` names it (empty: the scenario's deployed plan)."""

    plan: str = ""

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction. Raises InputError where there is none of that name."""
        return PlanPolicy(timetable(deployed_plan(built, self.plan)))
