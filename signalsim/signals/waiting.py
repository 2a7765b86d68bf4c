"""Who waits at signals over a cycle: what can leave, and how many are still there.

Profiles are (n_bins,) over the cycle, in passenger car units per bin; bins last a second or two. Delay that
does not repeat from cycle to cycle, because arrivals and gaps are random or exceed capacity, is a term of
its own (``overflow_veh``).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.streams import Streams, streams
from signalsim.signals.traffic import Traffic

_FINE = 10  # parts of a bin that greens are rounded to
_MOST_SERVED = 0.97  # degree of saturation up to which a queue repeats itself every cycle


def served(
    which: Streams,
    signals: SignalSystem,
    plans: Mapping[int, Plan],
    cycle_s: float,
    n_bins: int,
) -> np.ndarray:
    """(n, n_bins) pcu that can leave per bin, from the start of each junction's first green on.

    Whole cycles of a junction's plan are repeated until ``cycle_s`` is full.
    """
    n = n_bins
    out = np.zeros((len(which), n))
    step = cycle_s / n / _FINE
    for j, plan in plans.items():
        changes = signals.plan_changes_s(j, plan)
        repeats = max(1, round(cycle_s / signals.cycle_s(j, plan)))
        members = signals.stage_groups[j]
        edges = np.cumsum([0.0, *(x for pair in zip(plan.green_s, changes, strict=True) for x in pair)])
        fine = np.rint(edges / edges[-1] * (n * _FINE / repeats)).astype(int)
        following = plan.stages[1:] + plan.stages[:1]
        for i in which.at(j):
            rate = np.zeros(n * _FINE)
            for k, (stage, then) in enumerate(zip(plan.stages, following, strict=True)):
                if which.group[i] not in members[stage]:
                    continue
                stays = which.group[i] in members[then] and len(plan.stages) > 1
                end = fine[2 * k + 2] if stays or len(plan.stages) == 1 else fine[2 * k + 1]
                for r in range(repeats):
                    at = round(r * n * _FINE / repeats)
                    begin = at + fine[2 * k]
                    late = min(round(which.slow[i, 0, stage] / step), at + end - begin)
                    part = late / max(at + end - begin, 1)
                    slow = which.slow[i, 1, stage] if part < 1 else 1.0
                    rate[begin : at + end] = which.worth[i, stage] * (1 - slow * part) / max(1 - part, 1e-9)
                    rate[begin : begin + late] = which.worth[i, stage] * slow
            effective = _effective(rate, round(which.loss_s[i] / step), round(which.gain_s[i] / step))
            out[i] = which.saturation[i] * effective.reshape(n, _FINE).mean(axis=1) * (cycle_s / n)
    return out


def _effective(rate: np.ndarray, loss: int, gain: int) -> np.ndarray:
    """The rate at which a stream goes where ``rate`` is shown: later at the beginning, longer at the end."""
    shown = rate > 0
    if shown.all() or not shown.any():
        return rate
    n = len(rate)
    out = np.zeros(n)
    for start in np.flatnonzero(shown & ~np.roll(shown, 1)):
        length = int(np.argmin(np.roll(shown, -start)))
        at = np.arange(min(loss, length), length + gain)
        out[(start + at) % n] = rate[(start + np.minimum(at, length - 1)) % n]
    return out


def limited(arriving: np.ndarray, serving: np.ndarray) -> np.ndarray:
    """Arrivals of which no queue is left for ever: cut to what a cycle serves; bins are the last axis."""
    demand, capacity = arriving.sum(axis=-1), _MOST_SERVED * serving.sum(axis=-1)
    factor = np.minimum(1.0, np.divide(capacity, demand, out=np.ones_like(demand), where=demand > 0))
    return arriving * factor[..., None]


def queues(arriving: np.ndarray, serving: np.ndarray, *, leave: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Mean queue (pcu) over a cycle, and departures per bin, both of the steady state.

    ``arriving``: (n, n_bins) or (n, cases, n_bins), ``serving``: (n, n_bins); a vertical queue at the stop
    line. Without ``leave`` there are no departures.
    """
    from signalsim.engine.cyclic import cyclic_queues

    cases = np.ascontiguousarray(arriving if arriving.ndim == 3 else arriving[:, None, :])
    mean = np.zeros(cases.shape[:2])
    leaving = np.zeros(cases.shape if leave else (0, 0, 0))
    cyclic_queues(cases, np.ascontiguousarray(serving), mean, leaving)
    if arriving.ndim == 3:
        return mean, leaving
    return mean[:, 0], leaving[:, 0] if leave else leaving


def overflow_veh(which: Streams, at: np.ndarray, capacity: np.ndarray, hours: float) -> np.ndarray:
    """(n,) mean queue (pcu) of streams ``at`` that randomness and oversaturation add, over a period that
    began without one. ``capacity``: theirs, pcu/s.

    The incremental term of HCM 2010, eq. 18-45, for fixed times (k = 0.5):
    900 T ((X - 1) + sqrt((X - 1)^2 + 4 I X / (c T))) s per vehicle, X of the stream's lane. Where arrivals
    vary, c is that of all lanes that drivers choose between. What a lane passes varies too where gaps are
    waited for, and counts in the same way (Pollaczek and Khinchine), with the lane's own c.
    """
    flow = which.flow[at]
    x = flow / np.maximum(capacity, 1e-9)
    random = sum(
        variance[at] / np.maximum(3600 * hours * _together(where[at], capacity), 1e-3)
        for variance, where in ((which.metering, which.pool), (which.uneven, which.lane))
    )
    return np.asarray(flow * 900 * hours * ((x - 1) + np.sqrt((x - 1) ** 2 + 4 * x * random)))


def _together(number: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) sum of the values of all who have the same number."""
    _, place = np.unique(number, return_inverse=True)
    return np.asarray(np.bincount(place, values)[place]) if len(values) else values


def waiting_alone(
    which: Streams, at: np.ndarray, serving: np.ndarray, cycle_s: float, hours: float
) -> np.ndarray:
    """(n,) mean pcu that wait of the streams ``at`` where arrivals are even over the cycle. ``serving``:
    theirs, (n, n_bins) pcu per bin."""
    flow = which.flow[at]
    bin_s = cycle_s / serving.shape[1]
    even = np.repeat(flow[:, None] * bin_s, serving.shape[1], axis=1)
    repeated = queues(limited(even, serving), serving, leave=False)[0]
    return repeated + overflow_veh(which, at, serving.sum(axis=1) / cycle_s, hours)


def waiting(traffic: Traffic, plans: Mapping[int, Plan]) -> float:
    """Pcu that wait on average under plans of which each runs by itself."""
    signals, total = traffic.signals, 0.0
    which = streams(traffic, {j: signals.cycle_s(j, plan) for j, plan in plans.items()})
    for j, plan in plans.items():
        cycle_s, at = signals.cycle_s(j, plan), which.at(j)
        serving = served(which, signals, {j: plan}, cycle_s, max(1, round(cycle_s)))[at]
        total += float(waiting_alone(which, at, serving, cycle_s, traffic.hours).sum())
    return total


def metered(traffic: Traffic, plans: Mapping[int, Plan]) -> Traffic:
    """The traffic where signals let arrivals through that vary less than random ones: what comes to a link
    from movements of degree of saturation X_u varies by I = 1 - 0.91 X_u^2.68, at least 0.09.

    Source: HCM 2000, ch. 15, exhibit 15-9 (upstream filtering or metering); HCM 2010, ch. 18.
    """
    signals, network, flow = traffic.signals, traffic.network, traffic.flow_pcuph
    cycle_s = {j: signals.cycle_s(j, plan) for j, plan in plans.items()}
    which = streams(traffic, cycle_s)
    degree = np.zeros(len(flow))
    for j, plan in plans.items():
        at = which.at(j)
        serving = served(which, signals, {j: plan}, cycle_s[j], max(1, round(cycle_s[j])))[at]
        x = which.flow[at] / np.maximum(serving.sum(axis=1) / cycle_s[j], 1e-9)
        np.maximum.at(degree, which.movement[at], np.minimum(x, 1.0))
    n = len(network.length_m)
    come = np.bincount(network.movement_to, flow * degree, n)
    total = np.maximum(np.bincount(network.movement_to, flow, n), np.bincount(network.movement_from, flow, n))
    upstream = np.divide(come, total, out=np.zeros(n), where=total > 0)
    return replace(traffic, metering=np.maximum(1 - 0.91 * upstream**2.68, 0.09))
