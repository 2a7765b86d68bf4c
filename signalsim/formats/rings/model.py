"""Phases in rings and barriers, and when each has its split.

A split is a phase's green, yellow and all-red. Between two barriers each ring runs through its phases
by position; the next barrier begins when all rings are done. Second 0 of a cycle is the beginning of
the first barrier.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

Key = frozenset[int]  # numbers of phases


@dataclass(frozen=True)
class Phase:
    """A phase's place, times in s, and settings of its actuation."""

    number: int
    barrier: int
    ring: int
    position: int
    min_green_s: float
    green_s: float  # in its split, and its maximum when actuated
    yellow_s: float
    all_red_s: float
    extension_s: float | None = None
    min_gap_s: float | None = None
    before_reduction_s: float = 0.0
    reduction_s: float = 0.0
    recall: str = "none"
    locks: bool = False
    dual_entry: bool = True

    @property
    def change_s(self) -> float:
        return round(self.yellow_s + self.all_red_s, 3)

    @property
    def split_s(self) -> float:
        return self.green_s + self.yellow_s + self.all_red_s


@dataclass(frozen=True)
class Rings:
    """The phases of a controller in its cycle."""

    phases: dict[int, Phase]
    cycle_s: float
    offset_s: float  # of the beginning of the first barrier after the reference second
    start_s: dict[int, float]  # of each phase's split
    end_s: dict[int, float]
    uneven: tuple[int, ...]  # barriers whose rings differ in length
    coordinated: tuple[int, ...]  # phases; none: it runs free when actuated
    floating: bool  # force-offs

    def together(self) -> list[Key]:
        """All sets of phases, one of each ring, that may be green at one time."""
        sets: list[Key] = []
        for barrier in sorted({phase.barrier for phase in self.phases.values()}):
            rings: dict[int, list[int]] = {}
            for phase in sorted(self.phases.values(), key=lambda p: (p.ring, p.position, p.number)):
                if phase.barrier == barrier:
                    rings.setdefault(phase.ring, []).append(phase.number)
            sets += [frozenset(chosen) for chosen in product(*rings.values())]
        return sets


def split_times(
    phases: Iterable[Phase],
) -> tuple[dict[int, float], dict[int, float], float, tuple[int, ...]]:
    """(start, end of each phase's split, cycle, barriers whose rings differ in length), s.

    The last phase of the shorter ring waits at the barrier.
    """
    phases = list(phases)
    start: dict[int, float] = {}
    end: dict[int, float] = {}
    uneven: list[int] = []
    at = 0.0
    for barrier in sorted({phase.barrier for phase in phases}):
        inside = [phase for phase in phases if phase.barrier == barrier]
        rings = sorted({phase.ring for phase in inside})
        length = max(sum(p.split_s for p in inside if p.ring == ring) for ring in rings)
        for ring in rings:
            now = at
            for phase in sorted((p for p in inside if p.ring == ring), key=lambda p: (p.position, p.number)):
                start[phase.number] = round(now, 3)
                now += phase.split_s
                end[phase.number] = round(now, 3)
            if at + length - now > 0.05 and barrier not in uneven:
                uneven.append(barrier)
            end[phase.number] = round(at + length, 3)
        at += length
    return start, end, round(at, 3), tuple(uneven)


def coordinated_of(phases: Iterable[Phase]) -> tuple[int, ...]:
    """Of phases that a source calls coordinated those that can be at one time: of each ring the first,
    all between the barriers of the first.
    """
    found: list[Phase] = []
    for phase in phases:
        if all(p.ring != phase.ring and p.barrier == phase.barrier for p in found):
            found.append(phase)
    return tuple(phase.number for phase in found)
