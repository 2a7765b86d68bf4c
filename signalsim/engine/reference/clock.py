"""Alarms: how SimPy is made to keep the order of events at one instant.

SimPy's heap orders by (time, priority, number of the event). An alarm's priority is made of its rank
and its entity, so that at one instant signals come first, then pedestrians at
the kerb, then lanes, then those that wait for room, then those that give way; and among equals the
smaller index.
"""

from collections.abc import Callable, Generator

import simpy

SIGNAL, KERB, LANE, ROOM, YIELD = 1, 2, 3, 4, 5  # not from 0: SimPy's own priorities are 0 and 1
BETWEEN = 0  # the rank in force between events: everything may still happen now


class Clock:
    """Time, the rank of the event under way, and the alarms."""

    def __init__(self) -> None:
        self.env = simpy.Environment()
        self.rank = BETWEEN

    @property
    def now(self) -> int:
        return int(self.env.now)

    def run(self, until_ms: int) -> None:
        """Let everything happen that is due before ``until_ms``."""
        if until_ms > self.now:
            self.env.run(until=until_ms)
        self.rank = BETWEEN


class Alarm:
    """One event to come for one entity: a process waits for ``ring``, others ``set`` the time.

    A later time than the one that is set is ignored: who wakes early looks, and sets it again. For
    the present instant it can be set only by an event of lower rank; otherwise it rings a
    millisecond later.
    """

    def __init__(self, clock: Clock, rank: int, entity: int) -> None:
        self._clock, self._rank = clock, rank
        self._priority = rank << 32 | entity
        self._time: int | None = None
        self._wire: simpy.Event | None = None
        self.ring = clock.env.event()

    def set(self, time_ms: int) -> None:
        now = self._clock.now
        if time_ms <= now:
            time_ms = now if self._rank > self._clock.rank else now + 1
        if self._time is not None and self._time <= time_ms:
            return
        self._time = time_ms
        self._wire = wire = self._clock.env.event()
        wire.callbacks.append(self._fire)
        wire._ok, wire._value = True, None
        self._clock.env.schedule(wire, self._priority, time_ms - now)  # type: ignore[arg-type]

    def _fire(self, wire: simpy.Event) -> None:
        if wire is not self._wire:
            return  # it was set to an earlier time since
        self._time = self._wire = None
        self._clock.rank = self._rank
        ring, self.ring = self.ring, self._clock.env.event()
        ring.succeed()

    def each_time(self, act: Callable[[], None]) -> Generator[simpy.Event, None, None]:
        """A process that acts whenever the alarm rings."""
        while True:
            yield self.ring
            act()
