"""Reading the tables of a network that may be broken: what is wrong is noted, the rest is kept."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from signalsim.network.cells import Column
from signalsim.network.csvfile import Fault
from signalsim.network.defaults import Defaults
from signalsim.network.model import Network
from signalsim.network.specs import CONFLICT, LANE, LINK, MOVEMENT, NODE
from signalsim.network.tables import Table, read_optional, read_table

# the simulation reads over a link's geometry; a check and a map do not
_LINK = replace(
    LINK,
    columns=(*LINK.columns, Column("geometry", "text", "the link's line as WKT", default="")),
    ignored=tuple(name for name in LINK.ignored if name != "geometry"),
)


@dataclass(frozen=True)
class Reading:
    """A network as far as its tables can be used. ``network`` holds the rows whose references lead
    somewhere; ``doubtful`` are (file, row) of what a fault touches, where no rule can judge.
    """

    network: Network
    faults: tuple[Fault, ...]
    doubtful: frozenset[tuple[str, int]]
    node: Table  # as in the files, rows that cannot be used included: they have a place, too
    link: Table
    movement: Table
    lane: Table

    @property
    def is_whole(self) -> bool:
        """Whether nothing was wrong, so that the network is the one that loading would make."""
        return not self.faults


def read_leniently(
    folder: Path, defaults: Defaults, drive_right: bool = True, conflicts_as_listed: bool = False
) -> Reading:
    """The network of a folder and all faults of its cells, keys and references.

    Raises InputError where a table cannot be read at all: absent, no CSV, a column missing.
    """
    faults: list[Fault] = []
    note = faults.append
    node, link = read_table(folder / NODE.file, NODE, note), read_table(folder / LINK.file, _LINK, note)
    lane = read_optional(folder / LANE.file, LANE, note)
    movement = read_table(folder / MOVEMENT.file, MOVEMENT, note)
    conflict = read_optional(folder / CONFLICT.file, CONFLICT, note)
    broken = {(fault.path.name, fault.row) for fault in faults}

    def dangling(fault: Fault) -> None:
        if (fault.path.name, fault.row) not in broken:  # an empty cell leads nowhere, which was said
            note(fault)

    link_from = link.lookup("from_node_id", node, "node", report=dangling)
    link_to = link.lookup("to_node_id", node, "node", report=dangling)
    lane_link = lane.lookup("link_id", link, "link", report=dangling)
    movement_node = movement.lookup("node_id", node, "node", report=dangling)
    movement_from = movement.lookup("ib_link_id", link, "link", report=dangling)
    movement_to = movement.lookup("ob_link_id", link, "link", report=dangling)
    first = conflict.lookup("mvmt_id", movement, "movement", report=dangling)
    second = conflict.lookup("other_mvmt_id", movement, "movement", report=dangling)

    good_link = (link_from >= 0) & (link_to >= 0)
    good_lane = _all_good(good_link, lane_link)
    good_movement = _all_good(good_link, movement_from, movement_to) & (movement_node >= 0)
    good_conflict = _all_good(good_movement, first, second)
    of_link = np.cumsum(good_link) - 1  # position among the good ones
    network = Network(
        node=node,
        link=link.only(good_link),
        lane=lane.only(good_lane),
        movement=movement.only(good_movement),
        conflict=conflict.only(good_conflict),
        defaults=defaults,
        link_from=link_from[good_link],
        link_to=link_to[good_link],
        lane_link=of_link[lane_link[good_lane]].astype(np.int32),
        movement_node=movement_node[good_movement],
        movement_from=of_link[movement_from[good_movement]].astype(np.int32),
        movement_to=of_link[movement_to[good_movement]].astype(np.int32),
        drive_right=drive_right,
        conflicts_as_listed=conflicts_as_listed,
    )
    doubtful = _doubtful(faults, link, lane, movement, lane_link, movement_from, movement_to)
    return Reading(network, tuple(faults), doubtful, node, link, movement, lane)


def _all_good(good: np.ndarray, *references: np.ndarray) -> np.ndarray:
    """(n,) bool: whether all references of a row lead to a good row."""
    padded = np.append(good, False)  # where -1 leads
    return np.logical_and.reduce([padded[reference] for reference in references])


def _doubtful(
    faults: list[Fault],
    link: Table,
    lane: Table,
    movement: Table,
    lane_link: np.ndarray,
    movement_from: np.ndarray,
    movement_to: np.ndarray,
) -> frozenset[tuple[str, int]]:
    """(file, row) of all faulty rows and of what depends on them: a lane's or movement's links, a link's
    movements, and the links that these join to it.
    """
    rows = {(fault.path.name, fault.row) for fault in faults}
    doubted_ids = {fault.id for fault in faults if fault.path.name == link.path.name}

    def bad(table: Table) -> np.ndarray:
        return np.array([(table.path.name, int(row)) in rows for row in table.row], bool)

    link_bad = np.append(bad(link) | np.array([name in doubted_ids for name in link.ids], bool), False)
    link_bad[lane_link[bad(lane)]] = True
    movement_bad = bad(movement) | link_bad[movement_from] | link_bad[movement_to]
    movement_bad |= (movement_from < 0) | (movement_to < 0)
    for ends in (movement_from, movement_to):
        link_bad[ends[movement_bad]] = True
    rows |= {(link.path.name, int(row)) for row in link.row[link_bad[:-1]]}
    rows |= {(movement.path.name, int(row)) for row in movement.row[movement_bad]}
    return frozenset(rows)
