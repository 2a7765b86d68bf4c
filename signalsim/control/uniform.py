"""The uniform fixed plan: equal greens at Webster's cycle."""

from dataclasses import dataclass

from .plans import Designed


@dataclass(frozen=True)
class Uniform(Designed):
    """Every stage the same green, at the cycle that Webster's formula gives on the scenario's counts.

    The stage order is the deployed plan's; a minimum green that is longer stays.
    """

    method = "uniform"
