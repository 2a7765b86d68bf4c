"""Programs of SUMO's traffic lights, seen from one junction: what its movements show, step by step."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

from signalsim.errors import InputError
from signalsim.formats.rings import Rings
from signalsim.formats.sumo.layout import Layout, Move
from signalsim.formats.sumo.nema import fixed_sequence, read_rings
from signalsim.formats.sumo.net import Phase, Program

RED, YELLOW, MINOR, MAJOR = 0, 1, 2, 3
_RANK = {
    "r": RED,
    "u": RED,
    "s": RED,
    "y": YELLOW,
    "Y": YELLOW,
    "g": MINOR,
    "o": MINOR,
    "O": MINOR,
    "G": MAJOR,
}
_MAX_PHASES = 1000
_MAX_CYCLE_S = 3600.0

Key = tuple[str, str]  # of a movement: from edge, to edge


@dataclass(frozen=True)
class Step:
    """A phase of a program at one junction."""

    duration_s: float
    shows: dict[Key, int]  # RED, YELLOW, MINOR or MAJOR
    least_s: float | None


@dataclass(frozen=True)
class Head:
    """The program of one junction. Movements that are not in ``moves`` have no lamp."""

    node: str
    program: Program
    moves: tuple[Key, ...]
    steps: tuple[Step, ...]
    on_red: frozenset[Key] = frozenset()  # movements that may go on red after a stop
    rings: Rings | None = None  # of a NEMA program, and the phases that each movement is green with
    members: dict[Key, frozenset[int]] = field(default_factory=dict)

    def only(self, moves: Container[Key]) -> "Head":
        """The same for some of its movements."""
        return replace(self, moves=tuple(key for key in self.moves if key in moves))

    def column(self, key: Key) -> tuple[int, ...]:
        """What a movement shows, step by step."""
        return tuple(step.shows[key] for step in self.steps)


@dataclass
class Heads:
    """All junctions with programs, and what could not be carried over."""

    heads: dict[str, Head]
    adaptive: list[str]  # lights whose program reacts to traffic
    stretched: list[str]  # those of them with stages
    switching: list[str]  # those of them whose detectors call other phases
    several: list[str]  # lights with more than one program
    joined: list[str]  # lights that govern several junctions
    mixed: list[str]  # movements whose lanes show different things
    dark: list[str]  # lights without a program
    foreign: list[str]  # movements that obey another light than their junction's


def read_heads(layout: Layout, programs: Mapping[str, list[Program]]) -> Heads:
    """The program in force at every junction: of each light the last one. Raises InputError."""
    found = Heads({}, [], [], [], [], [], [], [], [])
    sequences = _sequences(layout, programs, found)
    nodes: dict[str, list[Move]] = {}
    for move in layout.moves.values():
        if any(link.light for link in move.links):
            nodes.setdefault(move.node, []).append(move)
    governs: dict[str, set[str]] = {}
    for node, moves in nodes.items():
        lights = Counter(link.light for move in moves for link in move.links if link.light in sequences)
        if not lights:
            continue
        light = max(lights, key=lambda name: (lights[name], name))
        governs.setdefault(light, set()).add(node)
        found.heads[node] = _head(node, moves, programs[light][-1], sequences[light], found)
    found.joined = sorted(light for light, own in governs.items() if len(own) > 1)
    return found


def _sequences(layout: Layout, programs: Mapping[str, list[Program]], found: Heads) -> dict[str, list[Phase]]:
    """Phases in force of every light that has any."""
    sequences = {}
    for light in sorted({link.light for move in layout.moves.values() for link in move.links} - {""}):
        if not programs.get(light):
            found.dark.append(light)
            continue
        program = programs[light][-1]
        if len(programs[light]) > 1:
            found.several.append(light)
        if program.type != "static":
            found.adaptive.append(light)
            if program.type != "NEMA":
                found.stretched.append(light)
            elif any(key.startswith("crossPhaseSwitching") for key in program.params):
                found.switching.append(light)
        phases = fixed_sequence(program) if program.type == "NEMA" else program.phases
        _check(program, phases)
        sequences[light] = [phase for phase in phases if phase.duration_s > 0]
    return sequences


def _check(program: Program, phases: list[Phase]) -> None:
    where = f"{program.path}, line {program.line}: program '{program.id}' of traffic light '{program.light}'"
    cycle = sum(phase.duration_s for phase in phases)
    if not phases or not 0 < cycle <= _MAX_CYCLE_S or len(phases) > _MAX_PHASES:
        raise InputError(
            f"{where} has {len(phases)} phases of {cycle:g} s together; give at least one, at most "
            f"{_MAX_PHASES}, and a cycle of up to {_MAX_CYCLE_S:g} s"
        )
    for phase in phases:
        if bad := phase.state.strip("".join(_RANK)):
            raise InputError(f"{where} shows '{bad[0]}' in '{phase.state[:80]}'; known are {' '.join(_RANK)}")


def _head(node: str, moves: list[Move], program: Program, phases: list[Phase], found: Heads) -> Head:
    own = []
    for move in moves:
        if all(link.light == program.light for link in move.links):
            own.append(move)
        else:
            found.foreign.append(move.id)
    columns = {(move.start, move.end): _column(move, program, phases, found) for move in own}
    rings, states = read_rings(program) if program.type == "NEMA" else (None, {})
    return Head(
        node=node,
        program=program,
        moves=tuple(columns),
        steps=tuple(
            Step(phase.duration_s, {key: column[k] for key, column in columns.items()}, phase.least_s)
            for k, phase in enumerate(phases)
        ),
        on_red=frozenset((move.start, move.end) for move in own if _goes_on_red(move, program)),
        rings=rings,
        members={(move.start, move.end): _members(move, states) for move in own} if rings else {},
    )


def _members(move: Move, states: Mapping[int, str]) -> frozenset[int]:
    """The phases with which a movement is green: all its lanes, or any where they never are."""
    indices = {link.light_index for link in move.links}
    green = {n: [_RANK.get(state[i : i + 1], RED) >= MINOR for i in indices] for n, state in states.items()}
    return frozenset(n for n, own in green.items() if all(own)) or frozenset(
        n for n, own in green.items() if any(own)
    )


def _goes_on_red(move: Move, program: Program) -> bool:
    """Whether a lamp of a movement says in some phase: stop, then go."""
    lamps = {link.light_index for link in move.links}
    return any(phase.state[i : i + 1] == "s" for phase in program.phases for i in lamps)


def _column(move: Move, program: Program, phases: list[Phase], found: Heads) -> list[int]:
    """What a movement shows: the least of its lanes, unless then it would never be green."""
    indices = sorted({link.light_index for link in move.links})
    for phase in phases:
        if indices[-1] >= len(phase.state):
            raise InputError(
                f"{program.path}, line {program.line}: program '{program.id}' of traffic light "
                f"'{program.light}' has states of {len(phase.state)} lamps, but a connection from "
                f"'{move.start}' to '{move.end}' has linkIndex {indices[-1]}; lengthen the states"
            )
    rows = [[_RANK[phase.state[i]] for i in indices] for phase in phases]
    least, most = [min(row) for row in rows], [max(row) for row in rows]
    if least != most:
        found.mixed.append(move.id)
    return least if any(rank >= MINOR for rank in least) else most
