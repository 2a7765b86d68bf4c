"""From what a junction shows step by step to signal groups, stages and their order.

Movements that always show the same share a group; of a NEMA program, those of the same phases. A
stage is a set of groups that are green together for at least one step in which nothing is yellow;
steps between stages are the changes.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass

from signalsim.formats.sumo.lights import MINOR, YELLOW, Head, Key, Step

Greens = frozenset[int]  # positions of groups
SHORT_S = 5.0  # a step in which greens only end is a change if it is shorter


@dataclass(frozen=True)
class Visit:
    """One service of a stage in the program: the steps from ``first`` to ``last``, inclusive."""

    stage: Greens
    first: int
    last: int


@dataclass(frozen=True)
class Staged:
    """A junction's groups (movements each) and the stages it visits in a cycle."""

    head: Head
    groups: tuple[tuple[Key, ...], ...]
    always: tuple[Key, ...]  # movements that are never red: no lamp
    never: tuple[Key, ...]  # movements that are never green
    visits: tuple[Visit, ...]
    greens: tuple[Greens, ...]  # by step
    yellows: tuple[Greens, ...]  # by step
    members: tuple[frozenset[int], ...] = ()  # of NEMA programs: phases of each group

    @property
    def stages(self) -> list[Greens]:
        """Distinct stages in the order of their first visit."""
        return list(dict.fromkeys(visit.stage for visit in self.visits))

    @property
    def is_signal(self) -> bool:
        """Whether lamps make a difference between movements."""
        return len(self.stages) > 1

    @property
    def interrupted(self) -> list[int]:
        """Groups that turn yellow or red between two stages that both show them green."""
        n = len(self.head.steps)
        found: set[int] = set()
        for v, w in zip(self.visits, self.visits[1:] + self.visits[:1], strict=True):
            for i in range((w.first - v.last - 1) % n):
                found |= (v.stage & w.stage) - self.greens[(v.last + 1 + i) % n]
        return sorted(found)

    def begin_s(self, step: int) -> float:
        """When a step begins, s after the program's."""
        return sum(s.duration_s for s in self.head.steps[:step])

    @property
    def cycle_s(self) -> float:
        return sum(step.duration_s for step in self.head.steps)

    def shows_together(self, a: Key, b: Key) -> bool:
        """Whether two movements are green together in some stage, or one is never red."""
        if a in self.always or b in self.always:
            return True
        place = {key: g for g, keys in enumerate(self.groups) for key in keys}
        if self.head.rings is not None:
            first, second = self.members[place[a]], self.members[place[b]]
            return any(first & phases and second & phases for phases in self.head.rings.together())
        return any({place[a], place[b]} <= stage for stage in self.stages)


def stage(head: Head) -> Staged:
    """Groups and stages of a junction's program."""
    columns = {key: head.column(key) for key in head.moves}
    always = tuple(key for key, column in columns.items() if min(column) >= MINOR)
    never = tuple(key for key, column in columns.items() if max(column) < MINOR)
    alike: dict[Hashable, list[Key]] = {}
    for key, column in columns.items():
        if key not in always and key not in never:
            same = head.members[key] if head.rings else tuple(min(rank, MINOR) for rank in column)
            alike.setdefault(same, []).append(key)
    groups = tuple(tuple(keys) for keys in alike.values())
    members = tuple(head.members[keys[0]] for keys in groups) if head.rings else ()
    shown = [columns[keys[0]] for keys in groups]
    steps = range(len(head.steps))
    greens = tuple(frozenset(g for g, c in enumerate(shown) if c[k] >= MINOR) for k in steps)
    yellows = tuple(frozenset(g for g, c in enumerate(shown) if c[k] == YELLOW) for k in steps)
    chosen = _stage_steps(head.steps, greens, yellows, len(groups))
    return Staged(head, groups, always, never, _visits(greens, chosen), greens, yellows, members)


def _stage_steps(
    steps: Collection[Step], greens: tuple[Greens, ...], yellows: tuple[Greens, ...], n_groups: int
) -> list[int]:
    """Steps that are service of a stage."""
    n = len(greens)
    chosen = []
    for k, step in enumerate(steps):
        before, after = greens[k - 1], greens[(k + 1) % n]
        only_ends = step.duration_s < SHORT_S and greens[k] < before and not greens[k] >= after
        if greens[k] and not yellows[k] and not only_ends:
            chosen.append(k)
    missing = set(range(n_groups)).difference(*(greens[k] for k in chosen))
    for g in sorted(missing):  # groups that are green only while others change
        if not any(g in greens[k] for k in chosen):
            chosen.append(max((k for k in range(n) if g in greens[k]), key=lambda k: (len(greens[k]), -k)))
    return sorted(chosen)


def _visits(greens: tuple[Greens, ...], chosen: list[int]) -> tuple[Visit, ...]:
    """Steps of one stage that follow each other, also over the end of the cycle, are one visit."""
    visits: list[Visit] = []
    for k in chosen:
        if visits and visits[-1].stage == greens[k]:
            visits[-1] = Visit(greens[k], visits[-1].first, k)
        else:
            visits.append(Visit(greens[k], k, k))
    if len(visits) > 1 and visits[0].stage == visits[-1].stage:
        visits[0] = Visit(visits[0].stage, visits[-1].first - len(greens), visits[0].last)
        visits.pop()
    return tuple(visits)
