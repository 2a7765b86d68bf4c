"""A count table as time series on one grid: what checks and imputation look at."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from signalsim.counts.spec import IMPUTED
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.tables import Table

_MAX_CELLS = 50_000_000


class Key(NamedTuple):
    """What one series counts."""

    camera: str
    link: str
    movement: str  # '': the whole link
    vehicle_class: str


@dataclass(frozen=True)
class Record:
    """Counts by series and interval; NaN where there is none. ``n`` series, ``m`` intervals of the grid."""

    table: Table
    keys: tuple[Key, ...]
    start_ms: int  # of the grid, UTC
    step_ms: int
    count: np.ndarray  # (n, m) float64; NaN: no row, empty, marked bad, or imputed
    row: np.ndarray  # (n, m) int64, position in the table, -1 where there is no row
    imputed: np.ndarray  # (n, m) bool
    aside: int  # rows that are not of the grid's intervals
    again: tuple[
        tuple[int, int], ...
    ]  # (row, first row): positions of rows that count the same a second time

    @property
    def path(self) -> str:
        return str(self.table.path)

    @property
    def m(self) -> int:
        return self.count.shape[1]

    def time_ms(self, k: int) -> int:
        """UTC at which interval ``k`` begins."""
        return self.start_ms + k * self.step_ms

    @cached_property
    def cameras(self) -> tuple[str, ...]:
        return tuple(sorted({key.camera for key in self.keys}))

    @cached_property
    def camera_of(self) -> np.ndarray:
        """(n,) position in ``cameras``."""
        index = {camera: k for k, camera in enumerate(self.cameras)}
        return np.array([index[key.camera] for key in self.keys], np.int64)

    @cached_property
    def is_open(self) -> np.ndarray:
        """(m,) bool: counting hours. At least a fifth as many cameras count as do at the most; so a clock
        that is wrong does not make others look silent before or behind it.
        """
        seen = np.zeros((len(self.cameras), self.m), bool)
        np.logical_or.at(seen, self.camera_of, ~np.isnan(self.count) | self.imputed)
        n = seen.sum(axis=0)
        return (n > 0) & (5 * n >= n.max(initial=0))

    @cached_property
    def camera_count(self) -> np.ndarray:
        """(n_cameras, m) sum of all that a camera counted; NaN where a part of it is not known."""
        out = np.zeros((len(self.cameras), self.m))
        np.add.at(out, self.camera_of, self.count)
        return out


def record_of(table: Table) -> Record:
    """Lay a table on a grid of its most common interval. Raises InputError for too long a table."""
    start, end = table.numbers("interval_start"), table.numbers("interval_end")
    if not len(table):
        raise InputError(f"{table.path}: has a header but no counts; give at least one row")
    step = _step(end - start)
    origin = int(start[(end - start) == step].min())
    fits = (end - start == step) & ((start - origin) % step == 0) & (start >= origin)
    m = int((start[fits].max() - origin) // step) + 1
    keys = sorted({_key(table, int(i)) for i in np.flatnonzero(fits)})
    if len(keys) * m > _MAX_CELLS:
        raise InputError(
            f"{table.path}: {len(keys):,} series over {m:,} intervals are more than can be looked at; split "
            "the file, or correct a time that is far from the others"
        )
    count = np.full((len(keys), m), np.nan)
    row = np.full((len(keys), m), -1, np.int64)
    imputed = np.zeros((len(keys), m), bool)
    index = {key: k for k, key in enumerate(keys)}
    values, qualities = table.numbers("count"), table.texts("quality")
    again = []
    for i in np.flatnonzero(fits).tolist():
        at = index[_key(table, i)], int((start[i] - origin) // step)
        if row[at] >= 0:
            again.append((i, int(row[at])))
            continue
        row[at] = i
        imputed[at] = qualities[i] == IMPUTED
        count[at] = np.nan if qualities[i] in ("bad", IMPUTED) else values[i]
    return Record(table, tuple(keys), origin, step, count, row, imputed, int((~fits).sum()), tuple(again))


def _step(length_ms: np.ndarray) -> int:
    counted = Counter(length_ms[length_ms > 0].tolist())
    if not counted:
        raise InputError("the counts have no interval that ends after it begins; correct interval_end")
    return int(min(counted, key=lambda step: (-counted[step], step)))


def _key(table: Table, i: int) -> Key:
    names = ("camera_id", "link_id", "movement_id", "vehicle_class")
    return Key(*(table.texts(name)[i] for name in names))


def runs(flag: np.ndarray) -> list[tuple[int, int]]:
    """[begin, end) of every run of True in (m,) bool."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flag, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def link_flow(record: Record, link: str) -> np.ndarray:
    """(m,) vehicles counted on a link: for the whole link if there is such a series, else the sum of its
    movements. Several cameras that count the same are averaged, classes added. NaN where any part is missing.
    """
    own = [k for k, key in enumerate(record.keys) if key.link == link]
    whole = [k for k in own if not record.keys[k].movement]
    return sum_of(record, whole or own)


def sum_of(record: Record, series: list[int]) -> np.ndarray:
    """(m,) sum over movements and classes, the mean over cameras that count the same; NaN for no series."""
    if not series:
        return np.full(record.m, np.nan)
    parts: dict[tuple[str, str, str], list[int]] = {}
    for k in series:
        key = record.keys[k]
        parts.setdefault((key.link, key.movement, key.vehicle_class), []).append(k)
    total = np.zeros(record.m)
    for same in parts.values():
        total = total + record.count[same].mean(axis=0)
    return total


def movement_series(record: Record, network: Network) -> dict[int, list[int]]:
    """Series of each movement (position in the network) that is counted."""
    out: dict[int, list[int]] = {}
    for k, key in enumerate(record.keys):
        if key.movement and (at := network.movement.index.get(key.movement)) is not None:
            out.setdefault(at, []).append(k)
    return out
