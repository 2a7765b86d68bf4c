"""Streams at signals over one common cycle: what arrives, what is served, who waits.

A *stream* is a movement with a signal and with traffic. Profiles are (n_bins,) over the cycle, in
passenger car units per bin; bins last a second or two. Delay that does not repeat from cycle to cycle,
because arrivals are random or exceed capacity, is a term of its own (``overflow_veh``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from signalsim.signals.flows import USUAL_CYCLE_S, saturated
from signalsim.signals.lanes import lane_rates
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.traffic import Traffic

_FINE = 10  # parts of a bin that greens are rounded to
_MOST_SERVED = 0.97  # degree of saturation up to which a queue repeats itself every cycle


@dataclass(frozen=True)
class Streams:
    """All streams of a scenario, sorted by movement. ``worth`` is what a second of green of a stage
    passes over what it passes in the best stage of the stream's lanes; 0 where it is red."""

    movement: np.ndarray  # (n,) int
    junction: np.ndarray  # (n,) int
    link: np.ndarray  # (n,) int, the approach
    flow: np.ndarray  # (n,) pcu/s
    saturation: np.ndarray  # (n,) pcu/s of its part of its lanes, in the best stage of each
    worth: np.ndarray  # (n, most stages of a junction)
    group: np.ndarray  # (n,) int, signal group
    beside: np.ndarray  # (n,) int, the same for those that share lanes
    loss_s: np.ndarray  # (n,) of a green's beginning
    gain_s: np.ndarray  # (n,) of the yellow behind it

    def __len__(self) -> int:
        return len(self.movement)

    def at(self, junction: int) -> np.ndarray:
        """Places of a junction's streams."""
        return np.flatnonzero(self.junction == junction)


def streams(traffic: Traffic, cycle_s: float | Mapping[int, float] = USUAL_CYCLE_S) -> Streams:
    """The streams of a scenario; ``cycle_s``: of all junctions, or of each of those that count."""
    network, signals, flow_pcuph = traffic.network, traffic.signals, traffic.flow_pcuph
    rows: list[tuple[int, int, int, float, float, int, int]] = []
    worths: list[np.ndarray] = []
    widest = max((len(stages) for stages in signals.stages), default=1)
    for j in cycle_s if isinstance(cycle_s, Mapping) else range(len(signals.junctions)):
        by_stage = saturated(traffic, j, cycle_s[j] if isinstance(cycle_s, Mapping) else cycle_s)
        found = lane_rates(traffic, j, by_stage)
        best = np.maximum(found.rate.max(axis=0, initial=0.0), 1e-9)
        lanes = [
            {(int(network.movement_from[m]), n) for n in network.movement_lanes(m)} for m in found.movements
        ]
        for m, own, on_lanes in zip(found.movements, lanes, found.flow, strict=True):
            if flow_pcuph[m] <= 0:
                continue
            share, flow = on_lanes / on_lanes.sum(), float(flow_pcuph[m]) / 3600
            ratio = float(share @ found.ratio)
            rate = flow / ratio if ratio > 0 else float(traffic.saturation[m]) / 3600
            passed = np.zeros(widest)
            passed[: len(by_stage)] = np.where(by_stage[:, m] > 0, (found.rate / best) @ share, 0.0)
            beside = min(n for n, other in zip(found.movements, lanes, strict=True) if own & other)
            link, lamp = int(network.movement_from[m]), int(signals.movement_group[m])
            rows.append((m, j, link, flow, rate, lamp, beside))
            worths.append(passed)
    order = sorted(range(len(rows)), key=lambda i: rows[i][0])
    columns = list(zip(*(rows[i] for i in order), strict=True)) or [()] * 7
    moved, junction, approach, flows, saturation, group, beside_them = (np.array(c) for c in columns)
    return Streams(
        movement=moved,
        junction=junction,
        link=approach,
        flow=flows,
        saturation=saturation,
        worth=np.array([worths[i] for i in order]).reshape(-1, widest),
        group=group,
        beside=beside_them,
        loss_s=traffic.loss_s[moved.astype(int)],
        gain_s=traffic.gain_s[moved.astype(int)],
    )


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
                    rate[at + fine[2 * k] : at + end] = which.worth[i, stage]
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


def overflow_veh(flow: np.ndarray, capacity: np.ndarray, beside: np.ndarray, hours: float) -> np.ndarray:
    """Mean queue (pcu) that randomness and oversaturation add, over a period that began without one.

    The incremental term of HCM 2010, eq. 18-45, for fixed times (k = 0.5, I = 1):
    900 T ((X - 1) + sqrt((X - 1)^2 + 4 X / (c T))) s per vehicle. ``flow``, ``capacity``: pcu/s;
    ``beside``: of ``Streams``, those that share lanes share their capacity c.
    """
    x = flow / np.maximum(capacity, 1e-9)
    _, place = np.unique(beside, return_inverse=True)
    c = np.maximum(3600 * np.bincount(place, capacity)[place], 1e-3) if len(flow) else capacity
    delay_s = 900 * hours * ((x - 1) + np.sqrt((x - 1) ** 2 + 4 * x / (c * hours)))
    return np.asarray(delay_s * flow)


def waiting_alone(
    which: Streams, at: np.ndarray, serving: np.ndarray, cycle_s: float, hours: float
) -> np.ndarray:
    """(n,) mean pcu that wait of the streams ``at`` where arrivals are even over the cycle. ``serving``:
    theirs, (n, n_bins) pcu per bin."""
    flow = which.flow[at]
    bin_s = cycle_s / serving.shape[1]
    even = np.repeat(flow[:, None] * bin_s, serving.shape[1], axis=1)
    capacity = serving.sum(axis=1) / cycle_s
    return queues(limited(even, serving), serving, leave=False)[0] + overflow_veh(
        flow, capacity, which.beside[at], hours
    )
