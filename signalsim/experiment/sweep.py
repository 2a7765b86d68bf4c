"""One or two parameters of the cameras swept: how good must cameras be?"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from signalsim.errors import InputError
from signalsim.scenario.cameras import preset

MOST_CAMERAS = 400


@dataclass(frozen=True)
class Sweep:
    """Values of one or two parameters, all combinations of which change the cameras ``base``."""

    base: str  # as ``--sensors`` takes it
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]  # of each name, ascending

    @property
    def points(self) -> list[tuple[float, ...]]:
        """Values of every combination, the last parameter fastest."""
        return list(itertools.product(*self.values))

    @property
    def cameras(self) -> tuple[str, ...]:
        """What ``--sensors`` would take for every combination."""
        return tuple(self.camera(point) for point in self.points)

    def camera(self, point: Sequence[float]) -> str:
        """What ``--sensors`` would take for one combination."""
        settings = ",".join(f"{name}={value:g}" for name, value in zip(self.names, point, strict=True))
        return f"{self.base}{',' if ':' in self.base else ':'}{settings}"


def read_sweep(texts: Sequence[str], base: str) -> Sweep:
    """A sweep from ``parameter=value,value,…``, once or twice. Raises InputError."""
    if len(texts) > 2:
        raise InputError(f"--sweep is given {len(texts)} times; a figure has two axes: give it once or twice")
    names, values = [], []
    for text in texts:
        name, _, listed = text.partition("=")
        names.append(name.strip())
        values.append(_numbers(text, listed))
    if len(set(names)) < len(names):
        raise InputError(f"--sweep {names[0]} is given twice; put all values into one")
    sweep = Sweep(base, tuple(names), tuple(values))
    if len(sweep.points) > MOST_CAMERAS:
        raise InputError(
            f"--sweep makes {len(sweep.points)} cameras; give values for {MOST_CAMERAS} or fewer"
        )
    for camera in sweep.cameras:
        preset(camera)  # refuses an unknown parameter and impossible values before anything runs
    return sweep


def _numbers(text: str, listed: str) -> tuple[float, ...]:
    try:
        found = {float(part) for part in listed.split(",") if part.strip()}
    except ValueError:
        found = set()
    if not found:
        raise InputError(f"--sweep {text!r}: write parameter=value,value,… such as miss=0,0.1,0.2,0.4")
    return tuple(sorted(found))
