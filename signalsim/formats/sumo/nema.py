"""NEMA programs of SUMO (rings and barriers) as a fixed sequence of states.

Every phase is served for its maximum green; at a barrier the ring that is done first waits in its
last phase, and in coordination the coordinated phases take what is left of the cycle. What SUMO's
controller does with its detectors is left to the controllers of this project.
"""

from collections.abc import Sequence
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.sumo.net import Phase, Program

_GREEN = "Gg"


class Slot(NamedTuple):
    """One phase of a ring in the cycle: begin, end of green, end of yellow, s."""

    phase: Phase
    begin_s: float
    green_end_s: float
    yellow_end_s: float


def fixed_sequence(program: Program) -> list[Phase]:
    """The states of a NEMA program in their order. Raises InputError."""
    by_name = {phase.name: phase for phase in program.phases}
    rings = [_ring(program, by_name, f"ring{k}") for k in range(1, 9) if program.params.get(f"ring{k}")]
    if not rings:
        raise _fault(program, "names no phases in its parameter 'ring1'; add it")
    halves = [_halves(program, ring) for ring in rings]
    if len({len(ring) for ring in halves}) > 1:
        raise _fault(program, "has rings with different numbers of barriers; correct 'barrierPhases'")
    extra = _coordination(program, halves)
    slots = _slots(halves, extra)
    times = sorted(
        {t for ring in slots for slot in ring for t in (slot.begin_s, slot.green_end_s, slot.yellow_end_s)}
    )
    cycle = max(half_end for ring in slots for half_end in [_end(ring)])
    states = []
    for begin, end in zip(times, [*times[1:], cycle], strict=True):
        if end - begin > 1e-6:
            states.append(Phase(end - begin, _state(slots, (begin + end) / 2), None, None, "", 0.0, 0.0))
    return states


def _fault(program: Program, what: str) -> InputError:
    return InputError(
        f"{program.path}, line {program.line}: program '{program.id}' of traffic light "
        f"'{program.light}' {what}"
    )


def _ring(program: Program, by_name: dict[str, Phase], key: str) -> list[Phase]:
    names = [name.strip() for name in program.params[key].replace(";", ",").split(",")]
    ring = []
    for name in names:
        if name in ("", "0"):
            continue
        if name not in by_name:
            raise _fault(program, f"names phase '{name}' in '{key}' but has none of that name; add it")
        ring.append(by_name[name])
    if not ring:
        raise _fault(program, f"has no phase in '{key}'; name some or remove it")
    return ring


def _listed(program: Program, *keys: str) -> set[str]:
    return {name.strip() for key in keys for name in program.params.get(key, "").split(",")} - {"", "0"}


def _halves(program: Program, ring: list[Phase]) -> list[list[Phase]]:
    """The ring cut behind its barrier phases."""
    barriers = _listed(program, "barrierPhases", "barrier2Phases")
    halves: list[list[Phase]] = [[]]
    for phase in ring:
        halves[-1].append(phase)
        if phase.name in barriers:
            halves.append([])
    return [half for half in halves if half]


def _green_s(phase: Phase) -> float:
    return phase.longest_s if phase.longest_s is not None else phase.duration_s


def _length_s(half: Sequence[Phase]) -> float:
    return sum(_green_s(phase) + phase.yellow_s + phase.red_s for phase in half)


def _coordination(program: Program, halves: list[list[list[Phase]]]) -> tuple[int, float]:
    """Which half is longer, and by how much, because the cycle is fixed."""
    total = sum(max(_length_s(ring[k]) for ring in halves) for k in range(len(halves[0])))
    try:
        wanted = float(program.params.get("total-cycle-length", 0) or 0)
    except ValueError:
        raise _fault(program, "has a 'total-cycle-length' that is no number; correct it") from None
    if program.params.get("coordinate-mode", "false").lower() not in ("true", "1") or not wanted > total:
        return 0, 0.0
    coordinated = _listed(program, "coordinatePhases", "barrier2Phases")
    at = next((k for k, half in enumerate(halves[0]) if any(p.name in coordinated for p in half)), 0)
    return at, min(wanted, 3600.0) - total


def _slots(halves: list[list[list[Phase]]], extra: tuple[int, float]) -> list[list[Slot]]:
    """Times of every phase; the last phase of a half is held until the other ring is done."""
    slots: list[list[Slot]] = [[] for _ in halves]
    now = 0.0
    for k in range(len(halves[0])):
        length = max(_length_s(ring[k]) for ring in halves) + (extra[1] if k == extra[0] else 0.0)
        for ring, out in zip(halves, slots, strict=True):
            begin, spare = now, length - _length_s(ring[k])
            for n, phase in enumerate(ring[k]):
                green = begin + _green_s(phase) + (spare if n == len(ring[k]) - 1 else 0.0)
                out.append(Slot(phase, begin, green, green + phase.yellow_s))
                begin = green + phase.yellow_s + phase.red_s
        now += length
    return slots


def _end(ring: list[Slot]) -> float:
    return ring[-1].yellow_end_s + ring[-1].phase.red_s


def _state(slots: list[list[Slot]], at_s: float) -> str:
    """The lamps at one moment: of every ring the phase that is on, and the one that follows it."""
    length = max(len(slot.phase.state) for ring in slots for slot in ring)
    state = ["r"] * length
    for ring in slots:
        k = max(n for n, slot in enumerate(ring) if slot.begin_s <= at_s)
        slot, following = ring[k], ring[(k + 1) % len(ring)]
        for i, letter in enumerate(slot.phase.state):
            if letter not in _GREEN:
                continue
            stays = following.phase is not slot.phase and following.phase.state[i : i + 1] in ("G", "g")
            if at_s < slot.green_end_s or stays:
                state[i] = letter if state[i] != "G" else "G"
            elif at_s < slot.yellow_end_s and state[i] == "r":
                state[i] = "y"
    return "".join(state)
