"""Textbook delays at a fixed cycle: approximations, or exact for another rule of discharge.

They stand beside the engine's figures as what they are; none of them is asserted.
"""

import math

import numpy as np


def webster_s(cycle_s: float, green_s: float, flow: float, x: float) -> float:
    """Mean delay, s, of Poisson arrivals (``flow`` vehicles per second) at degree of saturation ``x``.

    Webster, F. V. (1958), Traffic signal settings, Road Research Technical Paper 39, eq. 1: a uniform
    term, M/D/1's wait behind a signal that is always green, and a correction fitted to simulation.
    """
    share = green_s / cycle_s
    uniform = cycle_s * (1 - share) ** 2 / (2 * (1 - share * x))
    correction = 0.65 * (cycle_s / flow**2) ** (1 / 3) * x ** (2 + 5 * share)
    return uniform + x**2 / (2 * flow * (1 - x)) - correction


def hcm_s(cycle_s: float, green_s: float, capacity: float, x: float, period_h: float = 0.25) -> float:
    """Control delay, s: Highway Capacity Manual 2000, eq. 16-11 and 16-12 (k = 0.5, I = 1, no initial queue).

    ``capacity`` in vehicles per second. Time-dependent: a mean over ``period_h`` that starts empty.
    """
    share, hourly = green_s / cycle_s, capacity * 3600
    uniform = 0.5 * cycle_s * (1 - share) ** 2 / (1 - min(1.0, x) * share)
    root = math.sqrt((x - 1) ** 2 + 8 * 0.5 * x / (hourly * period_h))
    return uniform + 900 * period_h * (x - 1 + root)


def slotted_s(cycle_slots: int, green_slots: int, slot_s: float, flow: float, size: int = 400) -> float:
    """Mean delay, s, of the slotted fixed-cycle traffic-light queue.

    Darroch, J. N. (1964); van Leeuwaarden, J. S. H. (2006), Delay analysis for the fixed-cycle
    traffic-light queue, Transportation Science 40(2). Time is in slots of a headway; whoever comes in
    a green slot that begins without a queue passes without delay, however many they are. Solved here as
    a chain over the slots of a cycle; within a slot queues are taken as halfway between its ends.
    """
    k = np.arange(size)
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, size)))))
    pmf = np.exp(k * math.log(flow * slot_s) - flow * slot_s - log_factorial)
    shift = k[None, :] - k[:, None]
    arrive = np.where(shift >= 0, pmf[np.maximum(shift, 0)], 0.0)
    arrive[:, -1] += 1 - arrive.sum(1)
    serve = np.zeros((size, size))
    serve[0, 0] = 1.0
    serve[1:] = arrive[:-1]  # one leaves; those who come stay behind it
    whole = np.linalg.matrix_power(serve, green_slots) @ np.linalg.matrix_power(
        arrive, cycle_slots - green_slots
    )
    system = np.vstack([(whole.T - np.eye(size))[:-1], np.ones(size)])
    law = np.linalg.solve(system, np.append(np.zeros(size - 1), 1.0))
    queues = [law @ k]
    for slot in range(cycle_slots):
        law = law @ (serve if slot < green_slots else arrive)
        queues.append(law @ k)
    area = float(np.sum((np.array(queues[1:]) + np.array(queues[:-1])) / 2)) * slot_s
    return area / (flow * cycle_slots * slot_s)


def pollaczek_khinchine_s(flow: float, service_s: float) -> float:
    """Mean wait, s, of M/D/1 (Pollaczek 1930, Khinchine 1932): rho h / (2 (1 - rho))."""
    rho = flow * service_s
    return rho * service_s / (2 * (1 - rho))


def slotted_pollaczek_khinchine_ms(p: float, service_ms: int) -> float:
    """The same where arrivals are Bernoulli per millisecond: rho (h - 1) / (2 (1 - rho)), ms.

    Meisling, T. (1958), Discrete-time queuing theory, Operations Research 6(1).
    """
    rho = p * service_ms
    return rho * (service_ms - 1) / (2 * (1 - rho))
