"""Rings of a GMNS folder: phases with ring, barrier and position, and longest greens that fill the cycle.

A split is max_green and clearance, of which the yellow by formula comes first and the rest is all-red.
Where an extension is given the signal is actuated; else its greens are fixed times. Nodes whose splits
do not make their cycle, or whose rings would show green to movements that cross, have no rings.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from signalsim.formats.complete import with_lamps
from signalsim.formats.draft import Draft
from signalsim.formats.gmns.phases import Phase, Timing
from signalsim.formats.gmns.plans import Pair, usable
from signalsim.formats.rings import Key, Rings, Tables, bare_phases, lamps_of, split_times
from signalsim.formats.rings import Phase as RingPhase
from signalsim.formats.rings.model import coordinated_of
from signalsim.network import Network, conflicts
from signalsim.network.specs import CONFLICT, MOVEMENT

_EXACT_S = 0.05
_MIN_GREEN_S = 5.0  # where the greens are fixed times
_MAX_PHASES, _MAX_SETS = 64, 256


@dataclass(frozen=True)
class Ringed:
    """A node with rings: its movements by the phases that show them."""

    rings: Rings
    moves: dict[Key, list[str]]


def ringed(network: Network, timing: Mapping[str, Timing]) -> tuple[dict[str, Ringed], dict[Pair, str]]:
    """The nodes that have rings, and pairs of movements of which the first gives way, as ``usable``."""
    found = {node: one for node, told in timing.items() if (one := _ringed(network, told)) is not None}
    tried = {}
    for node, one in found.items():
        phases = {phase.number: phase for stage in timing[node].stages for phase in stage}
        sets = tuple(tuple(phases[p] for p in sorted(chosen)) for chosen in one.rings.together())
        tried[node] = replace(timing[node], stages=sets)
    good, ruled = usable(network, tried) if tried else ([], {})
    return {node: found[node] for node in good}, ruled


def _ringed(network: Network, told: Timing) -> Ringed | None:
    phases = {phase.number: phase for stage in told.stages for phase in stage}
    is_actuated = any(phase.extension_s is not None for phase in phases.values())
    places = {(p.ring, p.barrier, p.position) for p in phases.values()}
    if len({p.ring for p in phases.values()}) < 2 and not is_actuated:
        return None  # fixed times of stages
    if len(places) < len(phases) or len(phases) > _MAX_PHASES or not _are_numbered(phases.values()):
        return None
    made = {n: _phase(network, phase, is_actuated) for n, phase in sorted(phases.items())}
    if any(phase is None for phase in made.values()):
        return None
    own = {n: phase for n, phase in made.items() if phase is not None}
    start, end, cycle, uneven = split_times(own.values())
    if told.cycle_s is not None and abs(cycle - told.cycle_s) > _EXACT_S:
        return None
    coordinated = coordinated_of(own[n] for n in told.coordinated if n in own)
    rings = Rings(own, cycle, 0.0, start, end, uneven, coordinated, False)
    if len(rings.together()) > _MAX_SETS:
        return None
    moves: dict[Key, list[str]] = {}
    for move in sorted(frozenset[str]().union(*(phase.moves for phase in phases.values()))):
        key = frozenset(n for n, phase in phases.items() if move in phase.moves)
        moves.setdefault(key, []).append(move)
    if bare_phases(rings, moves):
        return None
    return Ringed(replace(rings, offset_s=told.told_offset_s - _reference_s(rings, told)), moves)


def _are_numbered(phases: Collection[Phase]) -> bool:
    return all(p.ring > 0 and 0 < p.number <= _MAX_PHASES for p in phases)


def _phase(network: Network, told: Phase, is_actuated: bool) -> RingPhase | None:
    """A phase with its clearance as yellow and all-red; None where it has no green or cannot clear."""
    index, defaults = network.movement.index, network.defaults
    speed = max(float(network.speed_mps[network.movement_from[index[move]]]) for move in told.moves)
    if told.green_s < 1.0 or told.clearance_s is None:
        return None
    if told.clearance_s < defaults.shortest_yellow_s(speed):
        return None
    yellow = min(round(told.clearance_s, 3), round(max(defaults.yellow_s(speed), 3.0), 1), 10.0)
    least = told.min_green_s if told.min_green_s is not None else told.green_s
    return RingPhase(
        number=told.number,
        barrier=told.barrier,
        ring=told.ring,
        position=told.position,
        min_green_s=least if is_actuated else min(_MIN_GREEN_S, least),
        green_s=told.green_s,
        yellow_s=yellow,
        all_red_s=round(told.clearance_s - yellow, 3),
        extension_s=told.extension_s,
        recall="none" if is_actuated else "max",
    )


def _reference_s(rings: Rings, told: Timing) -> float:
    """Where in the cycle the point lies that the offset is of."""
    if not told.coordinated or told.coordinated[0] not in rings.phases:
        return 0.0
    number = told.coordinated[0]
    phase = rings.phases[number]
    return {
        "begin_of_yellow": rings.end_s[number] - phase.change_s,
        "begin_of_red": rings.end_s[number] - phase.all_red_s,
    }.get(told.point, rings.start_s[number])


def add_rings(draft: Draft, network: Network, nodes: Mapping[str, Ringed], ruled: Mapping[Pair, str]) -> None:
    """Rows of all signal tables of these nodes, and the groups of their movements."""
    if not nodes:
        return
    for (a, b), rule in sorted(ruled.items()):
        draft.add(CONFLICT, mvmt_id=a, other_mvmt_id=b, rule=rule)
    rows = {name: i for i, name in enumerate(draft.column(MOVEMENT, "mvmt_id"))}
    group_of = draft.column(MOVEMENT, "opt_signal_group_id")
    meeting = _meeting(network, nodes)
    for node, one in sorted(nodes.items()):
        sets = one.rings.together()

        def name(key: Key, node: str = node) -> str:
            return f"{node}." + "+".join(map(str, sorted(key)))

        def is_apart(a: Key, b: Key, one: Ringed = one, sets: list[Key] = sets) -> bool:
            if any(a & phases and b & phases for phases in sets):
                return False
            pairs = (frozenset((m, n)) for m in one.moves[a] for n in one.moves[b])
            return len(a) == len(b) == 1 or any(pair in meeting for pair in pairs)

        tables = Tables(draft, node, one.rings, lamps_of(one.rings, one.moves, {}, is_apart), name)
        tables.add_groups()
        tables.add_stages()
        tables.add_intergreens()
        tables.add_plan()
        tables.add_phases()
        for key, moves in one.moves.items():
            for move in moves:
                group_of[rows[move]] = name(key)
    draft.understood(
        f"rings, barriers and actuation (min_green, max_green, extension) at {len(nodes):,} signals, "
        f"coordination at {sum(bool(one.rings.coordinated) for one in nodes.values()):,} of them"
    )
    draft.guessed("yellow of rings", "by formula where the clearance has room for it; the rest is all-red")


def _meeting(network: Network, nodes: Mapping[str, Ringed]) -> set[frozenset[str]]:
    """Pairs of movements that cross, or of which one gives way."""
    met, ids = conflicts(with_lamps(network, list(nodes))), network.movement.ids
    return {frozenset((ids[a], ids[b])) for pairs in (met.forbidden, met.yields) for a, b in pairs.tolist()}
