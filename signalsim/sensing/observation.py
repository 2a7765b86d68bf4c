"""What a controller is shown: the estimator's knowledge and the state of the signals."""

from typing import NamedTuple

import numpy as np

from .calls import Calls


class Observation(NamedTuple):
    """One instant as controllers see it. Read it during the decision; the arrays are reused.

    Lanes, links, movements and junctions are the dense indices of the engine's tables. Lanes that
    no camera sees have ``lane_valid`` False; what stands there is inferred from neighbours. Movements are
    as old, and as valid, as the lanes that they leave; ``link_in`` is as old as the latest reading.
    """

    now_ms: int
    lane_count: np.ndarray  # (n_lanes,) float64, vehicles over the stop line since the start, corrected
    lane_near: np.ndarray  # (n_lanes,) float64, vehicles between advance line and stop line
    lane_vehicles: np.ndarray  # (n_lanes,) float64, vehicles on the whole lane
    lane_queue: np.ndarray  # (n_lanes,) float64, of these in the queue at the stop line
    lane_arrival_rate: np.ndarray  # (n_lanes,) float64, veh/s towards the stop line, smoothed
    lane_read_ms: np.ndarray  # (n_lanes,) int64, when the camera saw what stands here
    lane_valid: np.ndarray  # (n_lanes,) bool, a working camera saw it
    link_in: np.ndarray  # (n_links,) float64, vehicles that upstream cameras announced since the start
    link_in_valid: np.ndarray  # (n_links,) bool, all who may enter pass cameras that work
    movement_count: np.ndarray  # (n_movements,) float64, vehicles since the start, corrected
    movement_share: np.ndarray  # (n_movements,) float64, share among the movements of its link
    stage: np.ndarray  # (n_junctions,) int32 local, -1 while changing
    next_stage: np.ndarray  # (n_junctions,) int32 local, being changed to or in force
    stage_since_ms: np.ndarray  # (n_junctions,) int64, since when all its groups are green
    earliest_switch_ms: np.ndarray  # (n_junctions,) int64, when the interlock lets the stage end
    group_called: np.ndarray  # (n_groups,) bool, a pedestrian has pressed the button since the last walk
    calls: Calls | None = None  # what detectors and lamps say; of policies that are wired to detectors

    @property
    def lane_age_ms(self) -> np.ndarray:
        """(n_lanes,) int64: how old each lane's reading is."""
        return self.now_ms - self.lane_read_ms
