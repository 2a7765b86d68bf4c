"""A copy of scenarios/crossing that a test may spoil."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


class Folder:
    """A scenario folder with the few edits that tests need. Rows are counted as messages count them."""

    def __init__(self, path: Path):
        self.path = path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def rows(self, file: str) -> list[list[str]]:
        with (self.path / file).open(newline="", encoding="utf-8") as stream:
            return list(csv.reader(stream))

    def write(self, file: str, rows: list[list[str]]) -> None:
        with (self.path / file).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    def row_of(self, file: str, key: str) -> int:
        """Number of the row whose first cell is ``key``."""
        return next(i for i, row in enumerate(self.rows(file), 1) if row[0] == key)

    def set(self, file: str, row: int, column: str, value: object) -> None:
        """Change one cell; the column is added if it is not there."""
        rows = self.rows(file)
        if column not in rows[0]:
            rows = [[*rows[0], column], *([*cells, ""] for cells in rows[1:])]
        rows[row - 1][rows[0].index(column)] = str(value)
        self.write(file, rows)

    def drop_column(self, file: str, column: str) -> None:
        rows = self.rows(file)
        at = rows[0].index(column)
        self.write(file, [cells[:at] + cells[at + 1 :] for cells in rows])

    def rename_column(self, file: str, old: str, new: str) -> None:
        rows = self.rows(file)
        rows[0][rows[0].index(old)] = new
        self.write(file, rows)

    def drop_row(self, file: str, row: int) -> None:
        rows = self.rows(file)
        self.write(file, rows[: row - 1] + rows[row:])

    def append(self, file: str, *cells: object) -> None:
        self.write(file, [*self.rows(file), [str(cell) for cell in cells]])

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def crossing(scenarios: Path, tmp_path: Path) -> Folder:
    """A fresh copy of the crossing."""
    return Folder(Path(shutil.copytree(scenarios / "crossing", tmp_path / "crossing")))


@pytest.fixture
def make_crossing(scenarios: Path, tmp_path: Path) -> Callable[[], Folder]:
    """Makes a fresh copy at every call: for property tests."""

    def make() -> Folder:
        target = tmp_path / "again"
        shutil.rmtree(target, ignore_errors=True)
        return Folder(Path(shutil.copytree(scenarios / "crossing", target)))

    return make
