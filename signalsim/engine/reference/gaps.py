"""Giving way: gaps in streams with priority."""

from ..tables import INF
from .road import Lane, Movement, is_exit
from .signals import Lamps


def gap(
    movement: Movement,
    streams: list[tuple[Lane, Movement]],
    movements: list[Movement],
    lamps: Lamps,
    now: int,
) -> tuple[int, bool]:
    """Until when vehicles of the streams keep ``movement`` waiting (``now``: not at all), and whether any
    stream is open.

    A lag runs to the earliest possible crossing of the next vehicle with priority. A lane whose head
    could have crossed by now and did not is blocked and does not count.
    """
    until, opposed = now, False
    for lane, other in streams:
        if not lamps.open_at(other, now):
            continue
        opposed = True
        if lane.waits_for is None:
            crossing = next_crossing(lane, other, movements, lamps, now, now + movement.gap_ms)
            until = max(until, crossing)
    return until, opposed


def next_crossing(
    lane: Lane, wanted: Movement, movements: list[Movement], lamps: Lamps, now: int, horizon: int
) -> int:
    """Earliest crossing of the next vehicle of ``lane`` that makes the ``wanted`` movement, -INF if
    none can come before ``horizon``."""
    crossing = lane.next_ms
    for place, vehicle in enumerate(lane.vehicles):
        crossing = max(crossing, vehicle.arrive_ms)
        headway = lane.headway_ms
        if not is_exit(vehicle.movement):
            own = movements[vehicle.movement]
            headway = own.headway_ms
            if own.group >= 0:
                if not lamps.open_at(own, now):
                    return -INF
                if vehicle.arrive_ms <= lamps.began_ms(own):
                    crossing = max(crossing, lamps.began_ms(own) + own.startup_ms)
                if not lamps.open_at(own, crossing):
                    return -INF
        if crossing >= horizon or (place == 0 and crossing <= now):
            return -INF
        if vehicle.movement == wanted.index:
            return crossing
        crossing += headway * vehicle.size // 2
    return -INF
