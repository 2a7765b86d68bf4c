"""An all-way stop: first come, first served."""

from typing import TYPE_CHECKING

from ..gaps import JOIN_MS
from ..tables import INF
from .road import Lane, Movement

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def turn(engine: "ReferenceEngine", lane: Lane, movement: Movement) -> int:
    """Until when the head waits: for the last foe to be out of its way, and then (INF) for every foe that
    came to its stop line before it.

    Who finds no room behind the junction need not be waited for. Who came later may go along with one that
    began to cross within ``JOIN_MS``, since the earlier ones have to wait for that one anyway.
    """
    now = engine.now_ms
    if _clear_ms(movement) > now:
        return _clear_ms(movement)
    came = (engine.head_ms(lane), lane.index)
    for other, foe in movement.foes:
        is_there = other.head is not None and other.head.movement == foe.index and other.waits_for is None
        came_first = foe.takes_turns and is_there and (engine.head_ms(other), other.index) < came
        if came_first and _clear_ms(foe) < now + foe.gap_ms - JOIN_MS:
            return INF
    return now


def _clear_ms(movement: Movement) -> int:
    """When the foes that have crossed are out of its way."""
    return max((foe.turn_ms + movement.gap_ms for _, foe in movement.foes), default=-INF)


def let_others_try(engine: "ReferenceEngine", movement: Movement) -> None:
    """The heads that may have waited for one of this movement look again."""
    for lane, _ in movement.foes:
        lane.yield_alarm.set(engine.now_ms)
