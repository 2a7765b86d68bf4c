"""What the signal groups of a node show while its controller's rings run through a cycle.

A group is green with each of its phases. Where one of them begins before another has cleared, or
just then, it stays green between; else it ends with that phase's yellow and all-red. A group has one
yellow and one all-red here: the longest yellow of the phases with which it ends, and the all-red that
makes their shortest change. Where it ends with another change before a certain group, that pair has
an intergreen of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from signalsim.formats.rings.model import Key, Phase, Rings
from signalsim.formats.rings.sequence import TINY_S, Change, changes

Pair = tuple[Key, Key]


class Green(NamedTuple):
    """A green of a group in the cycle and the phase with which it ends."""

    begin_s: float
    end_s: float  # after begin_s, beyond the cycle where the green goes through its end
    last: Phase


@dataclass(frozen=True)
class Lamp:
    """A signal group: its greens in the cycle and how each of them ends."""

    greens: tuple[Green, ...]
    yellow_s: float
    all_red_s: float


@dataclass(frozen=True)
class Lamps:
    """The groups of a node, by their phases."""

    lamps: dict[Key, Lamp]
    intergreen_s: dict[Pair, float]  # of all pairs that are kept apart, (clearing, entering)
    changes: list[Change]  # of stages


def lamps_of(
    rings: Rings,
    keys: Iterable[Key],
    least_yellow_s: Mapping[Key, float],
    is_apart: Callable[[Key, Key], bool] | None = None,
) -> Lamps:
    """The groups with these phases.

    ``least_yellow_s``: below which no yellow may be. ``is_apart``: whether two groups are never green
    together (the same both ways round); all that no set of phases has, where it is not given.
    """
    lamps = {key: _lamp(rings, key, least_yellow_s.get(key, 0.0)) for key in sorted(keys, key=sorted)}
    sets = rings.together()
    if is_apart is None:

        def is_apart(a: Key, b: Key) -> bool:
            return not any(a & phases and b & phases for phases in sets)

    wait = {
        (a, b): _intergreen_s(rings.cycle_s, lamps[a], lamps[b])
        for a, b in permutations(lamps, 2)
        if is_apart(a, b)
    }
    greens = {key: [(green.begin_s, green.end_s) for green in lamp.greens] for key, lamp in lamps.items()}
    return Lamps(lamps, wait, changes(greens, rings.cycle_s, wait))


def _lamp(rings: Rings, key: Key, least_yellow: float) -> Lamp:
    greens = _greens(rings, key)
    own = [rings.phases[p] for p in sorted(key)]
    last = [green.last for green in greens if green.end_s - green.begin_s < rings.cycle_s] or own
    yellow = max(least_yellow, *(phase.yellow_s for phase in last))
    change = min(phase.change_s for phase in last)
    return Lamp(tuple(greens), yellow, round(max(change - yellow, 0.0), 3))


def _greens(rings: Rings, key: Key) -> list[Green]:
    """The greens of a group: those of its phases, joined where one begins before the other has cleared,
    or just then.
    """
    spans = []
    for p in key:
        phase, end = rings.phases[p], rings.end_s[p]
        spans.append(Green(rings.start_s[p], round(end - phase.change_s, 3), phase))
    spans.sort(key=lambda green: (green.begin_s, green.end_s, green.last.number))
    joined = spans[:1]
    for green in spans[1:]:
        if green.begin_s < _cleared_s(joined[-1]):
            joined[-1] = _later(joined[-1], green)
        else:
            joined.append(green)
    if rings.cycle_s + joined[0].begin_s < _cleared_s(joined[-1]):
        first = joined.pop(0)
        begin = joined[-1].begin_s if joined else first.begin_s
        end = first.end_s if joined else first.begin_s  # its only green: it never ends
        joined[-1:] = [Green(begin, end + rings.cycle_s, first.last)]
    return joined


def _cleared_s(green: Green) -> float:
    return green.end_s + green.last.change_s + TINY_S


def _later(one: Green, other: Green) -> Green:
    """Both as one green; of two phases that end together that with the longer change counts."""
    last = max(one, other, key=lambda green: (round(green.end_s, 3), green.last.change_s))
    return Green(one.begin_s, last.end_s, last.last)


def _intergreen_s(cycle: float, clearing: Lamp, entering: Lamp) -> float:
    """The shortest change before which the one ends and the other begins; where the cycle has none, the
    longest with which the one ends.
    """
    usual = round(clearing.yellow_s + clearing.all_red_s, 3)
    seen = [
        green.last.change_s
        for green in clearing.greens
        if any(abs((b.begin_s - green.end_s) % cycle - green.last.change_s) < TINY_S for b in entering.greens)
    ]
    return max(usual, min(seen) if seen else max((g.last.change_s for g in clearing.greens), default=0.0))
