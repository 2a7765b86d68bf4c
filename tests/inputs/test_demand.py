"""Counts -> vehicles: numbers, times, routes, and how well they fit the counts."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from signalsim.demand import fit, geh, prepare, sample, standardised_residual
from signalsim.demand.model import Turning
from signalsim.demand.routes import draw_routes
from signalsim.engine.tables import EXIT
from signalsim.errors import InputError
from signalsim.scenario import load


@pytest.fixture(scope="module")
def hangzhou(scenarios):
    return load(scenarios / "hangzhou")


def entries_per_row(scenario, arrivals) -> tuple[np.ndarray, np.ndarray]:
    """For whole-link rows of the count file: (counted, departures in that interval on that link)."""
    counts = scenario.counts
    rows = np.flatnonzero(counts.movement < 0)
    start = counts.start_ms - scenario.config.start_ms
    end = counts.end_ms - scenario.config.start_ms
    link = arrivals.route_link[arrivals.route]
    found = [
        int(
            np.sum(
                (link == counts.link[r]) & (arrivals.depart_ms >= start[r]) & (arrivals.depart_ms < end[r])
            )
        )
        for r in rows
    ]
    return counts.count[rows], np.array(found)


def test_exact_mode_reproduces_every_entry_count(hangzhou) -> None:
    demand = replace(hangzhou.demand, mode="exact")
    for replication in range(3):
        counted, found = entries_per_row(hangzhou, sample(demand, 7, replication))
        assert counted.sum() == 2983
        assert (counted == found).all()


def test_sampled_entry_counts_are_poisson_with_the_counted_mean(hangzhou) -> None:
    """Over 60 replications the sum of squared residuals has 60 x cells degrees of freedom; its
    standard deviation is sqrt(2 n) (a little more for small means): 4 of them are allowed.
    """
    residuals = []
    for replication in range(60):
        counted, found = entries_per_row(hangzhou, sample(hangzhou.demand, 3, replication))
        assert (found[counted == 0] == 0).all()
        positive = counted > 0
        residuals.append((found[positive] - counted[positive]) / np.sqrt(counted[positive]))
    r = np.concatenate(residuals)
    n = len(r)
    assert abs(r.mean()) < 4 / np.sqrt(n)
    assert abs((r**2).sum() - n) < 4 * np.sqrt(2.2 * n)


def test_turning_flows_fit_the_counts(hangzhou) -> None:
    """Residuals beyond 3 on at most 1 % of movements: over 20 replications, and in the first."""
    beyond = []
    for replication in range(20):
        result = fit(hangzhou.demand, sample(hangzhou.demand, 1, replication))
        counted = ~np.isnan(result.counted)
        assert counted.sum() == 192
        beyond.append(np.abs(result.residual[counted]) > 3)
    assert np.mean(beyond[0]) <= 0.01
    assert np.mean(beyond) <= 0.01


def test_geh_and_residual_by_hand() -> None:
    """GEH of 120 against 100: sqrt(2 * 400 / 220); residual 20 / 10."""
    assert geh(np.array([120.0]), np.array([100.0])) == pytest.approx(np.sqrt(800 / 220))
    assert geh(np.array([0.0]), np.array([0.0])) == 0
    assert standardised_residual(np.array([120.0]), np.array([100.0])) == pytest.approx(2)


def test_vehicles_are_sorted_and_routes_lead_from_link_to_link(hangzhou) -> None:
    arrivals, network = sample(hangzhou.demand, 5), hangzhou.network
    assert (np.diff(arrivals.depart_ms) >= 0).all()
    assert arrivals.depart_ms[0] >= 0
    assert arrivals.depart_ms[-1] < 4_200_000
    for r, link in enumerate(arrivals.route_link):
        row = arrivals.route_movement[arrivals.route_start[r] : arrivals.route_start[r + 1]]
        assert row[-1] == EXIT
        assert (row[:-1] >= 0).all()
        links = [int(link)]
        for movement in row[:-1]:
            assert network.movement_from[movement] == links[-1]
            links.append(int(network.movement_to[movement]))
        assert network.is_origin[links[0]]
        assert network.is_exit[links[-1]]
        assert len(set(links)) == len(links), "no vehicle uses a link twice"


def test_routes_are_stored_once(hangzhou) -> None:
    arrivals = sample(hangzhou.demand, 5)
    routes = {
        (
            int(arrivals.route_link[r]),
            tuple(arrivals.route_movement[arrivals.route_start[r] : arrivals.route_start[r + 1]]),
        )
        for r in range(len(arrivals.route_link))
    }
    assert len(routes) == len(arrivals.route_link)
    assert set(arrivals.route.tolist()) == set(range(len(routes)))


def test_same_key_same_vehicles_other_key_others(hangzhou) -> None:
    one, two = sample(hangzhou.demand, 1, 2), sample(hangzhou.demand, 1, 2)
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    for seed, replication in ((2, 2), (1, 3)):
        other = sample(hangzhou.demand, seed, replication)
        assert len(other.depart_ms) != len(one.depart_ms) or (other.depart_ms != one.depart_ms).any()


def test_pace_is_normal_and_cut(hangzhou) -> None:
    """Mean 1, standard deviation that of a normal 0.1 clipped at 2 of them (0.0959), cut at 0.8 and 1.2."""
    factor = 1000 / np.concatenate([sample(hangzhou.demand, 9, r).pace for r in range(10)])
    n = len(factor)
    assert abs(factor.mean() - 1) < 4 * 0.096 / np.sqrt(n)
    assert factor.std() == pytest.approx(0.0959, abs=4 * 0.096 / np.sqrt(2 * n))
    assert factor.min() == pytest.approx(0.8, abs=1e-3)
    assert factor.max() == pytest.approx(1.2, abs=1e-3)
    flat = sample(replace(hangzhou.demand, pace_sd=0.0), 9)
    assert (flat.pace == 1000).all()


def test_heavy_share_of_unclassified_counts(crossing) -> None:
    crossing.replace("scenario.toml", "heavy_share = 0.04", "heavy_share = 0.25")
    demand = load(crossing.path).demand
    heavy = np.concatenate([sample(demand, 1, r).size for r in range(10)]) == 4
    assert abs(heavy.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(heavy))


def test_counted_classes_are_kept(crossing) -> None:
    """Every count of link N_in as heavy: its vehicles take four slots, the others two."""
    for row in range(2, 14):
        crossing.set("counts.csv", row, "vehicle_class", "heavy")
    crossing.replace("scenario.toml", "heavy_share = 0.04", "heavy_share = 0")
    scenario = load(crossing.path)
    arrivals = sample(scenario.demand, 1)
    from_north = arrivals.route_link[arrivals.route] == scenario.network.link.index["N_in"]
    assert from_north.any()
    assert (arrivals.size == np.where(from_north, 4, 2)).all()


def cells_of(scenario, link: str) -> list[tuple[float, float, float]]:
    """(start s, end s, vehicles) of a link's entry cells."""
    cells = scenario.demand.entries
    own = cells.link == scenario.network.link.index[link]
    return [
        (a / 1000, b / 1000, round(v, 6))
        for a, b, v in zip(cells.start_ms[own], cells.end_ms[own], cells.vehicles[own], strict=True)
    ]


def test_movements_are_added_and_the_warm_up_has_the_first_rate(crossing) -> None:
    """From the north 10 + 39 + 13 in the first quarter of an hour; the 300 s before it have a third of it."""
    rows = crossing.rows("counts.csv")
    quarter = [sum(int(r[6]) for r in rows[1:] if r[3] == "N_in" and f"T08:{q}:00" in r[1]) for q in
               ("00", "15", "30", "45")]  # fmt: skip
    cells = cells_of(load(crossing.path), "N_in")
    assert cells[0] == (0, 300, round(quarter[0] / 3, 6))
    assert cells[1:] == [(300 + 900 * k, 1200 + 900 * k, n) for k, n in enumerate(quarter)]


def test_outage_is_filled_between_its_neighbours_and_said(crossing) -> None:
    """Second quarter of N_left empty: the mean of the first and the third, not 0; 'bad' is the same."""
    rows = crossing.rows("counts.csv")
    first, third = int(rows[1][6]), int(rows[3][6])
    rest = sum(int(r[6]) for r in rows[1:] if r[3] == "N_in" and "T08:15:00" in r[1]) - int(rows[2][6])
    crossing.set("counts.csv", 3, "count", "")
    scenario = load(crossing.path)
    assert cells_of(scenario, "N_in")[2][2] == pytest.approx((first + third) / 2 + rest)
    assert any("'N_in' has no count for 900 s" in warning for warning in scenario.warnings)
    crossing.set("counts.csv", 3, "count", 9)
    crossing.set("counts.csv", 3, "quality", "bad")
    assert cells_of(load(crossing.path), "N_in")[2][2] == pytest.approx((first + third) / 2 + rest)


def test_outage_is_not_a_zero(crossing) -> None:
    crossing.set("counts.csv", 3, "count", 0)
    scenario = load(crossing.path)
    assert scenario.warnings == ()
    counted = sum(
        int(r[6]) for r in crossing.rows("counts.csv")[1:] if r[3] == "N_in" and "T08:15:00" in r[1]
    )
    assert cells_of(scenario, "N_in")[2][2] == counted


def test_turning_shares_follow_the_time(crossing) -> None:
    """All of N_in turns left in the last quarter: nobody who is at its end then goes elsewhere."""
    for row in (5, 9, 13):
        crossing.set("counts.csv", row, "count", 60 if row == 5 else 0)
    scenario = load(crossing.path)
    arrivals, ids = sample(scenario.demand, 4), scenario.network.movement.ids
    from_north = arrivals.route_link[arrivals.route] == scenario.network.link.index["N_in"]
    late = from_north & (arrivals.depart_ms >= 3_000_000)
    first = arrivals.route_movement[arrivals.route_start[arrivals.route[late]]]
    assert late.sum() > 20
    assert {ids[m] for m in first} == {"N_left"}


def test_camera_that_counts_the_same_is_averaged(crossing) -> None:
    """A second camera with the same numbers changes nothing."""
    before = load(crossing.path).demand.entries.vehicles
    for row in crossing.rows("counts.csv")[1:]:
        crossing.append("counts.csv", f"second_{row[0]}", *row[1:])
    assert load(crossing.path).demand.entries.vehicles == pytest.approx(before)


def test_uncounted_movement_gets_no_traffic_and_a_warning(crossing) -> None:
    for row in (2, 2, 2, 2):
        crossing.drop_row("counts.csv", row)
    scenario = load(crossing.path)
    assert any("'N_left' was never counted" in warning for warning in scenario.warnings)
    arrivals = sample(scenario.demand, 1)
    assert scenario.network.movement.index["N_left"] not in arrivals.route_movement


def test_uncounted_entry_is_said(crossing) -> None:
    crossing.write("counts.csv", [r for r in crossing.rows("counts.csv") if r[3] != "S_in"])
    warnings = load(crossing.path).warnings
    assert any("'S_in' has no count, so nothing enters" in warning for warning in warnings)
    assert any("no movement of link 'S_in'" in warning for warning in warnings)


def test_movement_that_leads_back_is_drawn_again_by_the_other_shares() -> None:
    """From link 0 to 1; there back to 0 (0.5), on to 2 (0.3) or 3 (0.2): nobody goes back, 3 of 5 go to 2."""
    turning = Turning(
        start=np.array([0, 1, 4, 4, 4], np.int32),
        movement=np.arange(4, dtype=np.int32),
        to_link=np.array([1, 0, 2, 3], np.int32),
        bin_start_ms=np.array([0]),
        cumulative=np.array([[1.0, 0.5, 0.8, 1.0]]),
    )
    n = 20_000
    route, _, start, movement = draw_routes(
        turning, np.full(4, 1000), 1, 0, np.zeros(n, np.int32), np.zeros(n, np.int64), 50
    )
    second = movement[start[route] + 1]
    assert set(second.tolist()) == {2, 3}
    assert abs((second == 2).mean() - 0.6) < 4 * np.sqrt(0.6 * 0.4 / n)


def test_vehicle_that_can_only_go_back_does() -> None:
    """Links 0 and 1 lead only to each other: the route goes on until its longest length."""
    turning = Turning(
        start=np.array([0, 1, 2], np.int32),
        movement=np.arange(2, dtype=np.int32),
        to_link=np.array([1, 0], np.int32),
        bin_start_ms=np.array([0]),
        cumulative=np.ones((1, 2)),
    )
    route, _, start, movement = draw_routes(
        turning, np.full(2, 1000), 1, 0, np.zeros(3, np.int32), np.zeros(3, np.int64), 5
    )
    assert route.tolist() == [0, 0, 0]
    assert movement[start[0] :].tolist() == [0, 1, 0, 1, EXIT]


def test_shares_add_up_exactly(hangzhou) -> None:
    """The last running sum of each link is 1, so no draw falls behind it."""
    turning = hangzhou.demand.turning
    degree = np.diff(turning.start)
    last = turning.start[1:][degree > 0] - 1
    assert (turning.cumulative[:, last] == 1).all()
    assert turning.cumulative.min() >= 0


def test_counted_classes_are_added(crossing) -> None:
    """N_left as 5 heavy besides its cars: the flow to fit is the sum."""
    before = load(crossing.path)
    at = before.network.movement.index["N_left"]
    for row in range(2, 14):
        crossing.set("counts.csv", row, "vehicle_class", "car")
    first = crossing.rows("counts.csv")[1]
    crossing.append("counts.csv", *first[:5], "heavy", 5, "good")
    crossing.append(
        "counts.csv", first[0], first[2], "2024-05-14T09:00:00+02:00", *first[3:5], "heavy", 0, "good"
    )
    assert load(crossing.path).demand.counted[at] == before.demand.counted[at] + 5


def test_route_ends_at_the_longest_length(hangzhou) -> None:
    arrivals = sample(replace(hangzhou.demand, max_links=2), 1)
    assert np.diff(arrivals.route_start).max() == 2


def test_prepare_without_vehicles_gives_no_vehicles(crossing) -> None:
    for row in range(2, len(crossing.rows("counts.csv")) + 1):
        crossing.set("counts.csv", row, "count", 0)
    scenario = load(crossing.path)
    demand = prepare(
        scenario.counts, scenario.network, start_ms=scenario.config.start_ms, warm_up_ms=0, demand_ms=1000
    )
    arrivals = sample(demand, 1)
    assert len(arrivals.depart_ms) == 0
    assert arrivals.route_start.tolist() == [0]


def test_more_vehicles_than_memory_holds_are_refused(crossing, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["signalsim.demand.prepare"], "MAX_VEHICLES", 2000)
    with pytest.raises(InputError, match=r"counts\.csv: the counts make 2,\d+ vehicles .* at most 2,000"):
        _ = load(crossing.path).demand


def test_nobody_enters_is_said(crossing) -> None:
    rows = crossing.rows("counts.csv")
    at = rows[0].index("count")
    crossing.write("counts.csv", [rows[0], *([*row[:at], "0", *row[at + 1 :]] for row in rows[1:])])
    assert "no vehicle enters" in load(crossing.path).warnings[-1]


def test_mean_shares_where_there_are_too_many_bins(crossing, monkeypatch) -> None:
    """One bin for all time has the shares of all intervals, not those of the first."""
    for row in (2, 3, 4, 5):
        crossing.set("counts.csv", row, "count", 0 if row == 2 else 40)  # N_left: none in the first
    monkeypatch.setattr("signalsim.demand.turning.MAX_CELLS", 1)
    scenario = load(crossing.path)
    turning = scenario.demand.turning
    left = scenario.network.movement.index["N_left"]
    link = scenario.network.link.index["N_in"]
    row = slice(turning.start[link], turning.start[link + 1])
    share = np.diff(turning.cumulative[0, row], prepend=0.0)[list(turning.movement[row]).index(left)]
    counted = [[0, 40, 40, 40], [39, 46, 53, 46], [13, 15, 17, 15]]
    assert share == pytest.approx(120 / np.sum(counted))


def test_many_links_change_no_vehicle(hangzhou, monkeypatch) -> None:
    """Vehicles are walked in chunks of bounded memory; a chunk's size decides nothing."""
    whole = sample(hangzhou, 1, 0)
    monkeypatch.setattr("signalsim.demand.routes._CHUNK_LINKS", 1 << 16)
    for one, other in zip(whole, sample(hangzhou, 1, 0), strict=True):
        np.testing.assert_array_equal(one, other)
