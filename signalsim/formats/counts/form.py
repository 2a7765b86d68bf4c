"""What a reader of a count format is, and what it is given."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .clock import Clock
from .guide import Guide
from .head import Head
from .intervals import Counted, Intervals
from .passages import Passages
from .streams import Streams


@dataclass
class Job:
    """One file on its way to the count table: its map, its clock, the sums. Readers fill it."""

    path: Path
    guide: Guide
    guide_path: Path | None
    streams: Streams
    notes: list[str] = field(default_factory=list)

    @cached_property
    def clock(self) -> Clock:
        zone = ZoneInfo("UTC") if self.streams.drafting and not self.guide.time_zone else self.guide.zone
        return Clock(self.path, zone)  # a draft is about names, whatever the clock

    @cached_property
    def intervals(self) -> Intervals:
        """For files that count per interval."""
        return Intervals(self.path)

    @cached_property
    def passages(self) -> Passages:
        """For files that tell single passages."""
        return Passages(self.path, self.guide)

    def rows(self) -> Iterator[Counted]:
        """What was read, by stream and time."""
        held: list[Iterable[Counted]] = [
            self.__dict__[name].rows(self.streams.streams)
            for name in ("intervals", "passages")
            if name in self.__dict__
        ]
        for rows in held:
            yield from rows


class Format(NamedTuple):
    """A count format. ``uses``: the fields of a map that mean something to it, beside those for all."""

    name: str
    title: str
    matches: Callable[[Head], bool]
    read: Callable[[Job], Any]
    uses: frozenset[str] = frozenset()
    passes_names: bool = False  # knows the network: needs no map


COMMON = frozenset({"format", "places", "classes", "one_class", "others", "camera", "time_zone"})
OF_PASSAGES = frozenset({"interval_s", "recorded", "silent_after_s"})
