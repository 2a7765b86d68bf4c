"""The greens that a run showed."""

from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.records import Kind

_GREEN = 2  # the value of such an ASPECT record


class Greens(NamedTuple):
    """Every green of every signal group, by group and time: green in [start, end)."""

    group: np.ndarray  # (n,) int64
    start_ms: np.ndarray  # (n,) int64
    end_ms: np.ndarray  # (n,) int64; one under way ends with the run
    until_ms: int  # end of the run

    def rows_of(self, group: Any) -> tuple[Any, Any]:
        """The first row of a group's greens, and the one after its last; of one group, or of an array."""
        return np.searchsorted(self.group, group), np.searchsorted(self.group, group, side="right")

    def begun(self, group: np.ndarray, t_ms: np.ndarray) -> np.ndarray:
        """How many rows there are up to the last green of ``group`` that began at ``t_ms`` or before."""
        span = int(max(self.end_ms.max(initial=0), np.max(t_ms, initial=0))) + 2
        return np.searchsorted(self.group * span + self.start_ms, group * span + t_ms, side="right")


def greens(records: np.ndarray, now_ms: int) -> Greens:
    """The greens of one run that ended at ``now_ms``, from its records."""
    rows = records[records["kind"] == Kind.ASPECT]
    rows = rows[np.argsort(rows["entity"], kind="stable")]
    group, is_green = rows["entity"].astype(np.int64), rows["value"] == _GREEN
    follows = np.append(group[1:] == group[:-1], False)[: len(group)]  # the next row is of the same group
    end = np.where(follows, np.append(rows["t_ms"][1:], now_ms)[: len(group)], now_ms)
    return Greens(group[is_green], rows["t_ms"][is_green], end[is_green], now_ms)


def green_within_ms(
    of: Greens, group: np.ndarray, from_ms: int, to_ms: int, late_ms: np.ndarray, longer_ms: np.ndarray
) -> np.ndarray:
    """(n,) int64 ms within [from, to) of the greens of each ``group`` (-1: none).

    Each green begins ``late_ms`` later and ends ``longer_ms`` later than its lamp says, arrays (n,).
    """
    begin, end = of.rows_of(group)
    row, at = ragged(begin, end)
    start = np.maximum(of.start_ms[at] + late_ms[row], from_ms)
    stop = np.minimum(of.end_ms[at] + longer_ms[row], to_ms)
    result = np.zeros(len(group), np.int64)
    np.add.at(result, row, np.maximum(stop - start, 0))
    return result


def ragged(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All (i, j) with begin[i] <= j < end[i], as two arrays."""
    size = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(len(begin)), size)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(begin, size)
