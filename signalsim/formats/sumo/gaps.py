"""How long a gap SUMO's drivers need, and how many wait inside a junction.

Who gives way in SUMO goes when it will have left the conflict 1 s (jmTimegapMinor) before the other one
could be there. Counted as queue models count gaps, from one vehicle with priority at its stop line to
the next, the critical gap is made of

* that second,
* the time the first of the two takes to the conflict, three quarters of its way through the junction,
* the time the waiting one takes to leave it from a standstill: over the rest of its way, from where it
  waits inside the junction, and its own length.

Measured with SUMO 1.28 (left turns against one to three lanes, gaps regressed on the number that used
them: Siegloch 1973): 5.5 to 7.5 s for cars, within 6 % of this for 50 and 70 km/h and for accelerations
of 1.5 to 4 m/s2, sigma 0 and 0.5, cars of 3.3 and 5 m. The follow-up time is the turn's saturation
headway.

That is where the stream with priority never ends. At a signal the window for turns is short: it begins
with the two or three seconds until the waiting one moves, and the end of green cuts it off, where a
queue model that knows critical gaps only grants one more. So the gap is 1.25 times as long there:
left turns from a lane of their own, against 600 vehicles an hour that had 48 s of red in 90 s, then leave
as in SUMO (123 an hour against one lane, 219 against two; the model: 125 and 197).
"""

import math
from collections.abc import Iterable

from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.layout import Layout, Move
from signalsim.formats.sumo.lights import Key
from signalsim.formats.sumo.requests import Rule

_MINOR_S = 1.0  # SUMO's jmTimegapMinor
_CONFLICT = 0.75  # of the way through the junction
AT_SIGNAL = 1.25  # see above


def gaps_s(layout: Layout, rules: Iterable[Rule], driver: Driver, length_m: float) -> dict[Key, float]:
    """Critical gap of every movement that gives way (``rules``: yields), s: its longest."""
    found: dict[Key, float] = {}
    for rule in rules:
        first, other = layout.moves[rule.first], layout.moves[rule.second]
        speed = driver.cruising_mps(layout.speed_mps(other.start))
        clears = math.sqrt(2 * (_rest_m(layout, first) + length_m) / driver.starting)
        gap = _MINOR_S + _CONFLICT * other.path_m / speed + clears
        if first.links[0].light:
            gap *= AT_SIGNAL
        found[rule.first] = max(gap, found.get(rule.first, 0.0))
    return found


def waiting_inside(layout: Layout, moves: Iterable[Key], driver: Driver) -> float:
    """How many left turns stand inside the junction, on average over those of ``moves`` that are such, and
    clear at the end of green; 0 where there are none.
    """
    turns = [layout.moves[key] for key in moves if layout.moves[key].links[0].dir in "lL"]
    places = [math.ceil(_inside_m(layout, move) / driver.spacing_m) for move in turns]
    return sum(places) / len(places) if places else 0.0


def _lengths_m(layout: Layout, move: Move) -> list[float]:
    return [layout.net.internal.get(lane, (0.0, 1.0))[0] for lane in layout.internal_lanes(move.links[0])]


def _inside_m(layout: Layout, move: Move) -> float:
    """From the stop line to where one waits inside the junction, m."""
    return sum(_lengths_m(layout, move)[:-1])


def _rest_m(layout: Layout, move: Move) -> float:
    """From there to the end of the junction, m."""
    return sum(_lengths_m(layout, move)[-1:])
