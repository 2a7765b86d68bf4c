"""Actuated controllers as tables: rings, phases, detectors, and the clock of coordination.

A junction without rings of its own has one ring, whose phases are the stages of its plan in their
order. So one set of rules serves both.
"""

from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.tables import INF

NONE, SOFT, MIN, MAX, PED = range(5)  # recalls
RECALLS = {"none": NONE, "soft": SOFT, "min": MIN, "max": MAX, "ped": PED}

PHASE = np.dtype(
    [
        ("ring", "i4"),
        ("barrier", "i4"),
        ("recall", "i4"),
        ("dual_entry", "i4"),
        ("together", "i4"),  # gaps out at a barrier only with the other rings' phases
        ("coordinated", "i4"),
        ("lamps", "u8"),  # local groups of vehicles that are green when it is
        ("shows", "u8"),  # groups that are green with it, overlaps included: a detector of theirs calls it
        ("own", "u8"),  # groups whose detectors extend it
        ("walkers", "u8"),  # groups of pedestrians who walk with it, and call it
        ("min_ms", "i8"),
        ("max_ms", "i8"),
        ("passage_ms", "i8"),
        ("min_gap_ms", "i8"),
        ("before_ms", "i8"),
        ("reduction_ms", "i8"),
        ("added_ms", "i8"),
        ("max_initial_ms", "i8"),
        ("walk_ms", "i8"),  # the green that it needs when they called
        ("clear_ms", "i8"),  # yellow and all-red
        # coordination, from the reference point of the cycle
        ("force_ms", "i8"),  # force-off; of a coordinated phase: the yield point
        ("limit_ms", "i8"),  # green that its split has
    ]
)
RING = np.dtype([("first_phase", "i4"), ("n_phases", "i4"), ("stride", "i4"), ("pad", "i4")])
JUNCTION = np.dtype(
    [
        ("first_ring", "i4"),
        ("n_rings", "i4"),
        ("first_phase", "i4"),
        ("n_phases", "i4"),
        ("first_detector", "i4"),
        ("n_detectors", "i4"),
        ("first_group", "i4"),
        ("n_groups", "i4"),
        ("first_set", "i4"),
        ("n_barriers", "i4"),
        ("floating", "i4"),
        ("pad", "i4"),
        ("locks", "u8"),  # groups whose calls are remembered
        ("cycle_ms", "i8"),  # 0: free
        ("offset_ms", "i8"),  # a reference point comes at this time, modulo the cycle
    ]
)
DETECTOR = np.dtype(
    [
        ("groups", "u8"),
        ("delay_ms", "i8"),
        ("extend_ms", "i8"),
        ("calls", "i2"),
        ("extends", "i2"),
        ("counts", "i4"),
    ]
)
PHASE_STATE = np.dtype(
    [
        ("called", "i4"),
        ("walks", "i4"),  # its walk is being served
        ("latched", "i4"),  # has gapped out for good
        ("why", "i4"),  # code of what would end it now, 0: nothing
        ("green_ms", "i8"),  # start of the present green, -1 if it is not green
        ("initial_ms", "i8"),  # of the present green
        ("conflict_ms", "i8"),  # since when a conflicting call waits, INF if none does
        ("counted", "i8"),  # vehicles at its counting detectors when its last green ended
    ]
)
RING_STATE = np.dtype(
    [
        ("phase", "i4"),  # the one that is green or comes, -1: dark, UNKNOWN before the first look
        ("next", "i4"),  # scratch
        ("since_ms", "i8"),  # when the ring went on to it
    ]
)
UNKNOWN = -2


class Course(NamedTuple):
    """What does not change. Phases by junction, ring, barrier, position."""

    junction: np.ndarray  # (n_junctions,) JUNCTION
    ring: np.ndarray  # RING
    phase: np.ndarray  # PHASE
    # local stage of each set of phases, -1: none. A set's number is the sum over rings of stride x
    # (0: dark, 1: the ring's first phase, ...)
    set_stage: np.ndarray  # int32
    detector: np.ndarray  # (n_detectors,) DETECTOR


class Memory(NamedTuple):
    """What the controllers remember."""

    ring: np.ndarray  # RING_STATE
    phase: np.ndarray  # PHASE_STATE
    locked: np.ndarray  # (n_junctions,) uint64, groups with a remembered call
    wanted: np.ndarray  # (n_junctions,) uint64, groups called when last looked at
    looked_ms: np.ndarray  # (n_junctions,) int64
    log: np.ndarray  # (n, 4) int64: time ms, junction, group, code
    n_log: np.ndarray  # (1,) int64


def memory(course: Course, n_groups: int) -> Memory:
    """Controllers that have not looked yet."""
    ring = np.zeros(len(course.ring), RING_STATE)
    ring["phase"] = UNKNOWN
    phase = np.zeros(len(course.phase), PHASE_STATE)
    phase["green_ms"] = -1
    phase["conflict_ms"] = INF
    n = len(course.junction)
    return Memory(
        ring.view(np.recarray),
        phase.view(np.recarray),
        np.zeros(n, np.uint64),
        np.zeros(n, np.uint64),
        np.full(n, -INF, np.int64),
        np.zeros((4 * n_groups + 64, 4), np.int64),
        np.zeros(1, np.int64),
    )


def pack(rows: list[dict[str, Any]], dtype: np.dtype) -> np.ndarray:
    """Records of the given fields; what a row does not name is 0."""
    out = np.zeros(len(rows), dtype)
    for i, row in enumerate(rows):
        for name, value in row.items():
            out[i][name] = value
    return out.view(np.recarray)
