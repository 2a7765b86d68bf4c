"""Tables of places as files."""

import csv
import filecmp
from pathlib import Path

import numpy as np
import pytest

from signalsim.experiment import run_document
from signalsim.report import write_run
from signalsim.report.tables import write_csv_table, write_parquet_table
from signalsim.simulation import simulate
from signalsim.store import TABLES

TABLE = {
    "node_id": np.array(["7", "a,b"]),
    "veh": np.array([3, 0]),
    "delay_s": np.array([12.345678, np.nan]),
    "v_over_c": np.array([np.inf, 0.5]),
    "los": np.array(["B", ""]),
}


def test_csv_has_plain_numbers_and_empty_cells(tmp_path: Path) -> None:
    write_csv_table(tmp_path / "t.csv", TABLE)
    text = (tmp_path / "t.csv").read_text()
    assert text == 'node_id,veh,delay_s,v_over_c,los\n7,3,12.3457,inf,B\n"a,b",0,,0.5,\n'


def test_parquet_has_types_and_nulls(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra parquet: pip install '.[parquet]'")
    from pyarrow import parquet

    write_parquet_table(tmp_path / "t.parquet", TABLE)
    found = parquet.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in found.schema.types] == ["string", "int64", "double", "double", "string"]
    assert found["delay_s"].to_pylist() == [12.345678, None]
    assert found["v_over_c"].to_pylist() == [np.inf, 0.5] and found["los"].to_pylist() == ["B", ""]
    write_parquet_table(tmp_path / "again.parquet", TABLE)
    assert filecmp.cmp(tmp_path / "t.parquet", tmp_path / "again.parquet", shallow=False)


def test_a_run_leaves_every_table(scenarios: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = simulate(scenarios / "crossing", record="full")
        write_run(run_document(run, "crossing", "0"), run, tmp_path / name)
    for name in TABLES:
        rows = list(
            csv.DictReader((tmp_path / "one" / f"{name}.csv").read_text(encoding="utf-8").splitlines())
        )
        assert rows and all(None not in row for row in rows)
        assert filecmp.cmp(tmp_path / "one" / f"{name}.csv", tmp_path / "two" / f"{name}.csv", shallow=False)
