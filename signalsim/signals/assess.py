"""What an engineer asks of a fixed plan: degrees of saturation, reserve, what forces the cycle."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from signalsim.signals.flows import stage_losses_s, stage_ratios
from signalsim.signals.greens import least_greens_s
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.planning import least_cycle_s
from signalsim.signals.streams import Streams, streams
from signalsim.signals.traffic import Traffic
from signalsim.signals.waiting import served, waiting_alone

PRACTICAL_DEGREE = 0.9  # of saturation; what is usually designed for (assumption)


def assess(traffic: Traffic, plans: Mapping[int, Plan]) -> list[dict[str, Any]]:
    """A dictionary per junction: cycle, stages, lost time, reserve, movements; fit for JSON.

    Delays are estimates with even arrivals: the uniform term and the overflow of ``streams``.
    """
    traffic = traffic.only({j: plan.stages for j, plan in plans.items()})
    which = streams(traffic, {j: traffic.signals.cycle_s(j, plan) for j, plan in plans.items()})
    return [_junction(traffic, which, j, plan) for j, plan in sorted(plans.items())]


def _junction(traffic: Traffic, which: Streams, j: int, plan: Plan) -> dict[str, Any]:
    signals = traffic.signals
    cycle = signals.cycle_s(j, plan)
    changes = signals.plan_changes_s(j, plan)
    ratios = stage_ratios(traffic, j, cycle)
    least = least_greens_s(signals, j, plan.stages)
    n = max(1, round(cycle))
    at = which.at(j)
    serving = served(which, signals, {j: plan}, cycle, n)[at]
    capacity, flow = serving.sum(axis=1) / cycle, which.flow[at]
    degree = np.divide(flow, capacity, out=np.full(len(at), math.inf), where=capacity > 0)
    waiting = waiting_alone(which, at, serving, cycle, traffic.hours)
    lost = sum(changes) + sum(stage_losses_s(traffic, j, plan.stages))
    total = sum(ratios[s] for s in set(plan.stages))
    need = least_cycle_s(signals, j, plan.stages)
    busiest = float(degree.max(initial=0.0))
    return {
        "junction": signals.junctions[j],
        "cycle_s": round(cycle, 3),
        "offset_s": round(plan.offset_s, 3),
        "lost_s": round(lost, 3),
        "sum_of_critical_ratios": round(total, 4),
        "least_cycle_s": {
            "greens": round(need, 3),
            "capacity": round(lost / (1 - total), 1) if total < 1 else None,
            "forced_by": _forcing(signals, j, plan, least),
        },
        "degree_of_saturation": _finite(busiest),
        "reserve_percent": round(100 * (PRACTICAL_DEGREE / busiest - 1), 1) if busiest > 0 else None,
        "stages": [
            {
                "stage": signals.stages[j][stage],
                "green_s": round(green, 3),
                "change_s": round(change, 3),
                "min_green_s": round(low, 3),
                "critical_ratio": round(ratios[stage], 4),
            }
            for stage, green, change, low in zip(plan.stages, plan.green_s, changes, least, strict=True)
        ],
        "movements": [
            {
                "movement": traffic.network.movement.ids[int(which.movement[i])],
                "flow_pcuph": round(3600 * float(flow[k]), 1),
                "capacity_pcuph": round(3600 * float(capacity[k]), 1),
                "degree_of_saturation": _finite(float(degree[k])),
                "estimated_delay_s": round(float(waiting[k] / flow[k]), 1),
            }
            for k, i in enumerate(at)
        ],
    }


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _forcing(signals: SignalSystem, j: int, plan: Plan, least: list[float]) -> str:
    """Pedestrians, where a walk is what makes the longest minimum green, else minimum greens."""
    for stage, low in zip(plan.stages, least, strict=True):
        for g in signals.stage_groups[j][stage]:
            if signals.walks[g] and signals.walk_green_s(j, stage, g) >= low - 1e-9 > 0:
                return "pedestrians"
    return "minimum greens"


def remarks(found: list[dict[str, Any]]) -> list[str]:
    """Sentences about what an engineer should know, the worst first."""
    out: list[tuple[float, str]] = []
    for junction in found:
        place, cycle = f"junction {junction['junction']}", junction["cycle_s"]
        for movement in junction["movements"]:
            degree = movement["degree_of_saturation"]
            name = f"{place}, movement {movement['movement']}"
            if degree is None:
                out.append((-math.inf, f"{name}: has traffic and no capacity in this plan"))
            elif degree > 1:
                out.append(
                    (
                        -degree,
                        f"{name}: oversaturated, {degree:.2f} of its capacity arrives; queues keep growing",
                    )
                )
            elif degree > PRACTICAL_DEGREE:
                out.append(
                    (-degree, f"{name}: degree of saturation {degree:.2f}, above {PRACTICAL_DEGREE:g}")
                )
        if junction["sum_of_critical_ratios"] >= 1:
            total = junction["sum_of_critical_ratios"]
            out.append(
                (-math.inf, f"{place}: critical ratios make {total:.2f}: no cycle serves these volumes")
            )
        need = junction["least_cycle_s"]
        if need["greens"] > cycle - 0.5 - len(junction["stages"]):
            out.append((0, f"{place}: {need['forced_by']} force the cycle of {cycle:g} s"))
    return [text for _, text in sorted(out, key=lambda one: one[0])]
