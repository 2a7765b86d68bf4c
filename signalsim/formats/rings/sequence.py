"""From what a controller's lamps show in a cycle to the stages that show the same.

A source with rings says when each phase begins and ends; a plan of this project is a sequence of
stages. A group ends when the stage changes. One that enters is named by the change with which the
last conflicting green ends, if the intergreen then makes it green in time; else (it waits for
something else) it has a change of its own when it is due. So a change may begin while another is
under way.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

SHORTEST_S = 0.1  # between two changes of a plan
TINY_S = 1e-4
_Group = TypeVar("_Group", bound=Hashable)


class Change(NamedTuple):
    """A change of stage in the cycle: when greens end for it, and what is green or on its way then."""

    at_s: float
    groups: frozenset


def changes(
    greens: Mapping[_Group, Sequence[tuple[float, float]]],
    cycle_s: float,
    wait_s: Mapping[tuple[_Group, _Group], float],
) -> list[Change]:
    """The changes of a cycle, in order, that show these greens; none where nothing ever ends.

    ``greens``: (begin, end) of each group's greens, the end after the beginning, perhaps beyond the
    cycle. ``wait_s``: the intergreen of every pair that is never green together, (clearing, entering).
    Changes closer together than ``SHORTEST_S`` are one.
    """
    named = {
        group: [(_named_at(greens, group, begin, cycle_s, wait_s), end) for begin, end in own]
        for group, own in greens.items()
    }
    times = _distinct([t for own in named.values() for span in own for t in span], cycle_s)
    if len(times) < 2:
        return []
    found: list[Change] = []
    for at in times:
        shown = frozenset(g for g, own in named.items() if any(_has(s, at, cycle_s) for s in own))
        found.append(Change(at, shown))
    found = _without_darkness(found, cycle_s, wait_s)
    return [now for before, now in pairwise([*found[-1:], *found]) if now.groups != before.groups]


def _named_at(
    greens: Mapping[_Group, Sequence[tuple[float, float]]],
    group: _Group,
    begin: float,
    cycle: float,
    wait: Mapping[tuple[_Group, _Group], float],
) -> float:
    """When the change comes that names a green which begins then."""
    since, spare = cycle, cycle  # the last end that it waits for; how long it could be green already
    for other, own in greens.items():
        if (other, group) in wait:
            ago = min((_ago(begin, end, cycle) for _, end in own), default=cycle)
            since, spare = min(since, ago), min(spare, ago - wait[other, group])
    own_end = min(_ago(begin, end, cycle) for _, end in greens[group])
    return begin if spare > TINY_S or own_end <= since else begin - since


def _ago(now: float, then: float, cycle: float) -> float:
    ago = (now - then) % cycle
    return 0.0 if ago > cycle - TINY_S else ago


def _has(span: tuple[float, float], at: float, cycle: float) -> bool:
    """Whether a span of the cycle has this moment, its end not included; a hair's breadth aside."""
    begin, end = span
    return end - begin > cycle - TINY_S or (at - begin + SHORTEST_S - TINY_S) % cycle < end - begin


def _distinct(times: list[float], cycle: float) -> list[float]:
    """These moments of the cycle, of those that are nearly one the first."""
    kept: list[float] = []
    for t in sorted({round(t % cycle, 3) % cycle for t in times}):
        if not kept or t - kept[-1] > SHORTEST_S - TINY_S:
            kept.append(t)
    if len(kept) > 1 and kept[0] + cycle - kept[-1] < SHORTEST_S - TINY_S:
        kept.pop()
    return kept


def _without_darkness(
    found: list[Change], cycle: float, wait: Mapping[tuple[_Group, _Group], float]
) -> list[Change]:
    """No stage shows nothing: what was green before stays so until what follows needs the intergreen."""
    dark = [k for k, change in enumerate(found) if not change.groups]
    if not dark or len(dark) == len(found):
        return [change for change in found if change.groups]
    out = list(found)
    for k in dark:
        old, new = found[k - 1].groups, found[(k + 1) % len(found)]
        need = max((wait.get((a, b), 0.0) for a in old for b in new.groups), default=0.0)
        length = (new.at_s - found[k].at_s) % cycle
        out[(k + 1) % len(found)] = new._replace(at_s=(found[k].at_s + max(length - need, 0.0)) % cycle)
    return sorted((c for k, c in enumerate(out) if k not in dark), key=lambda change: change.at_s)


class Row(NamedTuple):
    """A stage of a plan: its groups, its green, and the change behind it where the plan gives one."""

    groups: frozenset
    green_s: float
    change_s: float  # NaN: as long as the intergreens ask for


def plan_of(
    found: Sequence[Change], cycle_s: float, wait_s: Mapping[tuple[_Group, _Group], float]
) -> tuple[list[Row], float]:
    """The rows of the plan with these changes, and when the first row's green counts from in the cycle.

    It starts with the stage whose green begins first in the cycle. A green that would last for less
    than ``SHORTEST_S`` when all its groups are green is counted from the change's beginning.
    """
    if len(found) < 2:
        return [Row(change.groups, cycle_s, math.nan) for change in found], 0.0
    count, given = [], []
    for k, (at, groups) in enumerate(found):
        old, until = found[k - 1].groups, (found[(k + 1) % len(found)].at_s - at) % cycle_s
        change = max((wait_s.get((a, b), 0.0) for a in old - groups for b in groups - old), default=0.0)
        is_whole = until - change > SHORTEST_S - TINY_S
        count.append(at + (change if is_whole else 0.0))
        given.append(math.nan if is_whole or not change else 0.0)
    first = min(range(len(found)), key=lambda k: (count[k] + TINY_S) % cycle_s)
    rows = []
    for k in range(first, first + len(found)):
        now, after = k % len(found), (k + 1) % len(found)
        green = round((found[after].at_s - count[now]) % cycle_s, 3)
        rows.append(Row(found[now].groups, green, given[after]))
    return rows, round(count[first] % cycle_s, 3)
