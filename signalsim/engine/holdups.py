"""Why heads of lanes do not move, read from the state: asked once a minute, so without a kernel."""

import numpy as np

from .gridlock import Holdups, no_holdups
from .state import INSIDE, State
from .tables import EXIT, Tables


def holdups_of(tables: Tables, state: State) -> Holdups:
    """What gridlock is found by. Few lanes are held up, so only their records are read whole."""
    held = no_holdups(int(state.total[0].now_ms), len(tables.lane_slots))
    held.waits_for[:] = state.lane["waits_for"][: len(held.waits_for)]
    blocked_by = _blocked_by(tables, state)
    waits = np.flatnonzero(held.waits_for >= 0)
    held.serve[waits] = _serve(tables, state, waits)
    rows = np.union1d(waits, blocked_by[:, 0])
    lane = state.lane[rows]
    last = lane["slot0"] + (lane["slot"] - 1) % lane["n_slots"]
    held.since_ms[rows] = np.maximum(state.left_ms[last], 0)
    return held._replace(blocked_by=blocked_by)


def _movement_of_head(state: State, lanes: np.ndarray) -> np.ndarray:
    lane = state.lane[lanes]
    return state.place["movement"][lane["place0"] + lane["head"]]


def _serve(tables: Tables, state: State, waits: np.ndarray) -> np.ndarray:
    """Bitmask of the lanes for whose room the head of each of these lanes waits."""
    lane = state.lane[waits]
    head = state.place[lane["place0"] + lane["head"]]
    behind_mouth = (1 << tables.segment["n_lanes"][lane["waits_for"]].astype(np.int64)) - 1
    onward = head["movement"] != EXIT
    behind_mouth[onward] = tables.movement["serve_last"][head["movement"][onward]]
    return np.where(lane["at_line"] == 1, head["onward"], behind_mouth)


def _blocked_by(tables: Tables, state: State) -> np.ndarray:
    """(k, 2) int32 lane whose head is blocked, lane whose head stands in its way inside the junction."""
    pairs = set()
    stands = state.lane["marks"] & INSIDE > 0
    inside = np.flatnonzero(stands)
    for l, m in zip(inside.tolist(), _movement_of_head(state, inside).tolist(), strict=True):
        row = tables.movement[m]
        foes = tables.priority[row["foe_start"] : row["foe_end"]]
        is_head = (state.lane["vehicles"][foes["lane"]] > 0) & (
            _movement_of_head(state, foes["lane"]) == foes["movement"]
        )
        pairs |= {(int(lane), l) for lane in foes["lane"][is_head & ~stands[foes["lane"]]]}
    return np.array(sorted(pairs), np.int32).reshape(-1, 2)
