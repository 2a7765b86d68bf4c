"""Counts on entry links -> expected entries per interval.

* Rows for the whole link are used; where a link has none, its movements' rows are added up.
* Where movements lead to an entry link (opt_entry), rows for the whole link count the vehicles that
  begin there, and its movements' rows say nothing of them.
* Several cameras that count the same are averaged.
* Where nothing was counted, the rate is interpolated between the neighbouring intervals and, before
  the first and behind the last, is that of the nearest one. So a warm-up before the counts begin
  has the rate of their first interval.
* A vehicle counted in an interval departs in it, at the beginning of the link: the counts are
  taken as if made there.
"""

from typing import Protocol

import numpy as np

from signalsim.counts import WHOLE_APPROACH, CountTable
from signalsim.demand.model import KIND_OF_CLASS, EntryCells
from signalsim.network import Network


class Counted(Protocol):
    """Counts of vehicles or pedestrians: (n,) each."""

    @property
    def start_ms(self) -> np.ndarray: ...
    @property
    def end_ms(self) -> np.ndarray: ...
    @property
    def count(self) -> np.ndarray: ...


def stream_rates(
    counts: Counted, rows: np.ndarray, start: np.ndarray, end: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """Vehicles (or pedestrians) per ms per cell of the grid: the mean over the rows that cover it, NaN where
    none does."""
    total = np.zeros(len(grid) - 1)
    covering = np.zeros(len(grid) - 1)
    for row in rows:
        a, b = np.searchsorted(grid, [start[row], end[row]])
        total[a:b] += counts.count[row] / (counts.end_ms[row] - counts.start_ms[row])
        covering[a:b] += 1
    with np.errstate(invalid="ignore"):
        return total / covering


def fill(rate: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The rates with gaps interpolated between the middles of their neighbours."""
    known = ~np.isnan(rate)
    middle = (grid[:-1] + grid[1:]) / 2
    return np.where(known, rate, np.interp(middle, middle[known], rate[known]))


def entry_cells(
    counts: CountTable, network: Network, start_ms: int, end_ms: int, window_ms: tuple[int, int]
) -> tuple[EntryCells, list[str]]:
    """Cells of all origin links over [0, end_ms), and what was assumed.

    ``start_ms``: UTC of simulated time 0. ``window_ms``: where a gap is worth a warning.
    """
    kind = np.array([KIND_OF_CLASS[name] for name in counts.table.texts("vehicle_class")], np.int64)
    start, end = (np.clip(t - start_ms, 0, end_ms) for t in (counts.start_ms, counts.end_ms))
    is_inner = network.is_origin & network.has_inbound
    usable = counts.is_valid & network.is_origin[counts.link]
    usable &= ~is_inner[counts.link] | (counts.movement == WHOLE_APPROACH)
    rows_of: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(usable):
        rows_of.setdefault((int(counts.link[row]), int(kind[row])), []).append(int(row))
    columns: list[list[np.ndarray]] = [[] for _ in range(6)]
    warnings = []
    for (link, of_kind), found in sorted(rows_of.items()):
        rows = np.array(found)
        whole = rows[counts.movement[rows] == WHOLE_APPROACH]
        rows = whole if len(whole) else rows
        grid = np.unique(np.concatenate([[0, end_ms, *window_ms], start[rows], end[rows]]))
        rate, counted = np.zeros(len(grid) - 1), np.ones(len(grid) - 1, bool)
        for movement in np.unique(counts.movement[rows]):
            own = stream_rates(counts, rows[counts.movement[rows] == movement], start, end, grid)
            if np.isnan(own).all():  # counted only outside the horizon
                own = outside_rate(counts, rows[counts.movement[rows] == movement], start_ms, grid)
                counted[:] = False
            counted &= ~np.isnan(own)
            rate += fill(own, grid)
        inside = (grid[:-1] >= window_ms[0]) & (grid[1:] <= window_ms[1])
        missing = int(np.diff(grid)[inside & ~counted].sum())
        if missing:
            warnings.append(
                f"{counts.path}: link '{network.link.ids[link]}' has no count for {missing / 1000:g} s of "
                "the demand window; filled from the neighbouring intervals"
            )
        n = len(rate)
        fields = (np.full(n, link), np.full(n, of_kind), grid[:-1], grid[1:], rate * np.diff(grid), counted)
        for column, values in zip(columns, fields, strict=True):
            column.append(values)
    silent = set(np.flatnonzero(network.is_origin).tolist()) - {link for link, _ in rows_of}
    warnings += [
        f"{counts.path}: entry link '{network.link.ids[link]}' has no "
        f"{'row for the whole link' if is_inner[link] else 'count'}, so nothing enters there"
        for link in sorted(silent)
    ]
    dtypes = (np.int32, np.int32, np.int64, np.int64, np.float64, np.bool_)
    arrays: list[np.ndarray] = [
        np.concatenate(column).astype(dtype) if column else np.zeros(0, dtype)
        for column, dtype in zip(columns, dtypes, strict=True)
    ]
    return EntryCells(*arrays), warnings


def entered(entries: EntryCells, network: Network, window_ms: tuple[int, int]) -> np.ndarray:
    """(n_links,) vehicles that begin there in the window; NaN: entry links that were not counted."""
    overlap = np.minimum(entries.end_ms, window_ms[1]) - np.maximum(entries.start_ms, window_ms[0])
    part = entries.vehicles * np.clip(overlap, 0, None) / (entries.end_ms - entries.start_ms)
    out = np.bincount(entries.link, part, len(network.link))
    is_silent = network.is_origin.copy()
    is_silent[entries.link] = False
    return np.where(is_silent, np.nan, out)


def outside_rate(counts: Counted, rows: np.ndarray, start_ms: int, grid: np.ndarray) -> np.ndarray:
    """The rate of the counted interval nearest to the horizon, for every cell."""
    before = (counts.end_ms[rows] - start_ms) <= 0
    distance = np.where(before, start_ms - counts.end_ms[rows], counts.start_ms[rows] - start_ms)
    row = rows[np.argmin(distance)]
    return np.full(len(grid) - 1, counts.count[row] / (counts.end_ms[row] - counts.start_ms[row]))
