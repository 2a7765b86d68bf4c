"""Single passages, as they come in a stream, counted into intervals in memory that they do not fill.

A camera that reports passages says nothing when nobody passes, and nothing when it is out. So:

* an interval without passages is 0, unless it lies in a silence of the whole camera that is longer than
  ``silent_after_s`` of the map: then it is not known;
* the first and the last interval of the record count if what the record does not cover of them is under a
  hundredth, or so short that silence could be chance there (1 in 100, at the rate of the rest of the
  interval), else they are not known. The map's ``recorded`` says from when to when the cameras ran.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from signalsim.errors import InputError

from .clock import midnight_before, stamp
from .guide import Guide
from .intervals import Counted
from .streams import Stream

DEFAULT_INTERVAL_S = 900.0
MAX_INTERVALS = 1_000_000
_MAX_CELLS = 20_000_000
_CHANCE = -math.log(0.01)  # passages that one expects where none is seen once in a hundred times


class _Interval:
    """What a camera reported in one interval."""

    __slots__ = ("first", "is_broken", "last", "n")

    def __init__(self, time_ms: int) -> None:
        self.first = self.last = time_ms
        self.n = 0
        self.is_broken = False  # has a silence inside


class Passages:
    """Counts passages of the streams of one file."""

    def __init__(self, path: Path, guide: Guide) -> None:
        self.path, self.guide = path, guide
        self.step_ms = round(1000 * (guide.interval_s or DEFAULT_INTERVAL_S))
        self._silent_ms = round(1000 * guide.silent_after_s)
        self._count: dict[tuple[int, int], int] = {}
        self._alive: dict[str, dict[int, _Interval]] = {}
        self._origin: int | None = None
        self._low = self._high = 0  # intervals
        self._ends: list[tuple[int, int]] = []  # (time, row) of the first and the last passage
        self._recorded = tuple(self._utc(time) for time in guide.recorded or ())

    def add(self, row: int, time_ms: int, stream: int, camera: str) -> None:
        """One passage by a camera, named as its streams name it. ``stream`` may be LEFT: it only shows that
        the camera was there. Raises InputError.
        """
        if self._origin is None:
            self._begin(row, time_ms)
        k = (time_ms - self._origin) // self.step_ms  # type: ignore[operator]
        if not self._low <= k <= self._high:
            self._extend(row, time_ms, k)
        alive = self._alive.get(camera)
        if alive is None:
            alive = self._alive[camera] = {}
        seen = alive.get(k)
        if seen is None:
            seen = alive[k] = _Interval(time_ms)
        elif time_ms > seen.last:
            if time_ms - seen.last > self._silent_ms:
                seen.is_broken = True
            seen.last = time_ms
        elif time_ms < seen.first:
            seen.first = time_ms
        seen.n += 1
        if stream >= 0:
            key = (stream, k)
            self._count[key] = self._count.get(key, 0) + 1

    def add_many(
        self, row: int, time_ms: np.ndarray, stream: np.ndarray, camera: np.ndarray, cameras: list[str]
    ) -> None:
        """As ``add`` for consecutive rows from ``row`` on; ``camera``: (n,) positions in ``cameras``."""
        if not len(time_ms):
            return
        if self._origin is None:
            self._begin(row, int(time_ms[0]))
        assert self._origin is not None
        k = (time_ms - self._origin) // self.step_ms
        for at in (int(k.argmin()), int(k.argmax())):
            if not self._low <= k[at] <= self._high:
                self._extend(row + at, int(time_ms[at]), int(k[at]))
        width = self._high - self._low + 1
        counted = stream >= 0
        cells, n = np.unique(stream[counted] * width + (k[counted] - self._low), return_counts=True)
        for cell, vehicles in zip(cells.tolist(), n.tolist(), strict=True):
            key = (cell // width, cell % width + self._low)
            self._count[key] = self._count.get(key, 0) + vehicles
        self._show_many(camera * width + (k - self._low), width, time_ms, cameras)

    def _show_many(self, cell: np.ndarray, width: int, time_ms: np.ndarray, cameras: list[str]) -> None:
        """What ``add`` notes of a camera and interval, for (n,) cells of both, in the file's order."""
        order = np.argsort(cell, kind="stable")
        cell, time_ms = cell[order], time_ms[order]
        first = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
        for a, b in pairwise([*first.tolist(), len(cell)]):
            k, times = int(cell[a]) % width + self._low, time_ms[a:b]
            alive = self._alive.setdefault(cameras[int(cell[a]) // width], {})
            seen = alive.get(k)
            if seen is None:
                seen = alive[k] = _Interval(int(times[0]))
            latest = np.maximum.accumulate(np.append(seen.last, times))
            if (np.diff(latest) > self._silent_ms).any():
                seen.is_broken = True
            seen.first, seen.last = min(seen.first, int(times.min())), int(latest[-1])
            seen.n += b - a

    def rows(self, streams: list[Stream]) -> Iterator[Counted]:
        """Rows by stream and time."""
        if self._origin is None:
            return
        low, high = self._low, self._high + 1
        if self._recorded:
            first, behind = self._record_ends()
            low, high = min(low, first), max(high, behind)
        n = high - low
        if n * len(streams) > _MAX_CELLS:
            raise InputError(
                f"{self.path}: makes {n:,} intervals of {len(streams):,} streams, more than {_MAX_CELLS:,} "
                "rows; correct its times, or give longer intervals"
            )
        known = {camera: self._known(camera) for camera in {stream.camera for stream in streams}}
        for number in sorted(range(len(streams)), key=streams.__getitem__):
            for k in range(low, high):
                start = self._origin + k * self.step_ms
                is_known = k in known[streams[number].camera]
                count = self._count.get((number, k), 0) if is_known else None
                yield Counted(streams[number], start, start + self.step_ms, count)

    def _begin(self, row: int, time_ms: int) -> None:
        self._origin = midnight_before(time_ms, self.guide.zone)
        self._low = self._high = (time_ms - self._origin) // self.step_ms
        self._ends = [(time_ms, row), (time_ms, row)]

    def _extend(self, row: int, time_ms: int, k: int) -> None:
        if k < self._low:
            self._low, self._ends[0] = k, (time_ms, row)
        else:
            self._high, self._ends[1] = k, (time_ms, row)
        if self._high - self._low >= MAX_INTERVALS:
            (early, first), (late, second) = self._ends
            raise InputError(
                f"{self.path}, row {row}: the times go from {stamp(early, self.guide.zone)} (row {first}) to "
                f"{stamp(late, self.guide.zone)} (row {second}), over {MAX_INTERVALS:,} intervals of "
                f"{self.step_ms / 1000:g} s; correct the wrong one, or give longer intervals"
            )

    def _utc(self, time: datetime) -> int:
        local = time if time.tzinfo is not None else time.replace(tzinfo=self.guide.zone)
        return round(local.timestamp() * 1000)

    def _known(self, camera: str) -> set[int]:
        """Intervals in which the camera was there all the time."""
        assert self._origin is not None
        alive = self._alive.get(camera, {})
        low, high = self._low, self._high + 1
        if self._recorded:
            begin, end = self._recorded
            low, high = self._record_ends()
        order = sorted(k for k in alive if low <= k < high)
        known = {k for k in order if not alive[k].is_broken}
        marks = [(k, alive[k].first, alive[k].last) for k in order]
        if self._recorded:  # its limits are like passages: silence up to them is judged as elsewhere
            marks = [(low - 1, begin, begin), *marks, (high, end, end)]
        for (a, _, last), (b, first, _) in pairwise(marks):
            if first - last <= self._silent_ms:
                known.update(range(a + 1, b))
            else:
                known -= {a, b}
        if order and not self._recorded:
            known -= {
                k for k, sign in ((order[0], -1), (order[-1], 1)) if not self._is_whole(alive[k], k, sign)
            }
        return known

    def _record_ends(self) -> tuple[int, int]:
        """Whole intervals [first, behind) of what the map says was recorded."""
        assert self._origin is not None
        begin, end = self._recorded
        return -(-(begin - self._origin) // self.step_ms), (end - self._origin) // self.step_ms

    def _is_whole(self, seen: _Interval, k: int, sign: int) -> bool:
        assert self._origin is not None
        start = self._origin + k * self.step_ms
        covered = seen.last - seen.first
        uncovered = seen.first - start if sign < 0 else start + self.step_ms - seen.last
        is_chance = covered > 0 and uncovered * (seen.n - 1) <= _CHANCE * covered
        return is_chance or 100 * uncovered <= self.step_ms
