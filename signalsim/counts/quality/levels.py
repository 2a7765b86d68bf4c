"""Numbers that no traffic makes: stuck, dead, impossible, and those that look like capacity."""

import math
from collections.abc import Iterator

import numpy as np

from signalsim.counts.checks import MAX_RATE, MIN_FOR_RATE
from signalsim.network import Network

from .findings import ERROR, NOTE, WARNING, Finding
from .record import Record, runs

_CHANCE = 1e-6  # a check calls nothing wrong that chance does more often in a whole series
_FEW = 5  # repetitions that no counter is called stuck for
_SAME = 0.3  # at least so often a count is followed by an equal one: signals make counts even
_DEAD = 30.0  # vehicles that were to be expected where none was counted
_MAX_LANES = 5  # of a road whose lanes are not known
_CAPPED_RUNS = (6, 8, 12, 16, 24)  # intervals in a row, or sums of some
_CAPPED_WIDTHS = (1, 2, 3, 4)
_STUCK_SHARE = 0.8  # of counts that are as the one before: no capacity is so even
_CAPPED_COUNT = 8  # vehicles: smaller counts are even by being small
_CAPPED_SHARE = 0.9  # of the highest counts: below, it is no limit


def check_stuck(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: a count that repeats longer than counts of its size do by chance (Poisson, or evener)."""
    for k, count in enumerate(record.count):
        is_same = np.append(False, (count[1:] == count[:-1]) & (count[1:] > 0))
        for a, b in runs(is_same):
            if b - a < _FEW:
                continue
            value, n = float(count[a]), b - a  # n repetitions of the value at a - 1
            again = max(_SAME, math.exp(-2 * value) * float(np.i0(2 * value)) if value < 300 else 0.0)
            if n * math.log(again) + math.log(record.m) < math.log(_CHANCE):
                yield _finding(
                    record, k, a - 1, b, "stuck", ERROR, f"{value:g} in {n + 1} intervals in a row"
                )


def check_dead(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: zeros where the series, by the share that it has of all counts at other times, had dozens."""
    total = np.nansum(record.count, axis=0)
    for k, count in enumerate(record.count):
        known = np.where(np.isnan(count), 0.0, count)
        others = np.where(np.isnan(count), 0.0, total - known)
        for a, b in runs(count == 0):
            rest = others.sum() - others[a:b].sum()
            expected = known.sum() / rest * others[a:b].sum() if rest > 0 else 0.0
            if len(record.keys) == 1:
                expected = known.sum() / max(1, record.m - (b - a)) * (b - a)
            if expected >= _DEAD and b - a >= 3:
                text = f"0 in {b - a} intervals, where about {expected:.0f} vehicles were to be expected"
                yield _finding(record, k, a, b, "dead", ERROR, text)


def check_impossible(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: a rate above what the lanes carry (five lanes, where they are not known)."""
    hours = record.step_ms / 3_600_000
    for k, count in enumerate(record.count):
        at = network.link.index.get(record.keys[k].link) if network is not None else None
        lanes = _MAX_LANES if at is None or network is None else len(network.lane_numbers(at))
        with np.errstate(invalid="ignore"):
            wrong = (count > MAX_RATE * hours * lanes) & (count > MIN_FOR_RATE)
        for a, b in runs(wrong):
            rate = float(np.nanmax(count[a:b])) / hours
            text = f"{rate:,.0f} vehicles/h on {lanes} lane(s); a lane carries less than {MAX_RATE:,}"
            yield _finding(record, k, a, b, "impossible", ERROR, text)


def check_spikes(record: Record, network: Network | None) -> Iterator[Finding]:
    """warning: a count over three times those within an hour around it, and ten standard errors above."""
    reach = max(3, round(3_600_000 / record.step_ms))
    for k, count in enumerate(record.count):
        for i in np.flatnonzero(count > np.nanmean(count) * 2 if np.isfinite(count).any() else []).tolist():
            around = np.delete(count[max(0, i - reach) : i + reach + 1], min(i, reach))
            around = around[~np.isnan(around)]
            if len(around) < 4:
                continue
            usual = float(np.median(around))
            if count[i] > 3 * usual + 3 and count[i] - usual > 10 * math.sqrt(max(usual, 1.0)):
                text = f"{count[i]:g}, where {usual:g} is usual within the hour"
                yield _finding(record, k, i, i + 1, "spike", WARNING, text)


def check_capped(record: Record, network: Network | None) -> Iterator[Finding]:
    """note: counts that stay at the top of their series and vary far less than arrivals do: a stop line in
    saturation, or another limit, so that the counts are capacity and demand was more.

    Poisson arrivals have a variance as large as their mean; the sum of squares of some intervals in a row is
    held against its chi-squared distribution. Since an interval need not hold a whole number of cycles, sums
    of two to four intervals are looked at as well.
    """
    limits = _limits()
    for k, count in enumerate(record.count):
        known = count[~np.isnan(count)]
        if len(known) < 2 * _CAPPED_RUNS[0] or known.max() < _CAPPED_COUNT:
            continue
        is_capped = np.zeros(record.m, bool)
        for width in _CAPPED_WIDTHS:
            _mark_flat(count, width, limits, is_capped)
        for a, b in runs(is_capped):
            if np.mean(count[a + 1 : b] == count[a : b - 1]) > _STUCK_SHARE:
                continue  # stuck, and told so
            text = (
                f"about {float(np.nanmean(count[a:b])):.3g} in each of {b - a} intervals, the most that it "
                "counts and more even than arrivals: it may show capacity, and demand was more"
            )
            yield _finding(record, k, a, b, "capped", NOTE, text)


def _limits() -> dict[int, float]:
    """By number of intervals, what their sum of squares is below once in a million Poisson series."""
    from scipy.stats import chi2

    return {n: float(chi2.ppf(_CHANCE, n - 1)) for n in _CAPPED_RUNS}


def _mark_flat(count: np.ndarray, width: int, limits: dict[int, float], out: np.ndarray) -> None:
    """Mark in ``out`` the windows of sums of ``width`` intervals that are at the top and too even."""
    if len(count) < width:
        return
    sums = (
        np.lib.stride_tricks.sliding_window_view(count, width).sum(axis=1)
        if len(count) >= width
        else count[:0]
    )
    if np.isnan(sums).all():
        return
    top = float(np.nanquantile(sums, 0.95))
    for n, limit in limits.items():
        reach = (n - 1) * width + 1
        if len(sums) < reach:
            break
        windows = np.lib.stride_tricks.sliding_window_view(sums, reach)[:, ::width]
        mean = windows.mean(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            is_flat = (mean >= _CAPPED_SHARE * top) & (windows.var(axis=1) * n / mean < limit)
        for i in np.flatnonzero(is_flat).tolist():
            out[i : i + n * width] = True


def _finding(record: Record, k: int, a: int, b: int, kind: str, severity: str, text: str) -> Finding:
    key = record.keys[k]
    return Finding(
        kind, severity, key.camera, key.link, key.movement, record.time_ms(a), record.time_ms(b), text
    )
