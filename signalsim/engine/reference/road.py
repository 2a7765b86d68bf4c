"""What stands on the road: movements, lanes with their slots, segments, sources, vehicles."""

from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from ..tables import ENTERS, EXIT, INF, ON_RED, STOPS, TAKES_TURNS
from .clock import Alarm

if TYPE_CHECKING:
    from .pedestrians import Zone


@dataclass
class Movement:
    """From link to link. ``priority`` and ``foes`` hold (lane, movement there) pairs."""

    index: int
    to: "Segment"
    group: int
    traverse_ms: int
    headway_ms: int
    startup_ms: int
    startup2_ms: int
    end_gain_ms: int
    gap_ms: int
    follow_ms: int
    sneakers: int
    serve_first: int
    serve_last: int
    loss_ms: int
    hold_ms: int
    rules: int
    priority: "list[tuple[Lane, Movement]]" = field(default_factory=list)
    foes: "list[tuple[Lane, Movement]]" = field(default_factory=list)  # only where a rule needs them
    turn_ms: int = -INF  # last crossing, if it takes turns
    zones: "list[Zone]" = field(default_factory=list)  # where it meets pedestrians
    blocked: int = 0  # how many heads stand in its way inside the junction

    @property
    def stops(self) -> bool:
        return bool(self.rules & STOPS)

    @property
    def takes_turns(self) -> bool:
        return bool(self.rules & TAKES_TURNS)

    @property
    def goes_on_red(self) -> bool:
        return bool(self.rules & ON_RED)

    @property
    def enters(self) -> bool:
        return bool(self.rules & ENTERS)

    @property
    def is_permissive(self) -> bool:
        """Whether it may have to give way to vehicles."""
        return bool(self.priority) or self.takes_turns or self.goes_on_red

    @property
    def may_give_way(self) -> bool:
        return self.is_permissive or bool(self.zones)


@dataclass
class Vehicle:
    index: int
    depart_ms: int
    pace: int
    size: int  # slots
    route: list[int]  # movements still to come, the first the next; ends with EXIT
    dwell_ms: list[int]  # time at stops on the link before each of these
    siren: bool  # passes queues
    stops: int = 0
    arrive_ms: int = 0  # earliest time at the stop line of the lane it is on

    @property
    def movement(self) -> int:
        return self.route[0]


@dataclass
class Segment:
    index: int
    link: int
    travel_ms: int
    lanes: "list[Lane]" = field(default_factory=list)
    behind: "Segment | None" = None  # behind the bay's mouth; None at the stop line
    feeders: "list[Feeder]" = field(default_factory=list)
    turn: int = 0  # merge clock of the last one served in turn
    alarm: Alarm = None  # type: ignore[assignment]

    @property
    def waiting(self) -> "list[Feeder]":
        return [f for f in self.feeders if f.lane.waits_for is self]

    def serving(self, mask: int) -> "list[Lane]":
        """The lanes of a bitmask."""
        return [lane for i, lane in enumerate(self.lanes) if mask >> i & 1]


@dataclass
class Feeder:
    """Who may enter a segment, with the clock that shares freed room by capacity (Daganzo 1995)."""

    lane: "Lane"
    stride: int
    clock: int = 0


class Lane:
    """A queue of vehicles, first in first out, in slots of half a passenger car unit.

    Slots are numbered on and on as they are taken; slot ``k`` is the ring's place ``k mod n_slots``,
    so it can be taken when slot ``k - n_slots`` was left and the wave has run back over the lane.
    """

    def __init__(self, index: int, segment: Segment, n_slots: int, headway_ms: int, wave_ms: int) -> None:
        self.index, self.segment, self.n_slots = index, segment, n_slots
        self.headway_ms, self.wave_ms = headway_ms, wave_ms
        self.vehicles: deque[Vehicle] = deque()
        self.left_ms: list[int] = []  # of each slot, in the order of their numbers
        self.taken = 0  # slots ever taken
        self.next_ms = self.admit_ms = self.tail_ms = -INF
        self.waits_for: Segment | None = None
        self.sneaks = 0
        self.fresh = False
        self.inside = False  # its head has crossed the stop line and stands inside the junction
        self.out = self.out_long = self.crossed = self.stops = self.delay_ms = self.max_queue = 0
        self.alarm: Alarm = None  # type: ignore[assignment]
        self.yield_alarm: Alarm = None  # type: ignore[assignment]

    @property
    def at_line(self) -> bool:
        return self.segment.behind is None

    @property
    def used(self) -> int:
        return self.taken - len(self.left_ms)

    @property
    def head(self) -> Vehicle | None:
        return self.vehicles[0] if self.vehicles else None

    def head_ready_ms(self) -> int:
        """When the head has reached the stop line and its headway has passed."""
        return max(self.vehicles[0].arrive_ms, self.next_ms)

    def room_ms(self, size: int) -> int:
        """From when on it can take ``size`` slots; INF until somebody leaves."""
        if self.used + size > self.n_slots:
            return INF
        last = self.taken + size - 1 - self.n_slots
        return max(self.left_ms[last] + self.wave_ms if last >= 0 else self.wave_ms - INF, self.admit_ms)

    def queue(self, now: int) -> int:
        """Vehicles, from the first on, that at free flow would be at the stop line by now."""
        return sum(1 for _ in takewhile(lambda v: v.arrive_ms <= now, self.vehicles))


class Source(Lane):
    """Vehicles that wish to depart, in the order of their wish; no stop line, no slots."""

    def __init__(self, index: int, segment: Segment) -> None:
        super().__init__(index, segment, 0, 0, 0)

    def head_ready_ms(self) -> int:
        return max(self.vehicles[0].depart_ms, self.next_ms)


def is_exit(movement: int) -> bool:
    return movement == EXIT
