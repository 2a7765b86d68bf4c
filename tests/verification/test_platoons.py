"""Platoons: how they disperse, and that an offset of the travel time lets them pass."""

import math

import numpy as np
import pytest
from support.roads import run, tables_of, times
from support.verification import corridor
from support.verification.dispersion import moments, pace_law, robertson

from signalsim.demand import sample
from signalsim.engine.records import Kind
from signalsim.engine.tables import EXIT, Arrivals
from signalsim.scenario import build, load
from signalsim.simulation import simulate

K = 4
OFFSET_S = corridor.LINK_S + corridor.CROSS_S


@pytest.fixture(scope="module")
def paces(scenarios) -> np.ndarray:
    """Drivers of 400 replications of the crossing: some 950,000."""
    demand = build(load(scenarios / "crossing")).demand
    return np.concatenate([sample(demand, 3, replication).pace for replication in range(400)])


def test_paces_follow_their_law(paces: np.ndarray) -> None:
    """Mean, variance and both ends against the cut normal law; standard error of the mean below 0.011 %.

    The standard error of a variance by the fourth moment: (m4 - m2^2) / n (Cramer 1946, 27.4).
    """
    values, law = pace_law(0.1, 0.8, 1.2)
    mean, variance = moments(values, law)
    n = len(paces)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    assert math.sqrt(variance / n) < 0.00011 * mean
    assert abs(paces.mean() - mean) <= K * math.sqrt(variance / n)
    fourth = float((values - mean) ** 4 @ law)
    assert abs(((paces - mean) ** 2).mean() - variance) <= K * math.sqrt((fourth - variance**2) / n)
    for end in (0, -1):
        share = (paces == values[end]).mean()
        assert abs(share - law[end]) <= K * math.sqrt(law[end] * (1 - law[end]) / n)


def test_travel_times_are_paces_times_distance(engine: str, paces: np.ndarray) -> None:
    """Vehicles a minute apart over three links: each its own free-flow time, rounded up per link."""
    own = paces[:200]
    tables = tables_of([{"travel_ms": 20_000}, {"travel_ms": 17_301}, {"travel_ms": 9_999}],
                       [{"a": 0, "b": 1}, {"a": 1, "b": 2}])  # fmt: skip
    depart = 60_000 * np.arange(len(own))
    made = run(engine, tables, _one_route(depart, own, [0, 1]), int(depart[-1]) + 100_000)
    expected = depart + sum(-(-ms * own.astype(np.int64) // 1000) for ms in (20_000, 17_301, 9_999))
    assert times(made, Kind.ARRIVE) == expected.tolist()


def test_a_platoon_spreads_in_order(engine: str, paces: np.ndarray) -> None:
    """First in, first out: each arrives at the later of its own time and its leader's; nobody passes."""
    own = paces[:30]
    tables = tables_of([{"travel_ms": 60_000, "slots": 400, "headway_ms": 1}], [])
    depart = 2000 * np.arange(len(own))
    made = run(engine, tables, _one_route(depart, own, []), 200_000)
    expected = np.maximum.accumulate(depart + 60 * own.astype(np.int64))
    expected = np.maximum.accumulate(expected - np.arange(len(own))) + np.arange(len(own))  # 1 ms apart
    assert times(made, Kind.ARRIVE) == expected.tolist()


def _one_route(depart: np.ndarray, pace: np.ndarray, movements: list[int]) -> Arrivals:
    n = len(depart)
    return Arrivals(
        depart_ms=depart.astype(np.int64),
        route=np.zeros(n, np.int32),
        pace=pace.astype(np.int32),
        size=np.full(n, 2, np.int32),
        route_link=np.zeros(1, np.int32),
        route_start=np.array([0, len(movements) + 1], np.int32),
        route_movement=np.array([*movements, EXIT], np.int32),
        route_dwell_ms=np.zeros(len(movements) + 1, np.int32),
        siren=np.zeros(n, bool),
    )


def test_robertsons_recurrence_keeps_vehicles_and_their_mean_time() -> None:
    """The recurrence loses nobody, and its mean travel time is 0.8 T + 1/F - 1 steps."""
    flow = np.zeros(2000)
    flow[:20] = 0.5
    out, t = robertson(flow, 50.0), np.arange(2000)
    assert out.sum() == pytest.approx(flow.sum())
    shift = (t @ out - t @ flow) / flow.sum()
    assert shift == pytest.approx(0.8 * 50 + 0.35 * 0.8 * 50)


@pytest.mark.parametrize("is_westbound", [False, True], ids=["eastbound", "westbound"])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_offset_of_the_travel_time_stops_nobody_and_its_opposite_does(
    engine: str, tmp_path, sign: int, is_westbound: bool
) -> None:
    """Offsets rise by L/v from junction to junction eastward (``sign`` 1) or westward (-1): a platoon that
    goes with them stops at the first junction at most, one that goes against them at others too."""
    first_offset_s = sign * OFFSET_S * (len(corridor.JUNCTIONS) - 1 if is_westbound else 0)
    trips = corridor.platoon(first_offset_s)
    folder = corridor.write(tmp_path / "corridor", sign * OFFSET_S, trips, is_westbound)
    made = simulate(folder, "deployed", engine=engine, record="full")
    crossed = made.records[made.records["kind"] == Kind.CROSS]
    assert made.totals.arrived == made.totals.departed == 75
    lanes = [int(lane) for lane in crossed["place"][np.argsort(crossed["t_ms"], kind="stable")]]
    order = list(dict.fromkeys(lanes))  # along the street: the first vehicle passes them in order
    held = {lane: int((crossed["value"][crossed["place"] == lane] > 0).sum()) for lane in order}
    beyond = [held[lane] for lane in order[1 : len(corridor.JUNCTIONS)]]
    if (sign == 1) != is_westbound:
        assert beyond == [0, 0, 0]
    else:
        assert min(beyond) > 0 and sum(beyond) >= 75
    assert held[order[0]] > 0  # the first signal forms the platoon: it does stop vehicles
