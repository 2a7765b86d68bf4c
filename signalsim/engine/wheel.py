"""The timing wheel: one bucket per millisecond, each an intrusive list of nodes, and a bit per bucket
that says where to look.

A node is an entity that may have one event to come. Nodes are numbered by (rank, entity), so a
bucket's nodes in ascending order are in the order that events of one instant have.
"""

import numpy as np

from .jit import njit
from .state import IDLE, WHEEL

_MASK = WHEEL - 1
_HALF = WHEEL // 2

# Ranks: the order of events at one instant.
SIGNAL, KERB, LANE, ROOM, YIELD = 0, 1, 2, 3, 4


@njit(forceinline=True, inner=True)
def first_lane_node(tables):
    """Nodes are junctions, crossings, lanes and sources, segments, lanes that yield: where lanes begin."""
    return tables.signals.junction.size + tables.crossing.size


@njit(forceinline=True, inner=True)
def schedule(node, wheel, total, n, rank, time):
    """Node ``n`` (of ``rank``) gets its event at ``time``, unless it has one earlier.

    At the present instant only a higher rank than that of the event under way may be scheduled; what
    comes too late for it happens a millisecond later.
    """
    now = total[0].now_ms
    if time <= now:
        time = now if rank > total[0].rank else now + 1
    if node[n].time_ms != IDLE:
        if node[n].time_ms <= time:
            return
        unlink(node, wheel.bucket, n, now)
    node[n].time_ms = time
    link(node, wheel, n, now)


@njit(forceinline=True, inner=True)
def link(node, wheel, n, now):
    """Put a node at the head of its bucket; what is more than a turn away goes into the last one."""
    time = node[n].time_ms
    b = time & _MASK if time - now < WHEEL else WHEEL
    node[n].next = wheel.bucket[b]
    wheel.bucket[b] = n
    wheel.busy[b >> 6] |= np.uint64(1) << np.uint64(b & 63)


@njit(inner=True)
def unlink(node, bucket, n, now):
    """Take a node out of its bucket, which holds few (a further link would cost every insertion a miss)."""
    b = node[n].time_ms & _MASK
    if not _cut(node, bucket, n, b):
        _cut(node, bucket, n, WHEEL)


@njit(inner=True)
def _cut(node, bucket, n, b):
    at = bucket[b]
    if at == n:
        bucket[b] = node[n].next
        return True
    while at >= 0:
        after = node[at].next
        if after == n:
            node[at].next = node[n].next
            return True
        at = after
    return False


@njit(inner=True)
def refill(node, wheel, total, now):
    """Bring events that were far away into the wheel; due once in every half turn.

    What is still far away after it lies a whole turn ahead, so it may be done late in its half turn.
    """
    if now < total[0].refill_ms:
        return
    total[0].refill_ms = (now | (_HALF - 1)) + 1
    n = wheel.bucket[WHEEL]
    wheel.bucket[WHEEL] = -1
    while n >= 0:
        after = node[n].next
        link(node, wheel, n, now)
        n = after


@njit(forceinline=True, inner=True)
def next_busy(wheel, t, until):
    """The first millisecond in ``[t, until)`` that has events, or where to stop for lack of any: at
    ``until`` or at the next half turn, before which nothing is missing in the wheel."""
    stop = min(until, (t | (_HALF - 1)) + 1)
    while t < stop:
        word = wheel.busy[(t & _MASK) >> 6] >> np.uint64(t & 63)
        if word == 0:
            t = (t | 63) + 1
            continue
        for width in (32, 16, 8, 4, 2, 1):
            if word & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)) == 0:
                word >>= np.uint64(width)
                t += width
        b = t & _MASK
        if wheel.bucket[b] >= 0 or t >= stop:
            break
        wheel.busy[b >> 6] &= ~(np.uint64(1) << np.uint64(b & 63))  # whoever was there has moved
    return min(t, stop)


@njit(inner=True)
def heapsort(values, start, end):
    """Sort ``values[start:end]`` in place."""
    n = end - start
    for root in range(n // 2 - 1, -1, -1):
        _sift(values, start, root, n)
    for last in range(n - 1, 0, -1):
        values[start], values[start + last] = values[start + last], values[start]
        _sift(values, start, 0, last)


@njit(inner=True)
def _sift(values, start, root, n):
    value = values[start + root]
    while 2 * root + 1 < n:
        child = 2 * root + 1
        if child + 1 < n and values[start + child + 1] > values[start + child]:
            child += 1
        if values[start + child] <= value:
            break
        values[start + root] = values[start + child]
        root = child
    values[start + root] = value


@njit(inner=True)
def take(node, wheel, b, scratch, start, end):
    """Move a bucket's nodes into ``scratch[start:end]``, which is sorted and stays so; the new end."""
    n = wheel.bucket[b]
    wheel.bucket[b] = -1
    wheel.busy[b >> 6] &= ~(np.uint64(1) << np.uint64(b & 63))
    first_end = end
    while n >= 0:
        scratch[end] = n
        end += 1
        n = node[n].next
    if end - first_end > 24:
        heapsort(scratch, start, end)
        return end
    for k in range(first_end, end):
        value, i = scratch[k], k
        while i > start and scratch[i - 1] > value:
            scratch[i] = scratch[i - 1]
            i -= 1
        scratch[i] = value
    return end
