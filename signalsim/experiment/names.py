"""What the dotted names in a gate may be, so that a wrong one is refused before anything is simulated."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from signalsim.measures import MEASURES


class Wanted(NamedTuple):
    """A dotted name, taken apart; ``against`` is '', 'difference' or 'percent'."""

    sensors: str
    controller: str
    measure: str
    against: str


class Names:
    """The names of a comparison that has not run: ``sample`` answers with zeros."""

    def __init__(self, controllers: Sequence[str], sensors: Sequence[str]):
        self.controllers, self.sensors = list(controllers), list(sensors)

    def sample(self, path: tuple[str, ...]) -> tuple[np.ndarray, bool]:
        """See ``gate.Values``."""
        self.resolve(path)
        return np.zeros(2), True

    def resolve(self, path: tuple[str, ...]) -> Wanted:
        """[PRESET.]CONTROLLER.MEASURE or [PRESET.]CONTROLLER.vs_baseline.MEASURE.{difference|percent}.

        Raises KeyError with a one-line message.
        """
        text, rest = ".".join(path), list(path)
        sensors = self.sensors[0]
        if len(self.sensors) > 1:
            sensors = self._one_of(rest, self.sensors, text, "a sensor preset of this comparison")
        elif rest[0] == sensors and sensors not in self.controllers:
            rest.pop(0)
        controller = self._one_of(rest, self.controllers, text, "a controller of this comparison")
        versus = bool(rest) and rest[0] == "vs_baseline"
        if versus:
            rest.pop(0)
        measure = self._one_of(rest, MEASURES, text, "a measure")
        against = self._one_of(rest, ("difference", "percent"), text, "what is wanted") if versus else ""
        if rest:
            raise KeyError(f"{text!r} goes on after the measure: {'.'.join(rest)!r}")
        return Wanted(sensors, controller, measure, against)

    @staticmethod
    def _one_of(rest: list[str], known: Sequence[str] | dict, text: str, what: str) -> str:
        given = rest.pop(0) if rest else ""
        if given not in known:
            raise KeyError(f"{text!r}: {given!r} is not {what} ({', '.join(known)})")
        return given
