"""Webster's fixed plan: the cycle of least delay, greens by critical flow ratio."""

from dataclasses import dataclass

from .plans import Designed


@dataclass(frozen=True)
class Webster(Designed):
    """A plan for every junction by itself, designed on the scenario's counts (Webster 1958).

    The stage order is the deployed plan's. Offsets are 0: cycles differ between junctions.
    """

    method = "webster"
