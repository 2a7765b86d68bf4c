"""A fixed plan that is handed over as it is: what a search for plans tries."""

from dataclasses import dataclass
from typing import Any

from signalsim.signals import Plan, always, plan_arrays

from .fixed import PlanPolicy, timetable


@dataclass(frozen=True)
class Given:
    """Follows a plan per junction, offsets counted from simulated time 0 to the start of the first green."""

    plans: dict[int, Plan]

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        return PlanPolicy(timetable(always(plan_arrays(built.signals, self.plans))))
