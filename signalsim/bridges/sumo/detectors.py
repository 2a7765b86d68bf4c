"""Detectors on SUMO's lanes, looked at once a second as all else there."""

import numpy as np

from signalsim.engine.detectors import LINE, Detectors
from signalsim.engine.tables import INF


class Loops:
    """All detectors. A vehicle is over a zone when its front is; a line is passed in the second in which
    somebody is first seen in front of it.
    """

    def __init__(self, detectors: Detectors) -> None:
        n = len(detectors.lane)
        self._lane, self._is_line = detectors.lane, detectors.kind == LINE
        self._of_lane: dict[int, list[tuple[int, float]]] = {}
        for d, (lane, reach_m) in enumerate(zip(detectors.lane.tolist(), detectors.reach_m.tolist(), strict=True)):
            self._of_lane.setdefault(lane, []).append((d, reach_m))
        self._over = [0] * n
        self._on_ms, self._last_ms = np.full(n, INF, np.int64), np.full(n, -INF, np.int64)
        self._count = np.zeros(n, np.int64)

    def begin(self) -> None:
        """A new second: nobody is anywhere yet."""
        self._over = [0] * len(self._over)

    def see(self, lane: int, to_line_m: float) -> None:
        """A vehicle is on a lane, its front so far from the stop line."""
        for d, reach_m in self._of_lane.get(lane, ()):
            if to_line_m <= reach_m:
                self._over[d] += 1

    def end(self, now_ms: int, out: np.ndarray) -> None:
        """Everybody was seen; ``out``: (n_lanes,) vehicles that have crossed each stop line."""
        over = np.array(self._over, np.int64)
        count = out[self._lane] + np.where(self._is_line, over, 0)
        self._last_ms[count > self._count] = now_ms
        self._count = np.maximum(count, self._count)  # who changes lane does not pass back
        on = (over > 0) & ~self._is_line
        self._on_ms = np.where(on, np.minimum(self._on_ms, now_ms), INF)

    def state(self) -> dict[str, np.ndarray]:
        """The fields of a Cabinet that tell of detectors."""
        return {"on_ms": self._on_ms, "last_ms": self._last_ms, "passed": self._count}
