"""A scenario on its way into a folder: what every importer fills, and the one place that writes it."""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from signalsim.network.tables import Spec

REPORT_FILE = "import.md"
_SHOWN = 20  # names that a line of the report lists at most


class Draft:
    """Rows of the project's own tables, settings of scenario.toml, and the report of the import.

    Cells are what a user would write; None and NaN are empty. Tables without a row are not written,
    nor are columns without a value, unless they are required.
    """

    def __init__(self, name: str, *, description: str, time_zone: str, start: str) -> None:
        self.config: dict[str, Any] = {
            "format_version": 1,
            "name": name,
            "description": description,
            "time_zone": time_zone,
            "start": datetime.fromisoformat(start),
        }
        self.tables: dict[str, tuple[Spec, dict[str, list[Any]]]] = {}
        self.files: dict[str, Path] = {}  # name in the folder -> file that is copied there as it is
        self.inputs: list[Path] = []  # files that were read, where those that were named name others
        self.texts: dict[str, str] = {}  # further files of the folder, as text
        self._report: dict[str, list[str]] = {"Understood": [], "Guessed": [], "Dropped": []}

    def section(self, name: str, **fields: Any) -> None:
        """Settings of a section of scenario.toml."""
        self.config.setdefault(name, {}).update(fields)

    def add(self, spec: Spec, **cells: Any) -> None:
        """One row of a table; columns that are not named stay empty."""
        columns = self._columns(spec)
        for name in columns.keys() | cells.keys():
            columns[name].append(cells.get(name))

    def extend(self, spec: Spec, **columns: Sequence[Any]) -> None:
        """Many rows at once, column by column."""
        own = self._columns(spec)
        (length,) = {len(values) for values in columns.values()}
        for name in own.keys() | columns.keys():
            own[name].extend(columns.get(name, [None] * length))

    def _columns(self, spec: Spec) -> dict[str, list[Any]]:
        if spec.file not in self.tables:
            self.tables[spec.file] = (spec, {column.name: [] for column in spec.columns})
        return self.tables[spec.file][1]

    def column(self, spec: Spec, name: str) -> list[Any]:
        """A column so far; empty where the table has no row."""
        return self._columns(spec)[name]

    def understood(self, sentence: str) -> None:
        """What was read, in a sentence with its number."""
        self._report["Understood"].append(sentence)

    def guessed(self, what: str, rule: str, places: Iterable[str] = ()) -> None:
        """What the source does not say, the rule that filled it, and where."""
        self._report["Guessed"].append(f"{what}: {rule}{_named(places)}")

    def dropped(self, what: str, why: str, places: Iterable[str] = ()) -> None:
        """What the source says and the scenario does not, why, and where."""
        self._report["Dropped"].append(f"{what}: {why}{_named(places)}")

    def report(self) -> str:
        """The report as Markdown."""
        lines = [f"# Import of {self.config['name']}"]
        for heading, sentences in self._report.items():
            lines += ["", f"## {heading}", "", *(f"- {sentence}" for sentence in sentences or ["nothing"])]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        for spec, columns in self.tables.values():
            _write_table(folder / spec.file, spec, columns)
        for name, source in self.files.items():
            (folder / name).write_bytes(source.read_bytes())
        for name, text in self.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "scenario.toml").write_text(tomli_w.dumps(self.config), encoding="utf-8")
        (folder / REPORT_FILE).write_text(self.report(), encoding="utf-8")


def _named(places: Iterable[str]) -> str:
    names = list(places)
    if not names:
        return ""
    rest = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f" ({', '.join(names[:_SHOWN])}{rest})"


def _write_table(path: Path, spec: Spec, columns: dict[str, list[Any]]) -> None:
    length = max((len(values) for values in columns.values()), default=0)
    if not length:
        return
    kept = [c.name for c in spec.columns if c.required or any(map(_is_filled, columns[c.name]))]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(kept)
        writer.writerows(zip(*([_cell(v) for v in columns[name]] for name in kept), strict=True))


def _is_filled(value: Any) -> bool:
    return value is not None and value != "" and value == value  # NaN differs from itself


def _cell(value: Any) -> Any:
    if not _is_filled(value):
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return value


def plain_id(text: str) -> str:
    """An id without blanks and unprintable characters: lists of ids are separated by blanks."""
    return re.sub(r"\s+", "_", "".join(c if c.isprintable() else "_" for c in text.strip())) or "_"
