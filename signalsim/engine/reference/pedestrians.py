"""Pedestrians: they come to a kerb, wait for their signal, set off; those who turn across wait for them."""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import simpy

from ..records import Kind
from ..state import pedestrian_rows
from ..tables import NO_GROUP, Arrivals, Tables
from .clock import KERB, Alarm, Clock

if TYPE_CHECKING:
    from .engine import ReferenceEngine


@dataclass
class Pedestrian:
    index: int
    at_ms: int  # when they come to the kerb
    far: bool  # to the far kerb: not that of the lanes that lead away from the junction


@dataclass
class Crossing:
    """``coming``, ``waiting`` and ``walking`` (with the time when they set off) are in order of arrival."""

    index: int
    group: int
    coming: list[Pedestrian]
    alarm: Alarm
    waiting: list[Pedestrian] = field(default_factory=list)
    walking: list[tuple[int, Pedestrian]] = field(default_factory=list)


@dataclass
class Zone:
    """Where a movement's vehicles meet the pedestrians of a crossing: (from, to) ms after they set off."""

    crossing: Crossing
    on_red: bool
    gap_ms: int
    near: tuple[int, int]
    far: tuple[int, int]


def make_crossings(tables: Tables, arrivals: Arrivals, clock: Clock) -> list[Crossing]:
    """The crossings, each with those who will come."""
    start = pedestrian_rows(tables, arrivals)
    people = [
        Pedestrian(i, int(at), bool(far))
        for i, (at, far) in enumerate(zip(arrivals.pedestrian_ms, arrivals.pedestrian_far, strict=True))
    ]
    return [
        Crossing(x, int(row.group), people[start[x] : start[x + 1]], Alarm(clock, KERB, x))
        for x, row in enumerate(tables.crossing)
    ]


def zones_of(tables: Tables, crossings: list[Crossing], movement: int) -> list[Zone]:
    row = tables.movement[movement]
    return [
        Zone(
            crossings[z.crossing], bool(z.on_red), int(z.gap_ms),
            (int(z.near_from_ms), int(z.near_to_ms)), (int(z.far_from_ms), int(z.far_to_ms)),
        )
        for z in tables.zone[row.zone_start : row.zone_end]
    ]  # fmt: skip


def come(engine: "ReferenceEngine", crossing: Crossing) -> Generator[simpy.Event, None, None]:
    """The process of a crossing: whoever comes sets off, or waits and presses the button."""
    if crossing.coming:
        crossing.alarm.set(crossing.coming[0].at_ms)
    yield from crossing.alarm.each_time(partial(_on_kerb, engine, crossing))


def _on_kerb(engine: "ReferenceEngine", crossing: Crossing) -> None:
    while crossing.coming and crossing.coming[0].at_ms <= engine.now_ms:
        crossing.waiting.append(crossing.coming.pop(0))
    if _may_walk(engine, crossing):
        set_off(engine, crossing)
    else:
        engine.call(crossing.group)
    if crossing.coming:
        crossing.alarm.set(crossing.coming[0].at_ms)


def _may_walk(engine: "ReferenceEngine", crossing: Crossing) -> bool:
    return crossing.group == NO_GROUP or engine.lamps.walks(crossing.group)


def set_off(engine: "ReferenceEngine", crossing: Crossing) -> None:
    """All who wait walk."""
    for person in crossing.waiting:
        engine.walk_ms[person.index] = engine.now_ms
        crossing.walking.append((engine.now_ms, person))
        engine.write(Kind.WALK, person.index, crossing.index, engine.now_ms - person.at_ms)
    crossing.waiting.clear()


def zones_free_ms(engine: "ReferenceEngine", zones: list[Zone], on_red: bool) -> int:
    """Until when pedestrians keep a vehicle waiting; now: not at all.

    It crosses if nobody is or comes into its way for the gap: those who walk, and those who come to
    the kerb within the gap and may set off as the lamp is now.
    """
    now = until = engine.now_ms
    for zone in zones:
        if zone.on_red and not on_red:
            continue
        crossing, horizon = zone.crossing, now + zone.gap_ms
        people = list(crossing.walking)
        if _may_walk(engine, crossing):
            people += [(p.at_ms, p) for p in crossing.coming if p.at_ms < horizon]
        for sets_off, person in people:
            first, last = zone.far if person.far else zone.near
            if sets_off + first < horizon and sets_off + last > now:
                until = max(until, sets_off + last)
    return until
