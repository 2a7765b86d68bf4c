"""DeepStream messages (full schema), one JSON object per line.

A place is ``SENSOR TYPE``: the sensor's id and the event's type, as ``cam1 entry``. Where a type is told of
one object again and again (``moving`` in every frame), it counts once: an object that was not told of for
``turn_within_s`` is a new one. The class is that of ``vehicle.type``, else ``person`` and the like.

Of an object nothing is kept but its class; ``vehicle.license``, ``licenseState``, make, model, colour,
box and position are never read. Its id is held until it is surely gone, and not written anywhere.
"""

from typing import Any

from signalsim.errors import InputError

from .classes import ALL
from .form import OF_PASSAGES, Format, Job
from .head import Head
from .jsonlines import json_lines, part, text
from .tracks import Tracks

_KINDS = ("vehicle", "person", "bicycle", "face", "roadsign")


def matches(head: Head) -> bool:
    return "@timestamp" in head.first_json and "messageid" in head.first_json


def read(job: Job) -> None:
    """Count the objects of a file's messages. Raises InputError."""
    path = job.path
    seen = Tracks(round(1000 * job.guide.turn_within_s))
    for row, message in json_lines(path):
        if "objects" in message:
            raise InputError(
                f"{path}, row {row}, field 'objects': is a message of the minimal schema, which has no "
                "event; send the full schema (payload-type 0)"
            )
        time_ms = job.clock.instant(row, "@timestamp", text(path, row, message, "@timestamp"))
        sensor = text(path, row, message, "sensor", "id")
        kind = text(path, row, message, "event", "type")
        track = text(path, row, message, "object", "id")
        name = f"{sensor} {kind}"
        stream = job.streams.of(row, sensor, (name,), _class(job, row, message))
        if seen.is_new((sensor, kind, track), time_ms):
            job.passages.add(row, time_ms, stream, job.streams.camera(row, sensor))


def _class(job: Job, row: int, message: dict[str, Any]) -> str:
    found = part(job.path, row, message, "object")
    for kind in _KINDS:
        if kind in found:
            if kind == "vehicle" and found[kind] is not None:
                return text(job.path, row, message, "object", "vehicle", "type", default="vehicle")
            return kind
    return ALL


FORMAT = Format(
    "deepstream", "DeepStream messages, JSON lines", matches, read, OF_PASSAGES | {"turn_within_s"}
)
