"""Names of the engine's rows: what lane 17 is called and where it is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Index:
    """Ids by row, and how rows belong together. Lanes are the engine's: a link with turn bays has
    full lanes upstream of the bays' mouth (``L:1+``) and lanes at the stop line (``L:-1``, ``L:1``).
    """

    junctions: tuple[str, ...]
    groups: tuple[str, ...]
    stages: tuple[tuple[str, ...], ...]  # per junction, local order
    links: tuple[str, ...]
    lanes: tuple[str, ...]
    movements: tuple[str, ...]
    crossings: tuple[str, ...]
    junction_first_stage: np.ndarray  # (n_junctions + 1,) int32
    group_junction: np.ndarray  # (n_groups,) int32
    stage_mask: np.ndarray  # (n_stages,) uint64, bit i: the junction's i-th group
    link_junction: np.ndarray  # (n_links,) int32 signalised junction at its end, -1: none
    link_length_m: np.ndarray  # (n_links,) float64
    lane_link: np.ndarray  # (n_lanes,) int32
    lane_segment: np.ndarray  # (n_lanes,) int32
    lane_number: np.ndarray  # (n_lanes,) int32, as in the input
    lane_at_stop: np.ndarray  # (n_lanes,) bool: ends at the stop line
    lane_length_m: np.ndarray  # (n_lanes,) float64
    movement_from: np.ndarray  # (n_movements,) int32 link
    movement_to: np.ndarray  # (n_movements,) int32 link
    movement_group: np.ndarray  # (n_movements,) int32, -1: none
    movement_junction: np.ndarray  # (n_movements,) int32 signalised junction it crosses, -1: none
    movement_turn: tuple[str, ...]  # left, thru, right, uturn
    movement_lane_start: np.ndarray  # (n_movements + 1,) int32
    movement_lane: np.ndarray  # CSR: lanes at the stop line that serve it
    movement_saturation_pcuph: np.ndarray  # (n_movements,) float64, per lane
    origins: np.ndarray  # (n_sources,) int32 links

    def lanes_of_movement(self, movement: int) -> np.ndarray:
        """Lanes at the stop line that serve a movement."""
        return self.movement_lane[self.movement_lane_start[movement] : self.movement_lane_start[movement + 1]]

    def lanes_of_link(self, link: int) -> np.ndarray:
        """All lanes of a link, upstream ones first."""
        return np.flatnonzero(self.lane_link == link)

    @cached_property
    def link_of_lane(self) -> np.ndarray:
        """(n_lanes,) int32, the same as ``lane_link``."""
        return self.lane_link
