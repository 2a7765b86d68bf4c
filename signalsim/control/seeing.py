"""What policies that look through cameras share: the road, the junctions, the plan where cameras fail."""

from typing import Any

import numpy as np

from signalsim.sensing.approaches import Approaches, approaches

from .fallback import Fallback
from .layout import Junctions, junctions
from .service import Service, service
from .walkers import Walkers


class SeeingPolicy:
    """A policy at work on a network; ``fallback`` serves the junctions that see nothing, ``walkers``
    those who have pressed a button."""

    needs_sensing = True

    def __init__(self, built: Any) -> None:
        self.road: Approaches = approaches(built.tables)
        self.layout: Junctions = junctions(built.tables, self.road)
        self.fallback = Fallback(built, self.layout)
        self.walkers = Walkers(built.tables.signals, self.layout)


class ServingPolicy(SeeingPolicy):
    """One that reckons how fast stages serve lanes (``service``); ``room``: scratch by link."""

    def __init__(self, built: Any) -> None:
        super().__init__(built)
        self.service: Service = service(built.tables, self.road, self.layout)
        self.stages = built.tables.signals.stage
        self.room = np.ones(len(self.road.link_seen))

    def largest(self) -> tuple[int, int]:
        """Most stages and most lanes of a junction, at least one each: how much scratch it takes."""
        stages, lanes = np.diff(self.layout.first_stage), np.diff(self.service.first_lane)
        return int(stages.max(initial=1)), int(lanes.max(initial=1))
