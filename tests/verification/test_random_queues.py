"""Means of random arrivals beside exact theory: 4 standard errors, and how large those may be.

Fixed seeds. A chance of 4 standard errors is 6e-5 a test. The long form, with standard errors of half a
percent and less and a correction for the number of tests, is ``benchmarks/verify.py``.
"""

import pytest
from support.verification.lindley import Discharge
from support.verification.studies import always_green, permissive, random_at_signal
from support.verification.table import Row

K = 4
SEED = 20


def holds(row: Row, relative_se: float) -> None:
    """The estimate is within ``K`` standard errors of theory, and its standard error is not above
    ``relative_se`` of theory: a test with a large one could not fail."""
    assert row.relative_se <= relative_se, f"{row.what}: standard error {row.relative_se:.2%}"
    assert abs(row.z) <= K, (
        f"{row.what}: {row.simulated:.4f}, {row.source} says {row.theory:.4f}, z {row.z:.1f}"
    )


@pytest.mark.parametrize(
    ("x", "relative_se"), [(0.3, 0.005), (0.5, 0.005), (0.7, 0.006), (0.85, 0.01), (0.95, 0.03)]
)
def test_queue_and_delay_at_a_fixed_cycle(x: float, relative_se: float) -> None:
    """Mean queue at the start of green and mean delay against the Markov chain of the same discharge
    rule (``support.verification.fixed_cycle``)."""
    queue, delay, *_ = random_at_signal(x, replications=64, cycles=1000, seed=SEED)
    holds(queue, relative_se)
    holds(delay, relative_se)


def test_queue_and_delay_where_the_second_vehicle_is_late() -> None:
    """The same with a second crossing half a second later than a headway after the first."""
    queue, delay = random_at_signal(0.7, 64, 1000, SEED, rule=Discharge(second_ms=500))
    holds(queue, 0.006)
    holds(delay, 0.006)


@pytest.mark.parametrize(
    ("rho", "hours", "relative_se"), [(0.3, 18, 0.006), (0.6, 10, 0.007), (0.9, 10, 0.02)]
)
def test_wait_where_it_is_always_green(rho: float, hours: int, relative_se: float) -> None:
    """M/D/1: Pollaczek (1930) and Khinchine (1932); on a clock of 1 ms by Meisling (1958)."""
    (row,) = always_green(rho, replications=64, hours=hours, seed=SEED)
    holds(row, relative_se)


@pytest.mark.parametrize(("flow_vph", "relative_se"), [(300, 0.002), (900, 0.004), (1500, 0.006)])
def test_permissive_capacity_across_an_unbunched_stream(flow_vph: float, relative_se: float) -> None:
    """Harders (1968) with critical gap 4.5 s, follow-up 2.5 s, and Poisson arrivals."""
    (row,) = permissive(flow_vph, 1, replications=32, hours=5, seed=SEED)
    holds(row, relative_se)


@pytest.mark.parametrize(("share", "relative_se"), [(0.2, 0.003), (0.5, 0.005), (0.85, 0.02)])
def test_permissive_capacity_across_a_bunched_stream(share: float, relative_se: float) -> None:
    """Tanner (1962) with a minimum headway of 2 s, up to headway x flow = 0.85."""
    (row,) = permissive(share * 1800, 2000, replications=32, hours=5, seed=SEED)
    holds(row, relative_se)
