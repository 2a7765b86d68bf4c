"""Turning-movement counts as city portals publish them (Toronto): wide, 15 minutes per row.

Columns ``nb_cars_l`` … ``wb_bus_r`` hold counts by direction of travel, class and turn. A place is
``LOCATION_ID TURN``, as ``13060 NBL``. Pedestrians, bicycles and ``other`` are not read.
"""

import re

from signalsim.errors import InputError
from signalsim.network.csvfile import read_rows

from .form import Format, Job
from .head import Head
from .intervals import Span, whole_count

_COUNT = re.compile(r"(nb|sb|eb|wb)_(cars?|trucks?|bus|buses)_(l|t|r)")
_FIXED = ("location_id", "time_start", "time_end")


def matches(head: Head) -> bool:
    return head.has(*_FIXED) and any(_COUNT.fullmatch(cell) for cell in head.cells)


def read(job: Job) -> None:
    """Add up the counts of a file. Raises InputError."""
    path = job.path
    rows = read_rows(path)
    _, header = next(rows, (1, []))
    low = [name.lower() for name in header]
    for name in _FIXED:
        if low.count(name) != 1:
            raise InputError(f"{path}, row 1: has not one column '{name}'; is it a turning-movement count?")
    location, start_at, end_at = (low.index(name) for name in _FIXED)
    date_at = low.index("count_date") if "count_date" in low else None
    counts = [(k, found) for k, name in enumerate(low) if (found := _COUNT.fullmatch(name))]
    if not counts:
        raise InputError(f"{path}, row 1: has no column such as 'nb_cars_t'; is it a turning-movement count?")
    for row, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                f"{path}, row {row}: has {len(cells)} values and the header {len(header)}; give as many"
            )
        junction = cells[location]
        if not junction:
            raise InputError(f"{path}, row {row}, column 'location_id': is empty; give the junction's number")
        date = cells[date_at][:10] if date_at is not None else ""
        start, end = (
            job.clock.read(row, _FIXED[k], text if "-" in text else f"{date}T{text}")
            for k, text in ((1, cells[start_at]), (2, cells[end_at]))
        )
        start_ms = job.clock.utc(row, "time_start", start, junction)
        span = Span(start_ms, job.clock.end(row, "time_end", end, start, start_ms))
        for k, found in counts:
            place = f"{junction} {found[1].upper()}{found[3].upper()}"
            count = whole_count(path, row, header[k], cells[k])
            stream = job.streams.of(row, junction, (place,), found[2])
            job.intervals.add(row, stream, place, found[2], span, count)


FORMAT = Format("city", "City open data: wide turning-movement count, CSV", matches, read)
