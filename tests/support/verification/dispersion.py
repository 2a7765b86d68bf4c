"""Platoon dispersion: the law of drivers' paces, and Robertson's recurrence."""

import math

import numpy as np


def _normal_below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def pace_law(sd: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """(paces, probabilities): 1000 over a speed factor, rounded.

    The factor is normal around 1; beyond ``low`` and ``high`` it is set to them, so that both ends
    carry the probability of their tail (a censored normal law, Tobin 1958).
    """
    paces = np.arange(round(1000 / high), round(1000 / low) + 1)

    def slower(pace: float) -> float:
        """Probability of a pace of ``pace`` or less: of a factor of 1000 / pace or more."""
        factor = 1000 / pace
        if factor <= low:
            return 1.0
        return 0.0 if factor > high else 1 - _normal_below((factor - 1) / sd)

    upper = np.array([slower(pace + 0.5) for pace in paces])
    return paces, np.diff(upper, prepend=0.0)


def moments(values: np.ndarray, law: np.ndarray) -> tuple[float, float]:
    """Mean and variance."""
    mean = float(values @ law)
    return mean, float((values - mean) ** 2 @ law)


def robertson(flow: np.ndarray, travel_s: float, step_s: float = 1.0) -> np.ndarray:
    """Flow at the end of a link, per step, from the flow at its beginning.

    Robertson, D. I. (1969), TRANSYT: a traffic network study tool, RRL Report LR 253: from
    t = 0.8 T on, q'(t) = F q + (1 - F) q'(t - 1) with F = 1 / (1 + 0.35 x 0.8 T).
    """
    delay = round(0.8 * travel_s / step_s)
    smooth = 1 / (1 + 0.35 * 0.8 * travel_s / step_s)
    out = np.zeros(len(flow))
    for t in range(len(flow)):
        arriving = flow[t - delay] if t >= delay else 0.0
        out[t] = smooth * arriving + (1 - smooth) * (out[t - 1] if t else 0.0)
    return out
