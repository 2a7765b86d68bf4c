"""Counts with demand in place of capacity, as rows to write and as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import numpy as np

from signalsim.counts.quality.record import Record
from signalsim.counts.saturation import REFUSED, Saturated
from signalsim.counts.spec import IMPUTED
from signalsim.counts.table import CountTable
from signalsim.counts.write import CountRow


def at_end(one: Saturated, end: str, lo: int, hi: int) -> Saturated:
    """The queue with as much demand in intervals [lo, hi) as its interval has at an end, low or high; where
    nothing bounds it there, as it is."""
    _, demand, *ends = one.over(lo, hi)
    target = ends[("low", "high").index(end)]
    part = slice(max(lo, one.a - 1, 0), min(hi, one.b + 1))
    own = float(one.demand[part].sum())
    if one.method == REFUSED or target is None or own <= 0.0:
        return one
    other = one.demand.copy()
    other[part] *= max(0.0, own + target - demand) / own
    return replace(one, demand=other)


def corrected_counts(record: Record, found: Sequence[Saturated]) -> tuple[np.ndarray, np.ndarray]:
    """(n, m) counts, in whole vehicles, and (n, m) bool where they are not those counted.

    Every series keeps its share of the link's vehicles during the queue; what was refused stays as it is.
    """
    count, is_new = record.count.copy(), np.zeros(record.count.shape, bool)
    for one in found:
        if one.method == REFUSED:
            continue
        lo, hi = max(one.a - 1, 0), min(one.b + 1, record.m)
        series = list(one.series)
        part = np.nan_to_num(record.count[series, lo:hi]).sum(axis=1)
        share = part / max(part.sum(), 1.0)
        for k, own in zip(series, share.tolist(), strict=True):
            count[k, lo:hi] = np.diff(np.round(np.cumsum(own * one.demand[lo:hi])), prepend=0.0)
            is_new[k, lo:hi] = True
    return count, is_new


def corrected_rows(record: Record, found: Sequence[Saturated], zone: tzinfo | None) -> Iterator[CountRow]:
    """All rows of the table; those with demand in place of counts have quality 'imputed'."""
    count, is_new = corrected_counts(record, found)
    new = {int(record.row[k, i]): int(count[k, i]) for k, i in np.argwhere(is_new) if record.row[k, i] >= 0}
    table, values = record.table, record.table.numbers("count")
    names = ("camera_id", "link_id", "movement_id", "vehicle_class", "quality")
    texts = [table.texts(name) for name in names]
    times = [table.numbers(name) for name in ("interval_start", "interval_end")]
    for row in range(len(table)):
        camera, link, movement, kind, quality = (column[row] for column in texts)
        begin, end = (
            datetime.fromtimestamp(int(column[row]) / 1000, zone or UTC).isoformat() for column in times
        )
        known = None if values[row] != values[row] else int(values[row])
        value, mark = (new[row], IMPUTED) if row in new else (known, quality)
        yield camera, begin, end, link, movement, kind, value, mark


def with_demand(
    counts: CountTable, record: Record, found: Sequence[Saturated]
) -> tuple[CountTable, np.ndarray]:
    """The counts with demand in place of capacity, and (n,) bool of rows that are lower bounds (refused)."""
    count, is_new = corrected_counts(record, found)
    values, bound = counts.count.copy(), np.zeros(len(counts), bool)
    for k, i in np.argwhere(is_new & (record.row >= 0)).tolist():
        values[record.row[k, i]] = count[k, i]
    for one in found:
        if one.method == REFUSED:
            rows = record.row[list(one.series), one.a : one.b].ravel()
            bound[rows[rows >= 0]] = True
    return replace(counts, count=values), bound
