"""How well a sample of the demand agrees with the counts it comes from."""

from typing import NamedTuple, Protocol

import numpy as np

from signalsim.demand.model import Demand
from signalsim.engine.tables import Arrivals


class Routed(Protocol):
    """Vehicles with departures and routes: drawn arrivals or listed trips."""

    @property
    def depart_ms(self) -> np.ndarray: ...
    @property
    def route(self) -> np.ndarray: ...
    @property
    def route_start(self) -> np.ndarray: ...
    @property
    def route_movement(self) -> np.ndarray: ...


class Fit(NamedTuple):
    """Per movement; NaN where it was not counted. All (n_movements,)."""

    sampled: np.ndarray  # vehicles of the demand window that take it
    counted: np.ndarray  # vehicles counted in the window
    residual: np.ndarray  # (sampled - counted) / sqrt(counted)
    geh: np.ndarray


def geh(model: np.ndarray, count: np.ndarray) -> np.ndarray:
    """GEH statistic of hourly flows: sqrt(2 (m - c)^2 / (m + c)), 0 where both are 0.

    Source: Design Manual for Roads and Bridges, vol. 12, sect. 2, part 1 (UK Highways Agency 1996);
    below 5 is taken as a good match.
    """
    total = np.asarray(model, float) + count
    return np.sqrt(2 * (model - count) ** 2 / np.where(total > 0, total, 1.0))


def standardised_residual(model: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(m - c) / sqrt(c), the Pearson residual of a Poisson count (McCullagh & Nelder 1989, 2.4.1);
    counts below 1 are divided by 1.
    """
    return (model - count) / np.sqrt(np.maximum(count, 1.0))


def window_flows(vehicles: Routed, window_ms: tuple[int, int], n_movements: int) -> np.ndarray:
    """(n_movements,) int64 vehicles that depart in the window and have the movement on their route."""
    start, end = window_ms
    inside = (vehicles.depart_ms >= start) & (vehicles.depart_ms < end)
    uses = np.bincount(vehicles.route[inside], minlength=len(vehicles.route_start) - 1)
    times = np.repeat(uses, np.diff(vehicles.route_start))
    driven = vehicles.route_movement >= 0
    flows = np.bincount(vehicles.route_movement[driven], times[driven], minlength=n_movements)
    return flows.astype(np.int64)


def movement_flows(demand: Demand, arrivals: Arrivals) -> np.ndarray:
    """(n_movements,) vehicles that depart in the demand window and have the movement on their route."""
    return window_flows(arrivals, demand.window_ms, len(demand.counted))


def fit(demand: Demand, arrivals: Arrivals) -> Fit:
    """Movement flows of a sample against the counted ones."""
    flows = movement_flows(demand, arrivals).astype(float)
    hours = (demand.window_ms[1] - demand.window_ms[0]) / 3_600_000
    return Fit(
        sampled=flows,
        counted=demand.counted,
        residual=standardised_residual(flows, demand.counted),
        geh=geh(flows / hours, demand.counted / hours),
    )
