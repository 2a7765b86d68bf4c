"""OTAnalytics: flows of a junction per interval and class.

A place is ``FROM -> TO``, the names of its sections. Rows of a flow and class that were not written are 0
where another class of that flow was.
"""

from signalsim.errors import InputError
from signalsim.network.csvfile import fault, read_rows

from .form import Format, Job
from .head import Head
from .intervals import Span, whole_count

_COLUMNS = ("start time", "end time", "classification", "from section", "to section", "count")


def matches(head: Head) -> bool:
    return head.has(*_COLUMNS)


def read(job: Job) -> None:
    """Add up the flows of a file. Raises InputError."""
    path = job.path
    rows = read_rows(path)
    _, header = next(rows, (1, []))
    for name in _COLUMNS:
        if header.count(name) != 1:
            raise InputError(
                f"{path}, row 1: has not one column '{name}'; is it a flow count of OTAnalytics?"
            )
    at = [header.index(name) for name in _COLUMNS]
    for row, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                f"{path}, row {row}: has {len(cells)} values and the header {len(header)}; give as many"
            )
        first, last, kind, origin, target, text = (cells[k] for k in at)
        for name, value in zip(_COLUMNS[2:5], (kind, origin, target), strict=True):
            if not value:
                raise fault(path, row, name, "", "is empty; the count needs it")
        start, end = job.clock.read(row, "start time", first), job.clock.read(row, "end time", last)
        place = f"{origin} -> {target}"
        start_ms = job.clock.utc(row, "start time", start, (place, kind))
        span = Span(start_ms, job.clock.end(row, "end time", end, start, start_ms))
        stream = job.streams.of(row, "", (place,), kind)
        job.intervals.add(row, stream, place, kind, span, whole_count(path, row, "count", text))


FORMAT = Format("otanalytics", "OTAnalytics flow counts, CSV", matches, read)
