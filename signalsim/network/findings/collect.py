"""All findings of a network, each with its kind, its place and its position on the map."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from signalsim.errors import InputError
from signalsim.network.checks import CHECKS, WARNINGS, check_not_empty
from signalsim.network.csvfile import Fault
from signalsim.network.findings import notes
from signalsim.network.findings.lines import find_crossings, link_lines, point_along
from signalsim.network.findings.reading import Reading
from signalsim.network.model import Network
from signalsim.network.specs import LINK

ERROR, NOTE = "error", "note"
NOWHERE = (math.nan, math.nan)

# kind -> what people read; the order is that of lists and legends
KINDS: Mapping[str, str] = {
    "value": "value that cannot be used",
    "duplicate-id": "duplicate id",
    "absent-reference": "reference to what is not there",
    "empty-table": "empty table",
    "zero-length-link": "zero-length link",
    "speed-too-low": "speed too low for the flow",
    "lane-list": "lane list",
    "movement-ends": "movement off its node",
    "movement-without-lanes": "movement without lanes",
    "lane-without-movement": "lane without movement",
    "too-many-feeders": "too many lanes into one link",
    "control": "control of movements",
    "dead-end": "dead end",
    "unreachable": "unreachable part",
    "conflict-list": "conflict list",
    "signal-tables": "signal tables",
    "signal-times": "signals: stages, plans, times",
    "short-link": "shorter than a vehicle",
    "lost-to-slots": "capacity lost to integer slots",
    "signals-without-conflicts": "signals without conflicts",
    "right-of-way": "right of way left open",
    "crossing-geometry": "crossing geometry",
    "lonely-node": "node without links",
    "signal-note": "signals: worth knowing",
}
# The rules of loading, then the notes. Of two findings about one cell the first is told.
# A new rule is one function and one line.
RULES: tuple[tuple[str, str, Callable[[Network], Iterator[InputError]]], ...] = (
    *((kind, ERROR, check) for kind, check in CHECKS),
    ("conflict-list", ERROR, notes.check_conflict_list),
    ("short-link", NOTE, notes.find_short),
    *((kind, NOTE, warn) for kind, warn in WARNINGS),
    ("dead-end", NOTE, notes.find_loose_ends),
    ("unreachable", NOTE, notes.find_loose_starts),
    ("unreachable", NOTE, notes.find_parts),
    ("lonely-node", NOTE, notes.find_lonely_nodes),
    ("signals-without-conflicts", NOTE, notes.find_idle_signals),
    ("right-of-way", NOTE, notes.find_equals),
    ("right-of-way", NOTE, notes.find_all_way_nodes),
    ("crossing-geometry", NOTE, find_crossings),
)


@dataclass(frozen=True)
class Finding:
    """One thing about a network. ``level`` is error (it does not load) or note."""

    kind: str  # of KINDS
    level: str
    place: str  # file and row
    id: str
    x: float  # m; NaN where it is about no place of the map
    y: float
    text: str  # what is wrong and what to do, in one line


def counted(number: int, word: str) -> str:
    """'1 note', '2 notes'."""
    return f"{number} {word}{'s' * (number != 1)}"


Found = Iterable[tuple[str, str, InputError]]  # kind, level, sentence


def network_faults(reading: Reading) -> Found:
    """(kind, level, sentence) of everything that reading and the rules find in a network."""
    for fault in reading.faults:
        yield _reading_kind(fault), ERROR, fault
    net = reading.network
    tables = (reading.node, reading.link, reading.movement)
    if not all(map(len, (net.node, net.link, net.movement))):
        if not all(map(len, tables)):
            yield from (("empty-table", ERROR, fault) for fault in check_not_empty(net))
        return
    for kind, level, rule in RULES:
        for found in rule(net):
            if not (isinstance(found, Fault) and (found.path.name, found.row) in reading.doubtful):
                yield kind, level, found


def _reading_kind(fault: Fault) -> str:
    """A length of nothing is what people call it, not just a wrong value."""
    if fault.kind == "value" and (fault.path.name, fault.column) == (LINK.file, "length"):
        try:
            if float(str(fault.value)) < LINK.column("length").low:
                return "zero-length-link"
        except ValueError:
            pass
    return fault.kind


def findings(
    reading: Reading, found: Found, places: Mapping[tuple[str, int], str] | None = None
) -> list[Finding]:
    """Faults as findings, errors first, then by kind; of two about one cell the first.

    ``places`` says for (file, row) of other tables at which node they are.
    """
    where = _Places(reading, places or {})
    folder = reading.node.path.parent
    told: set[tuple[str, int, str]] = set()
    out: list[Finding] = []
    for kind, level, fault in found:
        if isinstance(fault, Fault) and fault.column:
            cell = (fault.path.name, fault.row, fault.column)
            if cell in told:
                continue
            told.add(cell)
        out.append(_finding(kind, level, fault, where, folder))
    order = list(KINDS)
    return sorted(out, key=lambda finding: (finding.level != ERROR, order.index(finding.kind)))


def _finding(kind: str, level: str, fault: InputError, where: "_Places", folder: Path) -> Finding:
    text = str(fault).replace(f"{folder}/", "")
    if not isinstance(fault, Fault):
        return Finding(kind, level, text.partition(":")[0].partition(",")[0], "", *NOWHERE, text)
    x, y = fault.position or where.of(fault)
    return Finding(kind, level, f"{fault.path.name}, row {fault.row}", fault.id, x, y, text)


class _Places:
    """Where on the map the rows of the tables are."""

    def __init__(self, reading: Reading, nodes_of_rows: Mapping[tuple[str, int], str]):
        x, y = reading.node.numbers("x_coord"), reading.node.numbers("y_coord")
        self._node = {name: (float(x[i]), float(y[i])) for name, i in reading.node.index.items()}
        self._reading, self._nodes_of_rows = reading, nodes_of_rows

    @cached_property
    def _lines(self) -> dict[str, np.ndarray]:
        net = self._reading.network
        return dict(zip(net.link.ids, link_lines(net), strict=True)) if len(net.link) else {}

    def of(self, fault: Fault) -> tuple[float, float]:
        """(x, y) in m; NaN where it is not known."""
        file, reading = fault.path.name, self._reading
        if file == reading.node.path.name:
            return self._node.get(fault.id, NOWHERE)
        if file == reading.link.path.name:
            return self._on_link(fault.id)
        if file == reading.lane.path.name and (i := reading.lane.index.get(fault.id)) is not None:
            return self._on_link(reading.lane.texts("link_id")[i])
        if (i := reading.movement.index.get(fault.id)) is not None and file != reading.lane.path.name:
            return self._node.get(reading.movement.texts("node_id")[i], NOWHERE)
        return self._node.get(self._nodes_of_rows.get((file, fault.row), fault.id), NOWHERE)

    def _on_link(self, link: str) -> tuple[float, float]:
        """Beyond a link's middle, so that the two directions of a road differ; or the end that is known."""
        if link in self._lines and np.isfinite(self._lines[link]).all():
            x, y = point_along(self._lines[link], 0.6)
            return x, y
        i = self._reading.link.index.get(link)
        if i is None:
            return NOWHERE
        names = (self._reading.link.texts(column)[i] for column in ("from_node_id", "to_node_id"))
        ends = np.array([self._node.get(name, NOWHERE) for name in names])
        ends = ends[np.isfinite(ends).all(1)]
        return (float(ends[:, 0].mean()), float(ends[:, 1].mean())) if len(ends) else NOWHERE
