"""SUMO's detectors, XML: induction loops (E1, also instantaneous), lane areas (E2), entry-exit areas (E3).

A place is a detector's id. What has passed it in an interval is counted: vehicles that left an induction loop
(``nVehContrib``), a lane area (``nVehLeft``) or an entry-exit area (``vehicleSum``); an instantaneous loop
tells single passages. Detectors of one link in one file are its lanes, and add up. SUMO's seconds begin at
``start`` of the map. Vehicles' ids are not read.
"""

from signalsim.errors import InputError
from signalsim.formats.xmlfile import Element, Reader, elements

from .form import OF_PASSAGES, Format, Job
from .guide import Place
from .head import Head
from .intervals import MAX_COUNT, Span
from .sumo import begin_ms

_PASSED = ("nVehContrib", "nVehLeft", "vehicleSum")  # of E1, E2 and E3
_LAST_S = 1e8


def matches(head: Head) -> bool:
    has_interval = "<interval" in head.text and any(f" {name}=" in head.text for name in _PASSED)
    return head.is_xml and (has_interval or "<instantOut" in head.text)


def read(job: Job) -> None:
    """Add up what detectors counted. Raises InputError."""
    origin_ms, reader, n = begin_ms(job), Reader(job.path), 0
    for element in elements(job.path):
        if element.tag == "interval":
            _interval(job, reader, element, origin_ms)
        elif element.tag == "instantOut":
            _instant(job, reader, element, origin_ms)
        else:
            continue
        n += 1
    if not n:
        raise InputError(f"{job.path}: has no <interval> and no <instantOut>; give the output of detectors")


def _interval(job: Job, reader: Reader, element: Element, origin_ms: int) -> None:
    passed = next((name for name in _PASSED if name in element.attributes), None)
    if passed is None:
        raise InputError(
            f"{job.path}, line {element.line}: <interval> has none of {', '.join(_PASSED)}; give the output "
            "of an induction loop, a lane area or an entry-exit detector"
        )
    count = reader.whole(element, passed, None, 0, MAX_COUNT)
    begin, end = (round(1000 * reader.number(element, name, None, 0, _LAST_S)) for name in ("begin", "end"))
    place, stream = _stream(job, reader, element)
    job.intervals.add(element.line, stream, place, "all", Span(origin_ms + begin, origin_ms + end), count)


def _instant(job: Job, reader: Reader, element: Element, origin_ms: int) -> None:
    """An instantaneous loop tells when a vehicle comes, while it stays, and when it leaves."""
    if reader.text(element, "state") != "leave":
        return
    time_ms = round(1000 * reader.number(element, "time", None, 0, _LAST_S))
    _, stream = _stream(job, reader, element)
    job.passages.add(element.line, origin_ms + time_ms, stream, job.streams.camera(element.line, ""))


def _stream(job: Job, reader: Reader, element: Element) -> tuple[str, int]:
    place = reader.text(element, "id")
    is_named = bool(job.guide.places) or job.streams.drafting
    own = None if is_named else Place(link=place[:200])
    return place, job.streams.of(element.line, "", (place,), own=own)


FORMAT = Format(
    "sumo_detectors", "SUMO detector output, XML", matches, read, frozenset({"start"}) | OF_PASSAGES,
    passes_names=True,
)  # fmt: skip
