"""A junction that is not kept clear: who crossed its stop line and finds no room behind it stands in the
way of those whose paths it blocks. It stays the head of its lane."""

from typing import TYPE_CHECKING

from ..records import Kind
from .road import Lane, Movement
from .turns import let_others_try

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def go_inside(engine: "ReferenceEngine", lane: Lane, movement: Movement) -> None:
    """The head goes into the junction and waits there."""
    assert lane.head is not None
    lane.inside = True
    engine.write(Kind.INSIDE, lane.head.index, lane.index, 1)
    for _, foe in movement.foes:
        foe.blocked += 1
        if foe.takes_turns:
            let_others_try(engine, foe)


def leave_inside(engine: "ReferenceEngine", lane: Lane, movement: Movement) -> None:
    """The vehicle that stood inside goes on: its foes are free of it."""
    lane.inside = False
    for _, foe in movement.foes:
        foe.blocked -= 1
    for other, _ in movement.foes:
        engine.wake(other)
