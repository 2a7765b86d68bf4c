"""Foreign formats, one file or folder each: file <-> network, counts, plans, trips.

A reader is ``read(name, **files) -> Draft``; the names of its files are the options of
``signalsim import`` and the keys of ``[source.files]`` in a scenario.toml that refers to them.
"""

from collections.abc import Callable
from importlib import import_module

from signalsim.formats.draft import Draft

READERS = {
    "sumo": "signalsim.formats.sumo",
    "cityflow": "signalsim.formats.cityflow",
    "utdf": "signalsim.formats.utdf",
    "osm": "signalsim.formats.osm",
    "gmns": "signalsim.formats.gmns",
}


def reader(kind: str) -> Callable[..., Draft]:
    """The reader of a format, loaded now."""
    read: Callable[..., Draft] = import_module(READERS[kind]).read
    return read
