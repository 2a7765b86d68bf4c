"""What both engines give back: the truth at one instant, and the sums of a run."""

from typing import NamedTuple

import numpy as np


class Sight(NamedTuple):
    """The truth at ``now_ms``. Only sensing may read it; the arrays are written anew each time."""

    now_ms: int
    lane_vehicles: np.ndarray  # (n_lanes,) int32, on the lane
    lane_queue: np.ndarray  # (n_lanes,) int32, of these: at free flow already at the stop line
    lane_out: np.ndarray  # (n_lanes,) int64, ever crossed the stop line
    lane_advance: np.ndarray  # (n_lanes,) int64, ever passed the advance line
    movement_out: np.ndarray  # (n_movements,) int64, ever crossed
    lane_out_long: np.ndarray  # (n_lanes,) int64, of ``lane_out``: take more room than a car
    lane_advance_long: np.ndarray  # (n_lanes,) int64, of ``lane_advance``
    movement_out_long: np.ndarray  # (n_movements,) int64, of ``movement_out``
    source_waiting: np.ndarray  # (n_sources,) int32
    stage: np.ndarray  # (n_junctions,) int32, local stage in force, -1 while changing
    next_stage: np.ndarray  # (n_junctions,) int32, local stage in force or being changed to
    stage_since_ms: np.ndarray  # (n_junctions,) int64, when all its groups were green; INF while changing
    earliest_switch_ms: np.ndarray  # (n_junctions,) int64, when the interlock lets it end; INF while changing
    stage_ms: np.ndarray  # (n_stages,) int64, how long each stage has been in force so far
    group_green: np.ndarray  # (n_groups,) bool
    group_called: np.ndarray  # (n_groups,) bool, a pedestrian has pressed the button since the last walk


class Sums(NamedTuple):
    """The integers that measures need. Counted: vehicles that wished to depart in the demand window."""

    now_ms: int
    depart_ms: np.ndarray  # (n_vehicles,) int64, wished departure
    enter_ms: np.ndarray  # (n_vehicles,) int64, -1: waits at its source
    arrive_ms: np.ndarray  # (n_vehicles,) int64, -1: not yet
    freeflow_ms: np.ndarray  # (n_vehicles,) int64, free-flow time of the distance covered by now
    stops: np.ndarray  # (n_vehicles,) int32, of those that arrived
    counted: np.ndarray  # (n_vehicles,) bool
    lane_crossed: np.ndarray  # (n_lanes,) int32, counted vehicles
    lane_delay_ms: np.ndarray  # (n_lanes,) int64, at its end, counted vehicles
    lane_stops: np.ndarray  # (n_lanes,) int32, counted vehicles
    lane_max_queue: np.ndarray  # (n_lanes,) int32, all vehicles
    movement_crossed: np.ndarray  # (n_movements,) int64, all vehicles
    pedestrian_start: np.ndarray = np.zeros(1, np.int32)  # (n_crossings + 1,) int32: rows of crossings
    pedestrian_ms: np.ndarray = np.zeros(0, np.int64)  # (n_pedestrians,) int64, CSR by crossing: at the kerb
    walk_ms: np.ndarray = np.zeros(0, np.int64)  # (n_pedestrians,) int64, set off, -1: not yet
    pedestrian_counted: np.ndarray = np.zeros(0, bool)  # (n_pedestrians,) bool, came in the demand window
    gridlocks: int = 0  # circles of lanes that waited for each other, found by whoever drives the engine


class Totals(NamedTuple):
    """``departed = arrived + inside + waiting`` always holds; ``moves`` are vehicle-link entries."""

    departed: int  # vehicles whose wished departure has passed
    arrived: int
    inside: int
    waiting: int
    moves: int
