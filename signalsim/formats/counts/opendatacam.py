"""OpenDataCam: crossings of counter lines as CSV (as documented, and as version 3 writes them) or JSON.

A place is a counter area by name; ``AREA DIRECTION`` (as ``North leftright_topbottom``) where a line counts
both ways. ``AREA -> AREA`` is a turn: the same ``id`` crosses two lines within ``turn_within_s``. A line
that only serves turns need not be named itself. The id is not kept after that, bearings and frame numbers
are not read.
"""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from signalsim.errors import InputError
from signalsim.formats.jsonfile import read_json
from signalsim.network.csvfile import fault, read_rows

from .form import OF_PASSAGES, Format, Job
from .head import Head, read_head
from .streams import LEFT
from .tracks import Tracks

_CSV = {  # what is needed: (as documented, in version 3)
    "time": ("timestamp",),
    "area": ("counter area", "area"),
    "kind": ("objectclass", "name"),
    "track": ("uniqueid", "id"),
    "way": ("countingdirection",),
}
_ARROW = " -> "


class Crossing(NamedTuple):
    """Of a line, by a vehicle."""

    row: int
    time: str
    area: str
    kind: str
    track: str
    way: str


class _Event(BaseModel):
    model_config = ConfigDict(strict=True)
    timestamp: str
    area: str
    name: str
    id: int | str
    countingDirection: str | None = None  # noqa: N815  (theirs)


class _Area(BaseModel):
    name: str


class _Recording(BaseModel):
    areas: dict[str, _Area]
    counterHistory: list[list[_Event] | _Event]  # noqa: N815  (theirs)


_ONE: TypeAdapter[_Recording] = TypeAdapter(_Recording)
_SEVERAL: TypeAdapter[list[_Recording]] = TypeAdapter(Annotated[list[_Recording], Field(min_length=1)])


def matches(head: Head) -> bool:
    if '"counterHistory"' in head.text or ('"counterSummary"' in head.text and '"areas"' in head.text):
        return True
    return all(set(names) & set(head.cells) for names in _CSV.values())


def read(job: Job) -> None:
    """Count crossings and turns. Raises InputError."""
    first = read_head(job.path).text.lstrip()[:1]
    tracks = Tracks(round(1000 * job.guide.turn_within_s))
    turn_ends = {name for place in job.guide.places for name in place.split(_ARROW) if _ARROW in place}
    camera = job.streams.camera(0, "")
    for crossing in _csv(job) if first not in tuple("{[") else _json(job, first == "["):
        time_ms = job.clock.instant(crossing.row, "timestamp", crossing.time)
        before = tracks.line_before(crossing.track, time_ms, crossing.area)
        job.passages.add(crossing.row, time_ms, _line(job, crossing, turn_ends), camera)
        turn = f"{before}{_ARROW}{crossing.area}"
        if before and before != crossing.area and job.streams.has(turn):
            stream = job.streams.of(crossing.row, "", (turn,), crossing.kind)
            job.passages.add(crossing.row, time_ms, stream, camera)


def _line(job: Job, crossing: Crossing, turn_ends: set[str]) -> int:
    """The stream of a line on its own."""
    names = (f"{crossing.area} {crossing.way}", crossing.area) if crossing.way else (crossing.area,)
    if crossing.area in turn_ends and not any(job.streams.has(name) for name in names):
        return LEFT
    return job.streams.of(crossing.row, "", names[::-1] if job.streams.drafting else names, crossing.kind)


def _csv(job: Job) -> Iterator[Crossing]:
    rows = read_rows(job.path)
    _, header = next(rows, (1, []))
    low = [name.lower() for name in header]
    place: dict[str, int] = {}
    for field, names in _CSV.items():
        found = [low.index(name) for name in names if name in low]
        if not found:
            raise InputError(
                f"{job.path}, row 1: has no column '{names[-1]}'; is it OpenDataCam's counter data?"
            )
        place[field] = found[0]
    for row, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                f"{job.path}, row {row}: has {len(cells)} values and the header {len(header)}; give as many"
            )
        crossing = Crossing(row, **{field: cells[k] for field, k in place.items()})
        for field in ("area", "kind", "track"):
            if not getattr(crossing, field):
                raise fault(job.path, row, header[place[field]], "", "is empty; the count needs it")
        yield crossing


def _json(job: Job, are_several: bool) -> Iterator[Crossing]:
    what = "an OpenDataCam recording (JSON)"
    if are_several:
        recordings = read_json(job.path, _SEVERAL, what)
    else:
        recordings = [read_json(job.path, _ONE, what)]
    row = 0
    for recording in recordings:
        for frame in recording.counterHistory:
            for event in frame if isinstance(frame, list) else [frame]:
                row += 1
                area = recording.areas.get(event.area)
                if area is None:
                    known = ", ".join(list(recording.areas)[:5])
                    raise InputError(
                        f"{job.path}, counterHistory, event {row}: area '{event.area[:60]}' is not among "
                        f"areas ({known}); add it there"
                    )
                way = event.countingDirection or ""
                yield Crossing(row, event.timestamp, area.name, event.name, str(event.id), way)


FORMAT = Format("opendatacam", "OpenDataCam counter data, CSV or JSON", matches, read,
                OF_PASSAGES | {"turn_within_s"})  # fmt: skip
