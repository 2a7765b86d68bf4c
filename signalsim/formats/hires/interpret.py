"""What the events of a log say: greens by signal group, counts by link."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from signalsim.errors import InputError
from signalsim.network.csvfile import fault

from .events import COUNT, Code
from .read import Log
from .site import Site
from .write import DETECTORS, PHASES

MAX_INTERVALS = 1_000_000
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Greens:
    """Greens of which both ends are in the log, by device, phase and time. All arrays are (n,)."""

    device: tuple[str, ...]
    group: tuple[str, ...]
    start_ms: np.ndarray  # int64, since 1970 began on the controllers' clocks
    end_ms: np.ndarray  # int64


def greens(log: Log, site: Site) -> Greens:
    """Greens (codes 1 to 7) of every phase. A beginning without an end, or an end without a beginning, as
    at a gap of the log, is none. Raises InputError for a phase that the site does not have.
    """
    group = {(phase.device, phase.phase): phase.group for phase in site.phases}
    at = np.flatnonzero(np.isin(log.code, (Code.GREEN, Code.GREEN_END)))
    at = at[np.lexsort((at, log.parameter[at], log.device[at]))]
    device, phase, code = log.device[at], log.parameter[at], log.code[at]
    is_next = np.append((device[1:] == device[:-1]) & (phase[1:] == phase[:-1]), False)[: len(at)]
    ends = np.append(code[1:] == Code.GREEN_END, False)[: len(at)]
    begin = np.flatnonzero((code == Code.GREEN) & is_next & ends)
    known = [_known(log, int(row), group, PHASES) for row in at]
    return Greens(
        device=tuple(log.devices[device[k]] for k in begin),
        group=tuple(known[k] for k in begin),
        start_ms=log.time_ms[at[begin]],
        end_ms=log.time_ms[at[begin + 1]],
    )


def count_rows(log: Log, site: Site, interval_ms: int, zone: tzinfo) -> Iterator[dict[str, Any]]:
    """Vehicles over the stop line as rows of the project's count table, by device, link and time.

    Intervals begin at whole multiples of their length after midnight of the first day. ``zone``: of the
    controllers' clocks, which are taken to run on from the first event without a change to summer time.
    Raises InputError for an unknown channel.
    """
    if interval_ms <= 0:
        raise InputError(f"interval {interval_ms} ms: give more than 0")
    channels = {(d.device, d.channel): d for d in site.detectors}
    streams = sorted({(d.device, d.link) for d in site.detectors if d.function == COUNT})
    first, last = (int(log.time_ms[k]) for k in (0, -1))
    midnight = first // _DAY_MS * _DAY_MS
    interval = (log.time_ms - midnight) // interval_ms
    if (n := int(interval[-1] - interval[0])) > MAX_INTERVALS:
        at = int(np.argmax(np.diff(log.time_ms))) + 1  # behind the longest silence
        raise InputError(
            f"{log.path}, row {log.row[at]}, column 'TimeStamp': the log would make {n:,} intervals of "
            f"{interval_ms / 1000:g} s; correct the time, or give longer intervals"
        )
    counted: Counter[tuple[str, str, int]] = Counter()
    for row in np.flatnonzero(log.code == Code.DETECTOR_ON):
        detector = _known(log, int(row), channels, DETECTORS)
        if detector.function == COUNT:
            counted[detector.device, detector.link, int(interval[row])] += 1
    begin = _clock(first).replace(tzinfo=zone)

    def stamp(k: int) -> str:
        elapsed = timedelta(milliseconds=midnight + k * interval_ms - first)
        return datetime.fromtimestamp(begin.timestamp() + elapsed.total_seconds(), zone).isoformat()

    for device, link in streams:
        for k in range(int(interval[0]), (last - midnight) // interval_ms + 1):
            yield {
                "camera_id": f"{device}:{link}",
                "interval_start": stamp(k),
                "interval_end": stamp(k + 1),
                "link_id": link,
                "movement_id": "",
                "count": counted[device, link, k],
                "vehicle_class": "all",
                "quality": "good",
            }


def _clock(time_ms: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)


def _known(log: Log, row: int, table: dict[tuple[str, int], Any], file: str) -> Any:
    device, number = log.devices[log.device[row]], int(log.parameter[row])
    if (device, number) not in table:
        remedy = f"is not in {file} for device '{device}'; add it there"
        raise fault(log.path, int(log.row[row]), "Parameter", number, remedy)
    return table[device, number]
