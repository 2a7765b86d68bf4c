"""JSON lines in blocks, parsed by Arrow where it can read them exactly as the line-by-line way does.

Arrow (extra 'fast') parses a block of some thousand lines at once, many times faster. A block that it does
not take, or may take otherwise than the plain way would, is handed on as bytes: what is read, and what is
said of mistakes, does not depend on what is installed.
"""

import io
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from signalsim.errors import InputError
from signalsim.formats.xmlfile import chunks

from .jsonlines import MAX_LINE, parsed_lines

BLOCK = 1 << 22
_AHEAD = 3  # blocks in memory
_GIVE_UP = 3  # blocks in a row that Arrow does not take: it will not take the rest either


class Block(NamedTuple):
    """Whole lines of a file; ``table`` has a row per line, None where Arrow did not take them."""

    path: Path
    row: int  # of the first line
    raw: bytes
    table: Any

    def lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(row, object) line by line, as ``json_lines``."""
        lines = self.raw.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return parsed_lines(self.path, enumerate(lines, self.row))


def json_blocks(path: Path, fields: Any) -> Iterator[Block]:
    """All lines of a file. ``fields``: a function that makes Arrow's schema of what is needed of a line.

    Raises InputError for a line that is longer than 1 MB.
    """
    parse = _parser(fields)
    row, refused = 1, 0
    with ThreadPoolExecutor(1) as ahead:  # Arrow parses the next block while this one is counted
        waiting: deque[tuple[bytes, Future[Any] | None]] = deque()
        blocks = _raw_blocks(path)
        while True:
            for raw in islice(blocks, _AHEAD - len(waiting)):
                is_tried = parse is not None and refused < _GIVE_UP
                waiting.append((raw, ahead.submit(parse, raw) if is_tried else None))
            if not waiting:
                return
            raw, parsed = waiting.popleft()
            table = parsed.result() if parsed is not None else None
            refused = refused + 1 if table is None else 0
            yield Block(path, row, raw, table)
            row += raw.count(b"\n")


def _raw_blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks of some MB that end with a line's end (the last one may not)."""
    parts: list[bytes] = []
    size, row = 0, 1
    for chunk in chunks(path):
        parts.append(chunk)
        size += len(chunk)
        if size < BLOCK:
            continue
        head, mark, rest = b"".join(parts).rpartition(b"\n")
        if len(rest) > MAX_LINE:
            row += head.count(b"\n") + len(mark)
            raise InputError(f"{path}, row {row}: longer than 1 MB; give one JSON object per line")
        yield head + mark
        row += head.count(b"\n") + 1
        parts, size = [rest], len(rest)
    if rest := b"".join(parts):
        yield rest


def _parser(fields: Any) -> Any:
    """A function bytes -> Arrow's table or None; None where Arrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import json
    except ImportError:
        return None
    how = json.ParseOptions(explicit_schema=fields(pa), unexpected_field_behavior="ignore")

    def parse(raw: bytes) -> Any:
        n = raw.count(b"\n")
        is_plain = raw[:1] == b"{" and raw.endswith(b"}\n") and raw.count(b"}\n{") == n - 1
        if not is_plain or not _is_text(raw):
            return None
        try:
            table = json.read_json(
                io.BytesIO(raw), parse_options=how, read_options=json.ReadOptions(block_size=BLOCK // 4)
            )
        except (pa.ArrowException, ValueError, NotImplementedError):
            return None
        return table if table.num_rows == n else None

    return parse


def _is_text(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
