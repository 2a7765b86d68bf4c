"""``signalsim counts fit``: what it tells, and that what it writes can be compared."""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.wheels import data

from signalsim.demand.fit import window_flows
from signalsim.formats.sumo.export import OWN_NET, OWN_TYPES
from signalsim.scenario import load
from signalsim.scenario.fitting import copy_scenario, read_source
from signalsim.scenario.reference import open_scenario


def fit(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalsim", "counts", "fit", *map(str, arguments)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" not in found.stderr
    return found


@pytest.fixture
def some_counted(scenarios: Path, tmp_path: Path) -> Path:
    """hangzhou without the counts of whole links and of every third junction."""
    folder = Path(shutil.copytree(scenarios / "hangzhou", tmp_path / "some"))
    file = folder / "counts.csv"
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    node = load(folder).network
    at = {m: int(node.movement_node[k]) for k, m in enumerate(node.movement.ids)}
    kept = [r for r in rows if r["movement_id"] and at[r["movement_id"]] % 3]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    return folder


def test_turns_of_a_junction_are_kept_as_they_are(scenarios: Path, tmp_path: Path) -> None:
    found = fit(scenarios / "crossing", "--out", tmp_path / "f", "--json")
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    before, after = load(scenarios / "crossing"), load(tmp_path / "f")
    assert told["method"] == "turns" and told["imbalance"] == []
    assert told["total"] == {end: np.nansum(before.demand.counted) for end in ("low", "best", "high")}
    assert np.array_equal(before.demand.counted, after.demand.counted)
    assert json.loads((tmp_path / "f" / "fit.json").read_text(encoding="utf-8")) == told


def test_both_ends_of_the_range_fit_and_load(some_counted: Path, tmp_path: Path) -> None:
    found = fit(some_counted, "--out", tmp_path / "f", "--ends", "--json", "--paths", 4)
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["method"] == "routes"
    total = told["total"]
    assert total["low"] < total["best"]
    for end, folder in (("low", "f/low"), ("best", "f")):
        scenario = load(tmp_path / folder)
        demand = scenario.demand
        assert demand.listed is not None
        inside = demand.listed.depart_ms >= demand.window_ms[0]
        assert abs(inside.sum() - total[end]) < 3 * np.sqrt(total[end])  # whole vehicles at random times
        flows = window_flows(demand.listed, demand.window_ms, len(demand.counted))
        there = ~np.isnan(demand.counted)
        assert np.corrcoef(flows[there], demand.counted[there])[0, 1] > 0.9
    assert (total["high"] is not None) == (tmp_path / "f" / "high").is_dir()


def test_the_same_input_gives_the_same_files(some_counted: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert fit(some_counted, "--out", tmp_path / name).returncode == 0
    for name in ("trips.csv", "routes.csv", "scenario.toml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_fitted_scenario_compares(some_counted: Path, tmp_path: Path) -> None:
    assert fit(some_counted, "--out", tmp_path / "f").returncode == 0
    command = [sys.executable, "-m", "signalsim", "compare", str(tmp_path / "f"), "--json"]
    command += ["--controllers", "deployed,max-pressure", "--replications", "2"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert set(json.loads(found.stdout)["controllers"]) == {"deployed", "max-pressure"}


def test_a_hidden_car_park_is_named(scenarios: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(scenarios / "hangzhou", tmp_path / "park"))
    file = folder / "counts.csv"
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    net = load(folder).network
    inner = net.has_inbound & net.has_outbound
    link = net.link.ids[int(np.flatnonzero(inner)[0])]
    for row in rows:
        if row["link_id"] == link and row["movement_id"]:
            row["count"] = str(int(row["count"]) + 150)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    found = fit(folder, "--out", tmp_path / "f")
    assert found.returncode == 0, found.stderr
    assert f"{link}: source of" in found.stdout
    network = load(tmp_path / "f").network
    assert network.is_origin[network.link.index[link]]


def test_bad_input_is_one_line_and_leaves_nothing(scenarios: Path, tmp_path: Path) -> None:
    routes = tmp_path / "routes.csv"
    for content, told in (
        ("route_id,link_ids\n", "no routes"),
        ("route_id,link_ids\nr1,N_in E_in\n", "no movement leads from 'N_in' to 'E_in'"),
        ("route_id,link_ids\nr1,N_in\n", "ends on link 'N_in'"),
    ):
        routes.write_text(content, encoding="utf-8")
        found = fit(scenarios / "crossing", "--out", tmp_path / "f", "--routes", routes)
        assert found.returncode == 3 and told in found.stderr and "routes.csv" in found.stderr
        assert not (tmp_path / "f").exists()


def test_what_sumo_runs_stays_with_a_scenario_by_reference(scenarios: Path, tmp_path: Path) -> None:
    """cologne8's network lies in a wheel, and with it what SUMO runs of it: a fitted copy has both."""
    data("wheel:sumo-rl==1.4.5/sumo_rl/nets/RESCO/cologne8/cologne8.sumocfg")
    opened = open_scenario(scenarios / "cologne8")
    counts = read_source(scenarios / "crossing", None)
    copy_scenario(replace(counts, opened=opened), tmp_path, "best", {})
    for name in (OWN_NET, OWN_TYPES):
        assert (tmp_path / name).read_bytes() == (opened.tables / name).read_bytes()
