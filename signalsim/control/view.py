"""What a plain-Python controller is shown of its junction: ids and numbers that read well."""

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from signalsim.sensing.observation import Observation

if TYPE_CHECKING:
    from .plain import PlainPolicy


class StageView:
    """One stage of the junction, as it stands now."""

    def __init__(self, view: "View", index: int, name: str) -> None:
        self._view, self.index, self.id = view, index, name
        self._s = view._policy.layout.first_stage[view._j] + index

    def __repr__(self) -> str:
        return f"StageView({self.id!r})"

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """Ids of the lanes that it serves."""
        layout = self._view._policy.layout
        ids = layout.stage_lane_id[layout.stage_lane[self._s] : layout.stage_lane[self._s + 1]]
        return tuple(self._view._policy.index.lanes[lane] for lane in ids)

    @cached_property
    def movements(self) -> tuple[str, ...]:
        """Ids of the movements that are green in it."""
        layout = self._view._policy.layout
        ids = layout.stage_movement_id[layout.stage_movement[self._s] : layout.stage_movement[self._s + 1]]
        return tuple(self._view._policy.index.movements[m] for m in ids)

    @cached_property
    def queue_veh(self) -> float:
        """Vehicles that stand in its lanes."""
        return sum(self._view.queue_veh[lane] for lane in self.lanes)

    @cached_property
    def near_veh(self) -> float:
        """Vehicles in its lanes between advance line and stop line, standing or not."""
        return sum(self._view.near_veh[lane] for lane in self.lanes)

    @cached_property
    def min_green_s(self) -> float:
        """The longest minimum green of its groups."""
        return float(self._view._policy.layout.stage_min_green_ms[self._s]) / 1000.0


class View:
    """What the cameras and the signals of one junction say now. Valid during ``decide`` only."""

    def __init__(self, policy: "PlainPolicy", seen: Observation, j: int) -> None:
        self._policy, self._seen, self._j = policy, seen, j
        self.now_s: float = seen.now_ms / 1000.0
        self.junction: str = policy.index.junctions[j]

    @cached_property
    def stages(self) -> tuple[StageView, ...]:
        """All stages of the junction, in their local order."""
        return tuple(StageView(self, i, name) for i, name in enumerate(self._policy.index.stages[self._j]))

    @property
    def stage(self) -> StageView | None:
        """The stage in force; None while changing."""
        now = int(self._seen.stage[self._j])
        return self.stages[now] if now >= 0 else None

    @property
    def next_stage(self) -> StageView:
        """The stage that is being changed to, or in force."""
        return self.stages[int(self._seen.next_stage[self._j])]

    @property
    def stage_age_s(self) -> float:
        """For how long all groups of the stage in force have been green; 0 while changing."""
        if self.stage is None:
            return 0.0
        return (self._seen.now_ms - int(self._seen.stage_since_ms[self._j])) / 1000.0

    @property
    def earliest_switch_s(self) -> float:
        """When the interlock lets the stage in force end; infinite while changing."""
        at = int(self._seen.earliest_switch_ms[self._j])
        return at / 1000.0 if self.stage is not None else math.inf

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """Ids of all signalled lanes of the junction."""
        return tuple(self._policy.index.lanes[lane] for lane in self._lane_ids)

    @cached_property
    def queue_veh(self) -> dict[str, float]:
        """Lane id -> vehicles that stand."""
        return self._by_lane(self._seen.lane_queue)

    @cached_property
    def near_veh(self) -> dict[str, float]:
        """Lane id -> vehicles between advance line and stop line."""
        return self._by_lane(self._seen.lane_near)

    @cached_property
    def vehicles(self) -> dict[str, float]:
        """Lane id -> vehicles on the whole lane."""
        return self._by_lane(self._seen.lane_vehicles)

    @cached_property
    def counts(self) -> dict[str, float]:
        """Lane id -> vehicles over the stop line since this junction was last asked."""
        return self._by_lane(self._seen.lane_count - self._policy.counted)

    @cached_property
    def arrivals_veh_h(self) -> dict[str, float]:
        """Lane id -> vehicles per hour that arrive, smoothed."""
        return self._by_lane(self._seen.lane_arrival_rate * 3600.0)

    @cached_property
    def valid(self) -> dict[str, bool]:
        """Lane id -> whether a working camera sees it."""
        valid = self._seen.lane_valid[self._lane_ids]
        return {lane: bool(seen) for lane, seen in zip(self.lanes, valid, strict=True)}

    @cached_property
    def downstream_veh(self) -> dict[str, float]:
        """Movement id -> vehicles on the link that it leads to."""
        road, names = self._policy.road, self._policy.index.movements
        result = {}
        for m in self._policy.junction_movements[self._j]:
            to = road.movement_to[m]
            lanes = slice(road.link_lane[to], road.link_lane[to + 1])
            result[names[m]] = float(self._seen.lane_vehicles[lanes].sum())
        return result

    @property
    def _lane_ids(self) -> list[int]:
        return self._policy.junction_lanes[self._j]

    def _by_lane(self, values: np.ndarray) -> dict[str, float]:
        return {lane: float(values[i]) for lane, i in zip(self.lanes, self._lane_ids, strict=True)}
