"""What a run writes down at regular times: queues, vehicles, shares of green."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.engine.surface import Sight

ROW_S = 60  # one row per minute
SAMPLE_S = 10  # queues are looked at this often: once a minute would meet a cycle at one point of it


@dataclass(frozen=True)
class Series:
    """One row per minute, at its end. Stages of all junctions in a line (junction, local stage)."""

    t_s: np.ndarray  # (n_rows,) float64
    queue_veh: np.ndarray  # (n_rows,) float64, standing at all stop lines, mean of the minute
    waiting_veh: np.ndarray  # (n_rows,) int64, in source queues
    inside_veh: np.ndarray  # (n_rows,) int64
    green_share: np.ndarray  # (n_rows, n_stages) float64, share of the minute with the stage in force
    first_stage: np.ndarray  # (n_junctions + 1,) int32: where the columns of each junction begin


class Recorder:
    """Gathers a Series while a run goes on."""

    def __init__(self, tables: Any) -> None:
        n_stages = tables.signals.junction["n_stages"]
        self.first_stage = np.concatenate(([0], np.cumsum(n_stages))).astype(np.int32)
        self._stage_ms = np.zeros(int(self.first_stage[-1]), np.int64)
        self._rows: list[tuple[float, float, int, int]] = []
        self._queues: list[int] = []
        self._shares: list[np.ndarray] = []
        self._row_ms = 0

    def sample(self, sight: Sight) -> None:
        """Note the queues of this moment."""
        self._queues.append(int(sight.lane_queue.sum()))

    def row(self, sight: Sight, waiting: int, inside: int) -> None:
        """End a row: queues and greens since the last row, vehicles now."""
        passed = sight.now_ms - self._row_ms
        if passed <= 0:
            return
        queue = sum(self._queues) / max(1, len(self._queues))
        self._rows.append((sight.now_ms / 1000.0, queue, waiting, inside))
        self._queues.clear()
        self._shares.append((sight.stage_ms - self._stage_ms) / passed)
        self._stage_ms = sight.stage_ms.copy()
        self._row_ms = sight.now_ms

    def series(self) -> Series:
        """Everything gathered so far."""
        columns = list(zip(*self._rows, strict=True)) if self._rows else [(), (), (), ()]
        return Series(
            t_s=np.array(columns[0], np.float64),
            queue_veh=np.array(columns[1], np.float64),
            waiting_veh=np.array(columns[2], np.int64),
            inside_veh=np.array(columns[3], np.int64),
            green_share=np.array(self._shares).reshape(len(self._rows), len(self._stage_ms)),
            first_stage=self.first_stage,
        )
