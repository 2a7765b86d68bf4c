"""The coordinated fixed plan: one cycle for all junctions, offsets of least delay."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.signals import always, plan_arrays
from signalsim.signals.coordinated import Coordinated as Design
from signalsim.signals.coordinated import Traffic, coordinated

from .fixed import PlanPolicy, timetable
from .lasting import lasting_plan
from .plans import Designed, stage_order
from .volumes import HOURS_PER_MS, design_volumes


def traffic_of(built: Any) -> Traffic:
    """What plans of a built scenario are designed on."""
    network, window = built.scenario.network, built.demand.window_ms
    return Traffic(
        network,
        built.signals,
        design_volumes(built.demand),
        built.index.movement_saturation_pcuph,
        network.length_m / network.speed_mps,
        np.asarray(built.road.movement_traverse_ms) / 1000,
        (window[1] - window[0]) * HOURS_PER_MS,
    )


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
