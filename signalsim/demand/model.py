"""Demand before it is sampled: what enters where and when, and how it turns."""

from dataclasses import dataclass

import numpy as np

from signalsim.demand.stops import RouteStops

CAR, HEAVY, MIXED = 0, 1, 2  # kind of a cell: MIXED draws the class of each vehicle
KIND_OF_CLASS = {"car": CAR, "heavy": HEAVY, "all": MIXED}
EXACT, SAMPLED, LISTED = "exact", "sampled", "listed"
MAX_VEHICLES = 5_000_000  # a city of ten thousand signals has about two million an hour


@dataclass(frozen=True)
class EntryCells:
    """Expected entries: one cell per origin link, kind and interval, sorted in that order."""

    link: np.ndarray  # (n_cells,) int32
    kind: np.ndarray  # (n_cells,) int32
    start_ms: np.ndarray  # (n_cells,) int64, after simulated time 0
    end_ms: np.ndarray  # (n_cells,) int64
    vehicles: np.ndarray  # (n_cells,) float64
    is_counted: np.ndarray  # (n_cells,) bool; False: filled in


@dataclass(frozen=True)
class Turning:
    """Turning shares. Movements are in CSR rows by the link they come from."""

    start: np.ndarray  # (n_links + 1,) int32
    movement: np.ndarray  # (n_movements,) int32
    to_link: np.ndarray  # (n_movements,) int32, in the same order
    bin_start_ms: np.ndarray  # (n_bins,) int64, first is the earliest time
    cumulative: np.ndarray  # (n_bins, n_movements) float64: running sum of shares within a row; what
    # a row lacks to 1 is the share of those whose route ends there although movements lead on


@dataclass(frozen=True)
class Listed:
    """Vehicles that are known one by one, sorted by departure, and their routes as the engines take them."""

    depart_ms: np.ndarray  # (n_vehicles,) int64, after simulated time 0
    route: np.ndarray  # (n_vehicles,) int32
    size: np.ndarray  # (n_vehicles,) int32, slots
    route_link: np.ndarray  # (n_routes,) int32, the link a route begins on
    route_start: np.ndarray  # (n_routes + 1,) int32
    route_movement: np.ndarray  # int32, CSR by route; each row ends with EXIT
    siren: np.ndarray  # (n_vehicles,) bool: emergency vehicles
    stops: RouteStops
    flow: np.ndarray  # (n_movements,) int64: how many of the demand window's vehicles take it


@dataclass(frozen=True)
class Demand:
    """All that ``sample`` needs; ``warnings`` says what was assumed."""

    entries: EntryCells
    turning: Turning
    link_freeflow_ms: np.ndarray  # (n_links,) int64
    counted: np.ndarray  # (n_movements,) vehicles counted in the demand window, NaN: not counted
    window_ms: tuple[int, int]  # the demand window, after simulated time 0
    end_ms: int  # no vehicle departs from here on
    mode: str
    heavy_share: float
    heavy_pcu: float
    pace_sd: float
    pace_low: float
    pace_high: float
    max_links: int  # a route ends after that many links
    emergency_speed_factor: float
    dwell_cv: float  # coefficient of variation of the times at a stop
    warnings: tuple[str, ...]
    pedestrians: EntryCells | None = None  # who comes to the crossings; ``link`` is the crossing
    n_crossings: int = 0
    listed: Listed | None = None  # the vehicles themselves, instead of a draw
