"""Turning-movement counts as Synchro reads and writes them: one row per junction and interval.

Two title lines, times as ``="0745"``, ``*`` where nothing was counted. A place is ``INTID TURN``, as ``6
NBL``; the direction is that of travel. The interval's length is that of the second title, else interval_s.
"""

import re
from datetime import datetime, timedelta

from signalsim.errors import InputError
from signalsim.network.csvfile import fault, read_rows

from .form import Format, Job
from .head import Head
from .intervals import Span, whole_count
from .turns import is_turn

_FIXED = ("DATE", "TIME", "INTID")
_MISSING = ("", "*")
_MINUTES = re.compile(r"(\d{1,4})\s*minute", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r'=?"?(\d{1,2}):?(\d{2})"?', re.ASCII)
_DATES = ("%m/%d/%Y", "%Y-%m-%d", "%m/%d/%y")  # as Synchro has them: the month first


def matches(head: Head) -> bool:
    cells = [[cell.strip() for cell in line.split(",")] for line in head.lines[:4]]
    return any(row[:3] == list(_FIXED) for row in cells)


def read(job: Job) -> None:
    """Add up the counts of a sheet. Raises InputError."""
    path, header = job.path, None
    length_ms = round(1000 * (job.guide.interval_s or 0))
    for row, cells in read_rows(path):
        if header is None:
            if cells[:3] == list(_FIXED):
                header = _header(job, row, cells)
            elif found := _MINUTES.search(cells[0]):
                length_ms = length_ms or 60_000 * int(found[1])
            continue
        if not length_ms:
            raise InputError(
                f"{path}: no title says how long its intervals are ('15 Minute Counts'); "
                "give interval_s in the map"
            )
        _add(job, row, header, cells, length_ms)
    if header is None:
        raise InputError(f"{path}: has no header DATE,TIME,INTID,NBL,…; is it a turning-movement count?")


def _header(job: Job, row: int, cells: list[str]) -> list[str]:
    while cells and not cells[-1]:  # sheets end in commas
        cells = cells[:-1]
    for name in cells[3:]:
        if not is_turn(name):
            raise InputError(
                f"{job.path}, row {row}: column '{name[:60]}' is no turn such as NBL; name it so, or "
                "remove it"
            )
        if cells.count(name) > 1:
            raise InputError(f"{job.path}, row {row}: column '{name}' is there twice; keep one")
    return cells


def _add(job: Job, row: int, header: list[str], cells: list[str], length_ms: int) -> None:
    while len(cells) > len(header) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(header):
        raise InputError(
            f"{job.path}, row {row}: has {len(cells)} values and the header {len(header)}; give as many"
        )
    junction = cells[2]
    if not junction:
        raise fault(job.path, row, "INTID", "", "is empty; give the junction's number")
    start_ms = job.clock.utc(row, "TIME", _time(job, row, cells[0], cells[1]), junction)
    for name, text in zip(header[3:], cells[3:], strict=True):
        place = f"{junction} {name}"
        count = whole_count(job.path, row, name, text, _MISSING)
        stream = job.streams.of(row, junction, (place,))
        job.intervals.add(row, stream, place, "all", Span(start_ms, start_ms + length_ms), count)


def _time(job: Job, row: int, date: str, time: str) -> datetime:
    clock = _TIME.fullmatch(time)
    if clock is None or int(clock[1]) > 24 or int(clock[2]) > 59:
        raise fault(job.path, row, "TIME", time, 'is no time of day; write it as ="0745"')
    for form in _DATES:
        try:
            day = datetime.strptime(date, form)
        except ValueError:
            continue
        if 1970 <= day.year < 2200:
            return day + timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    raise fault(job.path, row, "DATE", date, "is no date; write it as 10/31/2025, the month first")


FORMAT = Format("tmc", "Synchro-style turning-movement count, CSV", matches, read, frozenset({"interval_s"}))
