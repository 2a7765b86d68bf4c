"""NEMA programs of SUMO: phases in rings and barriers, and the fixed sequence of states in which every
phase has its longest green.

At a barrier the ring that is done first waits in its last phase; in coordination the phases before the
coordinated barrier take what is left of the cycle (SUMO: Simulation/NEMA, "maxDur is the split minus
yellow and red").
"""

from dataclasses import replace
from itertools import pairwise

from signalsim.errors import InputError
from signalsim.formats.rings import Phase, Rings, split_times
from signalsim.formats.rings.model import coordinated_of
from signalsim.formats.sumo import net

_GREEN = "Gg"
MIN_GREEN_S, EXTENSION_S = 5.0, 2.0  # SUMO's minDur and vehext where a phase has none
_MAX_CYCLE_S = 3600.0


def read_rings(program: net.Program) -> tuple[Rings, dict[int, str]]:
    """The rings, and the state that each phase shows. Raises InputError."""
    by_name = {phase.name: phase for phase in program.phases}
    rings = [_ring(program, by_name, f"ring{k}") for k in range(1, 9) if program.params.get(f"ring{k}")]
    if not rings:
        raise _fault(program, "names no phases in its parameter 'ring1'; add it")
    halves = [_halves(program, ring) for ring in rings]
    if len({len(ring) for ring in halves}) > 1:
        raise _fault(program, "has rings with different numbers of barriers; correct 'barrierPhases'")
    number = _numbers(program, [name for ring in rings for name in ring])
    phases: dict[int, Phase] = {}
    for r, ring in enumerate(halves, 1):
        for barrier, half in enumerate(ring, 1):
            for position, name in enumerate(half, 1):
                place = (barrier, r, position)  # a phase that both rings name is in the first
                phases.setdefault(number[name], _phase(program, by_name[name], number[name], place))
    coordinated: tuple[int, ...] = ()
    if program.params.get("coordinate-mode", "false").lower() in ("true", "1"):
        told = _listed(program, "coordinatePhases", "barrier2Phases") & number.keys()
        coordinated = coordinated_of(p for p in phases.values() if p.number in {number[n] for n in told})
        phases = _filled(program, phases, coordinated)
    start, end, cycle, uneven = split_times(phases.values())
    shown = Rings(
        phases=phases,
        cycle_s=cycle,
        offset_s=program.offset_s - _reference_s(program, phases, coordinated, start, end),
        start_s=start,
        end_s=end,
        uneven=uneven,
        coordinated=coordinated,
        floating=program.params.get("fixForceOff", "false").lower() not in ("true", "1"),
    )
    return shown, {number[name]: by_name[name].state for name in number}


def fixed_sequence(program: net.Program) -> list[net.Phase]:
    """The states of a NEMA program in their order. Raises InputError."""
    rings, states = read_rings(program)
    times = {0.0, rings.cycle_s}
    for number, phase in rings.phases.items():
        green_end = rings.end_s[number] - phase.change_s
        times |= {rings.start_s[number], green_end, green_end + phase.yellow_s, rings.end_s[number]}
    ordered = sorted(times)
    return [
        net.Phase(end - begin, _state(rings, states, (begin + end) / 2))
        for begin, end in pairwise(ordered)
        if end - begin > 1e-6
    ]


def _fault(program: net.Program, what: str) -> InputError:
    return InputError(
        f"{program.path}, line {program.line}: program '{program.id}' of traffic light "
        f"'{program.light}' {what}"
    )


def _ring(program: net.Program, by_name: dict[str, net.Phase], key: str) -> list[str]:
    names = [name.strip() for name in program.params[key].replace(";", ",").split(",")]
    ring = [name for name in names if name not in ("", "0")]
    for name in ring:
        if name not in by_name:
            raise _fault(program, f"names phase '{name}' in '{key}' but has none of that name; add it")
    if not ring:
        raise _fault(program, f"has no phase in '{key}'; name some or remove it")
    return ring


def _listed(program: net.Program, *keys: str) -> set[str]:
    return {name.strip() for key in keys for name in program.params.get(key, "").split(",")} - {"", "0"}


def _halves(program: net.Program, ring: list[str]) -> list[list[str]]:
    """The ring cut behind its barrier phases."""
    barriers = _listed(program, "barrierPhases", "barrier2Phases")
    halves: list[list[str]] = [[]]
    for name in ring:
        halves[-1].append(name)
        if name in barriers:
            halves.append([])
    return [half for half in halves if half]


def _numbers(program: net.Program, names: list[str]) -> dict[str, int]:
    """Numbers of the phases: their names, or their places where those are none."""
    unique = list(dict.fromkeys(names))
    if all(name.isascii() and name.isdigit() and 0 < int(name) <= 64 for name in unique):
        return {name: int(name) for name in unique}
    if len(unique) > 64:
        raise _fault(program, f"has {len(unique)} phases; give at most 64")
    return {name: k for k, name in enumerate(unique, 1)}


def _phase(program: net.Program, told: net.Phase, number: int, place: tuple[int, int, int]) -> Phase:
    barrier, ring, position = place
    recall = "none"
    if "minRecall" not in program.params or told.name in _listed(program, "minRecall"):
        recall = "min"
    if told.name in _listed(program, "maxRecall"):
        recall = "max"
    return Phase(
        number=number,
        barrier=barrier,
        ring=ring,
        position=position,
        min_green_s=MIN_GREEN_S if told.least_s is None else told.least_s,
        green_s=told.duration_s if told.longest_s is None else told.longest_s,
        yellow_s=told.yellow_s,
        all_red_s=told.red_s,
        extension_s=EXTENSION_S if told.extension_s is None else told.extension_s,
        recall=recall,
        locks=told.name in _listed(program, "latchingDetectors"),
    )


def _filled(program: net.Program, phases: dict[int, Phase], coordinated: tuple[int, ...]) -> dict[int, Phase]:
    """What is left of the cycle goes to the last phases before the coordinated phases' barrier."""
    try:
        wanted = float(program.params.get("total-cycle-length", 0) or 0)
    except ValueError:
        raise _fault(program, "has a 'total-cycle-length' that is no number; correct it") from None
    start, end, cycle, _ = split_times(phases.values())
    if not wanted > cycle:
        return phases
    spare = min(wanted, _MAX_CYCLE_S) - cycle
    barrier = phases[coordinated[0]].barrier if coordinated else 1
    done = max(end[p.number] for p in phases.values() if p.barrier == barrier)
    out = dict(phases)
    for number, phase in phases.items():
        if phase.barrier == barrier and end[number] == done:
            split = end[number] - start[number]
            out[number] = replace(phase, green_s=round(split - phase.change_s + spare, 3))
    return out


def _reference_s(
    program: net.Program,
    phases: dict[int, Phase],
    coordinated: tuple[int, ...],
    start: dict[int, float],
    end: dict[int, float],
) -> float:
    """Where in the cycle the point lies that the offset is of: the start of the first coordinated phase;
    of a controller of type 170, of its yellow. The cycle's beginning without coordination.
    """
    if not coordinated:
        return 0.0
    if program.params.get("controllerType", "TS2").replace(" ", "").lower() == "type170":
        return min(end[p] - phases[p].change_s for p in coordinated)
    return min(start[p] for p in coordinated)


def _state(rings: Rings, states: dict[int, str], at_s: float) -> str:
    """The lamps at one moment: of every ring the phase that is on, and the one that follows it."""
    shown = ["r"] * max(map(len, states.values()))
    on = [n for n in rings.phases if rings.start_s[n] <= at_s < rings.end_s[n]]
    for number in on:
        phase, end = rings.phases[number], rings.end_s[number]
        following = [
            n for n, p in rings.phases.items()
            if p.ring == phase.ring and n != number and abs(rings.start_s[n] - end % rings.cycle_s) < 1e-6
        ]  # fmt: skip
        for i, letter in enumerate(states[number]):
            if letter not in _GREEN:
                continue
            stays = any(states[n][i : i + 1] in ("G", "g") for n in following)
            if at_s < end - phase.change_s or stays:
                shown[i] = letter if shown[i] != "G" else "G"
            elif at_s < end - phase.all_red_s and shown[i] == "r":
                shown[i] = "y"
    return "".join(shown)
