"""A queue at a signal by Lindley's recursion, one vehicle after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Discharge:
    """How a queue leaves in a green [began, end), all in ms.

    The first vehicle that has seen red crosses ``startup_ms`` after the beginning of green, the second
    a headway and ``second_ms`` after it, the others a headway after their leader. Vehicles cross until
    ``end_gain_ms`` after the end of green.
    """

    headway_ms: int = 2000
    startup_ms: int = 1000
    second_ms: int = 500
    end_gain_ms: int = 2000

    def movement(self) -> dict[str, int]:
        """The same as columns of a movement."""
        return {
            "headway_ms": self.headway_ms,
            "startup_ms": self.startup_ms,
            "startup2_ms": self.second_ms,
            "end_gain_ms": self.end_gain_ms,
        }

    def capacity(self, green_ms: int) -> int:
        """Vehicles of a standing queue that cross in one green."""
        open_ms = green_ms + self.end_gain_ms - self.startup_ms
        rest = open_ms - self.headway_ms - self.second_ms
        if open_ms <= 0:
            return 0
        return 1 if rest <= 0 else 2 + (rest - 1) // self.headway_ms


def crossings(arrive_ms: Sequence[int], greens: Sequence[tuple[int, int]], rule: Discharge) -> list[int]:
    """When each vehicle crosses the stop line; those that never do are left out.

    Lindley, D. V. (1952), The theory of queues with a single server, eq. 1: the start of a service is
    the later of arrival and the end of the service before it; here also of the next green.
    """
    made: list[int] = []
    ready, is_first, k = -(1 << 60), False, 0
    for arrive in arrive_ms:
        while True:
            if k == len(greens):
                return made
            began, end = greens[k]
            saw_red = arrive <= began
            t = max(arrive, ready, began + rule.startup_ms if saw_red else began)
            if t < end + rule.end_gain_ms:
                break
            k, is_first = k + 1, True
        if k == 0 and not made:
            is_first = True
        made.append(t)
        ready = t + rule.headway_ms + (rule.second_ms if is_first and saw_red else 0)
        is_first = False
    return made


def uniform_delay_s(cycle_s: float, green_s: float, saturation: float, flow: float) -> float:
    """Mean delay of a fluid that arrives evenly and is served within its cycle, s.

    Wardrop, J. G. (1952), Some theoretical aspects of road traffic research; May, A. D. (1990), Traffic
    Flow Fundamentals, ch. 12: r^2 / (2 C (1 - q/s)), flows in vehicles per second.
    """
    red = cycle_s - green_s
    return red**2 / (2 * cycle_s * (1 - flow / saturation))


def overflow_delay_s(
    cycle_s: float, green_s: float, saturation: float, flow: float, period_s: float
) -> float:
    """Mean delay of a fluid above capacity over a period that starts empty, s.

    May (1990), ch. 12: the uniform delay at capacity, r / 2, and T (x - 1) / 2 on average over arrivals.
    """
    x = flow * cycle_s / (saturation * green_s)
    return (cycle_s - green_s) / 2 + period_s * (x - 1) / 2


def time_in_system(arrive_ms: Sequence[int], cross_ms: Sequence[int]) -> float:
    """Mean delay of those that crossed, s."""
    n = len(cross_ms)
    return float(np.mean(np.asarray(cross_ms) - np.asarray(arrive_ms[:n]))) / 1000
