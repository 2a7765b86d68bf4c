"""Queues that repeat themselves every cycle: what plan design tries many thousand times."""

from .jit import njit


@njit
def cyclic_queues(arriving, serving, mean, leaving):
    """Fill ``mean`` (rows, cases) with the mean queue over a cycle and, unless it is empty, ``leaving``
    (rows, cases, bins) with the departures per bin; ``arriving``: the same shape, ``serving``: (rows, bins).

    The first of two cycles begins without a queue; what the second shows repeats.
    """
    rows, cases, bins = arriving.shape
    for i in range(rows):
        for k in range(cases):
            queue, total = 0.0, 0.0
            for t in range(bins):
                queue = max(queue + arriving[i, k, t] - serving[i, t], 0.0)
            for t in range(bins):
                before = queue + arriving[i, k, t]
                queue = max(before - serving[i, t], 0.0)
                total += queue
                if leaving.size:
                    leaving[i, k, t] = before - queue
            mean[i, k] = total / bins
