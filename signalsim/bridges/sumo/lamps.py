"""Our signal groups as SUMO's traffic lights."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.interlock import GREEN, YELLOW

from .roads import NOTHING, Roads, Survey


class Light(NamedTuple):
    """One traffic light of SUMO; junctions that it joins share it."""

    id: str
    movements: tuple[int, ...]  # by SUMO's link index, NOTHING where there is none of ours


class Lamps:
    """Composes the states of SUMO's traffic lights from the aspects of all groups.

    A movement is ``G`` at green, ``g`` where it gives way to a movement that is green too or has no
    signal, ``y`` at yellow, else ``r``, or ``s`` if it may go on red after a stop. A movement without a
    group is ``g`` always: SUMO's own right of way rules it. What is no movement of ours stays red; a
    traffic light that none of our groups uses keeps SUMO's program.
    """

    def __init__(self, survey: Survey, built: Any, roads: Roads) -> None:
        self._group: list[int] = built.index.movement_group.tolist()
        self._red = ["s" if on_red else "r" for on_red in built.scenario.network.on_red.tolist()]
        self.lights = list(self._used(survey, roads))
        self._priority: dict[int, list[int]] = {}
        for movement, other in built.signals.live_yields.tolist():
            self._priority.setdefault(movement, []).append(self._group[other])
        self._shown: dict[str, str] = {}

    def _used(self, survey: Survey, roads: Roads) -> Iterator[Light]:
        """The traffic lights that show a group of ours."""
        for name, links in survey.lights.items():
            movements = tuple(roads.movement(link) for link in links)
            if any(m != NOTHING and self._group[m] >= 0 for m in movements):
                yield Light(name, movements)

    def changes(self, aspect: np.ndarray) -> dict[str, str]:
        """Light -> state, of those that do not show it yet. ``aspect``: (n_groups,) of the interlock."""
        aspects = aspect.tolist()
        states = {
            light.id: "".join(self._letter(movement, aspects) for movement in light.movements)
            for light in self.lights
        }
        new = {name: state for name, state in states.items() if self._shown.get(name) != state}
        self._shown.update(new)
        return new

    def _letter(self, movement: int, aspects: list[int]) -> str:
        if movement == NOTHING:
            return "r"
        group = self._group[movement]
        if group < 0:
            return "g"
        if aspects[group] != GREEN:
            return "y" if aspects[group] == YELLOW else self._red[movement]
        gives_way = any(other < 0 or aspects[other] == GREEN for other in self._priority.get(movement, ()))
        return "g" if gives_way else "G"
