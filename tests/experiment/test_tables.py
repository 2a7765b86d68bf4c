"""Tables of places of real runs: the levels agree with each other and with the engine's sums."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signalsim.errors import InputError
from signalsim.experiment.tables import Period, Table, movement_table, study, tables_of
from signalsim.measures import MEASURES
from signalsim.simulation import Run, simulate

LEVELS = ("movements", "lane_groups", "approaches", "junctions")
ADDED_UP = (
    "demand_veh",
    "not_crossed_veh",
    "throughput_vph",
    "total_delay_veh_h",
    "person_delay_h",
    "fuel_l",
)


def one_period(table: Table, name: str) -> Table:
    return {column: values[table["period"] == name] for column, values in table.items()}


def by_name(table: Table, key: str) -> dict[str, dict[str, object]]:
    """The rows of period ``all`` by their ids."""
    whole = one_period(table, "all")
    return {str(name): {c: v[i] for c, v in whole.items()} for i, name in enumerate(whole[key])}


@pytest.fixture(scope="module")
def run(scenarios: Path) -> Run:
    return simulate(scenarios / "hangzhou", "webster", record="full")


@pytest.fixture(scope="module")
def tables(run: Run) -> dict[str, Table]:
    return tables_of(run)


def test_every_level_adds_up_to_the_same(tables: dict[str, Table]) -> None:
    periods = ["all", "1", "2", "3", "4"]
    for level in LEVELS:
        assert list(dict.fromkeys(tables[level]["period"])) == periods
    for period in periods:
        for column in ADDED_UP:
            totals = [one_period(tables[level], period)[column].sum() for level in LEVELS]
            assert totals == pytest.approx([totals[0]] * len(LEVELS), rel=1e-12), (period, column)


def test_periods_add_up_to_the_demand_window(tables: dict[str, Table]) -> None:
    for level in LEVELS:
        whole = one_period(tables[level], "all")
        for column in ("demand_veh", "greens", "split_failures"):
            if column in whole:
                parts = [one_period(tables[level], str(i + 1))[column] for i in range(4)]
                assert np.array_equal(sum(parts), whole[column]), (level, column)
    assert tables["movements"]["start_s"].min() == 600 and tables["movements"]["end_s"].max() == 4200


def test_crossings_of_the_whole_run_are_the_engines(run: Run) -> None:
    end_ms = run.sums.now_ms
    whole = replace(study(run), periods=(Period("all", 0, end_ms),))
    crossed = movement_table(whole)["throughput_vph"] * (end_ms / 3_600_000)
    assert crossed == pytest.approx(run.sums.movement_crossed, abs=1e-6)


def test_bounds(tables: dict[str, Table]) -> None:
    for level in LEVELS:
        table = tables[level]
        some = table["demand_veh"] > 0
        assert (table["delay_s"][some] >= table["entry_wait_s"][some]).all()
        assert (table["delay_p95_s"][some] >= 0).all() and np.isnan(table["delay_s"][~some]).all()
        share = table["arrivals_on_green"]
        assert ((share >= 0) & (share <= 1) | np.isnan(share)).all()
        if "split_failures" in table:
            assert (table["split_failures"] <= table["greens"]).all()
        if "los" in table:
            assert set(table["los"]) <= set("ABCDEF") | {""} and set(table["los"][~some]) <= {""}
    groups = tables["lane_groups"]
    for unit in ("veh", "m"):
        assert (groups[f"queue_max_{unit}"] >= groups[f"queue_p95_{unit}"]).all()
        assert (groups[f"queue_max_{unit}"] >= groups[f"queue_mean_{unit}"]).all()
    assert (groups["los"][groups["v_over_c"] > 1] == "F")[
        groups["demand_veh"][groups["v_over_c"] > 1] > 0
    ].all()
    trips = tables["trips"]
    assert (trips["planning_time_index"] >= 1).all() and (trips["buffer_index"] >= 0).all()
    assert (trips["travel_time_p95_s"] >= trips["travel_time_p50_s"]).all()
    assert (trips["travel_time_s"] >= trips["freeflow_time_s"]).all()


def test_trips_are_the_runs_measures(run: Run, tables: dict[str, Table]) -> None:
    trips = tables["trips"]
    assert trips["begun_veh"].sum() == run.sums.counted.sum()
    mean = (trips["travel_time_s"] * trips["arrived_veh"]).sum() / trips["arrived_veh"].sum()
    assert trips["arrived_veh"].sum() == run.sums.counted.sum()
    assert mean == pytest.approx(MEASURES["mean_travel_time_s"](run.sums))


def test_a_short_window_is_one_period(scenarios: Path) -> None:
    run = simulate(scenarios / "crossing", record="full")
    tables = tables_of(run, period_s=3600)
    assert set(tables["junctions"]["period"]) == {"all"}


def test_both_engines_write_the_same(scenarios: Path) -> None:
    ours, theirs = (
        tables_of(simulate(scenarios / "crossing", record="full", engine=name)) for name in ("numba", "simpy")
    )
    for level in ours:
        for column, values in ours[level].items():
            assert np.array_equal(values, theirs[level][column], equal_nan=values.dtype.kind == "f"), column


def test_without_records_there_are_no_tables(scenarios: Path) -> None:
    with pytest.raises(InputError, match="record='full'"):
        tables_of(simulate(scenarios / "crossing"))


def test_ids_are_those_of_the_input(scenarios: Path) -> None:
    tables = tables_of(simulate(scenarios / "crossing", record="full"))
    west = by_name(tables["movements"], "movement_id")["W_left"]
    assert (west["node_id"], west["ib_link_id"], west["ob_link_id"]) == ("C", "W_in", "N_out")
    assert (west["type"], west["control"]) == ("left", "signal")
    groups = one_period(tables["lane_groups"], "all")
    named = list(zip(groups["link_id"], groups["lanes"], groups["movement_ids"], strict=True))
    assert ("W_in", "-1", "W_left") in named and ("W_in", "1 2", "W_right W_thru") in named
    assert by_name(tables["approaches"], "link_id")["S_in"]["node_id"] == "C"


def signs(folder: Path, scenarios: Path, sign: dict[str, str]) -> dict[str, Table]:
    """The crossing with a ctrl_type per arm instead of signals."""
    shutil.copytree(scenarios / "crossing", folder)
    for file in folder.glob("signal_*.csv"):
        file.unlink()
    with (folder / "movement.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        del row["opt_signal_group_id"]
        row["ctrl_type"] = sign.get(row["mvmt_id"][0], "")
    with (folder / "movement.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return tables_of(simulate(folder, record="full"))


def test_an_all_way_stop_has_a_level_of_service(scenarios: Path, tmp_path: Path) -> None:
    tables = signs(tmp_path / "all-way", scenarios, dict.fromkeys("NESW", "stop_4_way"))
    assert set(tables["movements"]["control"]) == {"all-way stop"}
    assert set(by_name(tables["junctions"], "node_id")["C"]["los"]) <= set("ABCDEF")
    assert (tables["approaches"]["los"] != "").all()
    assert np.isnan(tables["lane_groups"]["v_over_c"]).all(), "gaps are not green"


def test_the_road_with_priority_and_its_junction_have_none(scenarios: Path, tmp_path: Path) -> None:
    tables = signs(tmp_path / "stop", scenarios, {"N": "stop", "S": "stop"})
    control = {name: row["control"] for name, row in by_name(tables["movements"], "movement_id").items()}
    assert (control["N_thru"], control["E_thru"], control["E_left"]) == ("stop", "none", "yield")
    assert by_name(tables["junctions"], "node_id")["C"]["los"] == ""
    groups = one_period(tables["lane_groups"], "all")
    places = zip(groups["link_id"], groups["lanes"], strict=True)
    los = dict(zip(places, groups["los"], strict=True))
    assert los["N_in", "1"] in tuple("ABCDEF") and los["E_in", "1 2"] == ""
