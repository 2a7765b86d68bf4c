"""The map of a count file: what its names and times mean in the network. A TOML file that a user writes."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from signalsim.errors import InputError
from signalsim.formats.jsonfile import told
from signalsim.network.csvfile import check_file, shown, unreadable

MAX_BYTES = 16 << 20
Id = Annotated[str, StringConstraints(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Strict):
    """Where a counted stream is in the network."""

    link: Id
    movement: Id = ""  # '': the whole link


class Cell(_Strict):
    """A column of a vendor's table that holds counts of one turn or class."""

    column: str
    place: str = ""  # follows what the columns of ``place`` say
    vehicle_class: str = ""


class Columns(_Strict):
    """Which columns of a vendor's table hold what."""

    start: str
    end: str = ""  # '': the interval's length is interval_s
    date: str = ""  # a column with the date, where start and end are times of day
    place: tuple[str, ...] = ()  # joined by a space
    vehicle_class: str = ""
    count: str = ""  # one count per row, or ...
    counts: tuple[Cell, ...] = ()  # ... several
    camera: str = ""
    time_format: str = ""  # as strptime has it; '': ISO 8601
    delimiter: Literal[",", ";", "\t", "|"] = ","
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0  # before the header
    missing: tuple[str, ...] = ("", "-", "*", "NA", "N/A", "null")


class Guide(_Strict):
    """All that a map may say. Every field may be left out."""

    format: str = ""
    time_zone: str = ""
    interval_s: Annotated[float, Field(ge=1, le=86_400)] | None = None  # of events; of rows without an end
    camera: Id = ""  # where the file names none
    start: datetime | None = None  # when the clock of the file begins (SUMO)
    time_is: Literal["start", "end", "middle"] | None = None  # what a row's single time is of its interval
    recorded: tuple[datetime, datetime] | None = None  # from when to when the cameras ran
    silent_after_s: Annotated[float, Field(gt=0)] = 900.0  # a camera that reports nothing so long is out
    turn_within_s: Annotated[float, Field(gt=0, le=3600)] = 60.0  # between the two lines of a turn
    one_class: bool = False  # cars and heavy vehicles together
    others: Literal["refuse", "leave out"] = "refuse"  # places that the map does not name
    places: dict[str, str | Place] = {}
    classes: dict[str, Literal["car", "heavy", "all", ""]] = {}
    columns: Columns | None = None

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None


def read_guide(path: Path) -> Guide:
    """Read a map. Raises InputError with file, field, value and what would be right."""
    check_file(path, "give the map of the count file as TOML")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MB; is it the map?")
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from None
    except RecursionError:
        raise InputError(f"{path}: is nested too deeply for a map; write it plainly") from None
    except ValueError as error:  # not UTF-8, not TOML
        raise InputError(f"{path}: not readable as TOML ({error}); correct it") from None
    try:
        guide = Guide.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "extra_forbidden":
            known = ", ".join(Columns.model_fields if first["loc"][0] == "columns" else Guide.model_fields)
            raise InputError(
                f"{path}, field {shown(first['loc'][-1])}: is unknown; known are {known}"
            ) from None
        raise InputError(told(path, first)) from None
    _check(path, guide)
    return guide


def _is_after(begin: datetime, end: datetime) -> bool:
    """Whether an interval has a length, as far as one can tell without a zone."""
    return begin < end if (begin.tzinfo is None) == (end.tzinfo is None) else True


def _check(path: Path, guide: Guide) -> None:
    try:
        _ = guide.zone
    except (ValueError, OSError, LookupError):
        raise InputError(
            f"{path}, field 'time_zone': {shown(guide.time_zone)} is no IANA time zone; "
            "give one such as Europe/Berlin"
        ) from None
    if guide.recorded is not None and not _is_after(*guide.recorded):
        raise InputError(
            f"{path}, field 'recorded': its end is not after its beginning; give both in this order"
        )
    for field in ("start", "recorded"):
        value = getattr(guide, field)
        for time in value if isinstance(value, tuple) else [value]:
            if time is not None and time.tzinfo is None and guide.zone is None:
                raise InputError(
                    f"{path}, field '{field}': {time.isoformat()} has no offset; "
                    "write it like 2024-05-14T08:00:00+02:00, or give time_zone"
                )
