"""From what a file calls a place and a class to the stream of the count table that it belongs to."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.network.csvfile import shown

from .classes import ALL, LEFT_OUT, usual_class
from .guide import Guide, Place

LEFT = -1  # the stream of what is left out
_SHOWN = 12  # names that a message lists
_MAX_NAMES = 200_000  # different places and classes of a file: memory is bounded by it


class Stream(NamedTuple):
    """One series of the count table."""

    camera: str
    link: str
    movement: str
    vehicle_class: str


class Streams:
    """The streams of a file, numbered as they are met.

    ``own_names``: a place that the map does not name is a link or a movement of its own name (a format that
    knows the network). ``drafting``: nothing is refused, names that are not mapped are collected.
    """

    def __init__(self, path: Path, guide: Guide, guide_path: Path | None, drafting: bool = False) -> None:
        self.path, self.guide, self.guide_path, self.drafting = path, guide, guide_path, drafting
        self.streams: list[Stream] = []
        self.used: set[str] = set()  # places of the map that the file has
        self.unmapped: dict[str, None] = {}
        self.unknown_classes: dict[str, None] = {}
        self._number: dict[Stream, int] = {}
        self._known: dict[tuple[str, tuple[str, ...], str], int] = {}

    def of(
        self, row: int, camera: str, names: Sequence[str], kind: str = ALL, own: Place | None = None
    ) -> int:
        """The number of the stream of a place and a class, LEFT where it is left out.

        ``names``: of the place, the most exact first; the first that the map has counts. ``own``: where it is
        if the map has none. Raises InputError for a name that is not known.
        """
        key = (camera, tuple(names), kind)
        if (found := self._known.get(key)) is not None:
            return found
        place = self._place(row, key[1], own)
        vehicle_class = LEFT_OUT if place is None else self._class(row, kind)
        found = LEFT
        if place is not None and vehicle_class != LEFT_OUT:
            found = self._numbered(
                Stream(self.camera(row, camera), place.link, place.movement, vehicle_class)
            )
        if len(self._known) >= _MAX_NAMES:
            raise InputError(
                f"{self.path}, row {row}: over {_MAX_NAMES:,} different places; is it a count file?"
            )
        self._known[key] = found
        return found

    def has(self, name: str) -> bool:
        """Whether the map names a place."""
        return name in self.guide.places

    def _numbered(self, stream: Stream) -> int:
        number = self._number.setdefault(stream, len(self.streams))
        if number == len(self.streams):
            self.streams.append(stream)
        return number

    def camera(self, row: int, name: str) -> str:
        """What the count table calls a camera: as the map says, else as the file says, else like the file."""
        name = self.guide.camera or name or self.path.stem
        if not name.isprintable() or len(name) > 200:
            raise InputError(
                f"{self.path}, row {row}: {shown(name)} is no name for a camera (unprintable or over 200 "
                'characters); give one in the map, as camera = "north"'
            )
        return name

    def _place(self, row: int, names: tuple[str, ...], own: Place | None) -> Place | None:
        for name in names:
            if (value := self.guide.places.get(name)) is not None:
                self.used.add(name)
                place = Place(link=value) if isinstance(value, str) else value
                return place if place.link else None
        if own is not None:
            return own
        if self.guide.others == "leave out" and not self.drafting:
            return None
        if self.drafting:
            self.unmapped.setdefault(names[0])
            return None
        raise self._unmapped(row, names)

    def _unmapped(self, row: int, names: tuple[str, ...]) -> InputError:
        map_name = str(self.guide_path or "a map (--map FILE.toml)")
        have = list(self.guide.places)
        near = difflib.get_close_matches(names[0], have, 1)
        has = f"did you mean {shown(near[0])}?" if near else _listed(have)
        cut = names[0] if len(names[0]) <= 60 else names[0][:60] + "…"
        return InputError(
            f"{self.path}, row {row}: place {shown(names[0])} is not in [places] of {map_name}; {has} "
            f'Add {cut!r} = "LINK", or = "" to leave it out; --draft-map NEW.toml lists all names'
        )

    def _class(self, row: int, kind: str) -> str:
        found: str | None = self.guide.classes.get(kind)
        if found is None:
            found = usual_class(kind)
        if found is None and self.drafting:
            self.unknown_classes.setdefault(kind)
            return ALL
        if found is None:
            raise InputError(
                f"{self.path}, row {row}: class {shown(kind)} is not known; add it to [classes] of "
                f"{self.guide_path or 'a map (--map FILE.toml)'} as 'car', 'heavy', 'all', or '' to "
                "leave it out"
            )
        return ALL if self.guide.one_class and found != LEFT_OUT else found


def _listed(have: list[str]) -> str:
    if not have:
        return "the map names no place."
    more = f" and {len(have) - _SHOWN} more" if len(have) > _SHOWN else ""
    return f"it has {', '.join(shown(name) for name in have[:_SHOWN])}{more}."
