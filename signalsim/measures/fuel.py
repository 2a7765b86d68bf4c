"""Fuel and carbon dioxide."""

import numpy as np

from .passages import Passages
from .rows import Rows

MILE_M = 1609.344
GALLON_L = 3.785411784
CO2_KG_PER_GALLON = 8.887  # of gasoline: US EPA & NHTSA 2010, 75 FR 25324; 40 CFR 600.113 has the same


def fuel_l(p: Passages, rows: Rows, length_m: np.ndarray, speed_mps: np.ndarray) -> np.ndarray:
    """Fuel of the vehicles of each row on the link before the stop line, litres.

    F = k1 TT + k2 D + k3 S, the model of TRANSYT-7F (Wallace et al. 1984, TRANSYT-7F User's Manual, FHWA)
    as Synchro reports it: TT vehicle-miles, D vehicle-hours of delay, S stops, F gallons; with the cruise
    speed V in mph k1 = 0.075283 - 0.0015892 V + 0.000015066 V^2, k2 = 0.7329, k3 = 0.0000061411 V^2.
    The model was fitted to one American passenger car of about 1980 and counts every vehicle as one: take
    differences between controls from it, not a fleet's consumption.

    ``length_m`` and ``speed_mps`` (n_links,): of each link, V its free speed. Who has not crossed has
    driven the whole link all the same, as far as the formula goes, unless it waits outside.
    """
    v = speed_mps[p.link] * 3600 / MILE_M
    driven = np.where(p.enter_ms >= 0, length_m[p.link] / MILE_M, 0.0)
    delay_h = (p.delay_ms + p.wait_ms) / 3_600_000
    k1 = 0.075283 - 0.0015892 * v + 0.000015066 * v**2
    gallons = k1 * driven + 0.7329 * delay_h + 0.0000061411 * v**2 * p.stops
    return rows.total(gallons) * GALLON_L


def co2_kg(litres: np.ndarray) -> np.ndarray:
    """Carbon dioxide of so many litres of gasoline, kg."""
    return litres * (CO2_KG_PER_GALLON / GALLON_L)
