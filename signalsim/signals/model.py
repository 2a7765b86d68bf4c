"""Signal groups, stages, plans and intergreens of all junctions, as arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals.schedule import Schedule

MAX_GROUPS = 64  # of one junction: a stage is a 64-bit mask


@dataclass(frozen=True)
class Plan:
    """A fixed plan of one junction: stages in order, each with its green."""

    stages: tuple[int, ...]  # local stages
    green_s: tuple[float, ...]
    offset_s: float  # start of the first stage's green after the reference second


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
    schedules: dict[str, Schedule]  # schedule id -> junction -> which plan when
    warnings: tuple[str, ...] = ()

    def groups_of(self, junction: int) -> range:
        """Groups of a junction."""
        first, last = np.searchsorted(self.group_junction, [junction, junction + 1])
        return range(int(first), int(last))

    def interstage_s(self, junction: int, old: int, new: int) -> float:
        """Seconds from the end of green of stage ``old`` to the start of all greens of stage ``new``."""
        before, after = self.stage_groups[junction][old], self.stage_groups[junction][new]
        needed = (self.intergreen_s.get((a, b), 0.0) for a in before - after for b in after - before)
        return max(needed, default=0.0)

    def stage_min_green_s(self, junction: int, stage: int) -> float:
        """The longest minimum green of a stage's groups, s."""
        return max(float(self.min_green_s[g]) for g in self.stage_groups[junction][stage])

    def changes_s(self, junction: int, sequence: tuple[int, ...]) -> tuple[float, ...]:
        """The intergreen that follows each stage of a cyclic sequence; 0 for a sequence of one."""
        following = sequence[1:] + sequence[:1]
        return tuple(self.interstage_s(junction, a, b) for a, b in zip(sequence, following, strict=True))

    def cycle_s(self, junction: int, plan: Plan) -> float:
        """Cycle of a plan: greens and the intergreens behind them, s."""
        return sum(plan.green_s) + sum(self.changes_s(junction, plan.stages))

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
