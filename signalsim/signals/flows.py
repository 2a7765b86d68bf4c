"""Design of whole plans for a scenario's junctions from movement flows."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from signalsim.signals.design import (
    Design,
    critical_ratios,
    permissive_saturation,
    uniform,
    webster,
)
from signalsim.signals.greens import least_greens_s
from signalsim.signals.lanes import lane_rates
from signalsim.signals.model import Plan
from signalsim.signals.traffic import Traffic

_USED = 0.85  # of the cycle that is green, for what depends on it before it is known
_LEAST_SHARE = 0.05  # of the cycle, of a stage
USUAL_CYCLE_S = 75.0  # before it is known
_FEWEST_PCUPH = 30.0  # that find a gap in the thickest flow
_ROUNDS, _MOST_ROUNDS, _SETTLED_S = 3, 20, 0.001


def stage_saturation(
    traffic: Traffic, junction: int, share: Sequence[float] | None = None, cycle_s: float = USUAL_CYCLE_S
) -> np.ndarray:
    """(n_stages, n_movements) saturation flows per lane, pcu/h, of a junction's stages, in local order;
    0 where a stage does not serve a movement.

    One that gives way to movements that are green in the same stage, or have no signal, goes in the gaps
    of their flow, which begin when their queue is gone, and a few when its green ends. ``share``: of the
    cycle that each stage is green; without it queues and the end of green do not count.
    """
    signals = traffic.signals
    own = [m for g in signals.groups_of(junction) for m in signals.movements_of_group[g]]
    over = signals.live_yields[np.isin(signals.live_yields[:, 0], own)].tolist()
    out = np.zeros((len(signals.stages[junction]), len(traffic.flow_pcuph)))
    for s, groups in enumerate(signals.stage_groups[junction]):
        served = [m for g in groups for m in signals.movements_of_group[g]]
        out[s, served] = traffic.saturation[served]
        against: dict[int, list[int]] = {m: [] for m in served}
        for a, b in over:
            other = int(signals.movement_group[b])
            if a in against and (other < 0 or other in groups) and traffic.flow_pcuph[b] > 0:
                against[a].append(b)
        for m, others in against.items():
            if others:
                green_s = None if share is None else (share[s], cycle_s)
                out[s, m] = min(out[s, m], _in_gaps(traffic, m, others, green_s))
    return out


def _in_gaps(
    traffic: Traffic, movement: int, others: Sequence[int], green: tuple[float, float] | None
) -> float:
    """pcu/h of green of a movement that gives way to others; ``green``: share of the cycle, and cycle, s.

    Uniform arrivals at the flow ratio y queue up in red and are gone y (1 - g) / (g (1 - y)) of a green
    share g later.
    """
    flow = float(traffic.flow_pcuph[others].sum())
    rate = permissive_saturation(flow, float(traffic.gap_s[movement]), float(traffic.follow_s[movement]))
    if green is None:
        return rate
    share, cycle_s = green
    lanes = [len(traffic.network.movement_lanes(m)) for m in others]
    ratio = float((traffic.flow_pcuph[others] / (traffic.saturation[others] * lanes)).max())
    queued = 0.0
    if any(traffic.signals.movement_group[m] >= 0 for m in others):
        queued = ratio * (1 - share) / max(share * (1 - ratio), 1e-6)
    clearing = float(traffic.sneakers[movement]) * 3600 / (share * cycle_s)
    return max(rate * (1 - queued), 0.0) + max(clearing, _FEWEST_PCUPH)


def saturated(traffic: Traffic, junction: int, cycle_s: float = USUAL_CYCLE_S) -> np.ndarray:
    """``stage_saturation`` at greens in proportion to what they bring about."""
    n = len(traffic.signals.stages[junction])
    found = stage_saturation(traffic, junction)
    for _ in range(_ROUNDS):
        ratios = np.array(_ratios(traffic, junction, found))
        share = _USED * ratios / ratios.sum() if ratios.sum() > 0 else np.full(n, _USED / n)
        found = stage_saturation(traffic, junction, np.maximum(share, _LEAST_SHARE).tolist(), cycle_s)
    return found


def stage_ratios(traffic: Traffic, junction: int, cycle_s: float = USUAL_CYCLE_S) -> tuple[float, ...]:
    """Critical ratios of a junction's stages, in local order. Movements without a signal do not count."""
    return _ratios(traffic, junction, saturated(traffic, junction, cycle_s))


def _ratios(traffic: Traffic, junction: int, by_stage: np.ndarray) -> tuple[float, ...]:
    """Every lane has to get its green, and every movement on its lanes."""
    found = lane_rates(traffic, junction, by_stage)
    alone = by_stage[:, found.movements]
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


def design_plans(
    traffic: Traffic,
    method: str = "webster",
    sequences: Mapping[int, tuple[int, ...]] | None = None,
    **limits: float,
) -> tuple[dict[int, Plan], dict[int, Design]]:
    """Plans and designs of all junctions. ``method``: webster or uniform.

    ``sequences``: local stages in order per junction (all stages in local order where not given); the
    others do not count. ``limits``: ``min_cycle_s``, ``max_cycle_s``. Greens are whole seconds.
    """
    signals = traffic.signals
    orders = {
        j: (sequences or {}).get(j) or tuple(range(len(signals.stages[j])))
        for j in range(len(signals.junctions))
    }
    only = traffic.only(orders)
    found = {j: design_plan(only, method, j, order, **limits) for j, order in orders.items()}
    return {j: plan for j, (plan, _) in found.items()}, {j: design for j, (_, design) in found.items()}


def design_plan(
    traffic: Traffic, method: str, junction: int, sequence: tuple[int, ...], **limits: float
) -> tuple[Plan, Design]:
    """Plan and design of one junction, as ``design_plans`` makes them; all its stages count."""
    designer: Callable[..., Design] = {"webster": webster, "uniform": uniform}[method]
    signals = traffic.signals
    least = least_greens_s(signals, junction, sequence)
    cycle_s = USUAL_CYCLE_S
    for _ in range(_MOST_ROUNDS):
        ratios = stage_ratios(traffic, junction, cycle_s)
        design = designer(
            [ratios[s] for s in sequence],
            signals.changes_s(junction, sequence),
            least,
            loss_per_stage_s=stage_losses_s(traffic, junction, sequence),
            **limits,
        )
        is_settled = abs(design.cycle_s - cycle_s) < _SETTLED_S
        cycle_s = design.cycle_s
        if is_settled:
            break
    green = tuple(max(float(round(g)), low) for g, low in zip(design.green_s, least, strict=True))
    return Plan(sequence, green, 0.0), design
