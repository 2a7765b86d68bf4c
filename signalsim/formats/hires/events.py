"""Codes of the enumerations that are written and read, and how events are held in memory."""

from enum import IntEnum

import numpy as np

TICK_MS = 100  # a logger's resolution: an event carries the tick in which it happened


class Code(IntEnum):
    """EventId; the Parameter is a phase, a detector channel, or a number."""

    PHASE_ON = 0
    GREEN = 1
    GAP_OUT = 4  # of controllers that act on calls: why a green ends
    MAX_OUT = 5
    FORCE_OFF = 6
    GREEN_END = 7
    YELLOW = 8
    YELLOW_END = 9
    RED_CLEARANCE = 10
    RED_CLEARANCE_END = 11
    PHASE_INACTIVE = 12
    CALL = 43
    CALL_DROPPED = 44
    DETECTOR_OFF = 81
    DETECTOR_ON = 82
    PATTERN = 131  # [pattern]
    CYCLE = 132  # [s]
    OFFSET = 133  # [s]


# Functions of a detector, as the column of that name says them; the first two are atspm's own words.
PRESENCE, ADVANCE, COUNT = "Presence", "Advance", "Count"
FUNCTIONS = (PRESENCE, COUNT, ADVANCE)

EVENT = np.dtype([("tick", "i8"), ("junction", "i4"), ("code", "i4"), ("parameter", "i4")])


def events(tick: np.ndarray, junction: np.ndarray, code: int, parameter: np.ndarray) -> np.ndarray:
    """Rows of EVENT of one code; the arguments are (n,) or one number."""
    out = np.zeros(len(tick), EVENT)
    out["tick"], out["junction"], out["code"], out["parameter"] = tick, junction, code, parameter
    return out
