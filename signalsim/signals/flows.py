"""Design of whole plans for a scenario's junctions from movement flows."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from signalsim.signals.design import (
    Design,
    critical_ratios,
    lane_group_ratios,
    permissive_saturation,
    uniform,
    webster,
)
from signalsim.signals.model import Plan
from signalsim.signals.traffic import Traffic


def stage_saturation(traffic: Traffic, junction: int) -> np.ndarray:
    """(n_stages, n_movements) saturation flows per lane, pcu/h, of a junction's stages, in local order;
    0 where a stage does not serve a movement. One that gives way to a movement that is green in the
    same stage, or has no signal, has that of the gaps in its flow.
    """
    signals, defaults = traffic.signals, traffic.network.defaults
    out = np.zeros((len(signals.stages[junction]), len(traffic.flow_pcuph)))
    for s, groups in enumerate(signals.stage_groups[junction]):
        served = [m for g in groups for m in signals.movements_of_group[g]]
        out[s, served] = traffic.saturation[served]
        against = dict.fromkeys(served, 0.0)
        for a, b in signals.live_yields.tolist():
            other = int(signals.movement_group[b])
            if a in against and (other < 0 or other in groups):
                against[a] += float(traffic.flow_pcuph[b])
        for m, flow in against.items():
            if flow > 0:
                limit = permissive_saturation(flow, defaults.left_gap_s, defaults.left_follow_s)
                out[s, m] = min(out[s, m], limit)
    return out


def stage_ratios(traffic: Traffic, junction: int) -> tuple[float, ...]:
    """Critical ratios of a junction's stages, in local order. Movements without a signal do not count."""
    network, signals = traffic.network, traffic.signals
    movements = [m for g in signals.groups_of(junction) for m in signals.movements_of_group[g]]
    place = {m: k for k, m in enumerate(movements)}
    lanes = [[(int(network.movement_from[m]), n) for n in network.movement_lanes(m)] for m in movements]
    by_stage = stage_saturation(traffic, junction)[:, movements]
    best = by_stage.max(axis=0)
    ratio = lane_group_ratios(traffic.flow_pcuph[movements], best, lanes)
    stages = [
        {place[m] for g in groups for m in signals.movements_of_group[g]}
        for groups in signals.stage_groups[junction]
    ]
    return critical_ratios(ratio, stages, by_stage / best)


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

    ``sequences``: local stages in order per junction (all stages in local order where not given).
    ``limits``: ``min_cycle_s``, ``max_cycle_s``. Greens are whole seconds.
    """
    designer: Callable[..., Design] = {"webster": webster, "uniform": uniform}[method]
    signals = traffic.signals
    plans: dict[int, Plan] = {}
    designs: dict[int, Design] = {}
    for j in range(len(signals.junctions)):
        sequence = (sequences or {}).get(j) or tuple(range(len(signals.stages[j])))
        ratios = stage_ratios(traffic, j)
        least = [signals.stage_min_green_s(j, s) for s in sequence]
        design = designer(
            [ratios[s] for s in sequence],
            signals.changes_s(j, sequence),
            least,
            loss_per_stage_s=stage_losses_s(traffic, j, sequence),
            **limits,
        )
        green = tuple(max(float(round(g)), low) for g, low in zip(design.green_s, least, strict=True))
        plans[j], designs[j] = Plan(sequence, green, 0.0), design
    return plans, designs
