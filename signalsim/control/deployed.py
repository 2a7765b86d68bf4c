"""The plan that hangs in the field."""

from dataclasses import dataclass
from typing import Any

from .fixed import PlanPolicy, timetable
from .plans import deployed_program


@dataclass(frozen=True)
class Deployed:
    """Follows a plan or a schedule of plans of the input; ``plan`` names it (empty: what is deployed)."""

    plan: str = ""

    def prepare(self, built: Any) -> PlanPolicy:
        """What every junction shows. Raises InputError where there is none of that name."""
        return PlanPolicy(timetable(deployed_program(built, self.plan)))
