"""What CityFlow's vehicles mean for a model without car-following: headways, spacing, speed.

From a standing queue CityFlow's vehicles of the research data sets (5 m long, 2.5 m gap, headway
2 s, 11.11 m/s) cross the stop line at 1.0 s and, from the second on, at 0.9 + 2.55 n s (measured in
CityFlow). In steady car-following its rule gives a headway of headwayTime + length / speed, 2.45 s
for them; the 0.1 s that the measurement adds is taken to hold for other vehicles too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Flow, Vehicle

FIRST_S = 1.0  # start of green to the first crossing from a standing queue
AHEAD_S = 0.1  # the n-th crosses at headway * n + FIRST_S - AHEAD_S
TURN_MPS = 8.3333  # CityFlow's speed in a turn, which its files cannot change
_EXCESS_S = 0.1  # of the measured headway over that of steady car-following


class Profile(NamedTuple):
    """The mean vehicle of a flow file."""

    headway_s: float  # at saturation
    spacing_m: float  # standing, front to front
    speed_mps: float
    acceleration: float  # m/s2
    deceleration: float  # m/s2
    kinds: int  # how many different vehicles the file has

    @property
    def saturation_pcuph(self) -> float:
        return 3600 / self.headway_s

    @property
    def second_headway_s(self) -> float:
        """First to second crossing."""
        return 2 * self.headway_s - AHEAD_S

    @property
    def defaults(self) -> dict[str, float]:
        """What the scenario is told of its drivers: all drive alike, and their accelerations."""
        return {
            "pace_sd": 0.0,
            "jam_spacing_m": self.spacing_m,
            "acceleration": min(max(self.acceleration, 0.5), 6.0),
            "comfortable_deceleration": min(max(self.deceleration, 0.5), 6.0),
        }

    @property
    def is_measured(self) -> bool:
        """Whether the vehicles are those of the research data sets, whose discharge was measured."""
        return self.kinds == 1 and (self.headway_s, self.spacing_m) == (2.55, 7.5)

    def gap_s(self, path_m: float) -> float:
        """Critical gap: CityFlow lets go who is across before the other one is there, and from a
        standstill that takes sqrt(2 path / acceleration).
        """
        return min(max((2 * path_m / self.acceleration) ** 0.5, 1.0), 15.0)


def profile(path: Path, flows: Sequence[Flow]) -> Profile:
    """The mean vehicle of a flow file. Raises InputError where it is none that can be simulated."""
    if not flows:
        raise InputError(f"{path}: holds no flow; give at least one entry")
    kinds: dict[Vehicle, int] = {}
    for flow in flows:
        kinds[flow.vehicle] = kinds.get(flow.vehicle, 0) + 1

    def mean(of: dict[Vehicle, float]) -> float:
        return sum(of[kind] * number for kind, number in kinds.items()) / len(flows)

    found = Profile(
        headway_s=round(mean({v: v.headwayTime + v.length / v.maxSpeed + _EXCESS_S for v in kinds}), 3),
        spacing_m=round(mean({v: v.length + v.minGap for v in kinds}), 3),
        speed_mps=round(mean({v: v.maxSpeed for v in kinds}), 4),
        acceleration=mean({v: v.usualPosAcc for v in kinds}),
        deceleration=mean({v: v.usualNegAcc for v in kinds}),
        kinds=len(kinds),
    )
    if not 4 <= found.spacing_m <= 15:
        raise InputError(
            f"{path}, [].vehicle: length and minGap make {found.spacing_m:g} m on average; "
            "give 4 to 15 m together"
        )
    if not 1 <= found.headway_s <= 6:
        raise InputError(
            f"{path}, [].vehicle: headwayTime + length / maxSpeed makes {found.headway_s:g} s on average; "
            "give values that make 1 to 6 s"
        )
    return found
