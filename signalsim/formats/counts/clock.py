"""The times of a count file: with an offset, or on a local clock that summer time puts forward and back."""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from signalsim.errors import InputError
from signalsim.network.csvfile import fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_YEARS = (1970, 2200)


class Clock:
    """Turns the times of one file into UTC milliseconds.

    A time without an offset is taken as local time of ``zone``. In the hour that a local clock goes through
    twice, the first time that ``key`` shows a time is before the clock was put back, the second after it.
    """

    def __init__(self, path: Path, zone: ZoneInfo | None) -> None:
        self.path, self.zone = path, zone
        self._seen: set[tuple[Hashable, datetime]] = set()

    def instant(self, row: int, column: str, text: str, key: Hashable = None, form: str = "") -> int:
        """UTC ms of a time as the file has it. Raises InputError with file, row, column and value."""
        return self.utc(row, column, self.read(row, column, text, form), key)

    def read(self, row: int, column: str, text: str, form: str = "") -> datetime:
        """The time as it stands there, with or without an offset; ``form`` as strptime has it."""
        try:
            time = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        except (ValueError, TypeError, OverflowError):
            time = None
        if time is None or not _YEARS[0] <= time.year < _YEARS[1]:
            right = f"give it in the form {form}" if form else "write it like 2024-05-14T08:00:00"
            raise fault(self.path, row, column, text, f"is no time; {right}")
        return time

    def utc(self, row: int, column: str, time: datetime, key: Hashable = None) -> int:
        """UTC ms of a time; one without an offset is local."""
        if time.tzinfo is not None:
            return _ms(time)
        local = self._local(row, column, time)
        if _ms(local) != _ms(local.replace(fold=1)):
            if (key, time) in self._seen:
                local = local.replace(fold=1)
            self._seen.add((key, time))
        return _ms(local)

    def end(self, row: int, column: str, end: datetime, start: datetime, start_ms: int) -> int:
        """UTC ms of an interval's end: the first that its clock's reading can mean after ``start_ms``."""
        if end.tzinfo is not None or start.tzinfo is not None:
            return self.utc(row, column, end)
        by_clock = start_ms + (end - start) // _MS
        readings = [_ms(self._local(row, column, end).replace(fold=fold)) for fold in (0, 1)]
        return min((ms for ms in (by_clock, *readings) if ms > start_ms), default=by_clock)

    def _local(self, row: int, column: str, time: datetime) -> datetime:
        if self.zone is None:
            raise InputError(
                f"{self.path}, row {row}, column '{column}': '{time.isoformat()}' has no offset from UTC; "
                'say in the map where the clock stands, as time_zone = "Europe/Berlin"'
            )
        local = time.replace(tzinfo=self.zone)
        if local.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != time:
            raise InputError(
                f"{self.path}, row {row}, column '{column}': '{time.isoformat()}' is skipped in "
                f"{self.zone.key}, where clocks were put forward; if this clock keeps standard time all "
                'year, give its offset in the map, as time_zone = "Etc/GMT-1" for UTC+1'
            )
        return local


def _ms(time: datetime) -> int:
    return (time - _EPOCH) // _MS


def stamp(ms: int, zone: ZoneInfo | None) -> str:
    """A UTC instant as the count table has it, in ``zone`` (None: UTC)."""
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone or UTC).isoformat()


def midnight_before(ms: int, zone: ZoneInfo | None) -> int:
    """UTC ms at which the local day of an instant began."""
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone or UTC)
    return _ms(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))
