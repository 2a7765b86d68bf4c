"""Where counts are missing, and where they are there twice."""

from collections.abc import Iterator

import numpy as np

from signalsim.network import Network

from .findings import ERROR, NOTE, WARNING, Finding
from .record import Record, runs

LONG_MS = 3_600_000  # a gap that is more than a note
_FEW = 12  # intervals in which equal numbers may be chance


def check_gaps(record: Record, network: Network | None) -> Iterator[Finding]:
    """Intervals that a series lacks, series of one camera together where they lack the same.

    note: under an hour, or between counting hours. warning: an hour or more. error: over half of the record.
    """
    is_gap = np.isnan(record.count) & ~record.imputed & record.is_open
    found: dict[tuple[str, int, int], list[int]] = {}
    for k in range(len(record.keys)):
        for a, b in runs(is_gap[k]):
            found.setdefault((record.keys[k].camera, a, b), []).append(k)
    for (camera, a, b), series in sorted(found.items()):
        severity = WARNING if (b - a) * record.step_ms >= LONG_MS else NOTE
        severity = ERROR if (b - a) * 2 > record.is_open.sum() else severity
        own = sum(key.camera == camera for key in record.keys)
        what = "all it counts" if len(series) == own else f"{len(series)} of its {own} series"
        link, movement = _place(record, series)
        yield Finding(
            "gap", severity, camera, link, movement, record.time_ms(a), record.time_ms(b),
            f"no count of {what} in {b - a} intervals ({_hours(b - a, record)})",
        )  # fmt: skip
    for a, b in runs(~record.is_open):
        if a > 0 and b < record.m:
            text = f"hardly a camera counts in {b - a} intervals ({_hours(b - a, record)})"
            yield Finding("gap", NOTE, "", "", "", record.time_ms(a), record.time_ms(b), text)


def check_duplicates(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: rows that count again what an earlier row of the same series counted."""
    rows = record.table.row
    by_camera: dict[str, list[tuple[int, int]]] = {}
    for i, first in record.again:
        by_camera.setdefault(record.table.texts("camera_id")[i], []).append((i, first))
    start, end = (record.table.numbers(name) for name in ("interval_start", "interval_end"))
    for camera, pairs in sorted(by_camera.items()):
        i, first = pairs[0]
        at = np.array([pair[0] for pair in pairs])
        yield Finding(
            "duplicate", ERROR, camera, record.table.texts("link_id")[i],
            record.table.texts("movement_id")[i], int(start[at].min()), int(end[at].max()),
            f"{len(pairs)} intervals are there twice, the first in row {rows[i]} (and row {rows[first]})",
        )  # fmt: skip


def check_copies(record: Record, network: Network | None) -> Iterator[Finding]:
    """error: two series with the same numbers all the time, which chance does not make."""
    groups: dict[bytes, list[int]] = {}
    for k, count in enumerate(record.count):
        known = count[~np.isnan(count)]
        if len(known) >= _FEW and len(np.unique(known)) > 3 and known.mean() > 3:
            groups.setdefault(count.tobytes(), []).append(k)
    for series in groups.values():
        for k in series[1:]:
            key, first = record.keys[k], record.keys[series[0]]
            if key[1:] == first[1:]:
                continue  # two cameras that count the same
            name = first.movement or first.link
            text = f"the same numbers as camera '{first.camera}' on '{name}'; one is a copy"
            yield Finding(
                "copied", ERROR, key.camera, key.link, key.movement, record.start_ms,
                record.time_ms(record.m), text,
            )  # fmt: skip


def _place(record: Record, series: list[int]) -> tuple[str, str]:
    links = {record.keys[k].link for k in series}
    movements = {record.keys[k].movement for k in series}
    return (
        links.pop() if len(links) == 1 else "",
        movements.pop() if len(movements) == 1 else "",
    )


def _hours(intervals: int, record: Record) -> str:
    hours = intervals * record.step_ms / 3_600_000
    return f"{hours:.3g} h" if hours >= 1 else f"{60 * hours:.3g} min"
