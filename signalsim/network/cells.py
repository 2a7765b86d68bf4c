"""What one column of a table holds, and the values of its cells."""

import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from signalsim.network.csvfile import Fault, fault

REQUIRED = "required"  # the default of a column that must be there and filled
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_ID = 200

Report = Callable[[Fault], None]  # what to do about a fault: raise it, or note it and go on


def refuse(fault: Fault) -> None:
    """The usual answer to a fault: raise it."""
    raise fault


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


def _stand_in(column: Column) -> float | int | str:
    """What holds the place of a cell that cannot be used: nothing known, else what harms least."""
    if column.kind == "float":
        return math.nan
    if not column.required:
        return column.default  # type: ignore[return-value]
    if column.kind == "int":
        return int(min(max(1, column.low), column.high))
    if column.kind == "time":
        return 0
    return column.choices[0] if column.kind == "choice" else ""


def convert(
    path: Path,
    column: Column,
    cells: Sequence[str],
    rows: Sequence[int],
    keys: Sequence[str],
    report: Report,
) -> np.ndarray | list[str]:
    """One column of a chunk of rows."""
    if column.kind == "id" and _all_ids(cells):
        return list(cells)
    known: dict[str, float | int | str] = {}
    wrong: dict[str, str] = {}
    for text in set(cells):  # many cells are alike
        try:
            known[text] = _empty(column) if text == "" else _cell(column, text)
        except ValueError as error:
            wrong[text] = str(error)
            known[text] = _stand_in(column)
    if wrong:
        for text, row, key in zip(cells, rows, keys, strict=True):
            if text in wrong:
                report(fault(path, row, column.name, text, wrong[text], id=key, kind="value"))
    out = list(map(known.__getitem__, cells))
    if column.kind == "float":
        return np.array(out, np.float64)
    if column.kind in ("int", "time"):
        return np.array(out, np.int64)
    return out  # type: ignore[return-value]


def _all_ids(cells: Sequence[str]) -> bool:
    """Whether every cell holds a sound id."""
    return all(cells) and max(map(len, cells), default=0) <= _MAX_ID and all(map(str.isprintable, cells))
