"""Reading a CSV file line by line, with every way it may be broken turned into one clear message."""

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

from signalsim.errors import InputError

MAX_LINE_BYTES = 1 << 20
MAX_VALUE = 60  # characters of a wrong value that a message shows


def shown(value: object) -> str:
    """A value as messages show it: quoted, cut to a readable length."""
    text = str(value)
    return repr(text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…")


class Fault(InputError):  # noqa: N818  (a note is one too, and is never raised)
    """What is wrong, or should be known, at one row of a table: raised on loading, listed by a check.

    ``path``, ``row`` and ``id`` say what it is about; ``column`` and ``value`` are empty where it is not
    about one cell. ``kind`` is set where reading found it (value, duplicate-id, absent-reference),
    ``position`` (x, y in m) where it is elsewhere than what the row stands for.
    """

    def __init__(
        self, message: str, path: Path | str = "", row: int = 0, id: str = "", *,
        column: str = "", value: object = "", kind: str = "", position: tuple[float, float] | None = None,
    ):  # fmt: skip
        super().__init__(message)
        self.path, self.row, self.id = Path(path), row, id
        self.column, self.value, self.kind, self.position = column, value, kind, position


def fault(
    path: Path | str, row: int, column: str, value: object, remedy: str, *, id: str = "", kind: str = ""
) -> Fault:
    """The error of one cell: file, row (the header is row 1), column, value, what would be right."""
    message = f"{path}, row {row}, column '{column}': {shown(value)} {remedy}"
    return Fault(message, path, row, id, column=column, value=value, kind=kind)


def check_file(path: Path, remedy: str) -> None:
    """Refuse what cannot be read as a file: nothing there, a folder, a link to nowhere or to itself."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        what = "is a link to a file that is not there" if path.is_symlink() else "no such file"
        raise InputError(f"{path}: {what}; {remedy}") from None
    except OSError as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: is {'a folder' if stat.S_ISDIR(mode) else 'no file'}; {remedy}")


def unreadable(path: Path, error: OSError) -> InputError:
    """The error of a file that the operating system does not hand out."""
    return InputError(f"{path}: cannot be read ({error.strerror}); check its name and permissions")


def _lines(path: Path) -> Iterator[str]:
    """Decoded lines of bounded length; bytes that are not text are reported with their row."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                raise InputError(
                    f"{path}, row {number}: longer than {MAX_LINE_BYTES} bytes; is this a CSV file?"
                )
            if b"\0" in raw:
                raise InputError(
                    f"{path}, row {number}: holds a zero byte, so the file is not text; "
                    "save it as CSV in UTF-8"
                )
            try:
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                bad = raw[error.start : error.start + 1].hex()
                raise InputError(
                    f"{path}, row {number}: byte 0x{bad} is not UTF-8 text; save the file as CSV in UTF-8"
                ) from None


def read_rows(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of every line that is not blank; the header comes first.

    A row number is the line where the row ends, the header of an ordinary file being row 1.
    Raises InputError for a file that is absent, not text, or not CSV.
    """
    check_file(path, "a scenario needs it as a CSV file")
    reader = csv.reader(_lines(path), strict=True, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}, row {reader.line_num}: not readable as CSV ({error}); "
                "separate values by commas and close every quotation mark"
            ) from None
        except OSError as error:
            raise unreadable(path, error) from None
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield reader.line_num, cells
