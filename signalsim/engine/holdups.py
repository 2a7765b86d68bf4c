"""Why heads of lanes do not move, read from the state: asked once a minute, so without a kernel."""

import numpy as np

from .gridlock import Holdups
from .state import INSIDE, State
from .tables import EXIT, Tables


def holdups_of(tables: Tables, state: State) -> Holdups:
    """What gridlock is found by."""
    lane = state.lane[: len(tables.lane_slots)]
    head = lane["place0"] + lane["head"]
    last = lane["slot0"] + (lane["slot"] - 1) % lane["n_slots"]
    return Holdups(
        now_ms=int(state.total[0].now_ms),
        waits_for=lane["waits_for"].copy(),
        serve=_serve(tables, state, lane, head),
        since_ms=np.maximum(state.left_ms[last], 0),
        blocked_by=_blocked_by(tables, state, state.place["movement"][head]),
    )


def _serve(tables: Tables, state: State, lane: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(n_lanes,) int64 bitmask of the lanes for whose room the head waits, 0 if it does not; ``head``: its
    place."""
    serve = np.zeros(len(lane), np.int64)
    waits = np.flatnonzero(lane["waits_for"] >= 0)
    movement = state.place["movement"][head[waits]]
    every = (1 << tables.segment["n_lanes"][lane["waits_for"][waits]].astype(np.int64)) - 1
    behind_mouth = every.copy()
    onward = movement != EXIT
    behind_mouth[onward] = tables.movement["serve_last"][movement[onward]]
    serve[waits] = np.where(lane["at_line"][waits] == 1, state.place["onward"][head[waits]], behind_mouth)
    return serve


def _blocked_by(tables: Tables, state: State, movement_of_head: np.ndarray) -> np.ndarray:
    """(k, 2) int32 lane whose head is blocked, lane whose head stands in its way inside the junction."""
    pairs = set()
    stands = state.lane["marks"] & INSIDE > 0
    for l in np.flatnonzero(stands).tolist():
        row = tables.movement[movement_of_head[l]]
        for foe in tables.priority[row.foe_start : row.foe_end]:
            is_head = state.lane["vehicles"][foe.lane] > 0 and movement_of_head[foe.lane] == foe.movement
            if is_head and not stands[foe.lane]:
                pairs.add((int(foe.lane), l))
    return np.array(sorted(pairs), np.int32).reshape(-1, 2)
