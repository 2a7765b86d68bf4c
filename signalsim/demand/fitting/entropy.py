"""Route flows nearest to a prior, in entropy, that meet counts within their softness.

What multiplicative reconstruction (MART: Gordon, Bender & Herman 1970; for routes and counts Van Zuylen &
Willumsen 1980) comes to after many rounds, found by Newton's method on the dual: one multiplier per count.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_ROUNDS = 200
_DENSE = 3000  # counts up to which the Newton step is solved directly
_LARGEST = 30.0  # of an exponent: a factor of 1e13


def entropy_flows(
    seen: "csr_array", count: np.ndarray, prior: np.ndarray, softness: np.ndarray, at_least: np.ndarray
) -> np.ndarray:
    """(n_columns,) x >= 0 with the least KL(x | prior) + sum (count - seen x)^2 / (2 softness).

    ``seen``: (n_counts, n_columns); ``at_least``: counts of which only a shortfall matters. Solved in the
    multipliers ``m`` of the counts: x = prior exp(seen^T m), count - seen x = softness m.
    """
    turned = seen.T.tocsr()
    m = np.zeros(len(count))
    value, x = _dual(turned, count, prior, softness, m)
    for _ in range(_ROUNDS):
        slope = seen @ x + softness * m - count
        free = ~(at_least & (m <= 0) & (slope > 0))  # a lower bound that is met pulls nobody
        if np.abs(np.where(free, slope, 0) / np.maximum(count, 1)).max(initial=0) < 1e-4:
            break
        step = _newton(seen, x, softness, np.where(free, slope, 0.0))
        size = 1.0
        while size > 1e-9:
            tried = m + size * step
            tried[at_least] = np.maximum(tried[at_least], 0.0)
            value_there, x_there = _dual(turned, count, prior, softness, tried)
            if value_there <= value - 1e-6 * float(slope @ (m - tried)):
                break
            size /= 2
        if size <= 1e-9:
            break
        m, value, x = tried, value_there, x_there
    return x


def _dual(
    turned: "csr_array", count: np.ndarray, prior: np.ndarray, softness: np.ndarray, m: np.ndarray
) -> tuple[float, np.ndarray]:
    """The function that is minimised, and the flows."""
    exponent = turned @ m
    if exponent.max(initial=0) > _LARGEST:
        return np.inf, prior
    x = prior * np.exp(exponent)
    return float(x.sum() - count @ m + (softness * m * m).sum() / 2), x


def _newton(seen: "csr_array", x: np.ndarray, softness: np.ndarray, slope: np.ndarray) -> np.ndarray:
    if len(slope) <= _DENSE:
        from scipy.linalg import cho_factor, cho_solve

        scaled = seen.multiply(x).tocsr()
        curvature = (scaled @ seen.T).toarray()
        curvature[np.diag_indices(len(slope))] += softness
        step: np.ndarray = -cho_solve(cho_factor(curvature), slope)
        return step
    from scipy.sparse.linalg import LinearOperator, cg

    turned = seen.T.tocsr()
    diagonal = seen.multiply(seen).tocsr() @ x + softness
    n = len(slope)
    curve = LinearOperator((n, n), lambda v: seen @ (x * (turned @ v)) + softness * v, dtype=float)
    found, _ = cg(curve, -slope, M=LinearOperator((n, n), lambda v: v / diagonal, dtype=float), maxiter=300)
    return np.asarray(found)
