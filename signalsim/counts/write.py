"""Writing a count table: CSV or, by its name, Parquet; whole or not at all."""

import csv
from collections.abc import Iterable
from pathlib import Path

from signalsim.counts.parquet import arrow, is_parquet, write_parquet
from signalsim.counts.spec import COUNTS
from signalsim.store import check_new_file, new_file

# Camera, begin, end, link, movement, class, vehicles (None: not known), quality
CountRow = tuple[str, str, str, str, str, str, int | None, str]
COLUMNS = (
    "camera_id", "interval_start", "interval_end", "link_id", "movement_id", "vehicle_class",
    "count", "quality",
)  # fmt: skip
assert set(COLUMNS) == {column.name for column in COUNTS.columns}


def check_out(path: Path) -> None:
    """Refuse, before anything is read, a file that cannot be written. Raises InputError."""
    check_new_file(path)
    if is_parquet(path):
        arrow(path)


def write_rows(rows: Iterable[CountRow], out: Path) -> None:
    """Write a new count file. Raises InputError for a place that is taken."""
    with new_file(out) as part:
        if is_parquet(out):
            write_parquet(part, COLUMNS, list(rows))
            return
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)
