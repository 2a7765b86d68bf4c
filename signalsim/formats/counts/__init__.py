"""Count files of cameras, detectors and portals -> the project's count table.

One file per format; FORMATS registers them. ``guide`` holds the map that a user writes, ``streams`` finds
the link or movement of a place, ``intervals`` and ``passages`` add up, ``clock`` reads times.

What is personal (licence plates, pictures, tracks) is dropped on reading: no reader keeps it, a track's id is
held only as long as its vehicle can be in view.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from signalsim.counts.write import CountRow
from signalsim.errors import InputError

from . import (
    city,
    columns,
    datex,
    deepstream,
    hires,
    opendatacam,
    otanalytics,
    own,
    sumo,
    sumodetectors,
    swarm,
    tmc,
)  # fmt: skip
from .clock import stamp
from .form import COMMON, Format, Job
from .guide import Guide, read_guide
from .head import read_head
from .intervals import Counted
from .streams import Streams

__all__ = ["FORMATS", "Converted", "Counted", "Guide", "count_rows", "guess", "read_counts", "read_guide"]

FORMATS = {
    form.name: form
    for form in (
        own.FORMAT,
        tmc.FORMAT,
        city.FORMAT,
        columns.FORMAT,
        opendatacam.FORMAT,
        otanalytics.FORMAT,
        swarm.FORMAT,
        deepstream.FORMAT,
        hires.FORMAT,
        sumo.FORMAT,
        sumodetectors.FORMAT,
        datex.FORMAT,
    )
}


@dataclass
class Converted:
    """What a file holds. ``notes``: sentences about what should be known."""

    form: Format
    guide: Guide
    rows: list[Counted]
    notes: list[str] = field(default_factory=list)
    unmapped: tuple[str, ...] = ()  # of a draft: places that the map does not name yet
    unknown_classes: tuple[str, ...] = ()


def guess(path: Path) -> Format:
    """The format of a file by its content. Raises InputError where none or several fit."""
    head = read_head(path)
    found = [form for form in FORMATS.values() if form.matches(head)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(form.name for form in found or FORMATS.values())
    what = "may be in several formats" if found else "is in no format that is known by its content"
    raise InputError(f"{path}: {what}; say which with --format: {names}")


def read_counts(
    path: Path | str,
    form: str = "",
    guide: Guide | None = None,
    guide_path: Path | None = None,
    drafting: bool = False,
) -> Converted:
    """Read a count file of any format (by its content, where neither ``form`` nor the map says which).

    Raises InputError with file, row, value and what would be right.
    """
    path, guide = Path(path), guide or Guide()
    wanted = form or guide.format
    if wanted and wanted not in FORMATS:
        raise InputError(f"--format {wanted[:60]}: is unknown; there are {', '.join(FORMATS)}")
    chosen = FORMATS[wanted] if wanted else guess(path)
    if unused := sorted(guide.model_fields_set - COMMON - chosen.uses):
        raise InputError(
            f"{guide_path or 'the map'}, field '{unused[0]}': means nothing to format {chosen.name}; "
            "remove it"
        )
    job = Job(path, guide, guide_path, Streams(path, guide, guide_path, drafting))
    chosen.read(job)
    rows = list(job.rows())
    streams = job.streams
    if not rows and not drafting:
        raise InputError(
            f"{path}: holds no count of a motor vehicle at a place of the map; is it the right file, and the "
            "right map?"
        )
    if unseen := [name for name in guide.places if name not in streams.used]:
        job.notes.append(
            f"the map names {len(unseen)} place(s) that the file does not have: {', '.join(unseen[:10])}"
        )
    if empty := sum(row.vehicles is None for row in rows):
        job.notes.append(f"{empty:,} of {len(rows):,} counts are not known and stay empty")
    return Converted(chosen, guide, rows, job.notes, tuple(streams.unmapped), tuple(streams.unknown_classes))


def count_rows(converted: Converted) -> Iterator[CountRow]:
    """The rows as the count table writes them, with local times where the map has a time zone."""
    zone = converted.guide.zone
    for row in converted.rows:
        times = stamp(row.start_ms, zone), stamp(row.end_ms, zone)
        camera, link, movement, kind = row.stream
        yield camera, *times, link, movement, kind, row.vehicles, row.quality
