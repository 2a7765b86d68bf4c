"""Tables as files: CSV, and Parquet where pyarrow is installed."""

import csv
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

DECIMALS = 4  # of seconds, shares, vehicles: finer is nothing that a simulation knows


def write_tables(tables: dict[str, dict[str, np.ndarray]], folder: Path) -> None:
    """Write each table (columns by name) as NAME.csv and, with the extra ``parquet``, as NAME.parquet."""
    for name, table in tables.items():
        write_csv_table(folder / f"{name}.csv", table)
        if find_spec("pyarrow"):
            write_parquet_table(folder / f"{name}.parquet", table)


def write_csv_table(path: Path, table: dict[str, np.ndarray]) -> None:
    """One header and one row per place; a cell without a value is empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        columns = [column.tolist() for column in table.values()]
        writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))


def write_parquet_table(path: Path, table: dict[str, np.ndarray]) -> None:
    """The same in columns, in full precision, a cell without a value as null. Needs pyarrow."""
    import pyarrow
    from pyarrow import parquet

    columns = {name: pyarrow.array(values, from_pandas=True) for name, values in table.items()}
    parquet.write_table(pyarrow.table(columns), path)


def _cell(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
