"""Scenarios by reference: their tables are imported from foreign files when they are first loaded.

``[source]`` of scenario.toml names a format and its files. What an import makes of them is kept in the
cache, under a name that depends on them and on the code that reads them; the settings that it makes
are those of the scenario wherever scenario.toml does not say otherwise.
"""

import hashlib
import inspect
import json
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from signalsim.engine.cache import cache_root
from signalsim.errors import InputError
from signalsim.scenario.schema import ScenarioConfig, SourceConfig
from signalsim.scenario.toml import over_import, read_config

_PACKAGE = Path(__file__).parent.parent
_READERS = ("formats", "network", "signals", "demand", "counts")  # code that decides what an import makes
_SOURCES = "sources.json"  # digests of the files that were read and of those that were made


class Opened(NamedTuple):
    """A scenario.toml with its settings complete, and the folder that has the tables."""

    file: Path
    tables: Path
    config: ScenarioConfig


def open_scenario(path: Path | str) -> Opened:
    """Read the scenario.toml of a folder (or the file itself), and import what it refers to.

    Raises InputError.
    """
    path = Path(path)
    file = path if path.name == "scenario.toml" else path / "scenario.toml"
    config = read_config(file)
    if not config.source.format:
        return Opened(file, file.parent, config)
    tables, settings = materialise(config.source, config.name, file)
    return Opened(file, tables, read_config(file, settings))


def materialise(source: SourceConfig, name: str, file: Path) -> tuple[Path, dict[str, Any]]:
    """The folder with the imported tables, and the settings that the import made.

    ``file``: the scenario.toml that refers to the files, whose paths are relative to its folder.
    Raises InputError, also where a wheel is not on this machine yet.
    """
    from signalsim.formats import reader

    files = {key: _placed(value, file.parent) for key, value in source.files.items()}
    if not files:
        raise InputError(f"{file}, field 'source.files': is missing; name the options of the import")
    folder = cache_root() / "imports" / _key(source.format, name, files)
    read = reader(source.format)
    _check_options(read, source, file)
    if not _is_current(folder):
        draft = read(name, **files)
        _keep(draft, draft.inputs or _local(files), folder)
    return folder, tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))


@contextmanager
def whole_folder(folder: Path, tables: Path) -> Iterator[Path]:
    """A scenario's folder with all its files: the folder itself, or for one by reference a copy, with
    the tables and the settings of its import, that is gone when the block ends.
    """
    if tables == folder:
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name)
        for source in (tables, folder):
            for path in source.glob("*.csv"):
                (whole / path.name).write_bytes(path.read_bytes())
        base, own = (
            tomllib.loads((f / "scenario.toml").read_text(encoding="utf-8")) for f in (tables, folder)
        )
        settings = over_import(base, own)
        settings["source"] = {k: v for k, v in settings["source"].items() if k not in ("format", "files")}
        (whole / "scenario.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
        yield whole


def _check_options(read: Callable[..., Any], source: SourceConfig, file: Path) -> None:
    """Whether a reader takes these files; those with a default of () may be several. Raises InputError."""
    options = {name: option for name, option in inspect.signature(read).parameters.items() if name != "name"}
    for name, value in source.files.items():
        if name not in options:
            raise InputError(
                f"{file}, field 'source.files.{name}': is no option of signalsim import {source.format}; "
                f"give {', '.join(options)}"
            )
        if isinstance(value, list) and options[name].default != ():
            raise InputError(f"{file}, field 'source.files.{name}': is a list; give one file")
    for name, option in options.items():
        if option.default is inspect.Parameter.empty and name not in source.files:
            raise InputError(f"{file}, field 'source.files.{name}': is missing; add it")


def _placed(value: str | list[str], folder: Path) -> str | list[str]:
    if isinstance(value, list):
        return [str(_placed(one, folder)) for one in value]
    return value if value.startswith("wheel:") else str(folder / value)


def _local(files: Mapping[str, str | list[str]]) -> list[Path]:
    from signalsim.formats.wheel import resolve

    names = [name for value in files.values() for name in ([value] if isinstance(value, str) else value)]
    found: list[Path] = []
    for path in map(resolve, names):
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return [path for path in found if path.is_file()]


def _key(kind: str, name: str, files: Mapping[str, str | list[str]]) -> str:
    digest = hashlib.sha256(json.dumps([kind, name, files], sort_keys=True).encode())
    for part in _READERS:
        for code in sorted((_PACKAGE / part).rglob("*.py")):
            digest.update(str(code.relative_to(_PACKAGE)).encode() + code.read_bytes())
    return f"{kind}-{digest.hexdigest()[:20]}"


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _is_current(folder: Path) -> bool:
    """Whether an earlier import is there, and what it read and what it made are as they were."""
    try:
        known = json.loads((folder / _SOURCES).read_text(encoding="utf-8"))
        return bool(
            known["made"] == _made(folder, known["made"])
            and known["read"] == _digests(map(Path, known["read"]))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _made(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Digests of files in a folder, by name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _keep(draft: Any, inputs: Iterable[Path], folder: Path) -> None:
    """Write an import into the cache, whole or not at all; another process may do the same.

    Raises InputError where the cache cannot be written to.
    """
    read = _digests(inputs)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
            part = Path(scratch) / "made"
            part.mkdir()
            draft.write(part)
            made = _made(part, sorted(path.name for path in part.iterdir()))
            (part / _SOURCES).write_text(json.dumps({"read": read, "made": made}), encoding="utf-8")
            _put(part, folder)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: {error.strerror}; imports are kept there: make room, or set "
            "SIGNALSIM_CACHE_DIR to a folder that can be written to"
        ) from error


def _put(part: Path, folder: Path) -> None:
    """Move an import to its place; a current one that is there already stays, it may be in use."""
    try:
        part.rename(folder)
    except OSError:
        if not _is_current(folder):
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
