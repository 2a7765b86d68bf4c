"""A UTDF file as it is written: sections of records by intersection. Cells are looked up and checked here.

Each section is a line ``[Name]``, a title line, a header and rows. Distances are in feet and speeds
in mph unless the network's record ``Metric`` is 1. Synchro marks numbers that a user has
overridden with a star.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.network.csvfile import fault, read_rows

FOOT_M, MILE_KM = 0.3048, 1.609344
MAX_ROWS = 2_000_000
_KNOWN = ("Network", "Nodes", "Links", "Lanes", "Timeplans", "Phases")
_MAX_ID = 60


class Row(NamedTuple):
    """One row: its line in the file and its cells that are not empty, by column."""

    path: Path
    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def number(self, column: str, low: float, high: float) -> float | None:
        """The number in a cell, None where it is empty. Raises InputError for anything else."""
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text.strip("* "))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise fault(self.path, self.line, column, text, "is no number; give one or leave it empty")
        if not low <= value <= high:
            raise fault(self.path, self.line, column, text, f"is out of range; give {low:g} to {high:g}")
        return value

    def whole(self, column: str, low: int, high: int) -> int | None:
        """The same for a whole number."""
        value = self.number(column, low, high)
        if value is not None and value != int(value):
            raise fault(self.path, self.line, column, self.text(column), "is no whole number; give one")
        return None if value is None else int(value)

    def fault(self, column: str, remedy: str) -> InputError:
        return fault(self.path, self.line, column, self.text(column), remedy)


Records = dict[str, Row]  # by record name


class Utdf:
    """The sections of a file; records by intersection where they have one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.network: Records = {}
        self.nodes: dict[str, Row] = {}
        self.links: dict[str, Records] = {}
        self.lanes: dict[str, Records] = {}
        self.timeplans: dict[str, Records] = {}
        self.phases: dict[str, Records] = {}
        self.columns: dict[str, list[str]] = {}  # of each section
        self.unknown: list[str] = []  # sections that are not read

    @property
    def is_metric(self) -> bool:
        row = self.network.get("metric")
        return row is not None and row.whole("DATA", 0, 1) == 1

    @property
    def metre(self) -> float:
        """Metres in the file's unit of length."""
        return 1.0 if self.is_metric else FOOT_M

    @property
    def kmh(self) -> float:
        """km/h in the file's unit of speed."""
        return 1.0 if self.is_metric else MILE_KM

    def setting(self, name: str, low: float, high: float) -> float | None:
        """A number of [Network], by its name in small letters."""
        row = self.network.get(name)
        return None if row is None else row.number("DATA", low, high)


def read_sections(path: Path, needs: tuple[str, ...] = ("Nodes", "Links", "Lanes")) -> Utdf:
    """The file's sections; those of ``needs`` must have rows. Raises InputError for what is no UTDF file."""
    found = Utdf(path)
    section, header = "", None
    for count, (line, cells) in enumerate(read_rows(path)):
        if count >= MAX_ROWS:
            raise InputError(f"{path}: more than {MAX_ROWS:,} rows; split the network")
        if cells[0].startswith("["):
            section, header = cells[0].strip("[] "), None
            if section not in _KNOWN and section not in found.unknown:
                found.unknown.append(section)
        elif section not in _KNOWN:
            if not section:
                raise InputError(f"{path}, row {line}: no section before it; begin with [Network]")
        elif header is None:
            if cells[0].upper() in ("RECORDNAME", "INTID"):
                header = [name.strip() for name in cells]
                found.columns[section] = header
        else:
            _add(found, section, line, header, cells)
    _check(found, needs)
    return found


def _add(found: Utdf, section: str, line: int, header: list[str], cells: list[str]) -> None:
    if len(cells) > len(header) and any(cells[len(header) :]):
        raise InputError(
            f"{found.path}, row {line}: {len(cells)} values for {len(header)} columns of [{section}]; "
            "remove what is too much"
        )
    row = Row(found.path, line, {k: v for k, v in zip(header, cells, strict=False) if v})
    if section == "Network":
        found.network[row.text("RECORDNAME").lower()] = row
        return
    node = row.text("INTID")
    if not node or len(node) > _MAX_ID or not node.isprintable() or set(node) & set(" :"):
        raise row.fault(
            "INTID", f"is no id; give a number or a word of at most {_MAX_ID} characters, no colon"
        )
    if section == "Nodes":
        if node in found.nodes:
            raise row.fault("INTID", f"is there twice (first in row {found.nodes[node].line}); keep one")
        found.nodes[node] = row
        return
    by_node: dict[str, Records] = getattr(found, section.lower())
    by_node.setdefault(node, {})[row.text("RECORDNAME")] = row  # a later section overrides


def _check(found: Utdf, needs: tuple[str, ...]) -> None:
    for name in needs:
        if not getattr(found, name.lower()):
            raise InputError(
                f"{found.path}: has no rows in section [{name}]; export the whole network as "
                "UTDF 8 (combined CSV)"
            )
    for section in (found.links, found.lanes, found.timeplans, found.phases):
        for node, records in section.items():
            if node not in found.nodes:
                raise next(iter(records.values())).fault("INTID", "is no node of [Nodes]; add it there")


def first_of(records: Records, names: Iterable[str]) -> Row | None:
    """The first of several records that is there."""
    return next((records[name] for name in names if name in records), None)
