"""A .net.xml as it is: edges, lanes, connections, junctions, signal programs. Nothing is interpreted.

Internal edges are read for the way across their junction only; crossings and walking areas not at all.
"""

from dataclasses import dataclass, field
from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.xmlfile import Element, Reader, elements
from signalsim.network.csvfile import shown

MAX_SPEED, MAX_LENGTH, MAX_SECONDS = 1000.0, 1e6, 1e8
_ROADS = ("", "normal", "connector")  # functions of edges that are roads


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of an edge."""

    id: str
    index: int  # SUMO's: 0 is at the edge of the road
    speed_mps: float
    length_m: float
    for_cars: bool


@dataclass(slots=True)
class Edge:
    """A road from junction to junction."""

    id: str
    start: str
    end: str
    name: str
    line: int
    lanes: list[Lane] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Connection:
    """From a lane of an edge to a lane of the next; ``via``: the internal lane between, or ''."""

    start: str
    end: str
    from_lane: int
    to_lane: int
    via: str
    light: str  # traffic light, or ''
    light_index: int
    dir: str
    state: str
    keeps_clear: bool


@dataclass(slots=True)
class Junction:
    """A node. ``requests``: by index of the link, (response, foes) as bit strings, last link first."""

    id: str
    type: str
    x: float
    y: float
    incoming: tuple[str, ...]
    internal: tuple[str, ...]
    requests: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a program; yellow, red and extension: only in NEMA programs, of phases of movements."""

    duration_s: float
    state: str
    least_s: float | None = None
    longest_s: float | None = None
    name: str = ""
    yellow_s: float = 0.0
    red_s: float = 0.0
    extension_s: float | None = None


@dataclass(slots=True)
class Program:
    """A program of a traffic light."""

    light: str
    id: str
    type: str
    offset_s: float
    line: int
    path: Path
    phases: list[Phase] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)


@dataclass
class Net:
    """What a network file says."""

    path: Path
    left_hand: bool = False
    edges: dict[str, Edge] = field(default_factory=dict)
    junctions: dict[str, Junction] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    internal: dict[str, tuple[float, float]] = field(default_factory=dict)  # lane -> (length, speed)
    onward: dict[str, str] = field(default_factory=dict)  # internal lane -> the internal lane behind it
    programs: dict[str, list[Program]] = field(default_factory=dict)  # by light, in the file's order


def read_net(path: Path) -> Net:
    """The network. Raises InputError with file, line and value."""
    builder = _Builder(path)
    for element in elements(path):
        builder.take(element)
    net = builder.net
    if not net.edges or not net.connections:
        what = "edge" if not net.edges else "connection"
        raise InputError(f"{path}: holds no {what} of a road; give a SUMO network (.net.xml)")
    return net


def read_programs(path: Path) -> dict[str, list[Program]]:
    """Signal programs of an additional file, by light; it may have none. Raises InputError."""
    programs = Programs(path)
    for element in elements(path):
        programs.take(element)
    return programs.found


class Programs:
    """Collects <tlLogic> with its phases and parameters."""

    def __init__(self, path: Path) -> None:
        self.found: dict[str, list[Program]] = {}
        self._read = Reader(path)
        self._open: Program | None = None
        self._depth = 0

    def take(self, element: Element) -> None:
        """Look at one element of the file."""
        if element.tag == "tlLogic":
            self._begin(element)
        elif self._open is not None and element.depth > self._depth:
            if element.tag == "phase":
                self._open.phases.append(self._phase(element))
            elif element.tag == "param":
                self._open.params[self._read.text(element, "key")] = element.attributes.get("value", "")
        else:
            self._open = None

    def _begin(self, element: Element) -> None:
        read = self._read
        offset = element.attributes.get("offset", "0")
        self._open = Program(
            light=read.text(element, "id"),
            id=element.attributes.get("programID", "0"),
            type=element.attributes.get("type", "static"),
            offset_s=0.0
            if offset == "begin"
            else read.number(element, "offset", 0.0, -MAX_SECONDS, MAX_SECONDS),
            line=element.line,
            path=read.path,
        )
        self._depth = element.depth
        self.found.setdefault(self._open.light, []).append(self._open)

    def _phase(self, element: Element) -> Phase:
        read = self._read

        def seconds(name: str) -> float | None:
            return read.number(element, name, 0.0, 0, MAX_SECONDS) if name in element.attributes else None

        return Phase(
            duration_s=read.number(element, "duration", None, 0, MAX_SECONDS),
            state=read.text(element, "state"),
            least_s=seconds("minDur"),
            longest_s=seconds("maxDur"),
            name=element.attributes.get("name", ""),
            yellow_s=seconds("yellow") or 0.0,
            red_s=seconds("red") or 0.0,
            extension_s=seconds("vehext" if "vehext" in element.attributes else "vehExt"),
        )


class _Builder:
    """Collects everything else of a network file."""

    def __init__(self, path: Path) -> None:
        self.net = Net(path)
        self._read = Reader(path)
        self._programs = Programs(path)
        self.net.programs = self._programs.found
        self._edge: Edge | None = None
        self._is_internal = False
        self._junction: Junction | None = None

    def take(self, element: Element) -> None:
        if element.depth == 0:
            self._root(element)
            return
        handler = _HANDLERS.get(element.tag)
        if handler is not None:
            handler(self, element)
        self._programs.take(element)

    def _root(self, element: Element) -> None:
        if element.tag != "net":
            raise InputError(
                f"{self.net.path}, line {element.line}: begins with <{element.tag}>; a SUMO network begins "
                "with <net>"
            )
        self.net.left_hand = element.attributes.get("lefthand") in ("true", "1")

    def _begin_edge(self, element: Element) -> None:
        function = element.attributes.get("function", "")
        self._is_internal = function == "internal"
        self._edge = None
        if function not in _ROADS:
            return
        read = self._read
        edge = Edge(
            read.text(element, "id"), read.text(element, "from"), read.text(element, "to"),
            element.attributes.get("name", ""), element.line,
        )  # fmt: skip
        if edge.id in self.net.edges:
            raise read.fault(element, "id", f"is there twice (line {self.net.edges[edge.id].line}); keep one")
        self.net.edges[edge.id] = self._edge = edge

    def _lane(self, element: Element) -> None:
        if self._edge is None and not self._is_internal:
            return
        read = self._read
        name = read.text(element, "id")
        speed = read.number(element, "speed", None, 0, MAX_SPEED)
        length = read.number(element, "length", None, 0, MAX_LENGTH)
        if self._edge is None:
            self.net.internal[name] = (length, speed)
            return
        index = read.whole(element, "index", None, 0, 1000)
        if any(lane.index == index for lane in self._edge.lanes):
            raise read.fault(element, "index", f"is there twice in edge {shown(self._edge.id)}; keep one")
        self._edge.lanes.append(Lane(name, index, speed, length, _for_cars(element.attributes)))

    def _begin_junction(self, element: Element) -> None:
        self._junction = None
        if element.attributes.get("type") == "internal":
            return
        read = self._read
        self._junction = Junction(
            id=read.text(element, "id"),
            type=element.attributes.get("type", ""),
            x=read.number(element, "x"),
            y=read.number(element, "y"),
            incoming=tuple(element.attributes.get("incLanes", "").split()),
            internal=tuple(element.attributes.get("intLanes", "").split()),
        )
        if self._junction.id in self.net.junctions:
            raise read.fault(element, "id", "is there twice; keep one")
        self.net.junctions[self._junction.id] = self._junction

    def _request(self, element: Element) -> None:
        if self._junction is not None:
            texts = element.attributes.get("response", ""), element.attributes.get("foes", "")
            for name, text in zip(("response", "foes"), texts, strict=True):
                if text.strip("01"):
                    raise self._read.fault(element, name, "is not made of 0 and 1; correct it")
            self._junction.requests[self._read.whole(element, "index", None, 0, 100_000)] = texts

    def _connection(self, element: Element) -> None:
        get = element.attributes.get
        start, via = get("from", ""), get("via", "")
        if start.startswith(":"):
            if via:
                self.net.onward[f"{start}_{get('fromLane', '0')}"] = via
            return
        read = self._read
        light = get("tl", "")
        self.net.connections.append(
            Connection(
                start=read.text(element, "from"),
                end=read.text(element, "to"),
                from_lane=read.whole(element, "fromLane", None, 0, 1000),
                to_lane=read.whole(element, "toLane", None, 0, 1000),
                via=via,
                light=light,
                light_index=read.whole(element, "linkIndex", None, 0, 100_000) if light else -1,
                dir=get("dir", ""),
                state=get("state", ""),
                keeps_clear=get("keepClear", "true") not in ("0", "false"),
            )
        )


_HANDLERS = {
    "edge": _Builder._begin_edge,
    "lane": _Builder._lane,
    "junction": _Builder._begin_junction,
    "request": _Builder._request,
    "connection": _Builder._connection,
}


def _for_cars(attributes: dict[str, str]) -> bool:
    """Whether passenger cars may use a lane: 'allow' lists who may, 'disallow' who may not."""
    if "allow" in attributes:
        allowed = attributes["allow"].split()
        return "passenger" in allowed or "all" in allowed
    barred = attributes.get("disallow", "").split()
    return "passenger" not in barred and "all" not in barred
