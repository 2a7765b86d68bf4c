"""Bus stops of SUMO, and the vehicles that stop at them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from signalsim.demand.specs import STOPS
from signalsim.formats.draft import Draft, plain_id
from signalsim.formats.sumo.files import seconds
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.xmlfile import Element

_LONGEST_S = 3600.0  # what stops.csv takes


class BusStop(NamedTuple):
    """Where a bus stop lies. ``end_m`` from the lane's beginning, below 0 from its end; None: its end."""

    lane: str
    end_m: float | None

    @property
    def edge(self) -> str:
        return self.lane.rpartition("_")[0]


class Halt(NamedTuple):
    """A vehicle's stop at a bus stop, or at a place of a lane."""

    stop: str
    dwell_s: float


def halt_of(element: Element) -> Halt | str:
    """A <stop> as a halt, or why it is none. A place of a lane goes by the name LANE:ENDPOS."""
    get = element.attributes.get
    if not (get("busStop") or get("lane")):
        return "stops that name neither bus stop nor lane: they drive on"
    if get("parking", "false") not in ("false", "0"):
        return "stops beside the lane (parking): they drive on"
    dwell_s = seconds(get("duration", ""))
    if dwell_s is None or not 0 <= dwell_s <= _LONGEST_S:
        return "stops without a duration, or one of over an hour: they drive on"
    return Halt(get("busStop") or ":".join(filter(None, (get("lane"), get("endPos")))), dwell_s)


def served(
    halts: Iterable[Halt], edges: list[str], stops: dict[str, BusStop], position_m: Callable[[BusStop], float]
) -> tuple[Halt, ...]:
    """The halts that lie on the way in their order; others are passed over."""
    kept: list[Halt] = []
    at = (0, -1.0)  # place on the way, position there
    for halt in halts:
        if (stop := stops.get(halt.stop)) is None:
            continue
        here = position_m(stop)
        for place in range(at[0], len(edges)):
            if edges[place] == stop.edge and (place, here) > at:
                kept.append(halt)
                at = (place, here)
                break
    return tuple(kept)


def end_m(layout: Layout, stop: BusStop) -> float:
    """Where a bus stop ends, m from the beginning of its edge."""
    lanes = {lane.id: lane.length_m for lane in layout.edge(stop.edge).lanes}
    length_m = lanes.get(stop.lane, layout.length_m(stop.edge))
    given = length_m if stop.end_m is None else stop.end_m
    return min(max(given if given >= 0 else length_m + given, 0.0), layout.length_m(stop.edge))


class StopTable:
    """The rows of stops.csv; a bus stop where times differ has one for each."""

    def __init__(self, layout: Layout, stops: dict[str, BusStop]) -> None:
        self._layout, self._stops = layout, stops
        self._names: dict[Halt, str] = {}

    def ids(self, halts: Iterable[Halt]) -> str:
        """The cell 'stop_ids' of a route."""
        return " ".join(self._name(halt) for halt in halts)

    def _name(self, halt: Halt) -> str:
        if halt not in self._names:
            plain, taken = plain_id(halt.stop), set(self._names.values())
            name, k = plain, 1
            while name in taken:
                name, k = f"{plain}~{k + 1}", k + 1
            self._names[halt] = name
        return self._names[halt]

    def write(self, draft: Draft) -> None:
        """Rows and report."""
        if not self._names:
            return
        for halt, name in self._names.items():
            stop = self._stops[halt.stop]
            position_m = round(end_m(self._layout, stop), 2)
            draft.add(STOPS, stop_id=name, link_id=stop.edge, dwell_s=halt.dwell_s, position_m=position_m)
        draft.section("defaults", dwell_cv=0.0)
        used = {halt.stop for halt in self._names}
        draft.understood(
            f"{len(used):,} bus stops, where vehicles stand as long as the files say (dwell_cv 0)"
        )
        own = [s for s in sorted(used) if not self._on_car_lane(self._stops[s])]
        if own:
            draft.guessed("bus stops on lanes without cars", "the bus stands in a lane for cars", own)

    def _on_car_lane(self, stop: BusStop) -> bool:
        return any(lane.id == stop.lane for lane in self._layout.lanes.get(stop.edge, {}).values())
