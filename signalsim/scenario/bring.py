"""From a draft that an importer made to a scenario folder that stands."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.scenario.load import load
from signalsim.store import check_folder, new_folder


class Brought(NamedTuple):
    """A new scenario folder."""

    folder: Path
    name: str
    warnings: tuple[str, ...]
    report: str  # Markdown, also in the folder


@contextmanager
def _without_collector() -> Iterator[None]:
    """An import makes millions of objects and no cycles: looking for cycles costs a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def bring(source: str, read: Callable[[], Draft], out: Path) -> Brought:
    """Read a foreign ``source``, write it to the new folder ``out`` and check it as ``load`` does.

    Raises InputError; then nothing is written.
    """
    check_folder(out, frozenset())
    with _without_collector():
        draft = read()
        with new_folder(out, frozenset()) as part:
            draft.write(part)
            try:
                scenario = load(part)
                warnings = tuple(text.replace(f"{part}/", f"{out}/") for text in scenario.warnings)
            except InputError as error:
                told = str(error).replace(f"{part}/", "")
                raise InputError(
                    f"{source}: what was read from it is no scenario that can be simulated: {told}"
                ) from None
    return Brought(out, scenario.name, warnings, draft.report())
