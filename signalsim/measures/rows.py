"""Sums over passages by place: which row of a table each passage counts in."""

from typing import NamedTuple

import numpy as np

from .passages import Passages


class Rows(NamedTuple):
    """``of`` (n_passages,) int64: the row of each passage, -1 if none; ``n``: how many rows there are."""

    of: np.ndarray
    n: int

    def within(self, t_ms: np.ndarray, from_ms: int, to_ms: int) -> "Rows":
        """Only passages whose time ``t_ms`` lies in [from, to)."""
        return Rows(np.where((t_ms >= from_ms) & (t_ms < to_ms), self.of, -1), self.n)

    def total(self, values: np.ndarray) -> np.ndarray:
        """(n,) float64: the sum of one value per passage; exact for whole numbers below 2**53."""
        has = self.of >= 0
        return np.bincount(self.of[has], np.asarray(values, np.float64)[has], self.n)

    def number(self) -> np.ndarray:
        """(n,) int64: how many passages."""
        return np.bincount(self.of[self.of >= 0], minlength=self.n)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """(n,) float64, NaN where there is none."""
        return ratio(self.total(values), self.number())

    def percentile(self, values: np.ndarray, percent: int) -> np.ndarray:
        """(n,) float64: the value that so many per cent do not exceed (nearest rank), NaN where none is."""
        has = np.flatnonzero(self.of >= 0)
        has = has[np.lexsort((np.asarray(values)[has], self.of[has]))]
        count = self.number()
        result = np.full(self.n, np.nan)
        some = count > 0
        rank = -(-percent * count // 100)  # ceil in integers
        result[some] = np.asarray(values)[has][(np.cumsum(count) - count + np.maximum(rank, 1) - 1)[some]]
        return result


def by_movement(p: Passages, of_movement: np.ndarray, n: int) -> Rows:
    """Each passage in the row of its movement, ``of_movement`` (n_movements,); where a route ends in none."""
    return Rows(np.where(p.movement >= 0, np.append(of_movement, -1)[p.movement], -1), n)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=np.asarray(whole) != 0)
