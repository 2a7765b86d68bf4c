"""High-resolution controller logs (Indiana enumerations): detector-on events of counting channels.

A place is ``DEVICE CHANNEL``, as ``1136 5``. Several channels of one link or movement (its lanes) add up.
Channels that do not count vehicles (presence, advance) are to be left out: by ``= ""``, or by
``others = "leave out"``. A channel counts what switches it on: vehicles that take a long zone together are
one. The clock has no offset and is taken to run on from the first event without a change to summer time.
"""

from datetime import datetime, timedelta

from signalsim.errors import InputError
from signalsim.formats.hires import Code
from signalsim.formats.hires.read import log_rows

from .form import OF_PASSAGES, Format, Job
from .head import Head
from .streams import LEFT

_NAMES = ({"timestamp"}, {"deviceid", "signalid", "device", "locationidentifier"}, {"eventid", "eventcode"},
          {"parameter", "eventparam", "eventparameter"})  # fmt: skip
_EPOCH = datetime(1970, 1, 1)


def matches(head: Head) -> bool:
    if head.is_parquet:
        return all(word in head.tail for word in (b"EventId", b"Parameter"))
    cells = {cell.replace(" ", "").replace("_", "") for cell in head.cells}
    return all(cells & names for names in _NAMES)


def read(job: Job) -> None:
    """Count the actuations of a log; every event shows that the device is there. Raises InputError."""
    shift_ms: int | None = None  # from the controllers' clocks to UTC
    for row, time_ms, device, code, parameter in log_rows(job.path):
        if shift_ms is None:
            local = _EPOCH + timedelta(milliseconds=time_ms)
            shift_ms = job.clock.utc(row, "TimeStamp", local) - time_ms
        stream = LEFT
        if code == Code.DETECTOR_ON:
            stream = job.streams.of(row, device, (f"{device} {parameter}",))
        job.passages.add(row, time_ms + shift_ms, stream, job.streams.camera(row, device))
    if shift_ms is None:
        raise InputError(f"{job.path}: has no events; give a log with at least one")


FORMAT = Format("hires", "High-resolution controller log, CSV or Parquet", matches, read, OF_PASSAGES)
