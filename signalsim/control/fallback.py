"""What remains when cameras fail: last good knowledge for a while, then the fixed plan, then back.

A junction is blind when a signalled lane of it has had no valid reading for ``hold_s``. Until then
the estimator's last figures stand; from then on the junction follows its deployed plan, until all
its lanes are seen again. Others do not notice.
"""

from typing import Any

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation

from .base import Request
from .fixed import TICK_MS, follow, timetable
from .layout import Junctions
from .plans import deployed_program

HOLD_S = 60.0


class Fallback:
    """Tells blind junctions from seeing ones, and asks for the plan's stages at the blind ones."""

    def __init__(self, built: Any, layout: Junctions) -> None:
        n = len(layout.first_stage) - 1
        self._layout, self._plan = layout, timetable(deployed_program(built))
        self._asked = np.full(n, -1, np.int32)
        self._rows = np.zeros((2, n), np.int32)

    def take(self, seen: Observation, due: np.ndarray, request: Request) -> np.ndarray:
        """Serve the blind junctions of ``due``; (n,) int32, the others."""
        seeing, blind = self._rows
        if len(due) == 0:
            split(self._layout, seen.lane_valid, seen.lane_read_ms, 0, due, self._rows)
            follow(self._plan, self._asked, seen.next_stage, seen.now_ms, due, request)
            return due
        since = seen.now_ms - round(HOLD_S * 1000)
        n_blind = split(self._layout, seen.lane_valid, seen.lane_read_ms, since, due, self._rows)
        if n_blind:
            rows = blind[:n_blind]
            follow(self._plan, self._asked, seen.next_stage, seen.now_ms, rows, request)
            soon = (seen.now_ms // TICK_MS + 1) * TICK_MS
            request.next_decision_ms[rows] = np.minimum(request.next_decision_ms[rows], soon)
        others = seeing[: len(due) - n_blind]
        self._asked[others] = -1
        return others


@njit
def split(layout, valid, read_ms, since_ms, due, rows):
    """Sort the junctions of ``due`` into ``rows``: seeing, blind. How many are blind."""
    n_seeing, n_blind = 0, 0
    for j in due:
        is_blind = False
        first, end = layout.first_stage[j], layout.first_stage[j + 1]
        for k in range(layout.stage_lane[first], layout.stage_lane[end]):
            lane = layout.stage_lane_id[k]
            if not valid[lane] and read_ms[lane] < since_ms:
                is_blind = True
                break
        if is_blind:
            rows[1, n_blind] = j
            n_blind += 1
        else:
            rows[0, n_seeing] = j
            n_seeing += 1
    return n_blind
