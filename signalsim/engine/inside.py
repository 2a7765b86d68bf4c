"""Inside a junction that is not kept clear: who crossed its stop line and finds no room behind it stands
in the way of those whose paths it blocks. It stays the head of its lane. Part of the compiled loop.
"""

import numpy as np

from .gaps import let_others_try
from .heads import wake
from .jit import njit
from .log import write
from .records import Kind
from .state import BLOCKED, INSIDE
from .tables import TAKES_TURNS

_INSIDE = int(Kind.INSIDE)


@njit(inner=True)
def go_inside(tables, state, log, l):
    """The head of ``l`` goes into the junction and waits there."""
    lane = state.lane[l]
    lane.marks |= INSIDE
    head = state.place[lane.place0 + lane.head]
    write(log, state.total, _INSIDE, head.vehicle, l, 1)
    movement = tables.movement[head.movement]
    for k in range(movement.foe_start, movement.foe_end):
        p = tables.priority[k].movement
        state.blocked[p] += 1
        state.lane[tables.priority[k].lane].marks |= BLOCKED
        if tables.step[p].rules & TAKES_TURNS:
            let_others_try(tables, state, p)


@njit(inner=True)
def leave_inside(tables, trips, state, l, m):
    """The head of ``l``, which stood inside for movement ``m``, goes on: its foes are free of it."""
    state.lane[l].marks &= ~INSIDE
    movement = tables.movement[m]
    for k in range(movement.foe_start, movement.foe_end):
        state.blocked[tables.priority[k].movement] -= 1
    for k in range(movement.foe_start, movement.foe_end):
        other = np.int64(tables.priority[k].lane)
        if not _is_blocked(tables, state, other):
            state.lane[other].marks &= ~BLOCKED
        wake(tables, trips, state, other)


@njit
def _is_blocked(tables, state, l):
    """Whether anybody stands in the way of any movement from lane ``l``."""
    for k in range(tables.lane_movement[l], tables.lane_movement[l + 1]):
        if state.blocked[tables.lane_movement_id[k]] > 0:
            return True
    return False
