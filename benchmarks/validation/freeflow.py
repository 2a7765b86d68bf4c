"""Vehicles that are alone: what a way takes when no lamp and nobody else stands in it.

One vehicle after the other drives a grid's random routes, so far apart that no two meet, every lamp
green. SUMO's time from entry to arrival is compared with the free-flow time of the engine's tables for
the same drivers, turns included.
"""

from pathlib import Path

from benchmarks.validation.grids import Ways, add_vehicles

APART_S = 240.0


def make(ways: Ways, vehicles: int, seed: int = 7) -> Path:
    """The scenario folder. Raises InputError."""
    routes = [ways.walk(v, seed) for v in range(vehicles)]
    departs = [APART_S * v for v in range(vehicles)]
    return add_vehicles(ways, routes, departs, "alone", APART_S * vehicles / 60)
