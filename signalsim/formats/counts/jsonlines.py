"""A file of JSON lines, read as a stream: memory holds one line. With orjson (extra 'fast') in less time."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.formats.xmlfile import chunks

MAX_LINE = 1 << 20


def loader() -> Callable[[bytes], Any]:
    """orjson's where it is installed, else Python's own; both raise ValueError."""
    try:
        import orjson
    except ImportError:
        return json.loads
    loads: Callable[[bytes], Any] = orjson.loads
    return loads


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row, object) of every line that is not blank; plain or gzip.

    Raises InputError with file and row for a line that is no JSON object or longer than 1 MB.
    """
    return parsed_lines(path, _lines(path))


def parsed_lines(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row, object) of each of (row, line), as ``json_lines``."""
    loads = loader()
    for row, line in lines:
        if len(line) > MAX_LINE:
            raise InputError(f"{path}, row {row}: longer than 1 MB; give one JSON object per line")
        try:
            found = loads(line)
        except (ValueError, RecursionError) as error:
            if not line.strip():
                continue
            found = _again(path, row, line, error)
        if type(found) is not dict:
            raise InputError(f"{path}, row {row}: is no JSON object; give one object in {{ }} per line")
        yield row, found


def _again(path: Path, row: int, line: bytes, error: Exception) -> Any:
    """As Python's own parser has it, so that what is read does not depend on what is installed."""
    try:
        return json.loads(line.removeprefix(b"\xef\xbb\xbf") if row == 1 else line)
    except UnicodeDecodeError:
        raise InputError(f"{path}, row {row}: is not UTF-8 text; save the file as UTF-8") from None
    except RecursionError:
        raise InputError(f"{path}, row {row}: is nested too deeply for an event") from None
    except ValueError as fault:
        what = fault.msg if isinstance(fault, json.JSONDecodeError) else "a number without end"
        raise InputError(
            f"{path}, row {row}: not readable as JSON ({what}); give one complete object per line"
        ) from None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    row, rest = 0, b""
    for chunk in chunks(path):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        for line in lines:
            row += 1
            yield row, line
        if len(rest) > MAX_LINE:
            raise InputError(f"{path}, row {row + 1}: longer than 1 MB; give one JSON object per line")
    if rest:
        yield row + 1, rest


def part(path: Path, row: int, found: Any, *names: str) -> Any:
    """The value at ``names``, one inside the other; '' where one of them is absent or null.

    Raises InputError where something else than an object is in the way.
    """
    for k, name in enumerate(names):
        if not isinstance(found, dict):
            raise InputError(
                f"{path}, row {row}, field '{'.'.join(names[:k])}': is no object; give one in {{ }}"
            )
        found = found.get(name)
        if found is None:
            return ""
    return found


def text(path: Path, row: int, found: Any, *names: str, default: str | None = None) -> str:
    """A text (or whole number, as text) at ``names``. Raises InputError where it is absent or no text."""
    value = part(path, row, found, *names)
    field = ".".join(names)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{path}, row {row}, field '{field}': is no text; give a text in quotation marks")
    try:
        value = str(value)
    except ValueError:  # more digits than Python writes
        raise InputError(f"{path}, row {row}, field '{field}': is a number without end; correct it") from None
    if value == "" and default is None:
        raise InputError(f"{path}, row {row}: field '{field}' is missing; the count needs it")
    return value or default or ""
