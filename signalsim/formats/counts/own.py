"""The project's own count table, CSV or Parquet: read, checked cell by cell, and mapped only where asked."""

from signalsim.counts.spec import COUNTS
from signalsim.counts.table import read_count_rows

from .form import Format, Job
from .guide import Place
from .head import Head
from .intervals import GOOD, Span

_NEEDED = tuple(column.name for column in COUNTS.columns if column.required)


def matches(head: Head) -> bool:
    if head.is_parquet:
        return all(name.encode() in head.tail for name in _NEEDED)
    return head.has(*_NEEDED)


def read(job: Job) -> None:
    """Take over the rows of a table; a place is ``LINK`` or ``MOVEMENT``. Raises InputError."""
    table = read_count_rows(job.path)
    count, start, end = (table.numbers(name) for name in ("count", "interval_start", "interval_end"))
    names = ("camera_id", "link_id", "movement_id", "vehicle_class", "quality")
    cells = zip(*(table.texts(name) for name in names), strict=True)
    for k, (camera, link, movement, kind, quality) in enumerate(cells):
        row = int(table.row[k])
        is_missing = count[k] != count[k] or quality == "bad"
        if not is_missing and count[k] != int(count[k]):
            raise table.fault(k, "count", "is not a whole number; give vehicles counted, not a rate")
        own = Place(link=link, movement=movement[:200])
        names_here = (f"{link} {movement}", movement) if movement else (link,)
        stream = job.streams.of(row, camera, names_here, kind, own)
        job.intervals.add(
            row, stream, f"{camera}/{link}/{movement}", kind, Span(int(start[k]), int(end[k])),
            None if is_missing else int(count[k]), GOOD if is_missing else quality,
        )  # fmt: skip


FORMAT = Format("own", "signalsim's own count table, CSV or Parquet", matches, read, passes_names=True)
