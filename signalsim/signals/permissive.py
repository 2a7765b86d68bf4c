"""A green of a lane in which some of the vehicles give way, and so hold up whoever is behind them.

Such a green has three parts (HCM 2000, ch. 16, app. C; HCM 2010, ch. 31). While the queue of those with
priority goes ahead only those pass who stand before the first who gives way. Then all pass, each who gives
way in the time that his gap takes. When the green ends, who stands first and gives way clears, and maybe
who is next.
"""

from typing import NamedTuple

import numpy as np

FEWEST_PCUPH = 30.0  # that find a gap in the thickest flow


class SharedGreen(NamedTuple):
    """What a saturated lane does in a green: pcu per hour of it; for ``slow_s`` from its beginning on it goes
    only at ``slow`` times that rate; variance of the pcu that pass from green to green."""

    pcuph: float
    slow_s: float = 0.0
    slow: float = 1.0
    variance: float = 0.0


class Turn(NamedTuple):
    """Seconds that one who gives way takes of a lane: mean, and mean square."""

    mean: float
    square: float


def turn(flow_pcuph: float, gap_s: float, follow_s: float, share: float, free_s: float) -> Turn:
    """Of one who gives way to ``flow_pcuph`` in a lane in which ``share`` of the vehicles do, and each of the
    others takes ``free_s``.

    Who goes in a gap of random arrivals (q per second) knows the critical gap t_c ahead to be empty. The
    next who gives way comes s later and goes at once if as much is empty then, exp(-q min(s, t_c)); else
    he waits for the arrival that there is and from it on for a gap, (exp(q t_c) - 1 - q t_c) / q in the mean
    (Adams 1936). If he follows at once, s is the follow-up time, and Harders' capacity comes of it.
    """
    q = max(flow_pcuph / 3600, 1e-9)
    between = np.arange(np.ceil(gap_s / max(free_s, 0.1)) + 1) if share < 1 else np.zeros(1)
    often = share * (1 - share) ** between
    often[-1] += 1 - often.sum()
    after = np.minimum(follow_s + between * free_s, gap_s)
    is_held = -np.expm1(-q * after)
    adams = (np.expm1(q * gap_s) - q * gap_s) / q
    spread = np.expm1(2 * q * gap_s) / q**2 - 2 * gap_s * np.exp(q * gap_s) / q  # variance of Adams' wait
    until = (is_held - q * after * np.exp(-q * after)) / q
    wait = is_held * (gap_s - after + adams) + until
    square = is_held * (spread + (gap_s - after + adams) ** 2)
    most = 3600 / FEWEST_PCUPH
    mean = min(follow_s + float(often @ wait), most)
    return Turn(mean, max(follow_s**2 + 2 * follow_s * float(often @ wait) + float(often @ square), mean**2))


def shared_green(
    turns: Turn, share: float, free_s: float, wait_s: float, clearing: float, green_s: float
) -> SharedGreen:
    """``turns``: of the ``share`` of vehicles that gives way; ``free_s``: what each other takes, 0 without;
    ``wait_s``: until the queue of those with priority has gone; ``clearing``: how many may when the green of
    ``green_s`` (effective) ends.

    Ahead of the first who gives way stand geometrically many. Who stands first at the end: the share of the
    time that those who give way do, reached from the beginning's in the time of a gap. Variances as of a
    renewal process, and of the geometric number.
    """
    wait_s = min(wait_s, green_s)
    rest_s = green_s - wait_s
    room = wait_s / free_s if free_s > 0 else 0.0
    blocked = 1 - (1 - share) ** room if free_s > 0 else 1.0
    ahead = (1 - share) * blocked / share
    count = np.arange(1, int(room) + 1)
    pass_ahead = (1 - share) ** count
    variance = float(((2 * count - 1) * pass_ahead).sum() - pass_ahead.sum() ** 2)
    each_s = share * turns.mean + (1 - share) * free_s
    square = share * turns.square + (1 - share) * free_s**2
    variance += rest_s / each_s * max(square / each_s**2 - 1, 0.0)
    usual = share * turns.mean / each_s
    first = usual + (blocked - usual) * np.exp(-rest_s / turns.mean)
    more = (1 - share**clearing) / (1 - share) if share < 1 else clearing
    passing = ahead + rest_s / each_s + first * more
    passing = max(passing, FEWEST_PCUPH * green_s / 3600)
    slow = min(ahead / wait_s * green_s / passing, 1.0) if wait_s > 0 else 1.0
    return SharedGreen(float(3600 * passing / green_s), wait_s, float(slow), variance)
