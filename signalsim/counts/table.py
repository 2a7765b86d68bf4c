"""The project's own count table: what cameras counted, per link or movement and interval."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signalsim.counts.checks import CHECKS
from signalsim.counts.parquet import is_parquet, parquet_rows
from signalsim.counts.rows import CountRows
from signalsim.counts.spec import COUNTS
from signalsim.network import Network
from signalsim.network.cells import Report, refuse
from signalsim.network.tables import Table, read_table

WHOLE_APPROACH = -1  # the movement of a row that counts all of its link


@dataclass(frozen=True)
class CountTable(CountRows):
    """Counts of vehicles with their references resolved."""

    link: np.ndarray  # int32
    movement: np.ndarray  # int32, WHOLE_APPROACH where the row counts the whole link
    heavy: np.ndarray  # bool


def read_count_rows(path: Path, report: Report = refuse) -> Table:
    """The cells of a count file, CSV or (by its name) Parquet, checked one by one. Raises InputError."""
    return read_table(path, COUNTS, report, parquet_rows(path) if is_parquet(path) else None)


def load_counts(path: Path | str, network: Network) -> CountTable:
    """Read and check a count file against its network. Raises InputError with file, row and column."""
    counts = resolve(read_count_rows(Path(path)), network)
    for check in CHECKS:
        check(counts, network)
    return counts


def resolve(table: Table, network: Network) -> CountTable:
    """The rows with their links and movements found. Raises InputError for one that is not in the network."""
    return CountTable(
        table=table,
        link=table.lookup("link_id", network.link, "link"),
        movement=table.lookup("movement_id", network.movement, "movement", empty=WHOLE_APPROACH),
        start_ms=table.numbers("interval_start"),
        end_ms=table.numbers("interval_end"),
        count=table.numbers("count"),
        heavy=np.array([name == "heavy" for name in table.texts("vehicle_class")], bool),
    )
