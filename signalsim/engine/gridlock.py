"""What holds up the heads of lanes: what gridlock is found by, see ``simulation.circles``."""

from typing import NamedTuple

import numpy as np


class Holdups(NamedTuple):
    """Why heads of lanes do not move, at one instant. (n_lanes,) arrays and one of pairs."""

    now_ms: int
    waits_for: np.ndarray  # int32, the segment whose room the head waits for, -1
    serve: np.ndarray  # int64, bitmask of the lanes there that serve it
    since_ms: np.ndarray  # int64, of lanes whose head is held up: the last departure from them
    blocked_by: np.ndarray  # (k, 2) int32: lane whose head is blocked, lane whose head stands in its way


def no_holdups(now_ms: int, n_lanes: int) -> Holdups:
    """Nobody is held up, or it is not known."""
    nobody, no_lanes, never = (
        np.full(n_lanes, -1, np.int32),
        np.zeros(n_lanes, np.int64),
        np.zeros(n_lanes, np.int64),
    )
    return Holdups(now_ms, nobody, no_lanes, never, np.zeros((0, 2), np.int32))
