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


def stage_saturation(
    network: Network, signals: SignalSystem, junction: int, flow_pcuph: np.ndarray, saturation: np.ndarray
) -> np.ndarray:
    """(n_stages, n_movements) saturation flows per lane, pcu/h, of a junction's stages, in local order;
    0 where a stage does not serve a movement. One that gives way to a movement that is green in the
    same stage, or has no signal, has that of the gaps in its flow.
    """
    defaults = network.defaults
    out = np.zeros((len(signals.stages[junction]), len(flow_pcuph)))
    for s, groups in enumerate(signals.stage_groups[junction]):
        served = [m for g in groups for m in signals.movements_of_group[g]]
        out[s, served] = saturation[served]
        against = dict.fromkeys(served, 0.0)
        for a, b in signals.live_yields.tolist():
            other = int(signals.movement_group[b])
            if a in against and (other < 0 or other in groups):
                against[a] += float(flow_pcuph[b])
        for m, flow in against.items():
            if flow > 0:
                limit = permissive_saturation(flow, defaults.left_gap_s, defaults.left_follow_s)
                out[s, m] = min(out[s, m], limit)
    return out


def stage_ratios(
    network: Network, signals: SignalSystem, junction: int, flow_pcuph: np.ndarray, saturation: np.ndarray
) -> tuple[float, ...]:
    """Critical ratios of a junction's stages, in local order.

    ``flow_pcuph``, ``saturation`` (per lane): (n_movements,). Movements without a signal do not count.
    """
    movements = [m for g in signals.groups_of(junction) for m in signals.movements_of_group[g]]
    place = {m: k for k, m in enumerate(movements)}
    lanes = [[(int(network.movement_from[m]), n) for n in network.movement_lanes(m)] for m in movements]
    by_stage = stage_saturation(network, signals, junction, flow_pcuph, saturation)[:, movements]
    best = by_stage.max(axis=0)
    ratio = lane_group_ratios(flow_pcuph[movements], best, lanes)
    stages = [
        {place[m] for g in groups for m in signals.movements_of_group[g]}
        for groups in signals.stage_groups[junction]
    ]
    return critical_ratios(ratio, stages, by_stage / best)


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
    plans: dict[int, Plan] = {}
    designs: dict[int, Design] = {}
    for j in range(len(signals.junctions)):
        sequence = (sequences or {}).get(j) or tuple(range(len(signals.stages[j])))
        ratios = stage_ratios(network, signals, j, flow_pcuph, saturation)
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
