"""The arithmetic of the table of verifications."""

import math

import pytest
from support.verification.fixed_cycle import solve
from support.verification.lindley import Discharge, crossings
from support.verification.table import beside, estimate, exact, holm, verdicts


def test_holm_rejects_the_smallest_first_and_stops_at_the_first_that_holds() -> None:
    """0.01/4, 0.01/3, 0.01/2: the third, 0.006, stops it; Bonferroni would have kept the second."""
    assert holm([0.006, 0.0024, 0.5, 0.0033]) == [False, True, False, True]
    assert holm([0.0026, 0.001, 0.001, 0.001]) == [True] * 4
    assert holm([]) == []


def test_verdicts_of_all_kinds_of_rows() -> None:
    rows = [
        exact("a", 3, "", 3),
        exact("b", 3, "", 4),
        beside("c", 3, "", 5),
        estimate("d", 2.0, "", [1.9, 2.1, 2.0, 2.05]),
        estimate("e", 3.0, "", [1.9, 2.1, 2.0, 2.05]),
    ]
    assert verdicts(rows) == ["equal", "FAILS", "", "holds", "FAILS"]
    assert rows[3].se == pytest.approx(math.sqrt(0.021875 / 3 / 4))
    assert rows[3].z == pytest.approx(0.0125 / rows[3].se)


def test_the_chain_of_a_fixed_cycle_where_it_can_be_worked_out() -> None:
    """One vehicle per green at most, in a green of a moment: whoever arrives in the cycle waits for its end.

    Cycle 10 ms, open for 1 ms, an arrival in each ms with probability p. By hand for the one that comes
    first: a queue of n at green becomes n - 1 + Bin(10, p); without a queue nobody passes, as the green
    is over before an arrival. Mean queue by the chain n -> max(n - 1, 0) + A (Kendall 1951): mean
    m + Var(A) + m (m - 1) over 2 (1 - m), with m = 10 p.
    """
    p, m = 0.05, 0.5
    law = solve(p, 10, 1, Discharge(headway_ms=1, startup_ms=0, second_ms=0, end_gain_ms=0), size=80)
    variance = 10 * p * (1 - p)
    assert law.queue_at_green == pytest.approx(m + (variance + m * (m - 1)) / (2 * (1 - m)), rel=1e-9)


def test_lindleys_recursion_by_hand() -> None:
    """Green from 10 to 15 s, end gain 1 s: crossings at 11, 13.5, 15.5 s; the fourth in the next green."""
    rule = Discharge(headway_ms=2000, startup_ms=1000, second_ms=500, end_gain_ms=1000)
    greens = [(10_000, 15_000), (40_000, 45_000)]
    assert crossings([0, 1, 2, 3, 44_000], greens, rule) == [11_000, 13_500, 15_500, 41_000, 44_000]
    assert rule.capacity(5000) == 3
