"""The road graph: four tables and the integer arrays that join them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from signalsim.network.defaults import Defaults
from signalsim.network.geometry import turn_type
from signalsim.network.specs import CONFLICT, LANE, LINK, MOVEMENT, NODE, STOPS, UNSAID
from signalsim.network.tables import Table, read_optional, read_table

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Network:
    """A checked road graph. Positions in its arrays follow ids sorted as strings.

    Tables are canonical; ``graph`` is a view of them for people and their own analyses.
    """

    node: Table
    link: Table
    lane: Table  # bays, and full lanes that were named
    movement: Table
    conflict: Table
    defaults: Defaults
    link_from: np.ndarray  # (n_links,) int32 node
    link_to: np.ndarray  # (n_links,) int32 node
    lane_link: np.ndarray  # (n rows of lane,) int32
    movement_node: np.ndarray  # (n_movements,) int32
    movement_from: np.ndarray  # (n_movements,) int32 link
    movement_to: np.ndarray  # (n_movements,) int32 link
    drive_right: bool = True
    conflicts_as_listed: bool = False  # pairs that conflict.csv does not list are free
    warnings: tuple[str, ...] = ()

    @cached_property
    def length_m(self) -> np.ndarray:
        return self.link.numbers("length")

    @cached_property
    def speed_mps(self) -> np.ndarray:
        """(n_links,) free speed, m/s."""
        return _filled(self.link.numbers("free_speed"), self.defaults.free_speed_kmh) / 3.6

    @cached_property
    def saturation_pcuph(self) -> np.ndarray:
        """(n_links,) saturation flow of one through lane, pcu/h."""
        return _filled(self.link.numbers("opt_saturation_flow"), self.defaults.saturation_flow)

    @cached_property
    def jam_pcupm(self) -> np.ndarray:
        """(n_links,) jam density of one lane, pcu/m."""
        return 1.0 / _filled(self.link.numbers("opt_jam_spacing_m"), self.defaults.jam_spacing_m)

    @cached_property
    def heading(self) -> np.ndarray:
        """(n_links,) direction of travel, radians counter-clockwise from east."""
        x, y = self.node.numbers("x_coord"), self.node.numbers("y_coord")
        a, b = self.link_from, self.link_to
        return np.arctan2(y[b] - y[a], x[b] - x[a])

    @cached_property
    def movement_type(self) -> tuple[str, ...]:
        """left, thru, right or uturn of every movement: as given, else from the positions."""
        given = self.movement.texts("type")
        return tuple(
            kind or turn_type(self.heading[a], self.heading[b])
            for kind, a, b in zip(given, self.movement_from, self.movement_to, strict=True)
        )

    @cached_property
    def movement_role(self) -> tuple[str, ...]:
        """The turn as it is where one drives on the right: on the left, left and right change places."""
        swap = {"left": "right", "right": "left"} if not self.drive_right else {}
        return tuple(swap.get(kind, kind) for kind in self.movement_type)

    @cached_property
    def is_signalised(self) -> np.ndarray:
        """(n_movements,) bool: obeys a signal group."""
        return np.array([name != "" for name in self.movement.texts("opt_signal_group_id")], bool)

    @cached_property
    def on_red(self) -> np.ndarray:
        """(n_movements,) bool: may go on red after a stop, as its ctrl_type says; where that is empty, right
        turns (left turns where one drives on the left) as the default turn_on_red says.
        """
        allowed = {"signal_with_RTOR"} | ({""} if self.defaults.turn_on_red else set())
        told = (
            kind in allowed and (kind != "" or role == "right")
            for kind, role in zip(self.movement.texts("ctrl_type"), self.movement_role, strict=True)
        )
        return self.is_signalised & np.fromiter(told, bool, len(self.movement))

    @cached_property
    def must_stop(self) -> np.ndarray:
        """(n_movements,) bool: without a signal, and stops at a stop sign before it enters."""
        return self._without_signal(STOPS)

    @cached_property
    def all_way(self) -> np.ndarray:
        """(n_movements,) bool: of an all-way stop, where movements that meet take turns."""
        return self._without_signal(("stop_4_way",))

    @cached_property
    def is_minor(self) -> np.ndarray:
        """(n_movements,) bool: a sign tells it to give way (yield or stop)."""
        return self._without_signal(("yield", *STOPS))

    @cached_property
    def enters_roundabout(self) -> np.ndarray:
        """(n_movements,) bool: gives way at a node whose ctrl_type is 'roundabout'."""
        control = self.node.texts("ctrl_type")
        return self.is_minor & np.array([control[n] == "roundabout" for n in self.movement_node], bool)

    def _without_signal(self, kinds: tuple[str, ...]) -> np.ndarray:
        told = np.array([kind in kinds for kind in self.movement.texts("ctrl_type")], bool)
        return told & ~self.is_signalised

    @cached_property
    def keeps_clear(self) -> np.ndarray:
        """(n_movements,) bool: nobody enters without room behind the junction."""
        given = self.movement.numbers("opt_keep_clear")
        return np.where(given == UNSAID, self.defaults.keep_clear, given) > 0

    @cached_property
    def is_origin(self) -> np.ndarray:
        """(n_links,) bool: vehicles begin here, because no movement leads here or opt_entry says so."""
        return ~self.has_inbound | (self.link.numbers("opt_entry") == 1)

    @cached_property
    def has_inbound(self) -> np.ndarray:
        """(n_links,) bool: a movement leads here."""
        inbound = np.zeros(len(self.link), bool)
        inbound[self.movement_to] = True
        return inbound

    @cached_property
    def is_exit(self) -> np.ndarray:
        """(n_links,) bool: routes end here, because no movement leads on or opt_exit says so."""
        return ~self.has_outbound | (self.link.numbers("opt_exit") == 1)

    @cached_property
    def has_outbound(self) -> np.ndarray:
        """(n_links,) bool: a movement leads on from here."""
        outbound = np.zeros(len(self.link), bool)
        outbound[self.movement_from] = True
        return outbound

    @cached_property
    def bays(self) -> dict[tuple[int, int], float]:
        """(link, lane number) -> length in m of every turn bay."""
        length, number = self.lane.numbers("opt_length_m"), self.lane.numbers("lane_num")
        lanes = self.link.numbers("lanes")
        return {
            (int(link), int(number[i])): float(length[i])
            for i, link in enumerate(self.lane_link)
            if not 1 <= number[i] <= lanes[link]
        }

    def lane_numbers(self, link: int) -> list[int]:
        """Numbers of the lanes at a link's stop line, from the left: bays below 0, full lanes, bays above."""
        full = int(self.link.numbers("lanes")[link])
        extra = self._bay_numbers.get(link, [])
        return [n for n in extra if n < 0] + list(range(1, full + 1)) + [n for n in extra if n > full]

    @cached_property
    def _bay_numbers(self) -> dict[int, list[int]]:
        out: dict[int, list[int]] = {}
        for link, number in sorted(self.bays):
            out.setdefault(link, []).append(number)
        return out

    def movement_lanes(self, movement: int) -> list[int]:
        """Lane numbers a movement starts from; empty where its range names no lane of the link."""
        link = int(self.movement_from[movement])
        first = int(self.movement.numbers("start_ib_lane")[movement])
        last = int(self.movement.numbers("end_ib_lane")[movement]) or first
        full = int(self.link.numbers("lanes")[link])
        if first == 0:
            first, last = 1, full
        return [n for n in self.lane_numbers(link) if first <= n <= last]

    @cached_property
    def graph(self) -> "networkx.MultiDiGraph":
        """Nodes and links as a networkx graph, with their columns as attributes."""
        import networkx

        graph = networkx.MultiDiGraph()
        for i, node in enumerate(self.node.ids):
            graph.add_node(node, **{name: values[i] for name, values in self.node.data.items()})
        for i, link in enumerate(self.link.ids):
            ends = self.node.ids[self.link_from[i]], self.node.ids[self.link_to[i]]
            graph.add_edge(*ends, key=link, **{name: values[i] for name, values in self.link.data.items()})
        return graph


def _filled(values: np.ndarray, default: float) -> np.ndarray:
    return np.where(np.isnan(values), default, values)


def read_network(
    folder: Path, defaults: Defaults, drive_right: bool = True, conflicts_as_listed: bool = False
) -> Network:
    """The network of a folder's CSV files, references resolved, not yet checked. Raises InputError."""
    node, link = read_table(folder / NODE.file, NODE), read_table(folder / LINK.file, LINK)
    lane, movement = read_optional(folder / LANE.file, LANE), read_table(folder / MOVEMENT.file, MOVEMENT)
    return Network(
        node=node,
        link=link,
        lane=lane,
        movement=movement,
        conflict=read_optional(folder / CONFLICT.file, CONFLICT),
        defaults=defaults,
        link_from=link.lookup("from_node_id", node, "node"),
        link_to=link.lookup("to_node_id", node, "node"),
        lane_link=lane.lookup("link_id", link, "link"),
        movement_node=movement.lookup("node_id", node, "node"),
        movement_from=movement.lookup("ib_link_id", link, "link"),
        movement_to=movement.lookup("ob_link_id", link, "link"),
        drive_right=drive_right,
        conflicts_as_listed=conflicts_as_listed,
    )
