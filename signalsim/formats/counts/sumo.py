"""SUMO: edge data (``entered``) and turn counts (``count``), XML; its seconds begin at ``start`` of the map.

A place is an edge, ``EDGE``, or a turn, ``EDGE->EDGE``. A map need not name them: an imported network has
SUMO's own names.
"""

from signalsim.errors import InputError
from signalsim.formats.sumo.counts import read_counts
from signalsim.network.csvfile import shown

from .form import Format, Job
from .guide import Place
from .head import Head
from .intervals import Span


def matches(head: Head) -> bool:
    return head.is_xml and "<interval" in head.text and ("<edge" in head.text or "<edgeRelation" in head.text)


def read(job: Job) -> None:
    """Add up the counts of a file. Raises InputError."""
    origin_ms = begin_ms(job)
    for number, row in enumerate(read_counts([job.path]).rows, start=1):
        if row.vehicles != int(row.vehicles):
            raise InputError(
                f"{job.path}, count {number} (edge {shown(row.edge)}): {row.vehicles:g} is no whole number; "
                "give vehicles counted"
            )
        place = f"{row.edge}->{row.onward}" if row.onward else row.edge
        own = Place(link=row.edge[:200], movement=place[:200] if row.onward else "")
        span = Span(origin_ms + round(1000 * row.begin_s), origin_ms + round(1000 * row.end_s))
        stream = job.streams.of(number, row.edge, (place,), own=own)
        job.intervals.add(number, stream, place, "all", span, int(row.vehicles))


def begin_ms(job: Job) -> int:
    """When SUMO's second 0 is, UTC milliseconds. Raises InputError where the map does not say."""
    start = job.guide.start
    if start is None:
        raise InputError(
            f"{job.path}: counts seconds from the beginning of a simulation; say in the map when that is, as "
            "start = 2024-05-14T08:00:00+02:00"
        )
    local = start if start.tzinfo is not None else start.replace(tzinfo=job.guide.zone)
    return round(local.timestamp() * 1000)


FORMAT = Format(
    "sumo", "SUMO edge data or turn counts, XML", matches, read, frozenset({"start"}), passes_names=True
)
