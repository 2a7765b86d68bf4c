"""Swarm: line-crossing events as JSON lines, as they come over MQTT.

A place is ``STREAM LINE in`` or ``STREAM LINE out``; the map may name it by less: ``STREAM LINE``, ``LINE
in``, ``LINE``, with the line's name or its id. A camera is called like its stream. ``trackId`` is not read.
"""

from typing import Any

import numpy as np

from signalsim.errors import InputError

from .form import OF_PASSAGES, Format, Job
from .head import Head
from .jsonblocks import Block, json_blocks
from .jsonlines import part, text

EVENT = "crossingLineEvent"
_MANY = 5_000  # different values in one block: not the names of lines and cameras
_LATEST_MS = 7_258_118_400_000  # the year 2200
Key = tuple[Any, ...]


def matches(head: Head) -> bool:
    return EVENT in head.first_json


def read(job: Job) -> None:
    """Count the line crossings of a file; its other events are passed over. Raises InputError."""
    skipped = 0
    known: dict[Key, tuple[int, str]] = {}  # what was read of an event once need not be checked again
    for block in json_blocks(job.path, _fields):
        found = None if block.table is None else _add_table(job, block, known)
        skipped += _add_lines(job, block, known) if found is None else found
    if skipped:
        job.notes.append(f"{skipped:,} lines are no line crossings")


def _add_lines(job: Job, block: Block, known: dict[Key, tuple[int, str]]) -> int:
    """Add the crossings of a block one by one; how many lines are none."""
    path, add, instant = job.path, job.passages.add, job.clock.instant
    skipped = 0
    for row, message in block.lines():
        event = message.get(EVENT)
        if event is None:
            skipped += 1
            continue
        try:
            stream = message["stream"]
            key = (stream.get("name"), stream["id"], event["lineName"], event["lineId"], event["direction"],
                   event["class"])  # fmt: skip
            found = known.get(key)
            time = event["timestamp"]
        except (KeyError, TypeError, AttributeError):  # something is absent, or is not what it should be
            key, found, time = None, None, text(path, row, message, EVENT, "timestamp")
        if found is None:
            found = _place(job, row, message)
            if key is not None:
                known[key] = found
        add(row, instant(row, "timestamp", time), *found)
    return skipped


def _fields(pa: Any) -> Any:
    """What is read of a message, as Arrow's schema."""
    words = [(name, pa.string()) for name in ("class", "direction", "lineId", "lineName", "timestamp")]
    stream = pa.struct([("id", pa.string()), ("name", pa.string())])
    return pa.schema([(EVENT, pa.struct(words)), ("stream", stream)])


def _add_table(job: Job, block: Block, known: dict[Key, tuple[int, str]]) -> int | None:
    """Add the crossings of a block at once; how many lines are none. None: not all of it is as usual."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = block.table.combine_chunks()
    event, stream = (table.column(name).combine_chunks() for name in (EVENT, "stream"))
    columns = [pc.struct_field(stream, name) for name in ("name", "id")]
    columns += [pc.struct_field(event, name) for name in ("lineName", "lineId", "direction", "class")]
    time = pc.struct_field(event, "timestamp")
    if time.null_count or any(column.null_count for column in columns[1:]):
        return None
    try:
        time_ms = time.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(zero_copy_only=False) // 1000
    except (pa.ArrowException, ValueError):
        return None
    if not (time_ms.min() >= 0 and time_ms.max() < _LATEST_MS):
        return None
    code = np.zeros(len(time_ms), np.int64)
    width = 1
    coded: list[tuple[list[str | None], np.ndarray]] = []
    for column in columns:
        found = column.dictionary_encode(null_encoding="encode")
        coded.append((found.dictionary.to_pylist(), found.indices.to_numpy(zero_copy_only=False)))
        width *= max(1, len(coded[-1][0]))
        if len(coded[-1][0]) > _MANY or width > 1 << 62:
            return None
        code = code * len(coded[-1][0]) + coded[-1][1]
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    keys = zip(*([words[k] for k in index[first].tolist()] for words, index in coded), strict=True)
    places: list[tuple[int, str]] = [(0, "")] * len(first)
    for row, at, key in sorted(zip(first.tolist(), range(len(first)), keys, strict=True)):
        if key not in known:  # in the file's order: so streams are numbered, and mistakes told
            known[key] = _place(job, block.row + row, _message(key))
        places[at] = known[key]
    cameras = sorted({camera for _, camera in places})
    stream_of = np.array([number for number, _ in places], np.int64)
    camera_of = np.array([cameras.index(camera) for _, camera in places], np.int64)
    job.passages.add_many(block.row, time_ms, stream_of[inverse], camera_of[inverse], cameras)
    return 0


def _message(key: Key) -> dict[str, Any]:
    name, id, line, line_id, way, kind = key
    event = {"lineName": line, "lineId": line_id, "direction": way, "class": kind}
    return {"stream": {"name": name, "id": id}, EVENT: event}


def _place(job: Job, row: int, message: dict[str, Any]) -> tuple[int, str]:
    """The stream and the camera of an event."""
    path = job.path
    part(path, row, message, EVENT, "class")  # an object
    camera = text(path, row, message, "stream", "name", default="?")
    if camera == "?":
        camera = text(path, row, message, "stream", "id", default="") if "stream" in message else ""
    line_id = text(path, row, message, EVENT, "lineId", default="?")
    line = text(path, row, message, EVENT, "lineName", default=line_id)
    if line == "?":
        raise InputError(f"{path}, row {row}: field '{EVENT}.lineName' is missing; the count needs it")
    way = text(path, row, message, EVENT, "direction", default="?")
    lines = [line] if line_id in (line, "?") else [line, line_id]
    names = [f"{camera} {name} {way}" for name in lines] + [f"{camera} {name}" for name in lines]
    names += [f"{name} {way}" for name in lines] + lines
    kind = text(path, row, message, EVENT, "class", default="all")
    return job.streams.of(row, camera, names, kind), job.streams.camera(row, camera)


FORMAT = Format("swarm", "Swarm line-crossing events, JSON lines", matches, read, OF_PASSAGES)
