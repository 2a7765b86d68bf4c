"""Controllers with rings and barriers: phases, overlaps, splits, and the stages that follow from them.

A *phase* shows one signal group. A *ring* shows its phases one after another, a *barrier* is crossed by
all rings at one time. What is green at once is one phase of each ring, all of one barrier: a stage. An
*overlap* is a group that is green with any of its phases, and stays so from one of them to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

MAX_STAGES = 256  # of one junction


@dataclass(frozen=True)
class Phase:
    """A row of signal_phase.csv; times in s."""

    row: int  # position in its table
    number: int
    group: int
    ring: int
    barrier: int
    position: int
    min_green_s: float
    max_green_s: float
    passage_s: float
    min_gap_s: float  # equal to passage_s where there is no gap reduction
    before_reduction_s: float
    reduction_s: float
    added_initial_s: float
    max_initial_s: float
    recall: str
    locks: bool
    dual_entry: bool
    gap_out_together: bool
    walk_group: int  # the pedestrian group that walks with it, -1: none
    clear_s: float  # yellow and all-red of its group


@dataclass(frozen=True)
class Overlap:
    """A row of signal_overlap.csv."""

    row: int
    group: int
    phases: tuple[int, ...]  # their numbers


@dataclass(frozen=True)
class Split:
    """A row of signal_split.csv; times in s."""

    row: int
    phase: int  # its number
    split_s: float
    coordinated: bool
    offset_s: float
    floating: bool


@dataclass(frozen=True)
class Rings:
    """The rings of one junction."""

    phases: tuple[Phase, ...]  # by ring, barrier, position
    overlaps: tuple[Overlap, ...] = ()
    splits: dict[str, tuple[Split, ...]] = field(default_factory=dict)  # plan id -> by phase number

    @property
    def ring_numbers(self) -> tuple[int, ...]:
        return tuple(sorted({phase.ring for phase in self.phases}))

    @property
    def barriers(self) -> tuple[int, ...]:
        return tuple(sorted({phase.barrier for phase in self.phases}))

    def phase(self, number: int) -> Phase:
        return next(phase for phase in self.phases if phase.number == number)

    def within(self, ring: int, barrier: int) -> tuple[Phase, ...]:
        """A ring's phases between two barriers, in their order."""
        return tuple(p for p in self.phases if (p.ring, p.barrier) == (ring, barrier))

    def together(self) -> Iterator[tuple[Phase, ...]]:
        """All sets of phases that may be green at once: one of each ring inside a barrier, and fewer where
        a ring has none or none that must be served beside another's.
        """
        for barrier in self.barriers:
            choices: list[tuple[Phase | None, ...]] = []
            for ring in self.ring_numbers:
                own = self.within(ring, barrier)
                stays_dark = not any(phase.dual_entry for phase in own)
                choices.append((*own, None) if stays_dark else own)
            for chosen in product(*choices):
                if any(chosen):
                    yield tuple(phase for phase in chosen if phase is not None)

    def groups_of(self, phases: tuple[Phase, ...]) -> frozenset[int]:
        """Groups that are green with these phases: walks and overlaps included."""
        numbers = {phase.number for phase in phases}
        own = {phase.group for phase in phases} | {p.walk_group for p in phases if p.walk_group >= 0}
        return frozenset(own | {o.group for o in self.overlaps if numbers & set(o.phases)})

    def stages(self) -> dict[frozenset[int], str]:
        """Groups of each stage -> its name, as '2+6'."""
        out: dict[frozenset[int], str] = {}
        for phases in self.together():
            name = "+".join(str(n) for n in sorted(phase.number for phase in phases))
            out.setdefault(self.groups_of(phases), name)
        return out

    def apart(self) -> Iterator[tuple[int, int]]:
        """Pairs of groups (lower first) that must never be green together whatever the geometry: phases of
        one ring, and phases on both sides of a barrier.
        """
        for i, a in enumerate(self.phases):
            for b in self.phases[:i]:
                if a.ring == b.ring or a.barrier != b.barrier:
                    yield min(a.group, b.group), max(a.group, b.group)

    def cycle_s(self, splits: tuple[Split, ...]) -> float:
        """The cycle that splits make: of each barrier its longest ring, s."""
        of = {split.phase: split.split_s for split in splits}
        return sum(
            max(sum(of[p.number] for p in self.within(ring, barrier)) for ring in self.ring_numbers)
            for barrier in self.barriers
        )
