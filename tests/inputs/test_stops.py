"""Buses with stops, emergency vehicles, and settings that listed trips have no use for."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.lines import make_line

from signalsim.demand import sample, specs
from signalsim.demand.stops import dwell_ms, place_stops
from signalsim.engine.tables import EXIT
from signalsim.errors import InputError
from signalsim.formats.gmns import read
from signalsim.network.tables import read_table
from signalsim.scenario import load


@pytest.fixture
def line(crossing, scenarios: Path):
    """Vehicles in their order: p, b1, l, b2, b3, e, q; those of the line (b1, b2, e) have three stops, two
    of them on its first link, b3 one, the others none.
    """
    make_line(scenarios / "crossing", crossing.path)
    return crossing


def defaults(folder, text: str) -> None:
    folder.replace("scenario.toml", "[defaults]", f"[defaults]\n{text}")


def row(arrivals, vehicle: int) -> tuple[int, list[int], list[int]]:
    """(first link, movements, times at stops before them) of a vehicle."""
    route = arrivals.route[vehicle]
    part = slice(*arrivals.route_start[route : route + 2])
    return (
        int(arrivals.route_link[route]),
        arrivals.route_movement[part].tolist(),
        arrivals.route_dwell_ms[part].tolist(),
    )


def test_vehicles_with_stops_have_rows_of_their_own(line) -> None:
    """Without spread they stand the mean: 20 + 10 s on the first link, 30 s on the second."""
    defaults(line, "dwell_cv = 0")
    scenario = load(line.path)
    arrivals, index = sample(scenario.demand), scenario.network
    n_in, n_thru = index.link.index["N_in"], index.movement.index["N_thru"]
    assert [scenario.trips.table.ids[i] for i in np.argsort(scenario.trips.depart_ms)] == [
        "p", "b1", "l", "b2", "b3", "e", "q",
    ]  # fmt: skip
    for vehicle in (1, 3, 5):
        assert row(arrivals, vehicle) == (n_in, [n_thru, EXIT], [30_000, 30_000])
    assert row(arrivals, 4)[2] == [5000, 0]
    for vehicle in (0, 6):
        assert row(arrivals, vehicle) == (n_in, [n_thru, EXIT], [0, 0])
    assert arrivals.route.tolist() == [2, 4, 1, 5, 6, 7, 2], "routes in the order of ids, then the own ones"
    assert len(arrivals.route_dwell_ms) == len(arrivals.route_movement)
    assert (arrivals.route_movement[arrivals.route_start[1:] - 1] == EXIT).all()
    assert {array.dtype for array in (arrivals.route, arrivals.route_dwell_ms)} == {np.dtype(np.int32)}


def test_times_at_stops_differ_by_vehicle_seed_and_replication(line) -> None:
    demand = load(line.path).demand
    one = sample(demand, 1, 2)
    assert len({tuple(row(one, v)[2]) for v in (1, 3, 5)}) == 3
    assert np.array_equal(one.route_dwell_ms, sample(demand, 1, 2).route_dwell_ms)
    for other in (sample(demand, 1, 3), sample(demand, 2, 2)):
        assert not np.array_equal(one.route_dwell_ms, other.route_dwell_ms)
        assert np.array_equal(one.route_movement, other.route_movement)
    assert any("the drivers' speeds and the times at stops differ" in text for text in demand.warnings)


@pytest.mark.parametrize("cv", [0.3, 0.6])
def test_times_at_stops_have_their_mean_and_variation(cv: float) -> None:
    """Within 4 standard errors; the cut takes 0.03 and 0.11 % off the mean."""
    n = 200_000
    drawn = dwell_ms(np.full(n, 20_000.0), cv, np.arange(n), np.zeros(n, np.int64), 7, 0)
    assert drawn.mean() == pytest.approx(20_000, abs=4 * 20_000 * cv / n**0.5 + 0.0012 * 20_000)
    logs = np.log(drawn / 20_000)
    sigma = np.sqrt(np.log1p(cv * cv))
    assert np.median(logs) == pytest.approx(-(sigma**2) / 2, abs=4 * 1.2533 * sigma / n**0.5)
    assert np.std(logs) == pytest.approx(sigma, abs=0.01 * sigma), "the logarithm is normal but for the cut"
    assert np.abs(logs + sigma**2 / 2).max() <= 3 * sigma + 1e-3


def test_stops_of_one_vehicle_are_drawn_one_by_one() -> None:
    drawn = dwell_ms(np.full(3, 20_000.0), 0.6, np.array([5, 5, 6]), np.array([0, 1, 0]), 7, 0)
    assert len(set(drawn.tolist())) == 3


def test_an_emergency_vehicle_is_a_car_in_size_and_drives_at_its_own_pace(line) -> None:
    """Lorries and buses have 2 pcu; the factor 1.25 makes the pace 800, whatever the seed."""
    defaults(line, "emergency_speed_factor = 1.25")
    demand = load(line.path).demand
    for replication in range(3):
        arrivals = sample(demand, 1, replication)
        assert arrivals.siren.tolist() == [False] * 5 + [True, False]
        assert arrivals.size.tolist() == [2, 4, 4, 4, 4, 2, 2]
        assert arrivals.pace[5] == 800
    assert sample(demand, 1, 0).pace[:4].tolist() != sample(demand, 1, 1).pace[:4].tolist()


def test_a_stop_is_served_again_where_the_route_comes_by_again(line) -> None:
    """N_in, S_out, S_out: what counts is where movements lead, not whether one could drive so."""
    scenario = load(line.path)
    network, routes = scenario.network, read_table(line / "routes.csv", specs.ROUTES)
    through = network.movement.index["N_thru"]
    row = routes.only(np.arange(4) == 0)
    again = replace(row, data={**row.data, "stop_ids": ("a c c",)})
    first, start = np.array([network.link.index["N_in"]]), np.array([0, 3])
    placed = place_stops(
        scenario.trips.stops, again, network, first, start, np.array([through, through, EXIT])
    )
    assert placed.leg.tolist() == [0, 1, 2]


def test_stops_are_among_the_scenarios_files(line) -> None:
    scenario = load(line.path)
    assert "stops.csv" in {file.name for file in scenario.files}
    before = scenario.digest()
    line.set("stops.csv", 2, "dwell_s", 21)
    assert load(line.path).digest() != before


def test_stops_without_routes_that_name_them_change_nothing(line) -> None:
    line.drop_column("routes.csv", "stop_ids")
    with_file = sample(load(line.path).demand)
    (line / "stops.csv").unlink()
    for one, other in zip(with_file, sample(load(line.path).demand), strict=True):
        assert np.array_equal(one, other)
    assert not with_file.route_dwell_ms.any()


def test_stops_go_through_gmns(line, tmp_path: Path) -> None:
    draft = read("again", source=str(line.path))
    (tmp_path / "out").mkdir()
    draft.write(tmp_path / "out")
    again, scenario = load(tmp_path / "out"), load(line.path)
    for one, other in zip(sample(again.demand, 3), sample(scenario.demand, 3), strict=True):
        assert np.array_equal(one, other)


def cell(file: str, row: int, column: str, value: object) -> Callable:
    return lambda folder: folder.set(file, row, column, value)


def setting(text: str) -> Callable:
    return lambda folder: folder.replace(
        "scenario.toml", 'trips = "trips.csv"', f'trips = "trips.csv"\n{text}'
    )


WRONG: list[tuple[Callable, str]] = [
    (cell("routes.csv", 2, "stop_ids", "a d"),
     "routes.csv, row 2, column 'stop_ids': 'a d' names 'd', which is no stop of stops.csv; add it there"),
    (cell("stops.csv", 2, "stop_id", "aaa1"),
     "column 'stop_ids': 'a b c' names 'a', which is no stop of stops.csv; "),
    (cell("routes.csv", 2, "stop_ids", "a x"),
     "row 2, column 'stop_ids': 'a x' names 'x' on link 'W_in', which is not on the route; correct"),
    (cell("routes.csv", 2, "stop_ids", "c a"),
     "'c a' names 'a' behind 'c', which the route reaches later; give them in the order they are served"),
    (cell("routes.csv", 2, "stop_ids", "b a"), "'b a' names 'a' behind 'b', which the route reaches later"),
    (cell("routes.csv", 2, "stop_ids", "a a"), "'a a' names 'a' behind 'a'"),
    (cell("stops.csv", 2, "link_id", "N_inn"),
     "stops.csv, row 2, column 'link_id': 'N_inn' is no link of link.csv; did you mean 'N_in'?"),
    (cell("stops.csv", 3, "dwell_s", ""), "stops.csv, row 3, column 'dwell_s': '' is empty"),
    (cell("stops.csv", 3, "dwell_s", -2), "stops.csv, row 3, column 'dwell_s': '-2' is below 0 s"),
    (cell("stops.csv", 3, "stop_id", "a"), "stops.csv, row 3, column 'stop_id': 'a' is there twice"),
    (cell("stops.csv", 3, "position_m", 301),
     "row 3, column 'position_m': '301.0' lies behind the end of its link, which is 300 m long"),
    (lambda folder: (folder / "stops.csv").unlink(), "names 'a', which is no stop of stops.csv; add"),
    (setting('stops = "halts.csv"'),
     "halts.csv: no such file; give a file that is there, or leave 'demand.stops' out"),
    (setting('stops = "../stops.csv"'), "field 'demand.stops' = '../stops.csv': leads out of the scenario"),
    (setting('mode = "exact"'),
     "scenario.toml, field 'demand.mode' = 'exact': says how vehicles are drawn from counts, and those of "
     "trips.csv are listed; remove it, or 'trips'"),
    (setting("heavy_share = 0.1"), "scenario.toml, field 'demand.heavy_share' = '0.1': says how"),
    (setting("max_links = 200"), "scenario.toml, field 'demand.max_links' = '200': says how"),
    (cell("trips.csv", 2, "class", "ambulance"), "column 'class': 'ambulance' is unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), WRONG)
def test_what_is_wrong_is_named(spoil: Callable, message: str, line) -> None:
    spoil(line)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load(line.path)
    assert "\n" not in str(caught.value)
