"""Reading signal_phase.csv, signal_overlap.csv and signal_split.csv; all may be absent."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from signalsim.network.tables import Table, read_optional
from signalsim.signals.rings import MAX_STAGES, Overlap, Phase, Rings, Split
from signalsim.signals.specs import GROUP, OVERLAP, PHASE, SPLIT


class RingTables:
    """The three tables, and what their rows refer to. ``rings`` raises InputError."""

    def __init__(self, folder: Path, junctions: Mapping[str, int], groups: Mapping[str, int]) -> None:
        self.phase, self.overlap, self.split = (
            read_optional(folder / spec.file, spec) for spec in (PHASE, OVERLAP, SPLIT)
        )
        self._junctions, self._groups = junctions, groups

    def rings(
        self, group_junction: np.ndarray, min_green_s: np.ndarray, clear_s: np.ndarray
    ) -> dict[int, Rings]:
        """Junction -> its rings. ``min_green_s``, ``clear_s`` (yellow and all-red): (n_groups,)."""
        phases: dict[int, list[Phase]] = {}
        for i in range(len(self.phase)):
            j, g = self._junction(self.phase, i), self._group(self.phase, i, group_junction)
            walk = self._walk(i, group_junction)
            phases.setdefault(j, []).append(
                self._phase(i, (g, walk), float(min_green_s[g]), float(clear_s[g]))
            )
        for members in phases.values():
            self._check_places(members)
        overlaps: dict[int, list[Overlap]] = {}
        for i in range(len(self.overlap)):
            j, g = self._junction(self.overlap, i, phases), self._group(self.overlap, i, group_junction)
            overlaps.setdefault(j, []).append(self._overlap(i, g, phases[j]))
        splits = self._splits(phases)
        out = {}
        for j, members in sorted(phases.items()):
            members.sort(key=lambda p: (p.ring, p.barrier, p.position))
            out[j] = Rings(tuple(members), tuple(overlaps.get(j, ())), splits.get(j, {}))
            self._check_groups(out[j], group_junction, j)
        return out

    def _junction(self, table: Table, i: int, ringed: Mapping[int, object] | None = None) -> int:
        j = self._junctions.get(table.texts("junction_id")[i])
        if j is None:
            raise table.fault(
                i, "junction_id", f"has no signal group in {GROUP.file}; give a signalised node"
            )
        if ringed is not None and j not in ringed:
            raise table.fault(i, "junction_id", f"has no phases; add them to {PHASE.file} or remove the row")
        return j

    def _group(self, table: Table, i: int, group_junction: np.ndarray) -> int:
        name, j = table.texts("group_id")[i], self._junctions[table.texts("junction_id")[i]]
        g = self._groups.get(name)
        if g is None or group_junction[g] != j:
            there = ", ".join(n for n, k in self._groups.items() if group_junction[k] == j)
            raise table.fault(i, "group_id", f"is no signal group of this junction; it has {there}")
        return g

    def _walk(self, i: int, group_junction: np.ndarray) -> int:
        """The pedestrian group of a phase, -1 if it has none."""
        name, j = self.phase.texts("walk_group_id")[i], self._junctions[self.phase.texts("junction_id")[i]]
        if not name:
            return -1
        if name not in self._groups or group_junction[self._groups[name]] != j:
            raise self.phase.fault(
                i, "walk_group_id", f"is no signal group of this junction; add it to {GROUP.file}"
            )
        return self._groups[name]

    def _phase(self, i: int, groups: tuple[int, int], min_green_s: float, clear_s: float) -> Phase:
        number = lambda name: float(self.phase.numbers(name)[i])  # noqa: E731
        whole = lambda name: int(self.phase.numbers(name)[i])  # noqa: E731
        given = lambda name, default: default if math.isnan(number(name)) else number(name)  # noqa: E731
        least = given("min_green_s", min_green_s)
        if number("max_green_s") < least:
            raise self.phase.fault(i, "max_green_s", f"is below the minimum green ({least:g} s); give more")
        if given("min_gap_s", 0.0) > number("passage_s"):
            raise self.phase.fault(
                i, "min_gap_s", f"is above passage_s ({number('passage_s'):g} s); a gap is reduced to less"
            )
        return Phase(
            row=i,
            number=whole("phase_num"),
            group=groups[0],
            ring=whole("ring"),
            barrier=whole("barrier"),
            position=whole("position"),
            min_green_s=least,
            max_green_s=number("max_green_s"),
            passage_s=number("passage_s"),
            min_gap_s=given("min_gap_s", number("passage_s")),
            before_reduction_s=number("before_reduction_s"),
            reduction_s=number("reduction_s"),
            added_initial_s=number("added_initial_s"),
            max_initial_s=given("max_initial_s", least),
            recall=self.phase.texts("recall")[i],
            locks=bool(whole("locks")),
            dual_entry=bool(whole("dual_entry")),
            gap_out_together=bool(whole("gap_out_together")),
            walk_group=groups[1],
            clear_s=clear_s,
        )

    def _check_places(self, phases: list[Phase]) -> None:
        """Numbers, places and groups of a junction's phases are their own."""
        numbers: set[int] = set()
        places: set[tuple[int, int, int]] = set()
        groups: set[int] = set()
        for p in phases:
            if p.number in numbers:
                raise self.phase.fault(
                    p.row, "phase_num", "is there twice at this junction; number each phase"
                )
            if (p.ring, p.barrier, p.position) in places:
                raise self.phase.fault(
                    p.row,
                    "position",
                    f"is taken in ring {p.ring}, barrier {p.barrier}; give each its own place",
                )
            if p.group in groups:
                raise self.phase.fault(
                    p.row,
                    "group_id",
                    f"is shown by another phase; make it an overlap of both in {OVERLAP.file}",
                )
            numbers.add(p.number)
            places.add((p.ring, p.barrier, p.position))
            groups.add(p.group)

    def _overlap(self, i: int, group: int, phases: list[Phase]) -> Overlap:
        there = {p.number for p in phases}
        words = self.overlap.texts("phase_nums")[i].split()
        for word in words:
            if not word.isdecimal() or int(word) not in there:
                known = ", ".join(str(n) for n in sorted(there))
                raise self.overlap.fault(
                    i, "phase_nums", f"names '{word}', which is no phase here; there are {known}"
                )
        if not words:
            raise self.overlap.fault(
                i, "phase_nums", "names no phase; name those with which the group is green"
            )
        if group in {p.group for p in phases}:
            raise self.overlap.fault(
                i, "group_id", "is a phase's own group; an overlap has a group of its own"
            )
        return Overlap(i, group, tuple(sorted({int(word) for word in words})))

    def _check_groups(self, rings: Rings, group_junction: np.ndarray, j: int) -> None:
        """Every group is shown, and the stages are not too many."""
        shown = {g for p in rings.phases for g in (p.group, p.walk_group)} | {o.group for o in rings.overlaps}
        row = rings.phases[0].row
        for name, g in self._groups.items():
            if group_junction[g] == j and g not in shown:
                raise self.phase.fault(
                    row, "junction_id",
                    f"shows group '{name}' with no phase; give it a phase, or make it an overlap in "
                    f"{OVERLAP.file}",
                )  # fmt: skip
        if len(rings.stages()) > MAX_STAGES:
            raise self.phase.fault(
                row, "junction_id", f"has over {MAX_STAGES} sets of phases; use fewer rings"
            )

    def _splits(self, phases: dict[int, list[Phase]]) -> dict[int, dict[str, tuple[Split, ...]]]:
        found: dict[int, dict[str, dict[int, Split]]] = {}
        for i in range(len(self.split)):
            j = self._junction(self.split, i, phases)
            number = int(self.split.numbers("phase_num")[i])
            if number not in {p.number for p in phases[j]}:
                known = ", ".join(str(p.number) for p in sorted(phases[j], key=lambda p: p.number))
                raise self.split.fault(i, "phase_num", f"is no phase of this junction; there are {known}")
            plan = found.setdefault(j, {}).setdefault(self.split.texts("plan_id")[i], {})
            if number in plan:
                raise self.split.fault(i, "phase_num", "has a split twice in this plan; keep one")
            plan[number] = Split(
                row=i,
                phase=number,
                split_s=float(self.split.numbers("split_s")[i]),
                coordinated=bool(self.split.numbers("coordinated")[i]),
                offset_s=float(self.split.numbers("offset_s")[i]),
                floating=self.split.texts("force_off")[i] == "floating",
            )
        return {
            j: {name: tuple(plan[n] for n in sorted(plan)) for name, plan in sorted(plans.items())}
            for j, plans in found.items()
        }
