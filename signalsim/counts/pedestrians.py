"""Counts of pedestrians: how many came to each crossing in an interval."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signalsim.counts.checks import check_intervals, check_not_empty
from signalsim.counts.rows import CountRows
from signalsim.counts.spec import PEDESTRIANS
from signalsim.network import Network
from signalsim.network.tables import Table, read_table

MAX_RATE = 20_000  # pedestrians per hour that no crossing carries
MIN_FOR_RATE = 20  # below, a high rate may be chance in a short interval


@dataclass(frozen=True)
class PedestrianCounts(CountRows):
    """Counts of pedestrians with their references resolved."""

    crossing: np.ndarray  # int32


def load_pedestrians(path: Path | str, crossings: Table, network: Network) -> PedestrianCounts:
    """Read and check a pedestrian count file against the crossings. Raises InputError."""
    table = read_table(Path(path), PEDESTRIANS)
    counts = PedestrianCounts(
        table=table,
        crossing=table.lookup("crossing_id", crossings, "crossing"),
        start_ms=table.numbers("interval_start"),
        end_ms=table.numbers("interval_end"),
        count=table.numbers("pedestrians"),
    )
    check_not_empty(counts, network)
    check_intervals(counts, network)
    _check_numbers(counts)
    _check_overlaps(counts)
    return counts


def _check_numbers(counts: PedestrianCounts) -> None:
    """Whole numbers, and no more than a crossing carries."""
    hours = (counts.end_ms - counts.start_ms) / 3_600_000
    for i, count in enumerate(counts.count.tolist()):
        if count != count:  # nobody counted
            continue
        if count != int(count):
            raise counts.table.fault(
                i, "pedestrians", "is not a whole number; give those counted, not a rate, or leave it empty"
            )
        if count > MAX_RATE * hours[i] and count > MIN_FOR_RATE:
            raise counts.table.fault(
                i, "pedestrians",
                f"is {count / hours[i]:.0f} pedestrians/h, more than a crossing carries ({MAX_RATE}); give "
                "pedestrians per interval",
            )  # fmt: skip


def _check_overlaps(counts: PedestrianCounts) -> None:
    """Intervals of one crossing do not overlap."""
    order = np.lexsort((counts.start_ms, counts.crossing))
    a, b = order[:-1], order[1:]
    same = counts.crossing[a] == counts.crossing[b]
    for k in np.flatnonzero(same & (counts.start_ms[b] < counts.end_ms[a])):
        first, second = sorted((int(a[k]), int(b[k])))
        raise counts.table.fault(
            second, "interval_start",
            f"begins inside the interval of row {counts.table.row[first]} of the same crossing (intervals "
            "overlap); remove one or correct the times",
        )  # fmt: skip
