"""Estimates where counts are missing, from the series' own time, its other days, and its neighbours.

Three estimates are made of a gap:

* **time**: a straight line between the means of the known counts within half an hour before and behind it;
* **days**: the mean of the other days at the same time of day, at the level of the series around the gap;
* **space**: the sum of those series that go most closely with this one, in the proportion around the gap.

How good each is for a gap of that length shows where the series is known: gaps of the same length are made
there, and the three are averaged with weights inverse to their squared errors. Estimates are whole numbers
whose sum over a gap is that of the estimate. Imputed counts are marked so in column ``quality``; they are
never taken for counts by the checks, nor to impute others.

Not imputed: what hardly a camera of the file counted (outside counting hours), and gaps of over an hour for
which there are neither other days nor neighbours.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from signalsim.counts.quality.record import Record, runs

_DAY_MS = 86_400_000
_NEAR_MS = 1_800_000  # for a line in time
_AROUND_MS = 3 * 3_600_000  # for levels and proportions
_TIME_ONLY_MS = 3_600_000
_NEIGHBOURS = 5
_TRIALS = 12  # gaps made to learn the weights
_METHODS = ("time", "days", "space")


class Gap(NamedTuple):
    """Intervals [a, b) that a series lacks."""

    series: int
    a: int
    b: int


@dataclass(frozen=True)
class Imputed:
    """``count`` (n, m): estimates where ``is_new`` (n, m) bool, else as counted; ``left`` gaps stay empty."""

    record: Record
    count: np.ndarray
    is_new: np.ndarray
    left: tuple[Gap, ...]


def impute(record: Record) -> Imputed:
    """Fill the gaps of a record."""
    count, is_new = record.count.copy(), np.zeros(record.count.shape, bool)
    left = []
    kin = _Kin(record)
    for gap in _gaps(record):
        estimate = _estimate(record, kin, gap)
        if estimate is None:
            left.append(gap)
            continue
        count[gap.series, gap.a : gap.b] = _whole(estimate)
        is_new[gap.series, gap.a : gap.b] = True
    return Imputed(record, count, is_new, tuple(left))


def _gaps(record: Record) -> Iterator[Gap]:
    is_gap = np.isnan(record.count) & record.is_open
    for k in range(len(record.keys)):
        for a, b in runs(is_gap[k]):
            yield Gap(k, a, b)


class _Kin:
    """Which series go most closely with each, by the correlation of their counts."""

    def __init__(self, record: Record) -> None:
        self._known = ~np.isnan(record.count)
        self._record = record
        filled = np.where(self._known, record.count, 0.0)
        n = np.maximum(self._known.sum(axis=1, keepdims=True), 1)
        centred = np.where(self._known, filled - filled.sum(axis=1, keepdims=True) / n, 0.0)
        size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
        self._unit = centred / np.maximum(size, 1e-9)

    def of(self, gap: Gap, hidden: np.ndarray) -> list[int]:
        """Up to five series that are known all through a gap; ``hidden`` (m,) is not looked at."""
        seen = ~hidden
        r = self._unit[:, seen] @ self._unit[gap.series, seen]
        r[gap.series] = -1
        r[~self._known[:, gap.a : gap.b].all(axis=1)] = -1
        best = np.argsort(-r, kind="stable")[:_NEIGHBOURS]
        return [int(k) for k in best if r[k] > 0.3]


def _estimate(record: Record, kin: _Kin, gap: Gap) -> np.ndarray | None:
    """(b - a,) vehicles; None where nothing tells."""
    own = record.count[gap.series]
    found = _three(record, kin, gap, own)
    is_told = ~np.isnan(found).any(axis=1)
    is_short = (gap.b - gap.a) * record.step_ms <= _TIME_ONLY_MS
    if not is_told[0 if is_short else 1 :].any():
        return None
    errors = _errors(record, kin, gap)
    weight = np.where(is_told, 1 / np.maximum(errors, 1e-3), 0.0)
    total: np.ndarray = (np.where(is_told[:, None], found, 0.0) * weight[:, None]).sum(axis=0) / weight.sum()
    return np.maximum(total, 0.0)


def _errors(record: Record, kin: _Kin, gap: Gap) -> np.ndarray:
    """(3,) mean squared error of each method for gaps of this length, where the series is known."""
    own, length = record.count[gap.series], gap.b - gap.a
    known = ~np.isnan(own)
    day = max(1, round(_DAY_MS / record.step_ms))
    starts = [a for a in _spread(record.m - length, _TRIALS) if known[a : a + length].all()]
    starts += [a for a in range(gap.a % day, record.m - length + 1, day) if known[a : a + length].all()]
    squares = []
    for a in starts:
        trial = Gap(gap.series, a, a + length)
        hidden = own.copy()
        hidden[a : a + length] = np.nan
        squares.append(((_three(record, kin, trial, hidden) - own[a : a + length]) ** 2).mean(axis=1))
    if not squares:
        return np.ones(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a method that never tells
        error: np.ndarray = np.nanmean(np.array(squares), axis=0)
    return np.where(np.isnan(error), np.inf, error) if np.isfinite(error).any() else np.ones(3)


def _spread(last: int, n: int) -> list[int]:
    return sorted({round(x) for x in np.linspace(0, last, n)}) if last >= 0 else []


def _three(record: Record, kin: _Kin, gap: Gap, own: np.ndarray) -> np.ndarray:
    """(3, b - a) the estimates by _METHODS, NaN where one has nothing to go by."""
    around = max(1, round(_AROUND_MS / record.step_ms))
    low, high = max(0, gap.a - around), min(record.m, gap.b + around)
    near = np.zeros(record.m, bool)
    near[low : gap.a] = near[gap.b : high] = True
    near &= ~np.isnan(own)
    return np.array([
        _by_time(record, gap, own), _by_days(record, gap, own, near), _by_space(record, kin, gap, own, near),
    ])  # fmt: skip


def _by_time(record: Record, gap: Gap, own: np.ndarray) -> np.ndarray:
    reach = max(1, round(_NEAR_MS / record.step_ms))
    spans = [np.arange(max(0, gap.a - reach), gap.a), np.arange(gap.b, min(record.m, gap.b + reach))]
    ends = [(at[~np.isnan(own[at])], own[at][~np.isnan(own[at])]) for at in spans]
    ends = [(at, values) for at, values in ends if len(at)]
    t = np.arange(gap.a, gap.b)
    if not ends:
        return np.full(len(t), np.nan)
    x, y = (np.array([part.mean() for part in parts]) for parts in zip(*ends, strict=True))
    return np.interp(t, x, y)


def _by_days(record: Record, gap: Gap, own: np.ndarray, near: np.ndarray) -> np.ndarray:
    day = round(_DAY_MS / record.step_ms)
    t = np.arange(gap.a, gap.b)
    if record.m <= day or _DAY_MS % record.step_ms:
        return np.full(len(t), np.nan)
    n_days = -(-record.m // day)
    flat = np.full(n_days * day, np.nan)
    flat[: record.m] = own
    table = flat.reshape(n_days, day)

    def usual(at: np.ndarray) -> np.ndarray:
        """The mean of other days, over three intervals around the time of day."""
        values = np.stack([table[:, (at + shift) % day] for shift in (-1, 0, 1)])  # (3, days, len(at))
        values[:, np.arange(n_days)[:, None] == (at // day)[None, :]] = np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            mean: np.ndarray = np.nanmean(values, axis=(0, 1))
        return mean

    there = np.flatnonzero(near)
    level = 1.0
    if len(there):
        expected = usual(there)
        fits = ~np.isnan(expected)
        level = (own[there][fits].sum() + 10) / (expected[fits].sum() + 10)  # 10 vehicles of caution
    return usual(t) * level


def _by_space(record: Record, kin: _Kin, gap: Gap, own: np.ndarray, near: np.ndarray) -> np.ndarray:
    hidden = np.zeros(record.m, bool)
    hidden[gap.a : gap.b] = True
    series = kin.of(gap, hidden)
    if not series or not near.any():
        return np.full(gap.b - gap.a, np.nan)
    others = record.count[series].sum(axis=0)
    fits = near & ~np.isnan(others)
    base = others[fits].sum()
    if base <= 0:
        return np.full(gap.b - gap.a, np.nan)
    return others[gap.a : gap.b] * (own[fits].sum() / base)


def _whole(estimate: np.ndarray) -> np.ndarray:
    """Whole numbers whose running sum is that of the estimate, rounded."""
    return np.diff(np.round(np.cumsum(estimate)), prepend=0.0)
