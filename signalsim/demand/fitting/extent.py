"""How little and how much traffic fits counts equally well: two linear programmes (HiGHS)."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Extent(NamedTuple):
    """The two ends; ``high`` is None where nothing bounds the total from above."""

    low: np.ndarray  # (n_columns,) flows
    high: np.ndarray | None


def extent(
    seen: "csr_array",
    count: np.ndarray,
    weight: np.ndarray,
    best: np.ndarray,
    counted_in: np.ndarray,
    at_least: np.ndarray,
    kept: "tuple[csr_array, np.ndarray] | None" = None,
) -> Extent:
    """Flows with the smallest and the largest sum ``counted_in @ x`` whose weighted deviation from the
    counts, summed and the worst of them, is no more than that of ``best`` (n_columns,).

    ``weight``: (n_counts,); ``counted_in``: (n_columns,) share of a column in the total; ``at_least``:
    (n_counts,) bool, counts of which only a shortfall is a deviation; ``kept``: (C, b), equations C x = b
    that hold.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, diags_array, hstack, vstack

    n, n_columns = seen.shape
    off = weight * misfit(seen, count, best, at_least)
    allowed, worst = (float(value) * (1 + 1e-6) + 1e-6 for value in (off.sum(), off.max(initial=0)))
    cap = worst / weight  # no count is missed by more than the worst is now
    eye = diags_array(np.ones(n))
    equal = hstack([seen, eye, -eye]).tocsr()  # seen x + short - above = count
    right = count
    if kept is not None:
        equal = vstack([equal, hstack([kept[0], csr_array((kept[0].shape[0], 2 * n))])]).tocsr()
        right = np.concatenate([count, kept[1]])
    budget = np.concatenate([np.zeros(n_columns), weight, np.where(at_least, 0.0, weight)])
    free, above = np.full(n_columns, np.inf), np.where(at_least, np.inf, cap)
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(
            sign * np.concatenate([counted_in, np.zeros(2 * n)]),
            A_ub=csr_array(budget[None]),
            b_ub=[allowed],
            A_eq=equal,
            b_eq=right,
            bounds=np.stack([np.zeros(n_columns + 2 * n), np.concatenate([free, cap, above])], axis=1),
            method="highs",
        )
        ends.append(None if found.status == 3 else found.x[:n_columns] if found.status == 0 else best)
    low, high = ends
    return Extent(best if low is None else low, high)


def misfit(seen: "csr_array", count: np.ndarray, x: np.ndarray, at_least: np.ndarray) -> np.ndarray:
    """(n_counts,) |seen x - count|, 0 where a lower bound is kept."""
    off: np.ndarray = seen @ x - count
    return np.where(at_least, np.maximum(-off, 0.0), np.abs(off))
