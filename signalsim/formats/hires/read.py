"""The files of a high-resolution log: every way in which they may be broken is one clear message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.counts.parquet import is_parquet, parquet_values
from signalsim.errors import InputError
from signalsim.network.csvfile import check_file, fault, read_rows

from .events import FUNCTIONS
from .site import MAX_PHASE, Detector, Phase, Site
from .write import COLUMNS, DETECTOR_COLUMNS, DETECTORS, PHASE_COLUMNS, PHASES

MAX_NUMBER = 32_767  # of an event or its parameter
# What other loggers' exports call the columns; spaces and _ do not count.
_OTHER_NAMES = {
    "signalid": "DeviceId", "device": "DeviceId", "locationidentifier": "DeviceId",
    "eventcode": "EventId", "eventparam": "Parameter", "eventparameter": "Parameter",
}  # fmt: skip
_BY_NAME = {name.lower(): name for name in COLUMNS} | _OTHER_NAMES


@dataclass(frozen=True)
class Log:
    """Events by time, those of one time in the file's order. All arrays are (n,)."""

    path: Path
    devices: tuple[str, ...]
    row: np.ndarray  # int64, where in the file
    time_ms: np.ndarray  # int64, since 1970 began on the controllers' clocks
    device: np.ndarray  # int32, of ``devices``
    code: np.ndarray  # int32
    parameter: np.ndarray  # int32

    def __len__(self) -> int:
        return len(self.row)


def read_log(path: Path | str) -> Log:
    """Read a log, CSV or (by its name) Parquet. Raises InputError with file, row, column and value."""
    path = Path(path)
    devices: dict[str, int] = {}
    rows = [
        (row, time_ms, devices.setdefault(device, len(devices)), code, parameter)
        for row, time_ms, device, code, parameter in log_rows(path)
    ]
    if not rows:
        raise InputError(f"{path}: has no events; give a log with at least one")
    row, time_ms, device, code, parameter = np.array(rows, np.int64).T
    order = np.argsort(time_ms, kind="stable")
    small = (column[order].astype(np.int32) for column in (device, code, parameter))
    return Log(path, tuple(devices), row[order], time_ms[order], *small)


def log_rows(path: Path) -> Iterator[tuple[int, int, str, int, int]]:
    """(row, ms since 1970 began on the controller's clock, device, code, parameter) in the file's order, in
    bounded memory. Raises InputError as ``read_log`` does.
    """
    check_file(path, "give a log as CSV or Parquet")
    source = _parquet_rows(path) if is_parquet(path) else _csv_rows(path)
    for row, (time, device, code, parameter) in source:
        yield (
            row,
            _time_ms(path, row, time),
            _text(path, row, "DeviceId", device),
            _number(path, row, "EventId", code),
            _number(path, row, "Parameter", parameter),
        )


def read_site(folder: Path | str) -> Site:
    """Read phases.csv and detectors.csv of a log's folder. Raises InputError with file, row and column."""
    phases, seen = [], set()
    path = Path(folder) / PHASES
    for row, (device, number, group) in _csv_table(path, PHASE_COLUMNS):
        phase = _number(path, row, "Phase", number, 1, MAX_PHASE)
        if (device, phase) in seen:
            raise fault(path, row, "Phase", number, f"is there twice for '{device}'; give it one row")
        seen.add((device, phase))
        phases.append(Phase(device, phase, group))
    path = Path(folder) / DETECTORS
    detectors = [_detector(path, row, cells) for row, cells in _csv_table(path, DETECTOR_COLUMNS)]
    return Site(tuple(phases), tuple(detectors))


def _detector(path: Path, row: int, cells: list[str]) -> Detector:
    device, phase, channel, function, link, lane, distance = cells
    if function not in FUNCTIONS:
        raise fault(path, row, "Function", function, f"is unknown; there are {', '.join(FUNCTIONS)}")
    try:
        metres = float(distance)
    except ValueError:
        metres = -1.0
    if not 0 <= metres < 100_000:
        raise fault(path, row, "Distance_m", distance, "is no distance; give metres, 0 at the stop line")
    return Detector(
        device,
        _number(path, row, "Phase", phase, 1, MAX_PHASE),
        _number(path, row, "Parameter", channel, 1),
        function,
        link,
        lane,
        metres,
    )


def _csv_table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells in the order of ``columns``); columns beside them are passed over."""
    yield from _cells(path, columns, lambda name: name)


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    yield from _cells(path, COLUMNS, _column)


def _cells(
    path: Path, columns: tuple[str, ...], called: Callable[[str], str]
) -> Iterator[tuple[int, list[str]]]:
    rows = read_rows(path)
    _, header = next(rows, (1, []))
    place = _places(path, [called(name) for name in header], columns)
    for row, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                f"{path}, row {row}: has {len(cells)} values and the header {len(header)}; give as many"
            )
        yield row, [cells[k] for k in place]


def _column(name: str) -> str:
    """What a column of a log is called here."""
    return _BY_NAME.get(name.replace(" ", "").replace("_", "").lower(), name)


def _places(path: Path, names: list[str], columns: tuple[str, ...]) -> list[int]:
    missing = [column for column in columns if column not in names]
    if missing:
        raise InputError(f"{path}, row 1: has no column '{missing[0]}'; give {', '.join(columns)}")
    return [names.index(column) for column in columns]


def _parquet_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """(row number, counted from 1, values)."""
    rows = parquet_values(path)
    place = _places(path, [_column(name) for name in next(rows)], COLUMNS)
    for row, values in enumerate(rows, start=1):
        yield row, [values[k] for k in place]


def _text(path: Path, row: int, column: str, value: Any) -> str:
    if value is None or value == "":
        raise fault(path, row, column, "", "is empty; give the junction's id")
    return str(value)


def _time_ms(path: Path, row: int, value: Any) -> int:
    """Milliseconds since 1970 began on a clock without a zone."""
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is not None:
        raise fault(path, row, "TimeStamp", value, "is no local time; give it as 2024-04-15 12:00:00.0")
    since = time - datetime(1970, 1, 1)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _number(path: Path, row: int, column: str, value: Any, low: int = 0, high: int = MAX_NUMBER) -> int:
    is_text = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10
    is_int = isinstance(value, int) and not isinstance(value, bool)
    if not (is_text or is_int) or not low <= int(value) <= high:
        shown = "" if value is None else value
        raise fault(path, row, column, shown, f"is no whole number from {low} to {high:,}; correct it")
    return int(value)
