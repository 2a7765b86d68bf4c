"""Each measure on five vehicles that can be checked on paper."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from signalsim.measures import MEASURES, evaluate


def sums(**changes: object) -> SimpleNamespace:
    """Vehicle 0 is not counted; 1 and 2 arrived; 3 is inside; 4 still waits to enter. Ends at 200 s."""
    given = {
        "depart_ms": np.array([0, 10_000, 20_000, 100_000, 150_000]),
        "enter_ms": np.array([0, 10_000, 25_000, 100_000, -1]),
        "arrive_ms": np.array([50_000, 70_000, 120_000, -1, -1]),
        "freeflow_ms": np.array([50_000, 40_000, 40_000, 70_000, 0]),
        "counted": np.array([False, True, True, True, True]),
        "lane_crossed": np.array([10, 20, 2]),
        "lane_delay_ms": np.array([15_000, 60_000, 100_000]),
        "lane_stops": np.array([1, 2, 3]),
        "lane_max_queue": np.array([4, 7, 1]),
        "gridlocks": 2,
        "now_ms": 200_000,
    }
    return SimpleNamespace(**{**given, **changes})


# delays: 20, 60, 30, 50 s
PAPER = {
    "mean_delay_s": 40.0,
    "mean_travel_time_s": (60 + 100 + 100 + 50) / 4,
    "total_delay_h": 160 / 3600,
    "p95_delay_s": 60.0,
    "stops_per_vehicle": 6 / 4,
    "max_queue_veh": 7.0,
    "worst_lane_delay_s": 3.0,  # the lane with two crossings is no approach
    "delay_fairness": 160**2 / (4 * (20**2 + 60**2 + 30**2 + 50**2)),
    "throughput_vph": 2 * 3600 / 190,
    "completed": 2.0,
    "unserved": 2.0,
    "gridlocks": 2.0,
}


@pytest.mark.parametrize("name", MEASURES)
def test_on_paper(name: str) -> None:
    assert MEASURES[name](sums()) == pytest.approx(PAPER[name], rel=1e-15)


def test_without_a_counted_vehicle_means_are_nan_and_counts_are_zero() -> None:
    empty = evaluate(sums(counted=np.zeros(5, bool), lane_crossed=np.zeros(3, int)))
    zero = {"total_delay_h", "completed", "unserved"}
    assert all(empty[name] == 0 for name in zero)
    assert all(
        math.isnan(value)
        for name, value in empty.items()
        if name not in zero | {"max_queue_veh", "gridlocks"}
    )


def test_without_any_vehicle_or_lane() -> None:
    nothing = np.zeros(0, np.int64)
    names = [name for name in vars(sums()) if name not in ("now_ms", "counted", "gridlocks")]
    evaluate(sums(**dict.fromkeys(names, nothing), counted=np.zeros(0, bool)))


def test_fairness_stays_exact_where_int64_would_overflow() -> None:
    n = 4_000_000  # an hour each: the sum of squares is 5e19, above 2**63
    hour = np.full(n, 3_600_000)
    zero = np.zeros(n, np.int64)
    many = sums(depart_ms=zero, arrive_ms=hour, freeflow_ms=zero, counted=np.ones(n, bool))
    assert MEASURES["delay_fairness"](many) == 1.0


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_is(name: str) -> None:
    measure = MEASURES[name]
    first = (measure.function.__doc__ or "").split("\n")[0]
    assert measure.name == measure.function.__name__ == name
    assert first.endswith((".", ":", ",")) or len(first) > 20
    if measure.unit in ("s", "veh/h", "veh·h"):
        assert name.endswith(("_s", "_vph", "_h"))
