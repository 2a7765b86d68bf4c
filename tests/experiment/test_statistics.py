"""Intervals against theory, and the cases that formulas forget."""

import math

import numpy as np
import pytest

from signalsim.experiment import interval, paired_difference


def test_against_a_published_table() -> None:
    # t(0.975, 4 degrees of freedom) = 2.776445, any table of Student's t
    found = interval(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    half = 2.776445105 * math.sqrt(2.5 / 5)
    assert (found.mean, found.low, found.high) == pytest.approx((3, 3 - half, 3 + half), rel=1e-9)


def test_p_value_is_that_of_scipy() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(1)
    a, b = rng.normal(5, 1, 12), rng.normal(5.5, 1, 12)
    theirs = ttest_rel(a, b)
    ours = paired_difference(a, b)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-12)
    limits = theirs.confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((limits.low, limits.high), rel=1e-12)


def test_the_interval_covers_the_truth_in_95_percent_of_samples() -> None:
    rng = np.random.default_rng(7)
    n = 4000
    covered = sum(interval(sample).low <= 0 <= interval(sample).high for sample in rng.normal(0, 1, (n, 6)))
    standard_error = math.sqrt(n * 0.95 * 0.05)
    assert abs(covered - 0.95 * n) < 4 * standard_error


def test_one_replication_has_no_interval() -> None:
    found = interval(np.array([4.0]))
    assert found.mean == 4 and not found.known and found.verdict == 0


def test_no_spread_is_certainty() -> None:
    assert interval(np.zeros(3)) == (interval(np.zeros(3)))
    same, less = interval(np.zeros(3)), interval(np.full(3, -2.0))
    assert (same.low, same.high, same.p_value, same.verdict) == (0, 0, 1, 0)
    assert (less.low, less.high, less.p_value, less.verdict) == (-2, -2, 0, -1)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_missing_or_infinite_value_spreads(wrong: float) -> None:
    for sample in ([1.0, wrong], [wrong], [wrong, -wrong]):
        found = interval(np.array(sample))
        assert math.isnan(found.mean) and not found.known and found.verdict == 0


def test_common_random_numbers_narrow_the_interval() -> None:
    rng = np.random.default_rng(3)
    traffic = rng.normal(60, 10, 10)
    ours, base = traffic - 1 + rng.normal(0, 0.1, 10), traffic + rng.normal(0, 0.1, 10)
    assert paired_difference(ours, base).verdict == -1
    assert paired_difference(ours, base[::-1]).verdict == 0
