"""Paired comparison of replications: the mean difference, its 95 % interval, its p-value."""

import math
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over replications and its 95 % confidence interval; low = high = NaN from one replication."""

    mean: float
    low: float
    high: float
    p_value: float  # two-sided, of the hypothesis that the true mean is 0

    @property
    def known(self) -> bool:
        """False if there is no interval: one replication only, or a value is missing."""
        return not math.isnan(self.low)

    @property
    def verdict(self) -> int:
        """-1: the interval lies below 0, +1: above 0, 0: it holds 0 (or is not known)."""
        return int(self.low > 0) - int(self.high < 0)


def interval(values: np.ndarray) -> Interval:
    """Student's t interval of the mean of independent values (Student 1908, "The probable error of a mean").

    Values that are all equal leave no uncertainty to estimate: the interval is the value itself and
    the p-value 1 (all zero) or 0. A value that is missing or infinite makes everything NaN.
    """
    from scipy.special import stdtr, stdtrit  # loads ten times faster than scipy.stats

    sample = [float(v) for v in values]
    n = len(sample)
    if not n:
        return Interval(math.nan, math.nan, math.nan, math.nan)
    if not all(map(math.isfinite, sample)):  # a quotient by 0: no mean that means anything
        return Interval(math.nan, math.nan, math.nan, math.nan)
    mean = math.fsum(sample) / n
    if n < 2:
        return Interval(mean, math.nan, math.nan, math.nan)
    if min(sample) == max(sample):
        return Interval(mean, mean, mean, 1.0 if mean == 0 else 0.0)
    error = math.sqrt(math.fsum((v - mean) ** 2 for v in sample) / (n - 1) / n)
    half = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * error
    p_value = 2 * float(stdtr(n - 1, -abs(mean) / error))
    return Interval(mean, mean - half, mean + half, p_value)


def paired_difference(values: np.ndarray, baseline: np.ndarray) -> Interval:
    """The mean of ``values - baseline``, replication by replication: both faced the same traffic.

    Common random numbers make the two samples dependent, so the difference varies much less than
    each of them (Law & Kelton, Simulation Modeling and Analysis, ch. 11.2).
    """
    return interval(np.asarray(values, float) - np.asarray(baseline, float))
