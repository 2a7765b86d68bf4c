"""Plans by the time of day: flows of the counted day, its segments, a Webster plan for each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from signalsim.counts import WHOLE_APPROACH
from signalsim.errors import InputError
from signalsim.signals import Plan, SignalSystem, design_plans
from signalsim.signals.coordinated import check_cycle
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S
from signalsim.signals.segments import TRANSITION_LOSS_S, TRANSITION_S, Segments, segment
from signalsim.signals.streams import Streams, streams
from signalsim.signals.traffic import Traffic
from signalsim.signals.waiting import served, waiting_alone

from .lasting import lasting_plan
from .plans import stage_order
from .volumes import traffic_of

DAY_S = 86_400
_SHORT_S, _LONG_S = 1800, 3600  # intervals; long ones where more than half a day was counted


@dataclass(frozen=True)
class DayPlans:
    """``plans`` and the time of day (as in 06:30) from which each is in force, in order; the ``segments``."""

    plans: tuple[dict[int, Plan], ...]
    start: tuple[str, ...]
    segments: Segments
    traffic: tuple[Traffic, ...]  # what each plan was designed on


def day_flows(built: Any, interval_s: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) int seconds of the local day at which counted intervals begin, and (n, n_movements) pcu/h in them;
    or, without any, of all. Raises InputError without counts.
    """
    counts, zone = built.scenario.counts, built.scenario.config.start_local.tzinfo
    if counts is None:
        raise InputError(
            f"{built.scenario.path}: trips are listed and nothing is counted, so there is no day to divide; "
            "take another method, or add the counts"
        )
    network, usual = built.scenario.network, traffic_of(built).flow_pcuph
    n_bins = DAY_S // interval_s
    rate, weight = np.zeros((2, len(usual), n_bins))
    link_rate, link_weight = np.zeros((2, len(network.link), n_bins))
    for row in np.flatnonzero(counts.is_valid).tolist():
        hours = (counts.end_ms[row] - counts.start_ms[row]) / 3_600_000
        for k, part in _bins(int(counts.start_ms[row]), int(counts.end_ms[row]), zone, interval_s):
            place = (int(counts.movement[row]), k)
            total, share = (rate, weight) if place[0] != WHOLE_APPROACH else (link_rate, link_weight)
            place = place if place[0] != WHOLE_APPROACH else (int(counts.link[row]), k)
            total[place] += part * counts.count[row] / hours
            share[place] += part
    with np.errstate(invalid="ignore"):
        flow, of_link = rate / weight, link_rate / link_weight
    every = _mean(np.vstack([flow, of_link]))
    known = np.flatnonzero(~np.isnan(every))
    window = _window_bins(built, zone, interval_s)
    for m, link in enumerate(network.movement_from.tolist()):
        shape = next((s for s in (flow[m], of_link[link], every) if not np.isnan(s[known]).any()), every)
        base = float(_mean(shape[window, None])[0])
        flow[m] = usual[m] * shape / base if base > 0 else usual[m]
    return known * interval_s, flow[:, known].T


def _mean(rows: np.ndarray) -> np.ndarray:
    """Mean over the rows that are known; NaN where none is."""
    known = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, rows, 0.0).sum(axis=0) / known.sum(axis=0))


def _bins(start_ms: int, end_ms: int, zone: Any, interval_s: int) -> Iterator[tuple[int, float]]:
    """(interval of the local day, hours) that a span covers."""
    at = start_ms / 1000
    while at < end_ms / 1000:
        local = datetime.fromtimestamp(at, zone)
        second = local.hour * 3600 + local.minute * 60 + local.second
        step = min(interval_s - second % interval_s, end_ms / 1000 - at)
        yield second // interval_s, step / 3600
        at += step


def _window_bins(built: Any, zone: Any, interval_s: int) -> np.ndarray:
    start = built.scenario.config.start_ms
    window = built.demand.window_ms
    return np.unique([k for k, _ in _bins(start + window[0], start + window[1], zone, interval_s)])


def day_plans(
    built: Any, *, min_cycle_s: float = MIN_CYCLE_S, max_cycle_s: float = MAX_CYCLE_S, most: int = 8
) -> DayPlans:
    """The plans of the counted day. Raises InputError."""
    interval_s = _SHORT_S
    seconds, flows = day_flows(built, interval_s)
    if len(seconds) * interval_s > DAY_S / 2:
        interval_s = _LONG_S
        seconds, flows = day_flows(built, interval_s)
    sequences = stage_order(lasting_plan(built.deployed, built.tables.signals))
    base = traffic_of(built).only(sequences)
    check_cycle(base.signals, sequences, max_cycle_s)

    def traffic(a: int, b: int) -> Traffic:
        return replace(base, flow_pcuph=flows[a:b].mean(axis=0), hours=interval_s / 3600)

    @cache
    def rough(a: int, b: int) -> dict[int, Plan]:
        return design_plans(
            traffic(a, b),
            "webster",
            sequences,
            is_rough=True,
            min_cycle_s=min_cycle_s,
            max_cycle_s=max_cycle_s,
        )[0]

    @cache
    def of_interval(k: int) -> Streams:
        return streams(traffic(k, k + 1))

    def delay(a: int, b: int) -> float:
        return sum(
            interval_s * _waiting(of_interval(k), base.signals, rough(a, b), interval_s / 3600)
            for k in range(a, b)
        )

    def change(a: int) -> float:
        return float(flows[a].sum()) / 3600 * TRANSITION_S * TRANSITION_LOSS_S

    found = segment(len(seconds), delay, change, most)
    ends = [*found.first[1:], len(seconds)]
    spans = list(zip(found.first, ends, strict=True))
    return DayPlans(
        plans=tuple(
            design_plans(
                traffic(a, b), "webster", sequences, min_cycle_s=min_cycle_s, max_cycle_s=max_cycle_s
            )[0]
            for a, b in spans
        ),
        start=tuple(f"{s // 3600:02d}:{s // 60 % 60:02d}" for s in (int(seconds[a]) for a in found.first)),
        segments=found,
        traffic=tuple(traffic(a, b) for a, b in spans),
    )


def _waiting(which: Streams, signals: SignalSystem, plans: dict[int, Plan], hours: float) -> float:
    """Vehicles that wait on average, every junction by itself."""
    total = 0.0
    for j, plan in plans.items():
        at = which.at(j)
        cycle = signals.cycle_s(j, plan)
        n = max(1, round(cycle / 2))
        serving = served(which, signals, {j: plan}, cycle, n)[at]
        total += float(waiting_alone(which, at, serving, cycle, hours).sum())
    return total
