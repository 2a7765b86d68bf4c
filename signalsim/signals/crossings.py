"""Where pedestrians cross: the crossings of a scenario, with what they demand of the signals."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from signalsim.network import Network
from signalsim.network.tables import Table, read_optional
from signalsim.signals.specs import CROSSING, GROUP

NO_GROUP = -1  # a zebra: pedestrians have priority
ALWAYS, ON_RED = "always", "on_red"  # when vehicles may meet the pedestrians of a crossing


@dataclass(frozen=True)
class Crossings:
    """The crossings, sorted by id."""

    table: Table
    node: np.ndarray  # (n,) int32
    links: tuple[frozenset[int], ...]  # of the leg that each crosses
    group: np.ndarray  # (n,) int32 pedestrian group, NO_GROUP: a zebra
    length_m: np.ndarray  # (n,) kerb to kerb
    speed_mps: np.ndarray  # (n,) by which clearance is reckoned

    def __len__(self) -> int:
        return len(self.node)

    @property
    def clearance_s(self) -> np.ndarray:
        """(n,) from kerb to kerb."""
        return self.length_m / self.speed_mps

    @property
    def has_button(self) -> np.ndarray:
        return self.table.numbers("push_button") == 1

    @property
    def rests(self) -> np.ndarray:
        """(n,) bool: stays in walk until its stage is to end."""
        return self.table.numbers("rest_in_walk") == 1

    @property
    def lead_s(self) -> np.ndarray:
        return self.table.numbers("lead_s")

    def of_group(self, group: int) -> np.ndarray:
        """Crossings where a group's lamp counts."""
        return np.flatnonzero(self.group == group)

    def crossed(self, network: Network, x: int) -> Iterator[tuple[int, bool, bool]]:
        """(movement, crosses it before the junction, crosses it behind) of all that cross ``x``."""
        for m in np.flatnonzero(network.movement_node == self.node[x]).tolist():
            before = int(network.movement_from[m]) in self.links[x]
            behind = int(network.movement_to[m]) in self.links[x]
            if before or behind:
                yield m, before, behind

    def is_given_way(self, network: Network, x: int, movement: int, before: bool) -> bool:
        """Whether a movement under a signal may be green while a crossing behind it walks."""
        turns = network.movement_role[movement] != "thru"
        return not before and turns and self.table.texts("turns")[x] == "yield"


def read_crossings(
    folder: Path, network: Network, groups: dict[str, int], group_node: list[int]
) -> Crossings:
    """crossing.csv of a folder, which may be absent. Raises InputError."""
    table = read_optional(folder / CROSSING.file, CROSSING)
    node = table.lookup("node_id", network.node, "node")
    links = tuple(_links(table, network, x, int(node[x])) for x in range(len(table)))
    length, speed = table.numbers("length_m"), table.numbers("walking_speed_mps")
    width = [network.defaults.lane_width_m * sum(_lanes(network, link) for link in row) for row in links]
    found = Crossings(
        table,
        node,
        links,
        np.array([_group(table, x, groups, group_node, network) for x in range(len(table))], np.int32),
        np.where(np.isnan(length), np.array(width), length),
        np.where(np.isnan(speed), network.defaults.walking_speed_mps, speed),
    )
    _check_zebras(found)
    _check_shared_groups(found)
    return found


def _lanes(network: Network, link: int) -> int:
    return len(network.lane_numbers(link))


def _links(table: Table, network: Network, x: int, node: int) -> frozenset[int]:
    """The links of the leg, each of which begins or ends at the node."""
    out = set()
    for name in table.texts("link_ids")[x].split():
        link = network.link.index.get(name, -1)
        if link < 0 or node not in (network.link_from[link], network.link_to[link]):
            what = "is no link of link.csv" if link < 0 else f"does not touch node '{network.node.ids[node]}'"
            raise table.fault(
                x, "link_ids", f"names '{name}', which {what}; name the links of the leg, both directions"
            )
        out.add(link)
    return frozenset(out)


def _group(table: Table, x: int, groups: dict[str, int], group_node: list[int], network: Network) -> int:
    name = table.texts("group_id")[x]
    if not name:
        return NO_GROUP
    if name not in groups:
        raise table.fault(
            x, "group_id", f"is no signal group of {GROUP.file}; add it there, or leave it empty"
        )
    node = table.texts("node_id")[x]
    hangs = network.node.ids[group_node[groups[name]]]
    if hangs != node:
        raise table.fault(x, "group_id", f"hangs at junction '{hangs}'; give a group of node '{node}'")
    return groups[name]


def _check_zebras(found: Crossings) -> None:
    for x in np.flatnonzero(found.group == NO_GROUP).tolist():
        for column in ("push_button", "rest_in_walk", "lead_s"):
            if found.table.numbers(column)[x]:
                raise found.table.fault(x, column, "needs a signal; give a group_id, or leave it empty")


def _check_shared_groups(found: Crossings) -> None:
    """Crossings that share a lamp walk alike."""
    first: dict[int, int] = {}
    for x, group in enumerate(found.group.tolist()):
        if group == NO_GROUP or group not in first:
            first.setdefault(group, x)
            continue
        for column in ("push_button", "rest_in_walk", "lead_s"):
            if found.table.numbers(column)[x] != found.table.numbers(column)[first[group]]:
                other = found.table.ids[first[group]]
                raise found.table.fault(
                    x, column, f"differs from crossing '{other}' of the same group; give both the same"
                )


class Met(NamedTuple):
    """A pedestrian group and a group of vehicles, of which a movement crosses a crossing."""

    walk: int
    vehicles: int
    crossing: int
    movement: int
    gives_way: bool  # and may be green with it; else never


def groups_met(crossings: Crossings, network: Network, movement_group: np.ndarray) -> Iterator[Met]:
    """All that cross each other's way."""
    for x in np.flatnonzero(crossings.group != NO_GROUP).tolist():
        for m, before, _ in crossings.crossed(network, x):
            if movement_group[m] >= 0:
                gives_way = crossings.is_given_way(network, x, m, before)
                yield Met(int(crossings.group[x]), int(movement_group[m]), x, m, gives_way)


def leads(
    crossings: Crossings, network: Network, movement_group: np.ndarray, forbidden: set[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """(pedestrian group, group of vehicles that turn across it) -> s that the walk begins earlier."""
    out = {}
    for met in groups_met(crossings, network, movement_group):
        lead, pair = float(crossings.lead_s[met.crossing]), (met.walk, met.vehicles)
        if lead > 0 and (min(pair), max(pair)) not in forbidden:
            out[pair] = lead
    return out


def meetings(
    crossings: Crossings, network: Network, movement_group: np.ndarray, on_red: np.ndarray
) -> Iterator[tuple[int, int, str, bool]]:
    """(movement, crossing, ALWAYS or ON_RED, in front of the junction) where vehicles give way to
    pedestrians: on a zebra, and where no signal keeps them apart."""
    for x in range(len(crossings)):
        for m, before, behind in crossings.crossed(network, x):
            lit = crossings.group[x] != NO_GROUP and movement_group[m] >= 0
            for here, in_front in ((before, True), (behind, False)):
                if here and (not lit or crossings.is_given_way(network, x, m, in_front or before)):
                    yield m, x, ALWAYS, in_front
                elif here and on_red[m]:
                    yield m, x, ON_RED, in_front
