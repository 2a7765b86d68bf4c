"""Any other table of counts: a vendor's CSV, whose columns the map names in its section [columns].

Several columns may make a place (joined by a space), and several may hold counts, each of a turn or class::

    [columns]
    start = "Start Time"
    place = ["Intersection"]
    counts = [
        {column = "NB Left", place = "NBL"},
        {column = "NB Left HV", place = "NBL", vehicle_class = "heavy"},
    ]

A column that the map does not name is not read.
"""

from collections.abc import Iterator
from datetime import timedelta

from signalsim.errors import InputError
from signalsim.network.csvfile import read_rows, shown

from .form import Format, Job
from .guide import Cell, Columns
from .head import Head
from .intervals import Span, whole_count


def matches(head: Head) -> bool:
    return False  # it is what the map says it is


def read(job: Job) -> None:
    """Add up the counts of a table. Raises InputError."""
    columns = job.guide.columns
    if columns is None or bool(columns.count) == bool(columns.counts):
        raise InputError(
            f"{job.guide_path or 'the map (--map FILE.toml)'}: needs a section [columns] with start, place "
            "and either count or counts; give the names of the file's columns"
        )
    cells = columns.counts or (Cell(column=columns.count),)
    for row, value in _rows(job, columns, cells):
        span = _span(job, row, columns, value)
        base = " ".join(value[name] for name in columns.place)
        camera = value[columns.camera] if columns.camera else ""
        kind = value[columns.vehicle_class] if columns.vehicle_class else "all"
        for cell in cells:
            place = f"{base} {cell.place}".strip()
            own_kind = cell.vehicle_class or kind
            count = whole_count(job.path, row, cell.column, value[cell.column], columns.missing)
            stream = job.streams.of(row, camera, (place,), own_kind)
            job.intervals.add(row, stream, f"{camera}/{place}", own_kind, span, count)


def _rows(job: Job, columns: Columns, cells: tuple[Cell, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, the values of the columns that the map names)."""
    single = (columns.start, columns.end, columns.date, columns.vehicle_class, columns.camera)
    wanted = {name for name in (*single, *columns.place, *(cell.column for cell in cells)) if name}
    header: list[str] | None = None
    for number, (row, values) in enumerate(read_rows(job.path, columns.delimiter)):
        if number < columns.skip_rows:
            continue
        if header is None:
            header = values
            for name in sorted(wanted):
                if (n := header.count(name)) != 1:
                    what = "has no column" if n == 0 else "has more than one column"
                    have = ", ".join(header[:20])
                    raise InputError(
                        f"{job.path}, row {row}: {what} {shown(name)}, which [columns] of "
                        f"{job.guide_path} names; the header is {have[:400]}"
                    )
            continue
        if len(values) != len(header):
            raise InputError(
                f"{job.path}, row {row}: has {len(values)} values and the header {len(header)}; give as many"
            )
        yield row, {name: value for name, value in zip(header, values, strict=True) if name in wanted}
    if header is None:
        raise InputError(f"{job.path}: has no header; skip_rows = {columns.skip_rows} leaves nothing")


def _span(job: Job, row: int, columns: Columns, value: dict[str, str]) -> Span:
    date = value[columns.date] + " " if columns.date else ""
    key = tuple(value[name] for name in (*columns.place, columns.vehicle_class, columns.camera) if name)
    start = job.clock.read(row, columns.start, date + value[columns.start], columns.time_format)
    start_ms = job.clock.utc(row, columns.start, start, key)
    if columns.end:
        end = job.clock.read(row, columns.end, date + value[columns.end], columns.time_format)
        if date and end < start:  # the day's last interval
            end += timedelta(days=1)
        return Span(start_ms, job.clock.end(row, columns.end, end, start, start_ms))
    if job.guide.interval_s is None:
        raise InputError(f"{job.guide_path}: gives neither columns.end nor interval_s; give one of them")
    length_ms = round(1000 * job.guide.interval_s)
    before = {"start": 0, "middle": length_ms // 2, "end": length_ms}[job.guide.time_is or "start"]
    return Span(start_ms - before, start_ms - before + length_ms)


FORMAT = Format(
    "columns", "Any CSV table, its columns named in the map", matches, read,
    frozenset({"interval_s", "columns", "time_is"}),
)  # fmt: skip
