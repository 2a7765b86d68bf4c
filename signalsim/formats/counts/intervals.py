"""Counts per interval, as a file has them, added up to the streams of the count table."""

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.network.csvfile import fault

from .streams import LEFT, Stream

MAX_COUNT = 1_000_000
_MAX_CELLS = 20_000_000
GOOD, SUSPECT, IMPUTED = QUALITY = ("good", "suspect", "imputed")  # a sum is as good as its worst part


class Counted(NamedTuple):
    """A row of the count table."""

    stream: Stream
    start_ms: int
    end_ms: int
    vehicles: int | None  # None: not known
    quality: str = GOOD


class Span(NamedTuple):
    start_ms: int
    end_ms: int


class Intervals:
    """Adds up what belongs to one stream: classes, lanes, turns.

    Where a stream has several places (as lanes), an interval counts only if all of them were counted in it:
    a sum of some is no count. A class that is absent where another one was counted is 0.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._first: dict[tuple[str, str, Span], int] = {}  # (place, class, interval) -> row
        self._sum: dict[tuple[int, Span], int] = defaultdict(int)
        self._missing: set[tuple[int, Span]] = set()
        self._quality: dict[tuple[int, Span], str] = {}  # where it is not good
        self._places: dict[int, set[str]] = defaultdict(set)  # of a stream
        self._present: set[tuple[str, Span]] = set()

    def add(
        self, row: int, stream: int, place: str, kind: str, span: Span, count: int | None,
        quality: str = GOOD,
    ) -> None:  # fmt: skip
        """One count of the file. Raises InputError for one that is there twice, and for a wrong interval."""
        if not 1000 <= span.end_ms - span.start_ms <= 86_400_000:
            raise InputError(
                f"{self.path}, row {row}: the interval lasts {(span.end_ms - span.start_ms) / 1000:g} s; "
                "intervals last from a second to a day: correct its times"
            )
        key = (place, kind, span)
        if (first := self._first.setdefault(key, row)) != row or len(self._first) > _MAX_CELLS:
            if len(self._first) > _MAX_CELLS:
                raise InputError(f"{self.path}: more than {_MAX_CELLS:,} counts; split the file")
            raise InputError(
                f"{self.path}, row {row}: '{place}' is counted twice in one interval (first in row {first}); "
                "remove one, or it would count double"
            )
        if stream == LEFT:
            return
        self._places[stream].add(place)
        self._present.add((place, span))
        if count is None:
            self._missing.add((stream, span))
        else:
            self._sum[stream, span] += count
        if quality != GOOD:
            self._quality[stream, span] = max(
                quality, self._quality.get((stream, span), GOOD), key=QUALITY.index
            )

    def rows(self, streams: list[Stream]) -> Iterator[Counted]:
        """Rows by stream and time."""
        spans_of: dict[str, list[Span]] = defaultdict(list)
        for place, span in sorted(self._present):
            spans_of[place].append(span)
        for number in sorted(self._places, key=streams.__getitem__):
            places = self._places[number]
            for span in sorted({span for place in places for span in spans_of[place]}):
                is_whole = all((place, span) in self._present for place in places)
                is_known = is_whole and (number, span) not in self._missing
                yield Counted(
                    streams[number],
                    *span,
                    self._sum[number, span] if is_known else None,
                    self._quality.get((number, span), GOOD) if is_known else GOOD,
                )


def whole_count(path: Path, row: int, column: str, text: str, missing: tuple[str, ...] = ("",)) -> int | None:
    """A count as a whole number, None where it is missing. Raises InputError."""
    if text in missing:
        return None
    try:
        value = float(text) if len(text) < 32 else math.nan
    except ValueError:
        value = math.nan
    if not text.isascii() or "_" in text or not (0 <= value <= MAX_COUNT) or value != int(value):
        remedy = f"is no count; give a whole number from 0 to {MAX_COUNT:,}, or leave it empty"
        raise fault(path, row, column, text, remedy)
    return int(value)
