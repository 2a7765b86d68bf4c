"""An all-way stop: first come, first served."""

from typing import TYPE_CHECKING

from ..tables import INF
from .road import Lane, Movement

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def turn(engine: "ReferenceEngine", lane: Lane, movement: Movement) -> int:
    """Until when the head waits: for the last foe to be out of its way, and then (INF) for every foe that
    came to its stop line before it. Who finds no room behind the junction need not be waited for."""
    now = engine.now_ms
    clear = max((foe.turn_ms + movement.gap_ms for _, foe in movement.foes), default=now)
    if clear > now:
        return clear
    came = (engine.head_ms(lane), lane.index)
    for other, foe in movement.foes:
        is_there = other.head is not None and other.head.movement == foe.index and other.waits_for is None
        if foe.takes_turns and is_there and (engine.head_ms(other), other.index) < came:
            return INF
    return now


def let_others_try(engine: "ReferenceEngine", movement: Movement) -> None:
    """The heads that may have waited for one of this movement look again."""
    for lane, _ in movement.foes:
        lane.yield_alarm.set(engine.now_ms)
