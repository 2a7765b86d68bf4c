"""Delay on foot, by hand and from a run."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from support.crosswalks import add_crossings

from signalsim import measures as m
from signalsim.engine.records import Kind
from signalsim.experiment.tables import tables_of
from signalsim.scenario import build, load
from signalsim.simulation import simulate


def miniature() -> SimpleNamespace:
    """Crossing 0: waits of 0, 10 and 30 s, and one who still waits after 50 s; crossing 1: one who came
    before the demand window; crossing 2: nobody."""
    return SimpleNamespace(
        now_ms=100_000,
        pedestrian_start=np.array([0, 4, 5, 5]),
        pedestrian_ms=np.array([10_000, 20_000, 30_000, 50_000, 1000]),
        walk_ms=np.array([10_000, 30_000, 60_000, -1, 3000]),
        pedestrian_counted=np.array([True, True, True, True, False]),
    )


def test_measures_of_a_miniature() -> None:
    sums = miniature()
    assert m.mean_pedestrian_delay_s(sums) == 22.5
    assert m.evaluate_pedestrians(sums) == {"mean_pedestrian_delay_s": 22.5, "pedestrians": 4.0}
    rows = m.by_crossing(sums)
    delay = m.crossing_delay_s(sums, rows)
    assert delay[0] == 22.5 and np.isnan(delay[1:]).all()
    assert m.crossing_delay_percentile_s(sums, rows, 50)[0] == 10.0
    assert m.crossing_delay_percentile_s(sums, rows, 95)[0] == 50.0
    assert m.pedestrian_delay_h(sums, rows).tolist() == [90 / 3600, 0, 0]
    assert m.pedestrian_level_of_service(delay).tolist() == ["C", "", ""]


def test_levels_of_service_change_at_the_manuals_limits() -> None:
    delays = np.array([0, 10, 10.1, 20, 20.1, 30, 30.1, 40, 40.1, 60, 60.1])
    assert "".join(m.pedestrian_level_of_service(delays)) == "AABBCCDDEEF"


def test_without_crossings_there_are_no_such_measures(scenarios) -> None:
    run = simulate(scenarios / "crossing", record="full")
    assert m.evaluate_pedestrians(run.sums) == {}
    assert "crossings" not in tables_of(run)


@pytest.fixture(scope="module")
def walked(scenarios, tmp_path_factory):
    folder = tmp_path_factory.mktemp("walked") / "crossing"
    return add_crossings(shutil.copytree(scenarios / "crossing", folder))


def test_tables_agree_with_records(walked) -> None:
    run = simulate(walked, record="full")
    tables = tables_of(run)
    whole = {name: values[:3] for name, values in tables["crossings"].items()}
    assert whole["crossing_id"].tolist() == ["north", "south", "west"]
    rows = run.records[run.records["kind"] == Kind.WALK]
    for x in range(3):
        came = rows["t_ms"] - rows["value"]
        wait = rows["value"][(rows["place"] == x) & (came >= 300_000) & (came < 3_900_000)]
        assert whole["pedestrians"][x] == len(wait) > 50
        assert whole["delay_s"][x] == pytest.approx(wait.mean() / 1000)
        assert whole["delay_max_s"][x] == wait.max() / 1000
    on_foot = whole["person_delay_h"].sum()
    junctions, movements = tables["junctions"], tables["movements"]
    first = movements["period"] == "all"
    drivers = movements["person_delay_h"][first].sum()
    assert junctions["person_delay_h"][0] == pytest.approx(drivers + on_foot)


def test_both_engines_walk_alike(walked) -> None:
    from signalsim.engine.records import first_difference

    built = build(load(walked))
    for controller in ("deployed", "max-pressure"):
        ours, reference = (
            simulate(built, controller, engine=engine, record="full") for engine in ("numba", "simpy")
        )
        assert first_difference(ours.records, reference.records) == ""
        assert m.evaluate_pedestrians(ours.sums) == m.evaluate_pedestrians(reference.sums)


def test_what_run_prints_and_writes(walked, tmp_path) -> None:
    from typer.testing import CliRunner

    from signalsim.cli import app

    result = CliRunner().invoke(app, ["run", str(walked), "--json", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["measures"]
    assert found["pedestrians"] > 300 and 5 < found["mean_pedestrian_delay_s"] < 60
    header = (tmp_path / "out" / "crossings.csv").read_text().splitlines()[0]
    assert header.startswith("period,start_s,end_s,crossing_id,node_id,group_id,pedestrians,delay_s")
    shown = CliRunner().invoke(app, ["run", str(walked)])
    assert "Mean delay on foot" in shown.output
