"""The coordinated fixed plan: one cycle for all junctions, offsets of least delay."""

from dataclasses import dataclass
from typing import Any

from signalsim.signals import always, plan_arrays
from signalsim.signals.coordinated import Coordinated as Design
from signalsim.signals.coordinated import coordinated

from .fixed import PlanPolicy, timetable
from .lasting import lasting_plan
from .plans import Designed, stage_order
from .volumes import traffic_of


def coordinated_design(built: Any, **limits: Any) -> Design:
    """The plan of least estimated delay on the scenario's counts, in the deployed stage order.

    ``limits``: ``min_cycle_s``, ``max_cycle_s``, ``cycle_s``. Raises InputError.
    """
    known: dict[Any, Design] = built.__dict__.setdefault("_coordinated", {})  # it takes seconds
    key = tuple(sorted(limits.items()))
    if key not in known:
        sequences = stage_order(lasting_plan(built.deployed, built.tables.signals))
        known[key] = coordinated(traffic_of(built), sequences, **limits)
    return known[key]


@dataclass(frozen=True)
class Coordinated(Designed):
    """A plan with one cycle for all junctions, or half of it: the cycle, Webster's splits and the offsets
    for which the estimated delay on the scenario's counts is least.

    The stage order is the deployed plan's.
    """

    method = "coordinated"

    def prepare(self, built: Any) -> PlanPolicy:
        """The plan of every junction."""
        found = coordinated_design(built, min_cycle_s=self.min_cycle_s, max_cycle_s=self.max_cycle_s)
        return PlanPolicy(timetable(always(plan_arrays(built.signals, found.plans))))
