"""Scenarios by reference: their tables are imported from foreign files when they are first loaded.

``[source]`` of scenario.toml names a format and its files. What an import makes of them is kept in the
cache, under a name that depends on them and on the code that reads them; the settings that it makes
are those of the scenario wherever scenario.toml does not say otherwise.
"""

import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from signalsim.engine.cache import cache_root
from signalsim.errors import InputError
from signalsim.scenario.schema import ScenarioConfig, SourceConfig
from signalsim.scenario.toml import merged, read_config

_PACKAGE = Path(__file__).parent.parent
_READERS = ("formats", "network", "signals", "demand", "counts")  # code that decides what an import makes
_SOURCES = "sources.json"


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
    if not _is_current(folder):
        try:
            draft = reader(source.format)(name, **files)
        except TypeError as error:
            raise InputError(
                f"{file}, field 'source.files' = '{', '.join(files)}': are not the options of "
                f"signalsim import {source.format} ({error})"
            ) from None
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
        settings = merged(base, own)
        settings["source"] = {k: v for k, v in settings["source"].items() if k not in ("format", "files")}
        (whole / "scenario.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
        yield whole


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
    """Whether an earlier import is there and its files are as they were."""
    try:
        known = json.loads((folder / _SOURCES).read_text(encoding="utf-8"))
        whole = all((folder / name).is_file() for name in known["made"])
        return whole and bool(known["read"] == _digests(map(Path, known["read"])))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _keep(draft: Any, inputs: Iterable[Path], folder: Path) -> None:
    """Write an import into the cache, whole or not at all; another process may do the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        draft.write(part)
        known = {"read": _digests(inputs), "made": sorted(path.name for path in part.iterdir())}
        (part / _SOURCES).write_text(json.dumps(known), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            part.rename(folder)
        except OSError:
            if not _is_current(folder):
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
