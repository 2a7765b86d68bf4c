"""Tables of GMNS folders as others publish them: any case, any order, columns of their own."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signalsim.errors import InputError
from signalsim.network.csvfile import fault, read_rows

_EMPTY = {"", "nan", "null", "none", "na", "n/a"}
NO_CARS = {
    "walk", "ped", "pedestrian", "bike", "bicycle", "parking", "transit", "rail", "none", "bus", "tram",
}  # fmt: skip
_MAX_ROWS = 5_000_000


@dataclass(frozen=True)
class Row:
    """A row with its cells by the column's name in small letters; ``number``: in the file."""

    path: Path
    number: int
    cells: dict[str, str]

    def text(self, *names: str) -> str:
        """The first of these columns that is filled; '' if none is."""
        for name in names:
            value = self.cells.get(name, "")
            if value.lower() not in _EMPTY:
                return value
        return ""

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise self.fault(name, "is empty; give a value")
        return value

    def number_of(self, name: str, low: float = -1e12, high: float = 1e12) -> float | None:
        """A number within limits; None where the cell is empty. Raises InputError for anything else."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = float(text) if len(text) < 64 else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.fault(name, f"is not a number from {low:g} to {high:g}; correct it")
        return value

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number within limits; None where the cell is empty."""
        value = self.number_of(name, low, high)
        if value is not None and value != int(value):
            raise self.fault(name, "is not a whole number; correct it")
        return None if value is None else int(value)

    def fault(self, name: str, remedy: str) -> InputError:
        return fault(self.path, self.number, name, self.cells.get(name, ""), remedy)


class Folder:
    """The tables of a folder, found by name in any case, each read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            what = "is no folder" if path.exists() else "no such folder"
            raise InputError(f"{path}: {what}; give the folder with node.csv and link.csv")
        try:
            self._files = {file.name.lower(): file for file in sorted(path.iterdir()) if file.is_file()}
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
        self._tables: dict[str, list[Row]] = {}

    def file(self, name: str) -> Path | None:
        return self._files.get(name)

    def rows(self, name: str, required: tuple[str, ...] = ()) -> list[Row]:
        """All rows of a table; none where it is absent. Raises InputError where columns are missing."""
        if name not in self._tables:
            path = self.file(name)
            self._tables[name] = list(_rows(path, required)) if path else []
        return self._tables[name]


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[Row]:
    rows = read_rows(path)
    header = next(rows, (1, []))[1]
    names = [cell.lower() for cell in header]
    for name in required:
        if name not in names:
            raise InputError(f"{path}, row 1: column '{name}' is missing; a GMNS table needs it")
    for count, (number, cells) in enumerate(rows):
        if len(cells) != len(names):
            raise InputError(
                f"{path}, row {number}: {len(cells)} values for {len(names)} columns; complete the row"
            )
        if count >= _MAX_ROWS:
            raise InputError(f"{path}: more than {_MAX_ROWS:,} rows; take a smaller part")
        yield Row(path, number, dict(zip(names, cells, strict=True)))
