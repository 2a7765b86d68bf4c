"""Counts as cameras deliver them: the table, its checks."""

from signalsim.counts.pedestrians import PedestrianCounts, load_pedestrians
from signalsim.counts.table import WHOLE_APPROACH, CountTable, load_counts

__all__ = ["WHOLE_APPROACH", "CountTable", "PedestrianCounts", "load_counts", "load_pedestrians"]
