"""Design of whole plans for a scenario's junctions from movement flows."""

from collections.abc import Callable

import numpy as np

from signalsim.network import Network
from signalsim.signals.design import (
    Design,
    critical_ratios,
    lane_group_ratios,
    permissive_saturation,
    uniform,
    webster,
)
from signalsim.signals.model import Plan, SignalSystem


def effective_saturation(
    network: Network, signals: SignalSystem, flow_pcuph: np.ndarray, saturation: np.ndarray
) -> np.ndarray:
    """(n_movements,) saturation flows per lane, pcu/h; a movement that gives way while its lamp is
    green has that of the gaps in the flow it gives way to.
    """
    against = np.zeros(len(flow_pcuph))
    for a, b in signals.live_yields.tolist():
        if signals.movement_group[a] >= 0:
            against[a] += flow_pcuph[b]
    out = np.asarray(saturation, float).copy()
    defaults = network.defaults
    for m in np.flatnonzero(against):
        limit = permissive_saturation(float(against[m]), defaults.left_gap_s, defaults.left_follow_s)
        out[m] = min(out[m], limit)
    return out


def stage_ratios(
    network: Network, signals: SignalSystem, junction: int, flow_pcuph: np.ndarray, saturation: np.ndarray
) -> tuple[float, ...]:
    """Critical ratios of a junction's stages, in local order.

    ``flow_pcuph``, ``saturation`` (per lane, see ``effective_saturation``): (n_movements,).
    Movements without a signal do not count.
    """
    movements = [m for g in signals.groups_of(junction) for m in signals.movements_of_group[g]]
    place = {m: k for k, m in enumerate(movements)}
    lanes = [[(int(network.movement_from[m]), n) for n in network.movement_lanes(m)] for m in movements]
    ratio = lane_group_ratios(flow_pcuph[movements], saturation[movements], lanes)
    stages = [
        {place[m] for g in groups for m in signals.movements_of_group[g]}
        for groups in signals.stage_groups[junction]
    ]
    return critical_ratios(ratio, stages)


def design_plans(
    network: Network,
    signals: SignalSystem,
    flow_pcuph: np.ndarray,
    saturation: np.ndarray,
    method: str = "webster",
    sequences: dict[int, tuple[int, ...]] | None = None,
    **limits: float,
) -> tuple[dict[int, Plan], dict[int, Design]]:
    """Plans and designs of all junctions. ``method``: webster or uniform.

    ``sequences``: local stages in order per junction (all stages in local order where not given).
    ``limits``: ``min_cycle_s``, ``max_cycle_s``. Greens are whole seconds.
    """
    designer: Callable[..., Design] = {"webster": webster, "uniform": uniform}[method]
    loss = network.defaults.start_up_loss_s - network.defaults.end_gain_s
    effective = effective_saturation(network, signals, flow_pcuph, saturation)
    plans: dict[int, Plan] = {}
    designs: dict[int, Design] = {}
    for j in range(len(signals.junctions)):
        sequence = (sequences or {}).get(j) or tuple(range(len(signals.stages[j])))
        ratios = stage_ratios(network, signals, j, flow_pcuph, effective)
        design = designer(
            [ratios[s] for s in sequence],
            signals.changes_s(j, sequence),
            [signals.stage_min_green_s(j, s) for s in sequence],
            loss_per_stage_s=loss,
            **limits,
        )
        green = tuple(max(float(round(g)), m) for g, m in zip(
            design.green_s, (signals.stage_min_green_s(j, s) for s in sequence), strict=True
        ))  # fmt: skip
        plans[j], designs[j] = Plan(sequence, green, 0.0), design
    return plans, designs
