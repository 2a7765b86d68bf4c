"""The rings of a scenario's junction, from its own tables, for writers of other formats."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from signalsim.formats.rings.lamps import lamps_of
from signalsim.formats.rings.model import Key, Phase, Rings, split_times
from signalsim.formats.rings.sequence import plan_of
from signalsim.signals import SignalSystem


def told_rings(signals: SignalSystem, junction: int, plan: str, offset_point: str) -> Rings | None:
    """The rings with the splits that a plan has; without splits, with the longest greens and the offset
    that the plan's stages have. None where the junction has no rings.
    """
    told = signals.rings.get(junction)
    if told is None:
        return None
    splits = {split.phase: split for split in told.splits.get(plan, ())}
    phases = {}
    for p in sorted(told.phases, key=lambda phase: phase.number):
        green = round(splits[p.number].split_s - p.clear_s, 3) if p.number in splits else p.max_green_s
        phases[p.number] = Phase(
            number=p.number,
            barrier=p.barrier,
            ring=p.ring,
            position=p.position,
            min_green_s=p.min_green_s,
            green_s=green,
            yellow_s=float(signals.yellow_s[p.group]),
            all_red_s=round(p.clear_s - float(signals.yellow_s[p.group]), 3),
            extension_s=p.passage_s,
            min_gap_s=p.min_gap_s if p.reduction_s else None,
            before_reduction_s=p.before_reduction_s,
            reduction_s=p.reduction_s,
            recall=p.recall,
            locks=p.locks,
            dual_entry=p.dual_entry,
        )
    phases = _with_waits(phases, {p.number: p.max_green_s for p in told.phases})
    start, end, cycle, uneven = split_times(phases.values())
    coordinated = tuple(sorted(number for number, split in splits.items() if split.coordinated))
    rings = Rings(
        phases=phases,
        cycle_s=cycle,
        offset_s=0.0,
        start_s=start,
        end_s=end,
        uneven=uneven,
        coordinated=coordinated,
        floating=any(split.floating for split in splits.values()),
    )
    if coordinated:
        offset = splits[coordinated[0]].offset_s - min(points_s(rings, coordinated, offset_point).values())
    else:
        offset = signals.plans[plan][junction].offset_s - _first_green_s(signals, junction, rings)
    return replace(rings, offset_s=round(offset % cycle, 3))


def _with_waits(phases: dict[int, Phase], longest_s: Mapping[int, float]) -> dict[int, Phase]:
    """The same splits with longest greens where a phase but waits at a barrier for another ring."""
    shorter = {n: replace(p, green_s=min(p.green_s, longest_s[n])) for n, p in phases.items()}
    return shorter if split_times(shorter.values())[:3] == split_times(phases.values())[:3] else phases


def points_s(rings: Rings, phases: Collection[int], offset_point: str) -> dict[int, float]:
    """Where in the cycle each phase has the point that offsets are of."""
    back = {
        "start_of_green": lambda p: rings.end_s[p.number] - rings.start_s[p.number],
        "end_of_green": lambda p: p.change_s,
        "end_of_yellow": lambda p: p.all_red_s,
    }[offset_point]
    return {number: round(rings.end_s[number] - back(rings.phases[number]), 3) for number in phases}


def phases_of_groups(signals: SignalSystem, junction: int) -> dict[int, Key]:
    """The phases with which each group of a junction with rings is green."""
    told = signals.rings[junction]
    found = {phase.group: frozenset([phase.number]) for phase in told.phases}
    return found | {overlap.group: frozenset(overlap.phases) for overlap in told.overlaps}


def _first_green_s(signals: SignalSystem, junction: int, rings: Rings) -> float:
    """Where in the cycle the fixed plan that shows these rings counts its first green from."""
    keys = phases_of_groups(signals, junction)
    group = {key: g for g, key in keys.items()}
    yellow: Mapping[Key, float] = {key: float(signals.yellow_s[g]) for g, key in keys.items()}
    apart = signals.intergreen_s
    lamps = lamps_of(rings, group, yellow, lambda a, b: (group[a], group[b]) in apart)
    return plan_of(lamps.changes, rings.cycle_s, lamps.intergreen_s)[1]
