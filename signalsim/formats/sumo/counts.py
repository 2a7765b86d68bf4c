"""Counts in SUMO's edge data and turn counts as counts.csv."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signalsim.counts.spec import COUNTS
from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.xmlfile import Element, Reader, elements

EPOCH = datetime(2000, 1, 1)
_MAX_COUNT = 1_000_000


@dataclass(frozen=True)
class Count:
    """Vehicles on an edge, or on a turn to another one, from begin to end (s of SUMO's clock)."""

    edge: str
    onward: str  # '': the whole edge
    begin_s: float
    end_s: float
    vehicles: float


@dataclass
class Counts:
    """All counts of some files."""

    rows: list[Count] = field(default_factory=list)

    @property
    def begin_s(self) -> float:
        return min(row.begin_s for row in self.rows)

    @property
    def end_s(self) -> float:
        return max(row.end_s for row in self.rows)


def read_counts(paths: list[Path]) -> Counts:
    """``<edge id entered>`` counts a whole edge, ``<edgeRelation from to count>`` a turn.

    Raises InputError with file and line.
    """
    counts = Counts()
    for path in paths:
        read = Reader(path)
        span: tuple[float, float] | None = None
        for element in elements(path):
            if element.tag == "interval":
                span = _span(read, element)
            elif element.tag in ("edge", "edgeRelation"):
                if span is None:
                    raise InputError(f"{path}, line {element.line}: <{element.tag}> stands in no <interval>")
                _add(counts, read, element, span)
        if not counts.rows:
            raise InputError(
                f"{path}: holds no count; give <edge id entered> or <edgeRelation from to count> in an "
                "<interval>"
            )
    return counts


def _span(read: Reader, element: Element) -> tuple[float, float]:
    begin = read.number(element, "begin", None, 0, 1e8)
    end = read.number(element, "end", None, 0, 1e8)
    if not begin < end <= begin + 86_400 * 7:
        raise read.fault(element, "end", f"is not within a week after the beginning, {begin:g} s; correct it")
    return begin, end


def _add(counts: Counts, read: Reader, element: Element, span: tuple[float, float]) -> None:
    is_turn = element.tag == "edgeRelation"
    name = "count" if is_turn else "entered"
    if name in element.attributes:
        edge = read.text(element, "from" if is_turn else "id")
        onward = read.text(element, "to") if is_turn else ""
        counts.rows.append(Count(edge, onward, *span, read.number(element, name, None, 0, _MAX_COUNT)))


def add_counts(draft: Draft, layout: Layout, counts: Counts) -> None:
    """Rows of counts.csv, and the horizon that they cover. Raises InputError where none can be used."""
    unknown = []
    for row in counts.rows:
        move = layout.moves.get((row.edge, row.onward)) if row.onward else None
        if row.edge not in layout.lanes or (row.onward and move is None):
            unknown.append(f"{row.edge} to {row.onward}" if row.onward else row.edge)
            continue
        begin, end = (
            (EPOCH + timedelta(seconds=time)).replace(tzinfo=UTC).isoformat()
            for time in (row.begin_s, row.end_s)
        )
        draft.add(
            COUNTS,
            camera_id=f"sumo {row.edge}",
            interval_start=begin,
            interval_end=end,
            link_id=row.edge,
            movement_id=move.id if move else None,
            count=row.vehicles,
        )
    used = len(counts.rows) - len(unknown)
    if not used:
        raise InputError(
            f"--counts: none of {len(counts.rows):,} counted edges and turns is in the network for cars; "
            "give counts of this network"
        )
    draft.section("horizon", warm_up_s=0.0, demand_s=counts.end_s - counts.begin_s, drain_s=3600.0)
    draft.understood(f"{used:,} counts of edges and turns")
    if unknown:
        draft.dropped("counts", "their edge or turn is not in the network for cars", sorted(set(unknown)))
