"""Newell's kinematic wave theory on a chain of links, by cumulative curves of vehicles.

Newell, G. F. (1993), A simplified theory of kinematic waves in highway traffic, Transportation
Research B 27(4): N(x, t) = min(N_up(t - L/v), N_down(t - L/w) + kappa L). Read by vehicles instead of
by time, vehicle n passes a point at the latest of what bounds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .lindley import Discharge


@dataclass(frozen=True)
class Link:
    """``length_m``, free speed, saturation flow and jam density (vehicles per metre) of one lane; the
    signal at its end, if there is one: greens [began, end) and its discharge."""

    length_m: float
    speed_mps: float = 15.0
    flow: float = 0.5  # vehicles per second
    jam: float = 0.14  # vehicles per metre
    greens: Sequence[tuple[int, int]] = ()
    rule: Discharge = field(default_factory=lambda: Discharge(2000, 0, 0, 0))

    @property
    def wave_mps(self) -> float:
        """Backward wave speed of the triangular diagram: s / (kappa - s / v)."""
        return self.flow / (self.jam - self.flow / self.speed_mps)

    @property
    def travel_ms(self) -> int:
        return int(np.ceil(1000 * self.length_m / self.speed_mps - 1e-6))

    @property
    def wave_ms(self) -> int:
        return int(np.ceil(1000 * self.length_m / self.wave_mps - 1e-6))

    @property
    def room(self) -> int:
        """Whole vehicles that it holds."""
        return int(self.length_m * self.jam + 1e-9)

    @property
    def headway_ms(self) -> int:
        return round(1000 / self.flow)


def passages(depart_ms: Sequence[int], links: Sequence[Link]) -> np.ndarray:
    """(n + 1 curves, vehicles): entry to the first link, then the passage of every link's end, in ms.

    Vehicle by vehicle from its origin on; every bound on it comes from vehicles before it.
    """
    curve = np.full((len(links) + 1, len(depart_ms)), -1, np.int64)
    for n, wish in enumerate(depart_ms):
        curve[0, n] = max(wish, _room(curve, links, 0, n))
        for k, link in enumerate(links):
            arrive = int(curve[k, n]) + link.travel_ms
            ready = arrive if n == 0 else max(arrive, int(curve[k + 1, n - 1]) + link.headway_ms)
            if k + 1 < len(links):
                ready = max(ready, _room(curve, links, k + 1, n))
            curve[k + 1, n] = _at_signal(link, arrive, ready)
    return curve


def _room(curve: np.ndarray, links: Sequence[Link], k: int, n: int) -> int:
    """When link k takes its n-th vehicle: a headway behind the last, and when the wave has brought room."""
    link, soonest = links[k], -(1 << 40)
    if n > 0:
        soonest = int(curve[k, n - 1]) + link.headway_ms
    if n >= link.room:
        soonest = max(soonest, int(curve[k + 1, n - link.room]) + link.wave_ms)
    return soonest


def _at_signal(link: Link, arrive: int, ready: int) -> int:
    """The first moment of a green from ``ready`` on; links without a signal are always open."""
    if not link.greens:
        return ready
    for began, end in link.greens:
        t = max(ready, began + (link.rule.startup_ms if arrive <= began else 0))
        if t < end + link.rule.end_gain_ms:
            return t
    raise ValueError("more greens are needed")


def merge(first: float, second: float, room: float, first_share: float) -> tuple[float, float]:
    """Flows of two streams into a link that takes ``room``.

    Daganzo, C. F. (1995), The cell transmission model, part II, eq. 14: all of it where there is room
    for both, else the middle of (demand, what the other leaves, own share).
    """
    if first + second <= room:
        return first, second
    mid = lambda *values: sorted(values)[1]  # noqa: E731
    return mid(first, room - second, first_share * room), mid(second, room - first, (1 - first_share) * room)
