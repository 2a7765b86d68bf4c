"""Column specifications, and tables that are loaded and checked by them.

One ``Column`` says what a column is; loader, checks and documentation all read that one place.
"""

import difflib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from signalsim.errors import InputError
from signalsim.network.cells import Column as Column
from signalsim.network.cells import Report, convert, refuse
from signalsim.network.csvfile import Fault, fault, read_rows, shown

_CHUNK_ROWS = 50_000
_MAX_ROWS = 20_000_000
_MAX_HINTS = 20  # near ids named for so many dangling references of a column: each is a search


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

    def id_of(self, position: int) -> str:
        """The row's key; without a key its first column, which names what the row belongs to."""
        return str(self.data[self.spec.key or self.spec.columns[0].name][position])

    def fault(self, position: int, column: str, remedy: str, kind: str = "") -> Fault:
        """The error of one cell of this table."""
        value = self.data[column][position]
        shown = "" if isinstance(value, float) and math.isnan(value) else value
        if self.spec.column(column).kind == "time":
            shown = datetime.fromtimestamp(int(value) / 1000, UTC).isoformat()
        row, name = int(self.row[position]), self.id_of(position)
        return fault(self.path, row, column, shown, remedy, id=name, kind=kind)

    def remark(
        self, at: int, message: str, column: str = "", position: tuple[float, float] | None = None
    ) -> Fault:
        """A free sentence about one row of this table (and what would be said of ``column`` there)."""
        row = int(self.row[at])
        return Fault(message, self.path, row, self.id_of(at), column=column, position=position)

    def lookup(
        self, column: str, other: "Table", what: str, empty: int | None = None, report: Report = refuse
    ) -> np.ndarray:
        """(n,) int32 positions in ``other`` of the ids in ``column``; a dangling one is an error, and
        -1 where ``report`` goes on.

        With ``empty`` given, an empty cell becomes that number.
        """
        values = self.texts(column)
        out = np.empty(len(values), np.int32)
        hints = _MAX_HINTS
        for i, value in enumerate(values):
            if value == "" and empty is not None:
                out[i] = empty
                continue
            found = other.index.get(value, -1)
            if found < 0:
                near = difflib.get_close_matches(value, other.ids, 1) if hints > 0 else []
                hints -= 1
                hint = f"; did you mean '{near[0]}'?" if near else "; add it there"
                report(self.fault(i, column, f"is no {what} of {other.path.name}{hint}", "absent-reference"))
            out[i] = found
        return out

    def only(self, keep: np.ndarray) -> "Table":
        """The table with the rows that ``keep`` (n,) bool names."""
        chosen = np.flatnonzero(keep)
        data = {
            name: values[chosen] if isinstance(values, np.ndarray) else tuple(values[i] for i in chosen)
            for name, values in self.data.items()
        }
        key = data[self.spec.key] if self.spec.key else ()
        return Table(
            self.spec, self.path, data, self.row[chosen], {str(name): i for i, name in enumerate(key)}
        )


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
                raise InputError(f"{path}, row 1: unknown column {shown(name)}; did you mean '{near[0]}'?")
            if not name.startswith("opt_"):
                raise InputError(
                    f"{path}, row 1: unknown column {shown(name)}; "
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


def _sort(table: Table, report: Report) -> Table:
    """The table with its rows sorted by key (as strings), which must be unique."""
    keys = table.ids
    order: list[int] = []
    for i in sorted(range(len(keys)), key=keys.__getitem__):  # equal keys stay in the file's order
        if order and keys[order[-1]] == keys[i]:
            first = table.row[order[-1]]
            remedy = f"is there twice (first in row {first}); give each its own"
            report(table.fault(i, table.spec.key, remedy, "duplicate-id"))
        elif keys[i]:  # without one only where that was reported
            order.append(i)
    data: dict[str, np.ndarray | tuple[str, ...]] = {
        name: values[order] if isinstance(values, np.ndarray) else tuple(values[i] for i in order)
        for name, values in table.data.items()
    }
    index = {keys[i]: position for position, i in enumerate(order)}
    return Table(table.spec, table.path, data, table.row[order], index)


def read_table(
    path: Path, spec: Spec, report: Report = refuse, rows: Iterator[tuple[int, list[str]]] | None = None
) -> Table:
    """Read and check one CSV file by its specification, or ``rows`` that were read from another kind of
    file (the header first, all cells as text).

    Rows are sorted by ``spec.key`` if there is one, else they keep the file's order. Memory and time
    are bounded by the file's size; a row, a cell and the number of rows have limits. Raises InputError;
    where ``report`` goes on, an unusable cell holds a stand-in and of rows of one key the first stays.
    """
    rows = read_rows(path) if rows is None else rows
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: is empty; begin with the header {','.join(c.name for c in spec.columns)}")
    place = _header(path, spec, first[1])
    parts: dict[str, list] = {column.name: [] for column in spec.columns}
    numbers: list[int] = []
    pending: list[list[str]] = []
    pending_rows: list[int] = []
    width = len(first[1])
    key_at = place.get(spec.key or spec.columns[0].name)

    def flush() -> None:
        keys = [""] * len(pending) if key_at is None else [row[key_at] for row in pending]
        for column in spec.columns:
            at = place.get(column.name)
            cells = [""] * len(pending) if at is None else [row[at] for row in pending]
            parts[column.name].append(convert(path, column, cells, pending_rows, keys, report))
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
    return _sort(table, report) if spec.key else table


def read_optional(path: Path, spec: Spec, report: Report = refuse) -> Table:
    """As ``read_table``; an absent file is a table without rows."""
    if os.path.lexists(path):
        return read_table(path, spec, report)
    data: dict[str, np.ndarray | tuple[str, ...]] = {}
    for column in spec.columns:
        kinds = {"float": np.float64, "int": np.int64, "time": np.int64}
        data[column.name] = np.zeros(0, kinds[column.kind]) if column.kind in kinds else ()
    return Table(spec, path, data, np.zeros(0, np.int64), {})
