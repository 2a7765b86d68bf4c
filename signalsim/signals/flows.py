"""What a junction's stages let pass, from movement flows, and how much of a cycle each has to have."""

from collections.abc import Sequence

import numpy as np

from signalsim.signals.design import critical_ratios, permissive_saturation
from signalsim.signals.lanes import LaneRates, StageRates, lane_rates
from signalsim.signals.permissive import FEWEST_PCUPH
from signalsim.signals.traffic import Traffic

_LEAST_SHARE = 0.05  # of the cycle, of a stage
USUAL_CYCLE_S = 75.0  # before it is known
_ROUNDS, _SETTLED = 8, 0.01  # of time on lanes and what follows from it; its change


def stage_rates(
    traffic: Traffic,
    junction: int,
    green_s: np.ndarray | None = None,
    cycle_s: float = USUAL_CYCLE_S,
    lanes: LaneRates | None = None,
) -> StageRates:
    """What a junction's stages let pass.

    One that gives way to movements that are green in the same stage, or have no signal, goes in the gaps of
    their flow, once their queue is gone. ``green_s``: effective greens of the stages, with ``lanes``, how
    flows share lanes; without both, queues and the end of green do not count.
    """
    signals = traffic.signals
    shape = (len(signals.stages[junction]), len(traffic.flow_pcuph))
    out = StageRates(
        alone=np.zeros(shape),
        is_giving_way=np.zeros(shape, bool),
        wait_s=np.zeros(shape),
        against_pcuph=np.zeros(shape),
        clearing=np.zeros(shape),
        green_s=np.full(shape[0], np.inf) if green_s is None else green_s,
        gap_s=traffic.gap_s,
        follow_s=np.maximum(traffic.follow_s, 3600 / traffic.saturation),
    )
    for s, against in enumerate(_giving_way(traffic, junction)):
        out.alone[s, list(against)] = traffic.saturation[list(against)]
        free = [m for m, others in against.items() if not others]
        for m, others in against.items():
            if not others:
                continue
            flow = float(traffic.flow_pcuph[others].sum())
            passing = permissive_saturation(flow, float(traffic.gap_s[m]), float(traffic.follow_s[m]))
            out.is_giving_way[s, m], out.against_pcuph[s, m] = True, flow
            if lanes is not None:
                green, signalled = float(out.green_s[s]), signals.movement_group[others] >= 0
                wait_s = _queue_s(traffic, np.array(others)[signalled], free, lanes, cycle_s - green)
                out.wait_s[s, m], out.clearing[s, m] = min(wait_s, green), traffic.sneakers[m]
                passing *= 1 - min(wait_s / green, 1.0)
                passing += 3600 * float(traffic.sneakers[m]) / green
            out.alone[s, m] = min(float(traffic.saturation[m]), max(passing, FEWEST_PCUPH))
    return out


def _giving_way(traffic: Traffic, junction: int) -> list[dict[int, list[int]]]:
    """By stage: movement that it serves -> those with traffic that it gives way to then."""
    signals = traffic.signals
    own = [m for g in signals.groups_of(junction) for m in signals.movements_of_group[g]]
    over = signals.live_yields[np.isin(signals.live_yields[:, 0], own)].tolist()
    out = []
    for groups in signals.stage_groups[junction]:
        against: dict[int, list[int]] = {m: [] for g in groups for m in signals.movements_of_group[g]}
        for a, b in over:
            other = int(signals.movement_group[b])
            if a in against and (other < 0 or other in groups) and traffic.flow_pcuph[b] > 0:
                against[a].append(b)
        out.append(against)
    return out


def _queue_s(
    traffic: Traffic, others: np.ndarray, free: Sequence[int], lanes: LaneRates, red_s: float
) -> float:
    """How long a queue with ``others`` in it takes to go, s: even arrivals at the flow ratio y queue up in
    red, r, and are gone y r / (1 - y) later; of the busiest of their lanes. ``free``: who gives way to
    nobody; others hold up their lane, and do not come out of it while they do."""
    is_theirs = lanes.flow[[lanes.movements.index(m) for m in others]].sum(axis=0) > 0
    counts = lanes.flow[[lanes.movements.index(m) for m in free]] / traffic.saturation[free, None]
    y = float(counts[:, is_theirs].sum(axis=0).max(initial=0.0))
    return y * red_s / max(1 - y, 1e-6)


def saturated(
    traffic: Traffic, junction: int, cycle_s: float = USUAL_CYCLE_S
) -> tuple[StageRates, LaneRates]:
    """What stages and lanes pass at greens in proportion to what they bring about, and with drivers in the
    lanes where fewest are."""
    signals = traffic.signals
    order = tuple(s for s, groups in enumerate(signals.stage_groups[junction]) if groups)
    lost_s = sum(signals.changes_s(junction, order)) + sum(stage_losses_s(traffic, junction, order))
    n = len(signals.stages[junction])
    rates, seconds = stage_rates(traffic, junction), np.ones(0)
    lanes = lane_rates(traffic, junction, rates)
    for k in range(1, _ROUNDS + 1):
        ratios = np.array(_ratios(rates, lanes))
        share = ratios / ratios.sum() if ratios.sum() > 0 else np.full(n, 1 / n)
        green_s = np.maximum((cycle_s - lost_s) * share, _LEAST_SHARE * cycle_s)
        now = _seconds(traffic, lanes, green_s, cycle_s)
        step = (now / seconds) ** (1 / k) if k > 1 else now
        seconds = seconds * step if k > 1 else now
        rates = stage_rates(traffic, junction, green_s, cycle_s, lanes)
        lanes = lane_rates(traffic, junction, rates, seconds)
        if k > 1 and np.abs(step - 1).max(initial=0.0) < _SETTLED:
            break
    return rates, lanes


def _seconds(traffic: Traffic, lanes: LaneRates, green_s: np.ndarray, cycle_s: float) -> np.ndarray:
    """(n_lanes,) of a vehicle on each lane: at free flow, and waiting by HCM 2010, eqs. 18-20 and 18-45."""
    best = np.maximum(lanes.rate.max(axis=0, initial=0.0), 1e-9)
    share = np.clip((green_s @ (lanes.rate / best)) / cycle_s, 1e-3, 1.0)
    capacity, hours = share * best, traffic.hours
    x = lanes.flow.sum(axis=0) / capacity
    even = 0.5 * cycle_s * (1 - share) ** 2 / (1 - np.minimum(x, 1.0) * share + 1e-9)
    more = 900 * hours * ((x - 1) + np.sqrt((x - 1) ** 2 + 4 * x / (capacity * hours)))
    travel = traffic.travel_s[[link for link, _ in lanes.lanes]]
    return np.asarray(travel + even + more)


def stage_ratios(traffic: Traffic, junction: int, cycle_s: float = USUAL_CYCLE_S) -> tuple[float, ...]:
    """Critical ratios of a junction's stages, in local order. Movements without a signal do not count."""
    return _ratios(*saturated(traffic, junction, cycle_s))


def _ratios(rates: StageRates, found: LaneRates) -> tuple[float, ...]:
    """Every lane has to get its green, and every movement on its lanes."""
    alone = rates.alone[:, found.movements]
    best = alone.max(axis=0)
    ratio = np.concatenate([found.ratio, found.flow.max(axis=1, initial=0.0) / best])
    rate = np.hstack([found.rate, alone])
    stages = [set(np.flatnonzero(row > 0).tolist()) for row in rate]
    return critical_ratios(ratio, stages, rate / np.maximum(rate.max(axis=0), 1e-9))


def stage_losses_s(traffic: Traffic, junction: int, sequence: Sequence[int]) -> tuple[float, ...]:
    """What of each green of a cyclic sequence of stages is lost besides the intergreen, s: start-up loss
    minus end gain of the movement that loses most, among those with traffic that begin there."""
    signals, net = traffic.signals, traffic.loss_s - traffic.gain_s
    shown = [signals.stage_groups[junction][stage] for stage in sequence]
    out = []
    for before, groups in zip([*shown[-1:], *shown[:-1]], shown, strict=True):
        begin = [m for g in groups - before for m in signals.movements_of_group[g]]
        busy = [m for m in begin if traffic.flow_pcuph[m] > 0] or begin
        out.append(float(net[busy].max()) if busy else 0.0)
    return tuple(out)
