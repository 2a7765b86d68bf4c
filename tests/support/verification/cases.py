"""Roads and demands for kinematic waves, shared by the tests and the long form."""

import numpy as np

from .lindley import Discharge
from .waves import Link

GREENS = [(30_000 + 90_000 * k, 60_000 + 90_000 * k) for k in range(60)]
RULE = Discharge(2000, 2000, 0, 2000)
SIGNAL = {"greens": GREENS, "rule": RULE}
ROADS = {
    "signal": [Link(600, **SIGNAL), Link(400)],
    "capacity drop": [Link(400), Link(500), Link(200, flow=0.3)],
    "spillback over three links": [Link(300), Link(250), Link(350, **SIGNAL), Link(400)],
    "signal upstream of a drop": [Link(500, **SIGNAL), Link(150), Link(300, flow=0.2)],
    "other speeds and densities": [
        Link(333, 8.3, 0.4, 0.16),
        Link(271, 27.8, 0.55, 0.13),
        Link(419, 11, 0.25),
    ],
}


def departures(case: str) -> list[int]:
    """Demand that rises above what passes, falls, and ends, in ms; uneven to the millisecond."""
    rates = (
        [(0, 0.15), (400, 0.48), (1100, 0.2), (2000, 0.0)] if case != "signal" else [(0, 0.12), (900, 0.3)]
    )
    made, t = [], 0.0
    while t < 3000 and len(made) < 600:
        rate = [r for start, r in rates if start <= t][-1]
        if rate == 0:
            break
        t += 1 / rate * (1 + 0.3 * np.sin(len(made)))
        made.append(round(1000 * t))
    return made
