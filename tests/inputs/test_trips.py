"""Demand as listed trips."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from signalsim.control.volumes import design_volumes
from signalsim.demand import sample
from signalsim.engine.tables import EXIT
from signalsim.errors import InputError
from signalsim.scenario import load
from signalsim.simulation import simulate

TRIPS = ["vehicle_id", "depart_s", "class", "route_id"]
ROUTES = ["route_id", "link_ids"]
CONTROLLERS = ("deployed", "uniform", "webster", "split-reallocation", "max-pressure")


def write(folder: Path, file: str, rows: list[list[object]]) -> None:
    with (folder / file).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


@pytest.fixture
def listed(crossing):
    """The crossing with four trips instead of counts, in no order."""
    (crossing / "counts.csv").unlink()
    drawn = 'counts = "counts.csv"\nmode = "sampled"\nheavy_share = 0.04'
    crossing.replace("scenario.toml", drawn, 'trips = "trips.csv"')
    write(
        crossing.path,
        "routes.csv",
        [ROUTES, ["ns", "N_in S_out"], ["ew", "E_in  W_out"], ["x", "W_in N_out"]],
    )
    write(
        crossing.path,
        "trips.csv",
        [
            TRIPS,
            ["b", 400, "heavy", "ew"],
            ["a", 400, "", "ns"],
            ["d", 5.5, "car", "ns"],
            ["c", 3899.999, "bus", "ew"],
        ],
    )
    return crossing


def test_vehicles_are_those_of_the_list(listed) -> None:
    """By departure, then by id; heavy and bus take the room of two cars; routes in the order of ids."""
    scenario = load(listed.path)
    assert scenario.counts is None and len(scenario.trips) == 4
    arrivals, network = sample(scenario.demand), scenario.network
    assert arrivals.depart_ms.tolist() == [5500, 400_000, 400_000, 3_899_999]
    assert arrivals.size.tolist() == [2, 2, 4, 4]
    links = [network.link.ids[link] for link in arrivals.route_link[arrivals.route]]
    assert links == ["N_in", "N_in", "E_in", "E_in"]
    first = [int(arrivals.route_movement[arrivals.route_start[r]]) for r in arrivals.route]
    assert [network.movement.ids[m] for m in first] == ["N_thru", "N_thru", "E_thru", "E_thru"]
    assert (arrivals.route_movement[arrivals.route_start[1:] - 1] == EXIT).all()


def test_only_drivers_differ_between_replications(listed) -> None:
    demand = load(listed.path).demand
    one, again, other = sample(demand, 1, 2), sample(demand, 1, 2), sample(demand, 1, 3)
    for name, left, same, right in zip(one._fields, one, again, other, strict=True):
        assert np.array_equal(left, same)
        assert np.array_equal(left, right) == (name != "pace"), name
    assert any("only the drivers' speeds differ" in warning for warning in demand.warnings)


def test_plans_are_designed_on_the_trips_of_the_demand_window(listed) -> None:
    """Window from 300 to 3900 s, one hour: one of N_thru, two of E_thru, all of these heavy (2 pcu)."""
    scenario = load(listed.path)
    demand, index = scenario.demand, scenario.network.movement.index
    per_vehicle = 1 + 2 / 3  # two of three vehicles count twice
    expected = np.zeros(len(index))
    expected[index["N_thru"]], expected[index["E_thru"]] = 1 * per_vehicle, 2 * per_vehicle
    assert design_volumes(demand) == pytest.approx(expected)
    assert np.isnan(demand.counted).all()


def test_trips_after_the_window_are_left_out_with_a_word(listed) -> None:
    listed.append("trips.csv", "late", 3900, "car", "ns")
    demand = load(listed.path).demand
    assert len(sample(demand).depart_ms) == 4
    assert any("1 trips depart after the demand window ends at 3900 s" in text for text in demand.warnings)


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_controller_runs_on_trips(controller: str, listed) -> None:
    rows = [[f"v{k}", 2 * k, "car", ("ns", "ew", "x")[k % 3]] for k in range(1800)]
    write(listed.path, "trips.csv", [TRIPS, *rows])
    totals = simulate(listed.path, controller).totals
    assert totals.departed == 1800 == totals.arrived + totals.inside + totals.waiting


def test_counts_beside_trips_are_what_these_are_held_against(listed, scenarios: Path) -> None:
    (listed / "counts.csv").write_bytes((scenarios / "crossing" / "counts.csv").read_bytes())
    scenario, counted = load(listed.path), load(scenarios / "crossing")
    assert len(sample(scenario.demand).depart_ms) == 4
    assert np.array_equal(scenario.demand.counted, counted.demand.counted, equal_nan=True)
    assert design_volumes(scenario.demand).max() < 4, "counts have no part in the plans"


def test_all_files_of_the_demand_are_in_the_digest(listed) -> None:
    scenario = load(listed.path)
    assert {"trips.csv", "routes.csv", "scenario.toml"} <= {file.name for file in scenario.files}
    before = scenario.digest()
    for file in ("trips.csv", "routes.csv"):
        (listed / file).write_bytes((listed / file).read_bytes() + b"\n")
        assert load(listed.path).digest() != before
        before = load(listed.path).digest()


def cell(file: str, row: int, column: str, value: object) -> Callable:
    return lambda folder: folder.set(file, row, column, value)


def route(row: int, links: str) -> Callable:
    return cell("routes.csv", row, "link_ids", links)


def toml(more: str) -> Callable:
    return lambda folder: folder.replace("scenario.toml", 'trips = "trips.csv"', more)


WRONG: list[tuple[Callable, str]] = [
    (cell("trips.csv", 2, "route_id", "nss"),
     r"trips.csv, row 2, column 'route_id': 'nss' is no route of routes.csv; did you mean 'ns'\?"),
    (route(2, "N_in S_uot"),
     r"routes.csv, row 2, column 'link_ids': 'S_uot' is no link of link.csv; did you mean 'S_out'\?"),
    (route(3, "N_in,W_out"),
     r"routes.csv, row 3, column 'link_ids': 'N_in,W_out' is no link of link.csv; separate link ids by"),
    (route(4, "W_in W_out"),
     r"routes.csv, row 4, column 'link_ids': 'W_in W_out' .* no movement leads from 'W_in' to 'W_out'; corr"),
    (route(2, "S_out"),
     r"row 2, column 'link_ids': 'S_out' begins on link 'S_out', to which movements lead: set its opt_entry"),
    (route(3, "E_in"),
     r"row 3, column 'link_ids': 'E_in' ends on link 'E_in', from which movements lead on: set its opt_exit"),
    (route(2, ""), r"routes.csv, row 2, column 'link_ids': '' is empty"),
    (route(2, " ".join(["N_in"] * 10_001)),
     r"routes.csv, row 2, column 'link_ids'.* has 10,001 links; at most 10,000 are possible"),
    (cell("trips.csv", 2, "depart_s", -1),
     r"trips.csv, row 2, column 'depart_s': '-1' is below 0 s; give 0 or more"),
    (cell("trips.csv", 2, "depart_s", "noon"),
     r"trips.csv, row 2, column 'depart_s': 'noon' is not a number"),
    (cell("trips.csv", 2, "class", "buss"),
     r"trips.csv, row 2, column 'class': 'buss' is unknown; did you mean 'bus'\?"),
    (cell("trips.csv", 3, "vehicle_id", "b"),
     r"trips.csv, row 3, column 'vehicle_id': 'b' is there twice \(first in row 2\)"),
    (cell("routes.csv", 3, "route_id", "ns"),
     r"routes.csv, row 3, column 'route_id': 'ns' is there twice \(first in row 2\)"),
    (lambda folder: write(folder.path, "trips.csv", [TRIPS]),
     r"trips.csv: has a header but no trips; give at least one row"),
    (lambda folder: (folder / "routes.csv").unlink(), r"routes.csv: no such file"),
    (lambda folder: folder.drop_column("trips.csv", "depart_s"),
     r"trips.csv, row 1: column 'depart_s' is missing; add it"),
    (toml('trips = "../trips.csv"'),
     r"scenario.toml, field 'demand.trips' = '../trips.csv': leads out of the scenario folder; put the trip"),
    (toml('trips = "trips.csv"\nroutes = "/etc/passwd"'),
     r"scenario.toml, field 'demand.routes' = '/etc/passwd': leads out of the scenario folder; put the rout"),
    (toml('trips = "trips.csv"\ncounts = "counts.csv"'), r"counts.csv: no such file"),
    (lambda folder: folder.replace("scenario.toml", "warm_up_s = 300", "warm_up_s = 4000"),
     r"trips.csv, column 'depart_s': no trip departs in the demand window, 4000 to 7600 s; they depart from "
     r"5.5 to 3900 s: correct them, or the horizon in scenario.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), WRONG)
def test_what_is_wrong_is_named(spoil: Callable, message: str, listed) -> None:
    spoil(listed)
    with pytest.raises(InputError, match=message) as caught:
        load(listed.path).demand  # noqa: B018
    assert "\n" not in str(caught.value)
