"""Green waves both ways along an arterial: the offsets (and the cycle) of the widest bands.

MAXBAND as a mixed-integer linear programme, after Little, J. D. C. (1966), The synchronization of
traffic signals by mixed-integer linear programming, Operations Research 14, and Little, Kelson &
Gartner (1981), MAXBAND, Transportation Research Record 795. Everything is counted in cycles, and the
variable is z = 1/cycle, which makes the cycle a choice that stays linear.

A *band* is a stretch of time within which a vehicle that keeps the design speed meets no red. Its
front passes signal i when w_i cycles of that direction's green have gone; it fits while
w_i + b <= g_i. Queues that stand at the stop line are let go first: w_i >= the queue clearance time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Signal:
    """One signal of an arterial, times as shares of the cycle, but for the clearance times."""

    green_out: float  # of the outbound through movement
    green_in: float  # of the inbound one
    lag: float = 0.0  # from the start of the outbound green to that of the inbound one
    clear_out_s: float = 0.0  # queue clearance before the band, s
    clear_in_s: float = 0.0


@dataclass(frozen=True)
class Bands:
    """``offset``: start of each signal's outbound green in cycles, the first is 0. ``width_*`` in cycles."""

    cycle_s: float
    offset: tuple[float, ...]
    width_out: float
    width_in: float

    @property
    def efficiency(self) -> float:
        """Mean share of the cycle that the bands take."""
        return (self.width_out + self.width_in) / 2


def maxband(
    signals: Sequence[Signal],
    travel_out_s: Sequence[float],
    travel_in_s: Sequence[float],
    cycle_s: tuple[float, float],
    *,
    ratio: float = 1.0,
    time_limit_s: float = 30.0,
) -> Bands | None:
    """The widest bands; None where no cycle of the range lets a vehicle through both ways.

    ``travel_*_s``: of the link between signals i and i + 1, each way. ``cycle_s``: (shortest, longest).
    ``ratio``: the inbound band over the outbound one at least as good as this (at most, above 1), as
    the flows are. Exact, up to the solver's tolerance, unless ``time_limit_s`` ends it.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(signals)
    low, high = cycle_s
    if n < 2 or len(travel_out_s) != n - 1 or len(travel_in_s) != n - 1:
        raise ValueError("an arterial has two signals or more, and a travel time each way between them")
    if not 0 < low <= high or ratio <= 0:
        raise ValueError("cycle_s is (shortest, longest), both above 0, and so is ratio")
    out, back, z, w, v, k = 0, 1, 2, 3, 3 + n, 3 + 2 * n  # places of b, b', z, w_i, w'_i, integers
    size = 3 + 2 * n + n - 1
    rows: list[np.ndarray] = []
    limits: list[tuple[float, float]] = []

    def add(low: float, high: float) -> np.ndarray:
        rows.append(np.zeros(size))
        limits.append((low, high))
        return rows[-1]

    for i, signal in enumerate(signals):
        for band, place, green, clear in (
            (out, w + i, signal.green_out, signal.clear_out_s),
            (back, v + i, signal.green_in, signal.clear_in_s),
        ):
            add(-math.inf, green)[[place, band]] = 1  # the band's end lies in the green
            row = add(0, math.inf)  # its front behind the queue's clearance
            row[place], row[z] = 1, -clear
    for i, (there, here) in enumerate(zip(travel_out_s, travel_in_s, strict=True)):
        # what the two directions say of the difference of offsets differs by whole cycles
        shift = signals[i].lag - signals[i + 1].lag
        row = add(-shift, -shift)
        row[w + i + 1], row[w + i], row[v + i + 1], row[v + i] = 1, -1, -1, 1
        row[z], row[k + i] = -(there + here), 1
    if ratio != 1:  # Little, Kelson & Gartner: (1 - k) b' >= (1 - k) k b
        row = add(0, math.inf) if ratio < 1 else add(-math.inf, 0)
        row[back], row[out] = 1, -ratio
    value = np.zeros(size)
    value[out], value[back] = -1, -ratio
    top = np.concatenate([[1, 1, 1 / low], np.ones(2 * n), np.full(n - 1, math.inf)])
    bottom = np.concatenate([[0, 0, 1 / high], np.zeros(2 * n), np.full(n - 1, -math.inf)])
    whole = np.concatenate([np.zeros(3 + 2 * n), np.ones(n - 1)])
    found = milp(
        value,
        constraints=LinearConstraint(np.array(rows), *np.array(limits).T),
        bounds=Bounds(bottom, top),
        integrality=whole,
        options={"time_limit": time_limit_s, "mip_rel_gap": 1e-9},
    )
    if found.x is None:
        return None
    offsets = [0.0]
    for i, travel in enumerate(travel_out_s):
        step = found.x[w + i] - found.x[w + i + 1] + travel * found.x[z]
        offsets.append(float((offsets[-1] + step) % 1))
    return Bands(1 / float(found.x[z]), tuple(offsets), float(found.x[out]), float(found.x[back]))


def widths(
    signals: Sequence[Signal],
    travel_out_s: Sequence[float],
    travel_in_s: Sequence[float],
    cycle_s: float,
    offset: Sequence[float],
) -> tuple[float, float]:
    """The widest band of each direction that given offsets leave, in cycles; both may be 0.

    The windows of all signals are shifted by the travel time to the first one, and what they have in
    common is measured: independent of ``maxband``, and its check.
    """
    ahead = np.concatenate(([0.0], np.cumsum(travel_out_s))) / cycle_s
    behind = np.concatenate(([0.0], np.cumsum(travel_in_s))) / cycle_s
    out = [
        (o + s.clear_out_s / cycle_s - t, s.green_out - s.clear_out_s / cycle_s)
        for o, s, t in zip(offset, signals, ahead, strict=True)
    ]
    back = [
        (o + s.lag + s.clear_in_s / cycle_s + t, s.green_in - s.clear_in_s / cycle_s)
        for o, s, t in zip(offset, signals, behind, strict=True)
    ]
    return _common(out), _common(back)


def _common(windows: Sequence[tuple[float, float]]) -> float:
    """The longest arc of a circle of length 1 that lies in every window (start, length)."""
    if min(length for _, length in windows) <= 0:
        return 0.0
    best = 0.0
    for start, _ in windows:  # the longest arc begins where one of the windows does
        left = min(length - (start - begin) % 1 for begin, length in windows)
        rounded = min(length - ((start - begin + 1e-9) % 1 - 1e-9) for begin, length in windows)
        best = max(best, left, rounded)
    return min(best, 1.0)
