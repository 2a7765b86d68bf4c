"""What counts of vehicles and of pedestrians have in common."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signalsim.network.tables import Table


@dataclass(frozen=True)
class CountRows:
    """Counts per interval, in the file's order. All arrays are (n,)."""

    table: Table
    start_ms: np.ndarray  # int64, UTC
    end_ms: np.ndarray  # int64, UTC
    count: np.ndarray  # float64, NaN where nobody counted

    def __len__(self) -> int:
        return len(self.count)

    @property
    def path(self) -> Path:
        return self.table.path

    @property
    def is_valid(self) -> np.ndarray:
        """(n,) bool: somebody counted, and the count is not marked as bad."""
        bad = np.array([quality == "bad" for quality in self.table.texts("quality")], bool)
        return ~np.isnan(self.count) & ~bad
