"""What must be true of splits in rings, one small function each; each yields what it finds."""

from collections.abc import Iterator

import numpy as np

from signalsim.network.csvfile import Fault
from signalsim.network.tables import Table
from signalsim.signals.rings import Rings, Split

_TOLERANCE_S = 0.05
Plan = tuple[Split, ...]


def check_splits_complete(rings: Rings, plan: Plan, table: Table) -> Iterator[Fault]:
    """Every phase has a split."""
    for number in sorted({p.number for p in rings.phases} - {split.phase for split in plan}):
        yield table.fault(plan[0].row, "plan_id", f"has no split for phase {number} of this junction; add it")


def check_splits_fit(rings: Rings, plan: Plan, table: Table) -> Iterator[Fault]:
    """A split has room for minimum green, yellow and all-red."""
    for split in plan:
        phase = rings.phase(split.phase)
        need = phase.min_green_s + phase.clear_s
        if split.split_s < need - _TOLERANCE_S:
            yield table.fault(
                split.row, "split_s",
                f"is too short for phase {split.phase}: minimum green {phase.min_green_s:g} s, yellow and "
                f"all-red {phase.clear_s:g} s need {need:g} s; give that or more",
            )  # fmt: skip


def check_barriers_meet(rings: Rings, plan: Plan, table: Table) -> Iterator[Fault]:
    """All rings reach each barrier at one time."""
    of = {split.phase: split for split in plan}
    for barrier in rings.barriers:
        sums: dict[int, float] = {}
        for ring in rings.ring_numbers:
            if own := rings.within(ring, barrier):
                sums[ring] = sum(of[p.number].split_s for p in own)
        longest = max(sums.values())
        for ring, total in sums.items():
            if total < longest - _TOLERANCE_S:
                yield table.fault(
                    of[rings.within(ring, barrier)[-1].number].row, "split_s",
                    f"lets ring {ring} reach the end of barrier {barrier} after {total:g} s, another ring "
                    f"after {longest:g} s; make the sums equal",
                )  # fmt: skip


def check_coordinated(rings: Rings, plan: Plan, table: Table) -> Iterator[Fault]:
    """Coordinated phases: at least one, of a ring one at most, all between the same barriers, one offset
    and one kind of force-off.
    """
    chosen = [split for split in plan if split.coordinated]
    if not chosen:
        yield table.fault(
            plan[0].row, "coordinated", "is 1 for no phase of this plan; mark the coordinated phase"
        )
        return
    first = chosen[0]
    place = rings.phase(first.phase)
    for split in chosen[1:]:
        phase = rings.phase(split.phase)
        if phase.barrier != place.barrier or phase.ring == place.ring:
            yield table.fault(
                split.row, "coordinated",
                f"marks phase {split.phase} beside phase {first.phase}, with which it is never green; mark "
                "phases of different rings between the same barriers",
            )  # fmt: skip
        if split.offset_s != first.offset_s:
            yield table.fault(
                split.row,
                "offset_s",
                f"differs from {first.offset_s:g} of phase {first.phase}; give one offset",
            )
    for split in plan[1:]:
        if split.floating != plan[0].floating:
            yield table.fault(
                split.row, "force_off", "differs from the first phase's; a junction has one kind"
            )


def check_walk_groups(rings: Rings, walks: np.ndarray, table: Table) -> Iterator[Fault]:
    """Who walks with a phase is a group of pedestrians; ``walks``: (n_groups,) bool."""
    for phase in rings.phases:
        if phase.walk_group >= 0 and not walks[phase.walk_group]:
            yield table.fault(
                phase.row, "walk_group_id", "is no group of pedestrians; give one that crossing.csv names"
            )


def ring_faults(rings: dict[int, Rings], split_table: Table) -> Iterator[Fault]:
    """All that is wrong with the splits of all junctions."""
    for of_junction in rings.values():
        for plan in of_junction.splits.values():
            missing = list(check_splits_complete(of_junction, plan, split_table))
            yield from missing
            if missing:
                continue
            for check in (check_splits_fit, check_barriers_meet, check_coordinated):
                yield from check(of_junction, plan, split_table)
