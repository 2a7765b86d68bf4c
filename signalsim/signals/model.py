"""Signal groups, stages, plans and intergreens of all junctions, as arrays."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals.crossings import Crossings
from signalsim.signals.rings import Rings
from signalsim.signals.schedule import Schedule

MAX_GROUPS = 64  # of one junction: a stage is a 64-bit mask


@dataclass(frozen=True)
class Plan:
    """A fixed plan of one junction: stages in order, each with its green.

    Where rings change apart, a change begins while the one before is under way; the stage between
    has a change of 0 s before it and counts from that change's beginning.
    """

    stages: tuple[int, ...]  # local stages
    green_s: tuple[float, ...]
    offset_s: float  # start of the first stage's green after the reference second
    change_s: tuple[float, ...] = ()  # behind each green; none or NaN: as long as the intergreens ask for


@dataclass(frozen=True)
class SignalSystem:
    """The signals of a scenario. Junctions, groups and stages follow their ids sorted as strings.

    Groups are numbered by (junction, id); a stage's number is local to its junction.
    """

    group_table: Table
    stage_table: Table
    plan_table: Table
    junctions: tuple[str, ...]
    junction_node: np.ndarray  # (n_junctions,) int32 node
    groups: tuple[str, ...]
    group_junction: np.ndarray  # (n_groups,) int32
    group_row: np.ndarray  # (n_groups,) int64, position in group_table
    movement_group: np.ndarray  # (n_movements,) int32, -1: no signal
    min_green_s: np.ndarray  # (n_groups,) float64
    yellow_s: np.ndarray  # (n_groups,)
    all_red_s: np.ndarray  # (n_groups,)
    max_red_s: np.ndarray  # (n_groups,) 0: none
    stages: tuple[tuple[str, ...], ...]  # per junction
    stage_groups: tuple[tuple[frozenset[int], ...], ...]  # per junction and stage: groups
    yields: np.ndarray  # (k, 2) int32 movement, movement with priority over it
    foes: np.ndarray  # (k, 2) int32 movements whose paths cross or merge, lower first, whatever the rule
    forbidden: np.ndarray  # (k, 2) int32 groups never green together, lower first
    intergreen_s: dict[tuple[int, int], float]  # (clearing, entering) -> s, both ways of every forbidden pair
    plans: dict[str, dict[int, Plan]]  # plan id -> junction -> plan
    crossings: Crossings
    lead_s: dict[tuple[int, int], float]  # (pedestrian group, group of vehicles behind its lead) -> s
    schedules: dict[str, Schedule]  # schedule id -> junction -> which plan when
    rings: dict[int, Rings]  # junction -> its rings, where it has some
    phase_table: Table
    split_table: Table
    warnings: tuple[str, ...] = ()

    def groups_of(self, junction: int) -> range:
        """Groups of a junction."""
        first, last = np.searchsorted(self.group_junction, [junction, junction + 1])
        return range(int(first), int(last))

    @cached_property
    def walks(self) -> np.ndarray:
        """(n_groups,) bool: shown to pedestrians."""
        return np.isin(np.arange(len(self.groups)), self.crossings.group)

    @cached_property
    def has_button(self) -> np.ndarray:
        """(n_groups,) bool: shown to pedestrians when they called only."""
        return np.isin(np.arange(len(self.groups)), self.crossings.group[self.crossings.has_button])

    def interstage_s(self, junction: int, old: int, new: int) -> float:
        """Seconds from the end of green of stage ``old`` to the start of all greens of stage ``new``.

        Where vehicles end, pedestrians began to clear before (``walk_green_s``).
        """
        before, after = self.stage_groups[junction][old], self.stage_groups[junction][new]
        longest = 0.0
        for b in after - before:
            clearing = [a for a in before - after if (a, b) in self.intergreen_s]
            vehicles = [a for a in clearing if not self.walks[a]]
            needed = (self.intergreen_s[a, b] for a in vehicles or clearing)
            longest = max(longest, max(needed, default=0.0))
        return longest

    def walk_green_s(self, junction: int, stage: int, group: int) -> float:
        """The green of a stage that a pedestrian group in it needs, s: its walk, and what its clearance
        takes beyond the intergreens of the vehicles that end with it."""
        shown, longest = self.stage_groups[junction][stage], 0.0
        for e in self.groups_of(junction):
            if e in shown or (group, e) not in self.intergreen_s:
                continue
            vehicles = [
                self.intergreen_s[c, e] for c in shown if not self.walks[c] and (c, e) in self.intergreen_s
            ]
            if vehicles:
                longest = max(longest, self.intergreen_s[group, e] - max(vehicles))
        return float(self.min_green_s[group]) + longest

    def group_green_s(self, junction: int, stage: int, group: int) -> float:
        """The green of a stage that one of its groups needs, s: its minimum, behind the lead of a walk."""
        if self.walks[group]:
            return self.walk_green_s(junction, stage, group)
        shown = self.stage_groups[junction][stage]
        lead = max((self.lead_s.get((p, group), 0.0) for p in shown), default=0.0)
        return lead + float(self.min_green_s[group])

    def stage_min_green_s(self, junction: int, stage: int, *, called: bool = True) -> float:
        """The green that a stage needs, s: the longest of its groups'; ``called``: pedestrians pressed all
        buttons."""
        shown = (g for g in self.stage_groups[junction][stage] if called or not self.has_button[g])
        return max((self.group_green_s(junction, stage, g) for g in shown), default=0.0)

    def changes_s(self, junction: int, sequence: tuple[int, ...]) -> tuple[float, ...]:
        """The intergreen that follows each stage of a cyclic sequence; 0 for a sequence of one."""
        following = sequence[1:] + sequence[:1]
        return tuple(self.interstage_s(junction, a, b) for a, b in zip(sequence, following, strict=True))

    def plan_changes_s(self, junction: int, plan: Plan) -> tuple[float, ...]:
        """The change behind each green of a plan: what it says, else the intergreens, s."""
        usual = self.changes_s(junction, plan.stages)
        given = plan.change_s or (math.nan,) * len(usual)
        return tuple(u if math.isnan(g) else g for u, g in zip(usual, given, strict=True))

    def cycle_s(self, junction: int, plan: Plan) -> float:
        """Cycle of a plan: greens and the changes behind them, s."""
        return sum(plan.green_s) + sum(self.plan_changes_s(junction, plan))

    @cached_property
    def live_yields(self) -> np.ndarray:
        """(k, 2) int32: ``yields`` without those between groups that are never green together."""
        apart = {tuple(pair) for pair in self.forbidden.tolist()}
        groups = np.sort(self.movement_group[self.yields], axis=1).tolist()
        keep = [tuple(pair) not in apart for pair in groups]
        return self.yields[np.array(keep, bool)]

    @cached_property
    def movements_of_group(self) -> tuple[tuple[int, ...], ...]:
        out: list[list[int]] = [[] for _ in self.groups]
        for movement, group in enumerate(self.movement_group):
            if group >= 0:
                out[group].append(movement)
        return tuple(tuple(row) for row in out)


def group_speed_mps(network: Network, movements: tuple[int, ...]) -> float:
    """The fastest approach of a group, m/s: it governs the yellow."""
    return max(float(network.speed_mps[network.movement_from[m]]) for m in movements)
