"""Column specifications, and tables that are loaded and checked by them.

One ``Column`` says what a column is; loader, checks and documentation all read that one place.
"""

import difflib
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from signalsim.errors import InputError
from signalsim.network.csvfile import fault, read_rows

REQUIRED = "required"  # the default of a column that must be there and filled
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_CHUNK_ROWS = 50_000
_MAX_ROWS = 20_000_000
_MAX_ID = 200


@dataclass(frozen=True)
class Column:
    """One column of an input table.

    ``kind`` is id, text, float, int, time or choice. ``default`` fills an absent column or an empty
    cell; ``REQUIRED`` forbids both. ``may_be_empty`` lets cells of a required column be empty
    (float: NaN, text: ""). ``low`` and ``high`` are inclusive.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    default: object = REQUIRED
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED or self.default == REQUIRED


@dataclass(frozen=True)
class Spec:
    """A table: its file name, its columns, and columns of the format that are read over in silence."""

    file: str
    columns: tuple[Column, ...]
    ignored: tuple[str, ...] = ()
    key: str = ""  # column whose values must be unique; rows are sorted by it

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Table:
    """Columns as arrays (numbers, times) or tuples (ids, texts); ``row`` keeps the file's row numbers."""

    spec: Spec
    path: Path
    data: dict[str, np.ndarray | tuple[str, ...]]
    row: np.ndarray  # (n,) int64
    index: dict[str, int] = field(repr=False)  # key -> position; empty for tables without a key

    def __len__(self) -> int:
        return len(self.row)

    def numbers(self, name: str) -> np.ndarray:
        """A numeric or time column, (n,) float64 or int64."""
        return np.asarray(self.data[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """An id, text or choice column."""
        return self.data[name]  # type: ignore[return-value]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.texts(self.spec.key)

    def fault(self, position: int, column: str, remedy: str) -> InputError:
        """The error of one cell of this table."""
        value = self.data[column][position]
        shown = "" if isinstance(value, float) and math.isnan(value) else value
        if self.spec.column(column).kind == "time":
            shown = datetime.fromtimestamp(int(value) / 1000, UTC).isoformat()
        return fault(self.path, int(self.row[position]), column, shown, remedy)

    def lookup(self, column: str, other: "Table", what: str, empty: int | None = None) -> np.ndarray:
        """(n,) int32 positions in ``other`` of the ids in ``column``; a dangling one is an error.

        With ``empty`` given, an empty cell becomes that number.
        """
        values = self.texts(column)
        out = np.empty(len(values), np.int32)
        for i, value in enumerate(values):
            if value == "" and empty is not None:
                out[i] = empty
                continue
            found = other.index.get(value)
            if found is None:
                near = difflib.get_close_matches(value, other.ids, 1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                raise self.fault(i, column, f"is no {what} of {other.path.name}{hint or '; add it there'}")
            out[i] = found
        return out


@lru_cache(maxsize=100_000)
def _time_ms(text: str) -> int | None:
    """UTC milliseconds of an ISO 8601 instant with offset; None where it is not one."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None or not 1970 <= instant.year <= 2200:
        return None
    return round(instant.timestamp() * 1000)


def _number(column: Column, text: str) -> float | str:
    """The number, or what would be right instead."""
    if not _NUMBER.fullmatch(text):
        return f"is not a number; give a number{f' in {column.unit}' if column.unit else ''}"
    value = float(text)
    if column.kind == "int" and (value != int(value) if abs(value) < 1e15 else True):
        return "is not a whole number; give a whole number"
    if value < column.low:
        unit = f" {column.unit}" if column.unit else ""
        return f"is below {column.low:g}{unit}; give {column.low:g} or more"
    if value > column.high:
        unit = f" {column.unit}" if column.unit else ""
        return f"is above {column.high:g}{unit}; give {column.high:g} or less"
    return value


def _cell(column: Column, text: str) -> float | int | str:
    """Value of one cell; raises ValueError(what would be right)."""
    if column.kind == "time":
        instant = _time_ms(text)
        if instant is None:
            raise ValueError("is no ISO 8601 time with offset; write it like 2024-05-14T08:00:00+02:00")
        return instant
    if column.kind in ("float", "int"):
        value = _number(column, text)
        if isinstance(value, str):
            raise ValueError(value)
        return value
    if column.kind == "choice" and text not in column.choices:
        near = difflib.get_close_matches(text, column.choices, 1)
        raise ValueError(
            (f"is unknown; did you mean '{near[0]}'? " if near else "is unknown; ")
            + f"One of: {', '.join(column.choices)}"
        )
    if len(text) > _MAX_ID and column.kind == "id":
        raise ValueError(f"is longer than {_MAX_ID} characters; give a shorter id")
    if column.kind == "id" and not text.isprintable():
        raise ValueError("has unprintable characters; use letters, digits and signs")
    return text


def _empty(column: Column) -> float | int | str:
    """What an empty cell holds; raises ValueError where it may not be empty."""
    if not column.required:
        return column.default  # type: ignore[return-value]
    if not column.may_be_empty:
        raise ValueError(f"is empty; give {column.meaning}")
    return math.nan if column.kind == "float" else ""


def _convert(path: Path, column: Column, cells: Sequence[str], rows: Sequence[int]) -> np.ndarray | list[str]:
    """One column of a chunk of rows."""
    out: list[float | int | str] = []
    known: dict[str, float | int | str] = {}
    for text, row in zip(cells, rows, strict=True):
        value = known.get(text)
        if value is None:
            try:
                value = _empty(column) if text == "" else _cell(column, text)
            except ValueError as error:
                raise fault(path, row, column.name, text, str(error)) from None
            if len(known) < 100_000:
                known[text] = value
        out.append(value)
    if column.kind == "float":
        return np.array(out, np.float64)
    if column.kind in ("int", "time"):
        return np.array(out, np.int64)
    return out  # type: ignore[return-value]


def _header(path: Path, spec: Spec, names: list[str]) -> dict[str, int]:
    """Column name -> position; missing, doubled and misspelt columns are errors."""
    known = [column.name for column in spec.columns]
    if len(names) == 1 and (other := next((mark for mark in ";\t|" if mark in names[0]), "")):
        raise InputError(f"{path}, row 1: columns are separated by {other!r}; separate them by commas")
    place: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in place:
            raise InputError(f"{path}, row 1: column '{name}' is there twice; keep one")
        if name not in known and name not in spec.ignored:
            near = difflib.get_close_matches(name, known, 1, 0.8)
            if near and near[0] not in names:
                raise InputError(f"{path}, row 1: unknown column '{name}'; did you mean '{near[0]}'?")
            if not name.startswith("opt_"):
                raise InputError(
                    f"{path}, row 1: unknown column '{name}'; "
                    f"known are {', '.join(known)}; a column of your own begins with opt_"
                )
        place[name] = position
    for column in spec.columns:
        if column.required and column.name not in place:
            raise InputError(
                f"{path}, row 1: column '{column.name}' is missing; add it: {column.meaning}"
                + (f" ({column.unit})" if column.unit else "")
            )
    return place


def _sort(table: Table) -> Table:
    """The table with its rows sorted by key (as strings), which must be unique."""
    keys = table.ids
    order = sorted(range(len(keys)), key=lambda i: (keys[i], i))
    for first, second in pairwise(order):
        if keys[first] == keys[second]:
            raise table.fault(
                second, table.spec.key, f"is there twice (first in row {table.row[first]}); give each its own"
            )
    data: dict[str, np.ndarray | tuple[str, ...]] = {
        name: values[order] if isinstance(values, np.ndarray) else tuple(values[i] for i in order)
        for name, values in table.data.items()
    }
    index = {keys[i]: position for position, i in enumerate(order)}
    return Table(table.spec, table.path, data, table.row[order], index)


def read_table(path: Path, spec: Spec) -> Table:
    """Read and check one CSV file by its specification.

    Rows are sorted by ``spec.key`` if there is one, else they keep the file's order. Memory and time
    are bounded by the file's size; a row, a cell and the number of rows have limits. Raises InputError.
    """
    rows = read_rows(path)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: is empty; begin with the header {','.join(c.name for c in spec.columns)}")
    place = _header(path, spec, first[1])
    parts: dict[str, list] = {column.name: [] for column in spec.columns}
    numbers: list[int] = []
    pending: list[list[str]] = []
    pending_rows: list[int] = []
    width = len(first[1])

    def flush() -> None:
        for column in spec.columns:
            at = place.get(column.name)
            cells = [""] * len(pending) if at is None else [row[at] for row in pending]
            parts[column.name].append(_convert(path, column, cells, pending_rows))
        numbers.extend(pending_rows)
        pending.clear()
        pending_rows.clear()

    for row, cells in rows:
        if len(cells) != width:
            raise InputError(
                f"{path}, row {row}: {len(cells)} values for {width} columns; "
                + ("the row seems cut off, complete it" if len(cells) < width else "remove what is too much")
            )
        pending.append(cells)
        pending_rows.append(row)
        if len(pending) == _CHUNK_ROWS:
            flush()
            if len(numbers) > _MAX_ROWS:
                raise InputError(f"{path}: more than {_MAX_ROWS} rows; split the study")
    flush()
    join: Callable[[list], np.ndarray | tuple[str, ...]] = lambda part: (  # noqa: E731
        np.concatenate(part) if isinstance(part[0], np.ndarray) else tuple(v for chunk in part for v in chunk)
    )
    table = Table(
        spec, path, {name: join(part) for name, part in parts.items()}, np.array(numbers, np.int64), {}
    )
    return _sort(table) if spec.key else table


def read_optional(path: Path, spec: Spec) -> Table:
    """As ``read_table``; an absent file is a table without rows."""
    if os.path.lexists(path):
        return read_table(path, spec)
    data: dict[str, np.ndarray | tuple[str, ...]] = {}
    for column in spec.columns:
        kinds = {"float": np.float64, "int": np.int64, "time": np.int64}
        data[column.name] = np.zeros(0, kinds[column.kind]) if column.kind in kinds else ()
    return Table(spec, path, data, np.zeros(0, np.int64), {})
