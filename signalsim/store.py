"""Folders and files on disk, whole or not at all: written beside their place, then renamed."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from signalsim.errors import InputError

# What a result consists of: a folder with nothing else in it may be replaced by a new result.
TABLES = ("movements", "lane_groups", "approaches", "junctions", "trips")  # of a run, by name
RESULT = frozenset(
    {"comparison.json", "run.json", "runs.csv", "series.csv", "sweep.csv", "report.html", "figures"}
    | {f"{name}.{ending}" for name in TABLES for ending in ("csv", "parquet")}
)

_NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)


def check_folder(folder: Path, replaceable: frozenset[str] = RESULT, option: str = "--out") -> None:
    """Refuse, before anything is done, a place that a new folder cannot be written to.

    A folder that holds nothing but ``replaceable`` names may be replaced. Raises InputError, naming the
    ``option`` that named the folder, for a file, for a folder that holds something else, and for a place
    that may not be read or written to.
    """
    try:
        _check(folder, replaceable, option)
    except OSError as error:
        raise _no_place(folder, error, option) from error


def _check(folder: Path, replaceable: frozenset[str], option: str) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{option} {folder}: is not a folder; name a new one or an earlier result")
    if Path.cwd().is_relative_to(folder.absolute().resolve()):
        raise InputError(f"{option} {folder}: is the folder you are in; name one inside it, such as results")
    foreign = sorted({entry.name for entry in folder.iterdir()} - replaceable) if folder.is_dir() else []
    if foreign:
        raise InputError(
            f"{option} {folder}: holds {foreign[0]!r}, which is no part of a result and would be lost; "
            "name a new folder or an earlier result"
            if replaceable
            else f"{option} {folder}: is there already and holds {foreign[0]!r}; name a new folder"
        )
    above = next((parent for parent in folder.absolute().parents if parent.exists()), None)
    if above is None or not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"{option} {folder}: {above} cannot be written to; name another folder")


@contextmanager
def new_folder(folder: Path, replaceable: frozenset[str] = RESULT, option: str = "--out") -> Iterator[Path]:
    """A folder to write into; it takes the place of ``folder`` when the block ends without an exception.

    What is there and ``replaceable`` is replaced; if anything goes wrong it stays as it was.
    """
    check_folder(folder, replaceable, option)
    folder = folder.absolute()
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    above = [parent for parent in folder.parents if not parent.exists()]  # made here, the deepest first
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed and had our number
        part.mkdir(parents=True)
        yield part
        _put(part, folder)
    except OSError as error:
        if error.errno in _NO_PLACE:
            raise _no_place(folder, error, option) from error
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
        for parent in above:
            with suppress(OSError):  # not empty: all went well
                parent.rmdir()


def check_new_file(path: Path) -> None:
    """Refuse, before anything is done, a place that a new file cannot be written to.

    Raises InputError where something has that name already, and where the folder is none.
    """
    if os.path.lexists(path):
        raise InputError(f"--out {path}: is there already; name a new file")
    above = path.absolute().parent
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(f"--out {path}: {above} is no folder that can be written to; name another place")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A name to write a file under; it gets the name ``path`` when the block ends without an exception."""
    check_new_file(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.rename(path)
    except OSError as error:
        if error.errno in _NO_PLACE:
            raise _no_place(path, error) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _no_place(folder: Path, error: OSError, option: str = "--out") -> InputError:
    return InputError(f"{option} {folder}: {error.strerror}; make room or name another folder")


def _put(part: Path, folder: Path) -> None:
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
