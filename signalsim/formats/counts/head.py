"""The beginning of a file, as formats are told apart by it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.xmlfile import chunks
from signalsim.network.csvfile import check_file

_BYTES = 1 << 16
_LINES = 20  # in which a format shows, even where the first are broken


@dataclass(frozen=True)
class Head:
    """The first 64 KB of a file (unpacked where they are gzip)."""

    path: Path
    raw: bytes

    @cached_property
    def text(self) -> str:
        return self.raw.decode("utf-8-sig", "replace")

    @cached_property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]

    @cached_property
    def is_xml(self) -> bool:
        return self.text.lstrip().startswith("<")

    @cached_property
    def is_parquet(self) -> bool:
        return self.raw.startswith(b"PAR1")

    @cached_property
    def tail(self) -> bytes:
        """The last 64 KB, where Parquet has its columns' names."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _BYTES))
            return file.read()

    @cached_property
    def cells(self) -> list[str]:
        """Of the first line, as CSV has them, in small letters."""
        first = self.lines[0] if self.lines and not self.is_parquet else ""
        return [cell.strip().strip('"').lower() for cell in first.split(",")]

    @cached_property
    def first_json(self) -> dict[str, Any]:
        """The object of the first line that is one, of the first few; empty where none is."""
        for line in self.lines[:_LINES]:
            if not line.lstrip().startswith("{"):
                break
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
        return {}

    def has(self, *columns: str) -> bool:
        """Whether the first line names these columns."""
        return set(columns) <= set(self.cells)


def read_head(path: Path) -> Head:
    """Raises InputError for a file that cannot be read, or is empty."""
    check_file(path, "give a count file")
    raw = b""
    for chunk in chunks(path):
        raw += chunk
        if len(raw) >= _BYTES or not chunk:
            break
    if not raw.strip():
        raise InputError(f"{path}: is empty; give a count file")
    return Head(path, raw)
