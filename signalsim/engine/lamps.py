"""The state of the signals: what is shown, what is on its way, what is asked for."""

from typing import NamedTuple

import numpy as np

RED, YELLOW, GREEN = 0, 1, 2  # of a pedestrian group: don't walk, clearance, walk

GROUP_STATE = np.dtype(
    [
        ("aspect", "i4"),
        ("called", "i4"),  # 1: a pedestrian has pressed its button since the last walk began
        ("since_ms", "i8"),  # when this aspect began
        ("began_ms", "i8"),  # start of the last green, -INF if there was none
        ("green_end_ms", "i8"),  # end of the last green, INF while green
        ("start_ms", "i8"),  # the green that is on its way, INF if none
    ]
)
JUNCTION_STATE = np.dtype(
    [
        ("stage", "i4"),  # local: in force, or being changed to
        ("wanted", "i4"),  # local: the request in hand, -1 if none
        ("since_ms", "i8"),  # when all groups of the stage were green, INF while changing
        ("wanted_ms", "i8"),  # not before this
        # bitmasks of its groups, so that nobody has to look at all of them:
        ("green", "u8"),
        ("yellow", "u8"),
        ("coming", "u8"),  # a green is on its way
    ]
)


class SignalState(NamedTuple):
    junction: np.ndarray  # (n_junctions,) JUNCTION_STATE
    group: np.ndarray  # (n_groups,) GROUP_STATE
    stage_ms: np.ndarray  # (n_stages,) int64, time that each stage was in force before the present one
