"""Roads of a SUMO network that cars can use, as links and movements to be."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from signalsim.errors import InputError
from signalsim.formats.roads import reached
from signalsim.formats.sumo.net import Connection, Edge, Lane, Net

TURNS = {"s": "thru", "l": "left", "L": "left", "r": "right", "R": "right", "t": "uturn", "T": "uturn"}
MAX_LANES = 16  # of one link: what the engine takes
_MINOR_PENALTY_S = 1.5  # that SUMO's routers add where a movement gives way (weights.minor-penalty)


@dataclass(slots=True)
class Move:
    """All connections from one edge to another."""

    start: str
    end: str
    node: str
    links: list[Connection]
    path_m: float
    path_s: float

    @property
    def id(self) -> str:
        return f"{self.start}->{self.end}"

    @property
    def turn(self) -> str:
        """left, thru, right or uturn; '': the file does not say."""
        return TURNS.get(self.links[0].dir, "")

    @property
    def cost_s(self) -> float:
        """Time across the junction, as SUMO's routers count it."""
        is_minor = all(link.state in "mswo" for link in self.links)
        return self.path_s + (_MINOR_PENALTY_S if is_minor else 0.0)


class Layout:
    """Edges with lanes for cars, and the movements between them, by (from edge, to edge)."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.lanes: dict[str, dict[int, Lane]] = {
            name: own
            for name, edge in net.edges.items()
            if (own := {lane.index: lane for lane in edge.lanes if lane.for_cars})
        }
        self.self_loops = [name for name in self.lanes if net.edges[name].start == net.edges[name].end]
        for name in self.self_loops:
            del self.lanes[name]
        self.moves = self._moves()
        if not self.moves:
            raise InputError(f"{net.path}: no connection joins two lanes that passenger cars may use")

    def edge(self, name: str) -> Edge:
        return self.net.edges[name]

    def length_m(self, name: str) -> float:
        """Of an edge: its longest lane for cars."""
        return max(lane.length_m for lane in self.lanes[name].values())

    def speed_mps(self, name: str) -> float:
        """Of an edge: its fastest lane for cars."""
        return max(lane.speed_mps for lane in self.lanes[name].values())

    def _moves(self) -> dict[tuple[str, str], Move]:
        found: dict[tuple[str, str], list[Connection]] = {}
        for link in self.net.connections:
            a, b = self.lanes.get(link.start), self.lanes.get(link.end)
            if a and b and link.from_lane in a and link.to_lane in b:
                found.setdefault((link.start, link.end), []).append(link)
        moves = {}
        for (start, end), links in found.items():
            node = self._meeting(links[0])
            ways = [self._way(link) for link in links]
            path_m, path_s = (sum(way[k] for way in ways) / len(ways) for k in (0, 1))
            moves[start, end] = Move(start, end, node, links, path_m, path_s)
        return moves

    def _meeting(self, link: Connection) -> str:
        node = self.net.edges[link.start].end
        if self.net.edges[link.end].start != node:
            raise InputError(
                f"{self.net.path}: a connection leads from edge '{link.start}', which ends at '{node}', to "
                f"edge '{link.end}', which begins at '{self.net.edges[link.end].start}'; correct it"
            )
        if node not in self.net.junctions:
            raise InputError(
                f"{self.net.path}: junction '{node}', where edge '{link.start}' ends, is missing; add it"
            )
        return node

    def _way(self, link: Connection) -> tuple[float, float]:
        """(m, s) across the junction; through all internal lanes of the link."""
        metres = seconds = 0.0
        for lane in self.internal_lanes(link):
            length, speed = self.net.internal.get(lane, (0.0, 1.0))
            metres += length
            seconds += length / max(speed, 0.1)
        return metres, seconds

    def internal_lanes(self, link: Connection) -> list[str]:
        """The internal lanes of a connection in the order they are driven."""
        lanes: list[str] = []
        lane = link.via
        while lane and lane not in lanes:
            lanes.append(lane)
            lane = self.net.onward.get(lane, "")
        return lanes

    def remove(self, moves: Iterable[tuple[str, str]]) -> None:
        """Take movements away."""
        for key in list(moves):
            del self.moves[key]

    def unused_turnarounds(self, used: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
        """Turns back that no route takes."""
        return [key for key, move in self.moves.items() if move.turn == "uturn" and key not in used]

    def prune(self, begins: set[str], ends: set[str]) -> list[str]:
        """Take away what no vehicle can use: edges that no entry reaches or that lead to no exit.

        An entry is an edge that no movement leads to or where a trip begins; an exit likewise.
        Returns the ids of the edges taken away.
        """
        onward: dict[str, list[str]] = {name: [] for name in self.lanes}
        back: dict[str, list[str]] = {name: [] for name in self.lanes}
        for start, end in self.moves:
            onward[start].append(end)
            back[end].append(start)
        entries = {name for name in self.lanes if not back[name]} | begins
        exits = {name for name in self.lanes if not onward[name]} | ends
        keep = reached(entries & self.lanes.keys(), onward) & reached(exits & self.lanes.keys(), back)
        keep = {name for name in keep if onward[name] or back[name]}  # alone: nothing leads there or on
        gone = [name for name in self.lanes if name not in keep]
        for name in gone:
            del self.lanes[name]
        self.remove([key for key in self.moves if not keep.issuperset(key)])
        if not self.moves:
            raise InputError(
                f"{self.net.path}: no edge at its border lets vehicles in or out; give routes, whose "
                "beginnings and ends are entries and exits"
            )
        return gone

    def idle_lanes(self) -> list[str]:
        """Take away, and name, lanes from which no movement starts on edges that have movements."""
        serving: dict[str, set[int]] = {}
        for move in self.moves.values():
            serving.setdefault(move.start, set()).update(link.from_lane for link in move.links)
        gone = []
        for name, used in serving.items():
            for index in [k for k in self.lanes[name] if k not in used]:
                gone.append(self.lanes[name].pop(index).id)
        for name, own in self.lanes.items():  # of roads that lead out of the network
            for index in sorted(own)[MAX_LANES:]:
                gone.append(self.lanes[name].pop(index).id)
        return gone

    def numbers(self, name: str) -> dict[int, int]:
        """Our lane number, from the left, of every lane index of an edge."""
        order = sorted(self.lanes[name], reverse=not self.net.left_hand)
        return {index: number for number, index in enumerate(order, 1)}
