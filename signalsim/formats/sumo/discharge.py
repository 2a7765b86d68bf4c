"""How SUMO's drivers leave a queue and cruise: headways, start-up, end gain and free speed of a vType.

SUMO's default car-following model (Krauss 1998, "Microscopic Modeling of Traffic Flow", with a step of
1 s) says what a vehicle does in a second; a queue model needs what comes of it at the stop line. With
reaction time tau, spacing L of standing cars (length + minGap), acceleration a, deceleration b and
imperfection sigma:

* Whoever may drive v draws every second a speed up to sigma a below it: on average the **dawdling**
  sigma a / 2. A free vehicle cruises at v less that, a starting one accelerates at a (1 - sigma / 2).
* A follower leaves the gap in which it could still brake behind its leader, v tau, and since it
  dawdles, (tau + v / b) sigma a / 2 more: so vehicles pass the line every
  tau + L / v + (tau / v + 1 / b) sigma a / 2 seconds. While they accelerate, gaps that dawdling opened
  are not closed, unless all slow down for a turn: 0.045 sigma**2 s more per second of acceleration up
  to v (measured; all else is not).
* v at the line: the n-th of a queue comes from (n - 1) L behind it, so at most sqrt(2 a' (n - 1) L);
  who turns drives the turn's speed; and behind the slowest of those ahead nobody is faster. Of n normal
  drivers the slowest is 1.6 standard deviations below the mean, on average over the 5th to the 20th,
  between which saturation flow is measured.
* The first car stands 1 m behind the line. The start-up loss v / (2 a') of one that accelerates to v at
  the line is in the second headway: the engine's discharge has these two.
* At yellow SUMO stops who can brake with b: v / (2 b) less half a step still pass.

Measured with SUMO 1.28 at a stop line, headways of 20 queued cars are within 3 % of this for 30 to
70 km/h, spacings of 5.8 and 7.5 m, turns at 6.5 and 8 m/s, sigma 0 to 0.5, b of 3 and 4.5 m/s2, tau of
1 s (``tests/formats/test_sumo_discharge.py`` has the values); with tau of 1.5 s, within 5 %.
"""

import math
from typing import NamedTuple

SLOWEST = 1.6  # standard deviations of the slowest ahead, see above
STAND_M = 1.0  # before the stop line
STEP_S = 1.0
_COUNTED = range(5, 21)  # vehicles of a queue between which saturation is measured
_UNCLOSED = 0.045  # s per s of acceleration and sigma**2


class Discharge(NamedTuple):
    """What the engine needs of a movement at its stop line."""

    saturation_pcuph: float
    first_s: float  # start of green to the first crossing
    second_s: float  # first to second crossing
    end_gain_s: float


class Driver(NamedTuple):
    """The driver of a vType; the defaults are those of SUMO's passenger car."""

    spacing_m: float = 7.5  # length + minGap
    tau_s: float = 1.0
    acceleration: float = 2.6  # m/s2
    deceleration: float = 4.5  # m/s2
    sigma: float = 0.5
    speed_dev: float = 0.1

    @property
    def dawdling_mps(self) -> float:
        return self.sigma * self.acceleration / 2

    @property
    def starting(self) -> float:
        """Mean acceleration of one who starts, m/s2."""
        return self.acceleration * (1 - self.sigma / 2)

    def cruising_mps(self, limit_mps: float) -> float:
        """Mean speed of a free vehicle; at least half the limit."""
        return max(limit_mps - self.dawdling_mps, limit_mps / 2)

    def at_line_mps(self, limit_mps: float, turn_mps: float) -> float:
        """Speed of a queue at the stop line, once it has reached it."""
        slow = max(1 - SLOWEST * self.speed_dev, 0.5)
        return min(self.cruising_mps(slow * limit_mps), slow * turn_mps)

    def headway_s(self, speed_mps: float, is_turn: bool) -> float:
        """Between two that cross the line at a speed."""
        noise = self.dawdling_mps * (self.tau_s / speed_mps + 1 / self.deceleration)
        unclosed = 0.0 if is_turn else _UNCLOSED * self.sigma**2 * speed_mps / self.acceleration
        return self.tau_s + self.spacing_m / speed_mps + noise + unclosed

    def discharge(self, limit_mps: float, turn_mps: float = math.inf) -> Discharge:
        """From a lane with a speed limit, across the junction at ``turn_mps``."""
        speed = self.at_line_mps(limit_mps, turn_mps)
        reached = (math.sqrt(2 * self.starting * (n - 1) * self.spacing_m) for n in _COUNTED)
        headway = sum(self.headway_s(min(speed, v), turn_mps < limit_mps) for v in reached) / len(_COUNTED)
        first = STAND_M / self.starting
        loss = (speed / self.starting - STEP_S) / 2 + STAND_M / speed - first
        return Discharge(
            3600 / headway, first, headway + max(loss, 0.0), max(speed / self.deceleration - STEP_S, 0.0) / 2
        )
