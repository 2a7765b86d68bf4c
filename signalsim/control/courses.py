"""From a scenario's signals and detectors to the tables of its actuated controllers."""

from itertools import product
from typing import Any

import numpy as np

from signalsim.signals import PlanArrays
from signalsim.signals.rings import Phase, Rings

from .course import DETECTOR, JUNCTION, NONE, PHASE, RECALLS, RING, Course, pack
from .splits import reference_ms, split_times

_Row = dict[str, Any]


def make_course(built: Any, rule: Any, plan: PlanArrays) -> Course:
    """The tables of all junctions; ``rule`` is an ``Actuated``, ``plan`` what those without rings follow."""
    made = _Maker(built, rule, plan)
    for j in range(len(built.signals.junctions)):
        rings = built.signals.rings.get(j)
        if rings is None:
            made.stages(j)
        else:
            made.rings(j, rings)
    wiring = built.wiring
    return Course(
        junction=pack(made.junction, JUNCTION),
        ring=pack(made.ring, RING),
        phase=pack(made.phase, PHASE),
        set_stage=np.array(made.set_stage, np.int32),
        detector=pack(
            [
                {"groups": g, "delay_ms": d, "extend_ms": e, "calls": c, "extends": x, "counts": n}
                for g, d, e, c, x, n in zip(
                    wiring.groups, wiring.delay_ms, wiring.extend_ms, wiring.calls, wiring.extends,
                    wiring.counts, strict=True,
                )
            ],
            DETECTOR,
        ),
    )  # fmt: skip


def walk_ms(built: Any, group: int) -> int:
    """Walk and clearance of a pedestrian group, ms: a phase whose walk is called is green for so long."""
    return 0


class _Maker:
    """Rows of the tables, junction by junction."""

    def __init__(self, built: Any, rule: Any, plan: PlanArrays) -> None:
        self._built, self._rule, self._plan = built, rule, plan
        self._signals = built.signals
        self.junction: list[_Row] = []
        self.ring: list[_Row] = []
        self.phase: list[_Row] = []
        self.set_stage: list[int] = []

    def _begin(self, j: int, n_rings: int, n_phases: int, n_barriers: int) -> _Row:
        detectors = np.searchsorted(self._built.wiring.junction, [j, j + 1])
        groups = self._signals.groups_of(j)
        row = {
            "first_ring": len(self.ring),
            "n_rings": n_rings,
            "first_phase": len(self.phase),
            "n_phases": n_phases,
            "first_detector": int(detectors[0]),
            "n_detectors": int(detectors[1] - detectors[0]),
            "first_group": groups.start,
            "n_groups": len(groups),
            "first_set": len(self.set_stage),
            "n_barriers": n_barriers,
        }
        self.junction.append(row)
        return row

    def _mask(self, j: int, groups: Any) -> int:
        first = self._signals.groups_of(j).start
        return sum(1 << (g - first) for g in groups)

    def stages(self, j: int) -> None:
        """A junction without rings: the stages of its plan are the phases of one ring."""
        signals, plan = self._signals, self._plan
        at = slice(int(plan.start[j]), int(plan.start[j + 1]))
        stages, greens, changes = (
            plan.stage[at].tolist(),
            plan.green_ms[at].tolist(),
            plan.change_ms[at].tolist(),
        )
        row = self._begin(j, 1, len(stages), 1)
        if self._rule.coordination == "all" and len(stages) > 1:
            row |= {"cycle_ms": int(plan.cycle_ms[j]), "offset_ms": int(plan.offset_ms[j])}
        ends = np.cumsum(np.add(greens, changes)) - changes
        self.ring.append({"first_phase": len(self.phase), "n_phases": len(stages), "stride": 1})
        self.set_stage += [-1, *stages]
        for k, stage in enumerate(stages):
            mask = self._mask(j, signals.stage_groups[j][stage])
            following = self._mask(j, signals.stage_groups[j][stages[(k + 1) % len(stages)]])
            least = round(1000 * signals.stage_min_green_s(j, stage))
            passage = round(1000 * self._rule.passage_s)
            self.phase.append(
                {
                    "recall": NONE,
                    "walk_group": -1,
                    "together": 1,
                    "coordinated": int(k == 0 and self._rule.coordination == "all" and len(stages) > 1),
                    "lamps": mask,
                    "shows": mask,
                    "own": mask & ~following or mask,
                    "min_ms": least,
                    "max_ms": max(least, round(self._rule.max_factor * greens[k])),
                    "passage_ms": passage,
                    "min_gap_ms": passage,
                    "clear_ms": changes[k],
                    "force_ms": int(ends[k]),
                    "limit_ms": greens[k],
                }
            )

    def rings(self, j: int, rings: Rings) -> None:
        """A junction with rings."""
        barriers = {number: k for k, number in enumerate(rings.barriers)}
        row = self._begin(j, len(rings.ring_numbers), len(rings.phases), len(barriers))
        row["locks"] = self._mask(j, {p.group for p in rings.phases if p.locks})
        splits = self._splits(rings)
        times = split_times(rings, splits) if splits else {}
        if splits:
            control = self._built.scenario.config.control
            shift = reference_ms(rings, splits, control.offset_point, self._signals.yellow_s)
            cycle = round(1000 * rings.cycle_s(splits))
            offset = round(1000 * (self._built.reference_s + splits[0].offset_s))
            offset = next(
                (round(1000 * (self._built.reference_s + s.offset_s)) for s in splits if s.coordinated),
                offset,
            )
            row |= {
                "cycle_ms": cycle,
                "offset_ms": (offset - shift) % cycle,
                "floating": int(splits[0].floating),
            }
        coordinated = {s.phase for s in splits if s.coordinated}
        self._ring_rows(j, rings)
        for phase in rings.phases:
            self.phase.append(self._phase(j, rings, phase, barriers[phase.barrier]))
            self.phase[-1]["coordinated"] = int(phase.number in coordinated)
            if phase.number in times:
                start, end = times[phase.number]
                clear = self.phase[-1]["clear_ms"]
                self.phase[-1] |= {"force_ms": end - clear, "limit_ms": end - clear - start}

    def _splits(self, rings: Rings) -> Any:
        if self._rule.coordination == "free" or not rings.splits:
            return ()
        name = self._rule.plan or self._built.scenario.config.control.deployed
        return rings.splits.get(name, next(iter(rings.splits.values())))

    def _ring_rows(self, j: int, rings: Rings) -> None:
        """The rings, and the stage of every set of their phases."""
        own = [tuple(p for p in rings.phases if p.ring == number) for number in rings.ring_numbers]
        stride, at = 1, len(self.phase)
        for phases in own:
            self.ring.append({"first_phase": at, "n_phases": len(phases), "stride": stride})
            stride *= len(phases) + 1
            at += len(phases)
        stage_of = {groups: s for s, groups in enumerate(self._signals.stage_groups[j])}
        allowed = {frozenset(p.number for p in phases) for phases in rings.together()}
        for chosen in product(*([None, *phases] for phases in reversed(own))):
            phases = tuple(p for p in chosen if p is not None)
            is_set = frozenset(p.number for p in phases) in allowed
            self.set_stage.append(stage_of[rings.groups_of(phases)] if is_set else -1)

    def _phase(self, j: int, rings: Rings, phase: Phase, barrier: int) -> _Row:
        as_ms = lambda seconds: round(1000 * seconds)  # noqa: E731
        return {
            "ring": rings.ring_numbers.index(phase.ring),
            "barrier": barrier,
            "recall": RECALLS[phase.recall],
            "dual_entry": int(phase.dual_entry),
            "together": int(phase.gap_out_together),
            "walk_group": phase.walk_group,
            "walk_ms": walk_ms(self._built, phase.walk_group),
            "lamps": self._mask(j, [phase.group]),
            "shows": self._mask(j, rings.groups_of((phase,))),
            "own": self._mask(j, [phase.group]),
            "min_ms": as_ms(phase.min_green_s),
            "max_ms": as_ms(phase.max_green_s),
            "passage_ms": as_ms(phase.passage_s),
            "min_gap_ms": as_ms(phase.min_gap_s),
            "before_ms": as_ms(phase.before_reduction_s),
            "reduction_ms": as_ms(phase.reduction_s),
            "added_ms": as_ms(phase.added_initial_s),
            "max_initial_ms": as_ms(max(phase.max_initial_s, phase.min_green_s)),
            "clear_ms": as_ms(phase.clear_s),
        }
