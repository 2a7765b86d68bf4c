"""Tables as Parquet (extra 'parquet'): the same columns as the CSV."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.network.csvfile import check_file


def is_parquet(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == ".parquet"


def arrow(what: Path | str) -> Any:
    """pyarrow, which ``what`` needs. Raises InputError where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise InputError(f"{what}: needs pyarrow; pip install 'signalsim[parquet]', or take CSV") from None
    return pyarrow


def parquet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row, cells as text), the header first as row 1, as a CSV file of the same table would have them.

    Raises InputError for a file that is not Parquet.
    """
    check_file(path, "a scenario needs it as a Parquet file")
    for row, cells in enumerate(parquet_values(path), start=1):
        yield row, [_text(value) for value in cells]


def parquet_values(path: Path) -> Iterator[tuple[Any, ...]]:
    """The columns' names, then row by row their values, in memory that does not grow with the file; times are
    datetimes. Raises InputError for a file that is not Parquet.
    """
    pa = arrow(path)
    try:
        file = pa.parquet.ParquetFile(path)
        yield tuple(file.schema_arrow.names)
        for batch in file.iter_batches():
            yield from zip(*(_values(pa, column) for column in batch.columns), strict=True)
    except InputError:
        raise
    except (OSError, ValueError, NotImplementedError) as error:  # pyarrow's own errors are these
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: cannot be read as Parquet ({text}); save it again, or as CSV") from None


def _values(pa: Any, column: Any) -> list[Any]:
    if pa.types.is_timestamp(column.type):  # nanoseconds do not fit Python's clock
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_parquet(path: Path, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Write texts and whole numbers (None: not known); times as ISO 8601 texts, as the CSV has them."""
    pa = arrow(path)
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    arrays = [
        pa.array(list(column), pa.int64() if name == "count" else pa.string())
        for name, column in zip(names, columns, strict=True)
    ]
    pa.parquet.write_table(pa.table(arrays, names=list(names)), path)
