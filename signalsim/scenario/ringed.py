"""Splits of a plan's phases where a junction has rings: the rows of signal_split.csv that come with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from signalsim.scenario.build import reference_s
from signalsim.scenario.load import Scenario
from signalsim.signals.greens import plan_greens
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.rings import Phase, Rings

COLUMNS = ("plan_id", "junction_id", "phase_num", "split_s", "coordinated", "offset_s")


def split_rows(scenario: Scenario, name: str, plans: Mapping[int, Plan]) -> Iterable[dict[str, Any]]:
    """Of every junction with rings whose plan shows each phase once in a cycle, in the order of its ring.

    Coordinated are the phases that the deployed splits have so, else those of the first stage.
    """
    signals = scenario.signals
    for j, rings in signals.rings.items():
        plan = plans.get(j)
        ends = _ends_s(signals, j, rings, plan) if plan else None
        if plan is None or ends is None:
            continue
        coordinated = _coordinated(signals, j, rings, plan)
        offset = _offset_s(scenario, j, plan, [p for p in rings.phases if p.number in coordinated])
        cycle = signals.cycle_s(j, plan)
        for p in sorted(rings.phases, key=lambda phase: phase.number):
            ring = [q.number for q in rings.phases if q.ring == p.ring]
            before = ring[ring.index(p.number) - 1]
            split = cycle if len(ring) == 1 else (ends[p.number] - ends[before]) % cycle
            yield {
                "plan_id": name,
                "junction_id": signals.junctions[j],
                "phase_num": p.number,
                "split_s": f"{round(split, 3):g}",
                "coordinated": int(p.number in coordinated),
                "offset_s": f"{round(offset % cycle, 3):g}",
            }


def _ends_s(signals: SignalSystem, j: int, rings: Rings, plan: Plan) -> dict[int, float] | None:
    """When each phase's split ends in the plan's cycle: it has cleared, and at a barrier all have. None where
    the plan does not show each phase once, ring by ring in its order."""
    cycle, greens = signals.cycle_s(j, plan), plan_greens(signals, j, plan)
    spans = {p.number: [(g.begin_s, g.end_s) for g in greens if g.group == p.group] for p in rings.phases}
    if any(len(own) != 1 for own in spans.values()):
        return None
    ends = {p.number: spans[p.number][0][1] + p.clear_s for p in rings.phases}
    for barrier in rings.barriers:
        last = [
            rings.within(ring, barrier)[-1].number
            for ring in rings.ring_numbers
            if rings.within(ring, barrier)
        ]
        latest = max(ends[n] for n in last)
        ends |= dict.fromkeys(last, latest)
    for ring in rings.ring_numbers:
        order = [p.number for p in rings.phases if p.ring == ring]
        steps = [(ends[n] - ends[order[k - 1]]) % cycle for k, n in enumerate(order)]
        if len(order) > 1 and abs(sum(steps) - cycle) > 1e-3:
            return None
    return ends


def _coordinated(signals: SignalSystem, j: int, rings: Rings, plan: Plan) -> set[int]:
    """Numbers of the phases in which the cycle's spare time is spent."""
    for splits in rings.splits.values():
        if chosen := {split.phase for split in splits if split.coordinated}:
            return chosen
    return {p.number for p in rings.phases if p.group in signals.stage_groups[j][plan.stages[0]]}


def _offset_s(scenario: Scenario, j: int, plan: Plan, phases: list[Phase]) -> float:
    """Of the earliest reference point of these phases, from the scenario's reference second on."""
    signals, point = scenario.signals, scenario.config.control.offset_point
    spans = {g.group: (g.begin_s, g.end_s) for g in plan_greens(signals, j, plan)}
    at = {
        "start_of_green": lambda p: spans[p.group][0],
        "end_of_green": lambda p: spans[p.group][1],
        "end_of_yellow": lambda p: spans[p.group][1] + float(signals.yellow_s[p.group]),
    }[point]
    return plan.offset_s + min(at(p) for p in phases) - reference_s(scenario.config)
