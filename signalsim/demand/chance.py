"""The transforms of random numbers that sampling needs."""

import numpy as np

from signalsim.engine.random import uniform


def normal(key: np.uint64, entity: np.ndarray, counter: np.ndarray) -> np.ndarray:
    """Standard normal numbers by Box and Muller (1958), one for each (entity, counter)."""
    u, v = uniform(key, entity, 2 * counter), uniform(key, entity, 2 * counter + 1)
    return np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)
