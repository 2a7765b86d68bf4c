"""Delay of pedestrians: their wait at the kerb.

Counted is who came to a kerb in the demand window; who had not set off when the run ended waited until
then. Nobody waits at a zebra.
"""

from typing import Protocol

import numpy as np

from .rows import Rows

# s of delay up to which A, B, C, D, E reach; beyond them is F
PEDESTRIAN_S = (10.0, 20.0, 30.0, 40.0, 60.0)
_NAN = float("nan")


class WalksLike(Protocol):
    """What these measures read of an engine's sums. Times in int64 ms, -1 = has not happened."""

    @property
    def now_ms(self) -> int: ...  # end of the run
    @property
    def pedestrian_start(self) -> np.ndarray: ...  # (n_crossings + 1,) rows of each crossing
    @property
    def pedestrian_ms(self) -> np.ndarray: ...  # (n_pedestrians,) came to the kerb
    @property
    def walk_ms(self) -> np.ndarray: ...  # (n_pedestrians,) set off
    @property
    def pedestrian_counted(self) -> np.ndarray: ...  # (n_pedestrians,) bool


def pedestrian_delay_ms(sums: WalksLike) -> np.ndarray:
    """(n_pedestrians,) int64: from coming to the kerb to setting off."""
    return np.where(sums.walk_ms >= 0, sums.walk_ms, np.maximum(sums.now_ms, sums.pedestrian_ms)) - (
        sums.pedestrian_ms
    )


def pedestrians(sums: WalksLike) -> float:
    """How many came in the demand window."""
    return float(sums.pedestrian_counted.sum())


def mean_pedestrian_delay_s(sums: WalksLike) -> float:
    """Mean delay of a counted pedestrian, s (HCM 2000, ch. 18: pedestrian delay). NaN where nobody came."""
    delay = pedestrian_delay_ms(sums)[sums.pedestrian_counted]
    return int(delay.sum()) / len(delay) / 1000 if len(delay) else _NAN


def by_crossing(sums: WalksLike) -> Rows:
    """Each counted pedestrian in the row of the crossing."""
    number = np.diff(sums.pedestrian_start)
    of = np.repeat(np.arange(len(number)), number)
    return Rows(np.where(sums.pedestrian_counted, of, -1), len(number))


def crossing_delay_s(sums: WalksLike, rows: Rows) -> np.ndarray:
    """(n_crossings,) mean delay, s, NaN where nobody came."""
    return rows.mean(pedestrian_delay_ms(sums)) / 1000


def crossing_delay_percentile_s(sums: WalksLike, rows: Rows, percent: int) -> np.ndarray:
    """(n_crossings,) the delay that so many per cent do not exceed, s (nearest rank); 100: the longest."""
    return rows.percentile(pedestrian_delay_ms(sums), percent) / 1000


def pedestrian_delay_h(sums: WalksLike, rows: Rows) -> np.ndarray:
    """(n_crossings,) sum of the delays, person-hours."""
    return rows.total(pedestrian_delay_ms(sums)) / 3_600_000


def pedestrian_level_of_service(delay_s: np.ndarray) -> np.ndarray:
    """(n,) letters A to F by mean delay at a signal, '' where nobody came (HCM 2000, exhibit 18-9)."""
    step = np.searchsorted(PEDESTRIAN_S, delay_s)
    return np.where(np.isnan(delay_s), "", np.array(list("ABCDEF"))[np.minimum(step, 5)])
