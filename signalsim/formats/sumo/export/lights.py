"""Fixed plans as SUMO's programs: a phase wherever a lamp changes.

The lamps change as the interlock changes them: groups that a stage lacks go yellow at the end of its
green, each that enters goes green when the intergreen after every forbidden group has passed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from signalsim.formats.sumo.export.plain import Connection
from signalsim.formats.sumo.export.xml import seconds, tag
from signalsim.signals import PlanArrays, SignalSystem
from signalsim.signals.plan import ms

RED, YELLOW, GREEN = "r", "y", "G"
STOP_AND_GO = "s"  # red for who may go on red after a stop
_SETTLED, _CYCLES = 2, 4  # cycles before the one that is written, and in all


class Phase(NamedTuple):
    """What a junction shows for a time."""

    duration_ms: int
    aspects: dict[int, str]  # group -> RED, YELLOW or GREEN


class _Green(NamedTuple):
    group: int
    start_ms: int
    end_ms: int


def phases(signals: SignalSystem, plan: PlanArrays, junction: int) -> list[Phase]:
    """One cycle of a junction's plan, from the start of green of its first stage."""
    cycle = int(plan.cycle_ms[junction])
    begin, end = _SETTLED * cycle, (_SETTLED + 1) * cycle
    greens = list(_greens(signals, plan, junction))
    yellow = {g: ms(float(signals.yellow_s[g])) for g in signals.groups_of(junction)}
    cuts = {begin, end}
    for green in greens:
        times = (green.start_ms, green.end_ms, green.end_ms + yellow[green.group])
        cuts.update(t for t in times if begin < t < end)
    out: list[Phase] = []
    at = begin
    for cut in sorted(cuts)[1:]:
        aspects = dict.fromkeys(signals.groups_of(junction), RED)
        for green in greens:
            if green.start_ms <= at < green.end_ms:
                aspects[green.group] = GREEN
            elif green.end_ms <= at < green.end_ms + yellow[green.group]:
                aspects[green.group] = YELLOW
        out.append(Phase(cut - at, aspects))
        at = cut
    return out


def _greens(signals: SignalSystem, plan: PlanArrays, junction: int) -> Iterator[_Green]:
    """Every green of the first cycles, ms after the first stage's start of green."""
    first, last = plan.start[junction : junction + 2].tolist()
    shown = [signals.stage_groups[junction][stage] for stage in plan.stage[first:last].tolist()]
    whole = np.cumsum(plan.green_ms[first:last] + plan.change_ms[first:last])
    green_end = (whole - plan.change_ms[first:last]).tolist()
    since, ended = dict.fromkeys(shown[0], 0), dict[int, int]()
    for k in range(_CYCLES * len(shown)):
        turn, place = divmod(k, len(shown))
        old, new = shown[place], shown[(place + 1) % len(shown)]
        least = (since[g] + ms(float(signals.min_green_s[g])) for g in old - new)
        at = max([turn * int(plan.cycle_ms[junction]) + green_end[place], *least])
        for g in sorted(old - new):
            yield _Green(g, since.pop(g), at)
            ended[g] = at
        for g in sorted(new - old):
            since[g] = max(at, _may_start(signals, ended, g))
    for g, start in since.items():
        yield _Green(g, start, _CYCLES * int(plan.cycle_ms[junction]) + 1)


def _may_start(signals: SignalSystem, ended: dict[int, int], group: int) -> int:
    """When its own yellow and the intergreen after every forbidden group are over."""
    times = [0]
    for other, end in ended.items():
        if other == group:
            times.append(end + ms(float(signals.yellow_s[group])))
        elif (other, group) in signals.intergreen_s:
            times.append(end + ms(signals.intergreen_s[other, group]))
    return max(times)


class Programs:
    """Writes plans as tlLogic elements. ``on_red``: (n_movements,) bool, who may go on red after a stop."""

    def __init__(self, signals: SignalSystem, on_red: np.ndarray) -> None:
        self._signals = signals
        self._on_red = on_red
        self._over: dict[int, list[int]] = {}  # movement -> those it gives way to while both may go
        for m, other in signals.live_yields.tolist():
            self._over.setdefault(m, []).append(other)

    def program(
        self, plan: PlanArrays, junction: int, links: Sequence[Connection], *, id_: str, program_id: str
    ) -> str:
        """A junction's plan as tlLogic; ``links``: its connections in the order of their link index."""
        shown, offset_ms = phases(self._signals, plan, junction), int(plan.offset_ms[junction])
        return self.logic(shown, offset_ms, links, id_=id_, program_id=program_id)

    def logic(
        self,
        shown: Sequence[Phase],
        offset_ms: int,
        links: Sequence[Connection],
        *,
        id_: str,
        program_id: str,
    ) -> str:
        """Phases as tlLogic."""
        lines = [
            tag("phase", duration=seconds(phase.duration_ms), state=self._state(phase.aspects, links))
            for phase in shown
        ]
        offset = seconds(offset_ms)
        return tag("tlLogic", *lines, id=id_, type="static", programID=program_id, offset=offset)

    def _state(self, aspects: dict[int, str], links: Sequence[Connection]) -> str:
        """A letter per link. Green is ``g`` where the link gives way to a movement that is not red, and
        where several green links lead into one lane: there SUMO's drivers let each other in; else ``G``.
        """
        letters = [self._letter(aspects, c.movement) for c in links]
        targets = [(c.to_edge, c.to_lane) for c in links]
        into = Counter(to for to, letter in zip(targets, letters, strict=True) if letter == GREEN)
        return "".join(
            "g" if letter == GREEN and into[to] > 1 else letter
            for to, letter in zip(targets, letters, strict=True)
        )

    def _letter(self, aspects: dict[int, str], movement: int) -> str:
        if movement < 0:  # none of ours
            return RED
        group = self._signals.movement_group
        own = aspects.get(int(group[movement]), GREEN)  # without a group: always open
        if own != GREEN:
            return STOP_AND_GO if own == RED and self._on_red[movement] else own
        others = (aspects.get(int(group[other]), GREEN) for other in self._over.get(movement, ()))
        return "g" if any(aspect != RED for aspect in others) else GREEN
