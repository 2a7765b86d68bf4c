"""Gap acceptance: how many of an endless queue cross a stream with priority."""

import math
from collections.abc import Sequence


def harders(q: float, gap_s: float, follow_s: float) -> float:
    """Capacity, vehicles per second, across a Poisson stream of ``q`` vehicles per second.

    Harders, J. (1968), Die Leistungsfähigkeit nicht signalgeregelter städtischer Verkehrsknoten, by
    Siegloch's step function of places in a gap: q exp(-q tc) / (1 - exp(-q tf)).
    """
    return q * math.exp(-q * gap_s) / (1 - math.exp(-q * follow_s))


def tanner(q: float, gap_s: float, follow_s: float, headway_s: float) -> float:
    """The same across a stream that has queued with a minimum headway.

    Tanner, J. C. (1962), A theoretical analysis of delays at an uncontrolled intersection, Biometrika 49:
    q (1 - D q) exp(-q (tc - D)) / (1 - exp(-q tf)).
    """
    return (1 - headway_s * q) * harders(q, gap_s - headway_s, follow_s)


def on_clock(p: float, gap_ms: int, follow_ms: int, headway_ms: int) -> float:
    """Tanner's formula where arrivals are Bernoulli per millisecond; vehicles per ms.

    A bunch ends with probability 1 - D p; the gap behind it is D plus a geometric time of at least 1.
    With a headway of 1 ms this is Harders' formula: arrivals themselves are that far apart.
    """
    q = 1 - p
    return p * (1 - headway_ms * p) * q ** (gap_ms - headway_ms - 1) / (1 - q**follow_ms)


def through_gaps(
    priority_ms: Sequence[int], gap_ms: int, follow_ms: int, from_ms: int, to_ms: int
) -> list[int]:
    """When an endless queue crosses from ``from_ms`` on, given when the stream with priority does.

    Gap integration: the first goes as soon as the next with priority is a critical gap away, and
    others a follow-up time after each other while that holds.
    """
    crossed, t = [], from_ms
    for following in [*sorted(set(priority_ms)), 1 << 60]:
        while t + gap_ms <= following and t < to_ms:
            crossed.append(t)
            t += follow_ms
        t = max(t, min(following, 1 << 59))
    return [t for t in crossed if t < to_ms]
