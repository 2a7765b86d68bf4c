"""A node with rings as rows of the signal tables: stages, intergreens, the plan, phases and splits.

A phase has the group that is green with it alone; groups that are green with several are overlaps of
them. Where a phase has none for itself, the rings cannot be told: a phase of this project has a lamp
of its own. The plan shows its split all the same.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import product

from signalsim.formats.draft import Draft
from signalsim.formats.rings.lamps import Lamps
from signalsim.formats.rings.model import Key, Phase, Rings
from signalsim.formats.rings.sequence import plan_of
from signalsim.signals.specs import GROUP, INTERGREEN, OVERLAP, PHASE, PLAN, SPLIT, STAGE

PLAN_ID = "deployed"


def bare_phases(rings: Rings, keys: Collection[Key]) -> list[int]:
    """Phases without a group of their own."""
    return [number for number in rings.phases if frozenset([number]) not in keys]


@dataclass(frozen=True)
class Tables:
    """Writes one node's rows. ``group_name`` names the group with these phases; stages are named by
    their phases, each with ``prefix``.
    """

    draft: Draft
    node: str
    rings: Rings
    lamps: Lamps
    group_name: Callable[[Key], str]
    prefix: str = ""

    def stage_name(self, phases: Iterable[int]) -> str:
        return "+".join(f"{self.prefix}{p}" for p in sorted(phases))

    def shown(self, phases: Key) -> frozenset[Key]:
        """The groups that are green while these phases are."""
        return frozenset(key for key in self.lamps.lamps if key & phases)

    def stages(self) -> dict[frozenset[Key], str]:
        """All stages: sets of phases that may be green together, one of each ring, and what the plan
        passes through where one ring reaches a barrier before another.
        """
        named: dict[frozenset[Key], str] = {}
        parts: dict[frozenset[Key], str] = {}
        for phases in self.rings.together():
            named.setdefault(self.shown(phases), self.stage_name(phases))
        for phases in self.rings.together():
            for kept in product((False, True), repeat=len(phases)):
                some = frozenset(p for p, is_kept in zip(sorted(phases), kept, strict=True) if is_kept)
                parts.setdefault(self.shown(some), self.stage_name(some))
        for change in self.lamps.changes:
            whole = "/".join(map(self.stage_name, sorted(change.groups, key=sorted)))
            name = parts.get(change.groups, whole)
            if change.groups not in named:
                named[change.groups] = name if name not in named.values() else whole
        return {groups: name for groups, name in named.items() if groups}

    def add_groups(self) -> None:
        """Groups with the times of the phases that end them."""
        for key, lamp in self.lamps.lamps.items():
            least = min(_min_green_s(self.rings.phases[p]) for p in key)
            self.draft.add(
                GROUP, group_id=self.group_name(key), junction_id=self.node, min_green_s=least,
                yellow_s=lamp.yellow_s, all_red_s=lamp.all_red_s,
            )  # fmt: skip

    def add_stages(self) -> None:
        for groups, name in self.stages().items():
            listed = " ".join(sorted(map(self.group_name, groups)))
            self.draft.add(STAGE, junction_id=self.node, stage_id=name, group_ids=listed)

    def add_intergreens(self) -> None:
        """Rows for pairs whose change is longer than the clearing group's yellow and all-red."""
        for (clearing, entering), seconds in self.lamps.intergreen_s.items():
            lamp = self.lamps.lamps[clearing]
            if seconds > lamp.yellow_s + lamp.all_red_s + 0.01:
                self.draft.add(
                    INTERGREEN, clearing_group_id=self.group_name(clearing),
                    entering_group_id=self.group_name(entering), intergreen_s=seconds,
                )  # fmt: skip

    def add_plan(self) -> None:
        """The fixed plan that shows every split."""
        cycle, stages = self.rings.cycle_s, self.stages()
        rows, begin = plan_of(self.lamps.changes, cycle, self.lamps.intergreen_s)
        named = [(stages[row.groups], row.green_s, row.change_s) for row in rows]
        if not named:
            named = [(next(iter(stages.values())), cycle, math.nan)]
        for k, (name, green, change) in enumerate(named, 1):
            self.draft.add(
                PLAN, plan_id=PLAN_ID, junction_id=self.node, position=k, stage_id=name, green_s=green,
                offset_s=round((self.rings.offset_s + begin) % cycle, 3), change_s=change, cycle_s=cycle,
            )  # fmt: skip

    def add_phases(self) -> None:
        """Phases and overlaps, rings, barriers and positions numbered from 1; splits if coordinated."""
        phases = self.rings.phases.values()
        rings, barriers = _ranks(p.ring for p in phases), _ranks(p.barrier for p in phases)
        for phase in phases:
            inside = [p for p in phases if (p.ring, p.barrier) == (phase.ring, phase.barrier)]
            before = sum((p.position, p.number) < (phase.position, phase.number) for p in inside)
            self.draft.add(
                PHASE,
                junction_id=self.node,
                phase_num=phase.number,
                group_id=self.group_name(frozenset([phase.number])),
                ring=rings[phase.ring],
                barrier=barriers[phase.barrier],
                position=before + 1,
                min_green_s=_min_green_s(phase),
                max_green_s=max(phase.green_s, 1.0),
                passage_s=phase.extension_s,
                recall=phase.recall,
                locks=1 if phase.locks else None,
                dual_entry=int(phase.dual_entry),
                **_reduction(phase),
            )
        for key in self.lamps.lamps:
            if len(key) > 1:
                self.draft.add(
                    OVERLAP, junction_id=self.node, group_id=self.group_name(key),
                    phase_nums=" ".join(map(str, sorted(key))),
                )  # fmt: skip
        if self.rings.coordinated:
            self._add_splits()

    def _add_splits(self) -> None:
        """Splits with the offset of the first of the coordinated phases' starts of green."""
        rings = self.rings
        first = min(rings.start_s[p] for p in rings.coordinated)
        for number in rings.phases:
            self.draft.add(
                SPLIT, plan_id=PLAN_ID, junction_id=self.node, phase_num=number,
                split_s=round(rings.end_s[number] - rings.start_s[number], 3),
                coordinated=int(number in rings.coordinated),
                offset_s=round((rings.offset_s + first) % rings.cycle_s, 3),
                force_off="floating" if rings.floating else None,
            )  # fmt: skip


def _ranks(numbers: Iterable[int]) -> dict[int, int]:
    return {number: k for k, number in enumerate(sorted(set(numbers)), 1)}


def _min_green_s(phase: Phase) -> float:
    """Its minimum, which its split has room for."""
    return max(min(phase.min_green_s, phase.green_s), 1.0)


def _reduction(phase: Phase) -> dict[str, float | None]:
    """Columns of the gap reduction, where there is one."""
    gap, passage = phase.min_gap_s, phase.extension_s
    if not phase.reduction_s or gap is None or passage is None or gap >= passage:
        return {}
    return {
        "min_gap_s": gap,
        "before_reduction_s": phase.before_reduction_s,
        "reduction_s": phase.reduction_s,
    }
