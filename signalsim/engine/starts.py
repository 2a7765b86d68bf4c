"""What a start from standstill costs behind the stop line. Part of the compiled loop, see ``kernel``.

A vehicle that started d metres before the line crosses it at sqrt(2 a d) and loses
(v - sqrt(2 a d))^2 / (2 a v) until it has reached its speed v behind it; from v^2 / 2a metres on it
loses nothing there. With a full loss of v / 2a and distances counted in slots that is
loss (1 - sqrt(slots / full))^2. What is lost before the line is part of start-up and headways.

Who was held up for less than the full loss only slowed down: braking as hard as it accelerates, it
loses behind the line what it lost before it, and no more.
"""

import numpy as np

from .jit import njit

_STEPS = 64
# (1 - sqrt(x))^2 in 1024ths, x in 64ths
CURVE = np.round(1024 * (1 - np.sqrt(np.arange(_STEPS) / _STEPS)) ** 2).astype(np.int64)
ROLLING = 1 << 20  # slots: so far behind a start that everybody is at speed


def share_lost(slots: int, full_slots: int) -> int:
    """(1 - sqrt(slots / full))^2 in 1024ths, for less than ``full_slots``."""
    return int(CURVE[slots * _STEPS // full_slots])


@njit(forceinline=True, inner=True)
def start_loss(loss_ms, loss_slots, slots, delay):
    """What a vehicle loses behind the line that started ``slots`` before it and was held up for ``delay``."""
    if slots >= loss_slots:
        return np.int64(0)
    return min(delay, (np.int64(loss_ms) * CURVE[slots * _STEPS // loss_slots]) >> 10)
