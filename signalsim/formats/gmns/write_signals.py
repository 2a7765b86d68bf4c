"""The specification's signal tables of a scenario.

A junction with rings has its phases as they are, with the splits of the plan as longest greens. Any
other has a phase per stage of its plan, in one ring with a barrier behind each: greens are fixed times.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from signalsim.formats.rings import Rings, phases_of_groups, points_s, told_rings
from signalsim.network import Network
from signalsim.signals import SignalSystem
from signalsim.signals.model import Plan

ALL_DAY = "11111111_0000_2359"  # Sunday to Saturday and holidays
_POINTS = {
    "start_of_green": "begin_of_green",
    "end_of_green": "begin_of_yellow",
    "end_of_yellow": "begin_of_red",
}
_Row = dict[str, Any]


@dataclass(frozen=True)
class _Timing:
    """A plan of a junction."""

    id: str  # timing_plan_id
    junction: int
    plan: Plan
    rings: Rings | None
    shown: dict[int, frozenset[int]]  # groups of each phase, by its number


def signal_tables(
    network: Network, signals: SignalSystem, point: str
) -> Iterator[tuple[str, Iterable[_Row]]]:
    """(file, rows) of each table. ``point``: of a plan's first stage that its offset is of."""
    timings = [
        _timing(signals, f"{name}:{signals.junctions[j]}", j, plan, told_rings(signals, j, name, point))
        for name, plans in signals.plans.items()
        for j, plan in sorted(plans.items())
    ]
    yield "signal_controller.csv", ({"controller_id": j} for j in signals.junctions)
    yield "signal_timing_plan.csv", (_plan(signals, one) for one in timings)
    yield "signal_timing_phase.csv", (row for one in timings for row in _phases(signals, one))
    yield "signal_phase_mvmt.csv", _phase_movements(network, signals, timings)
    yield "signal_coordination.csv", _coordination(signals, timings, point)
    yield "signal_detector.csv", _detectors(network, signals, timings)


def _timing(signals: SignalSystem, name: str, j: int, plan: Plan, rings: Rings | None) -> _Timing:
    if rings is None:
        shown = {k: signals.stage_groups[j][stage] for k, stage in enumerate(plan.stages, 1)}
    else:
        keys = phases_of_groups(signals, j)
        shown = {number: frozenset(g for g, key in keys.items() if number in key) for number in rings.phases}
    return _Timing(name, j, plan, rings, shown)


def _plan(signals: SignalSystem, one: _Timing) -> _Row:
    cycle = signals.cycle_s(one.junction, one.plan) if one.rings is None else one.rings.cycle_s
    return {
        "timing_plan_id": one.id, "controller_id": signals.junctions[one.junction], "timeday_id": "",
        "time_day": ALL_DAY, "cycle_length": _seconds(cycle),
    }  # fmt: skip


def _phases(signals: SignalSystem, one: _Timing) -> Iterator[_Row]:
    """``clearance``: from the end of a green to the start of the next: yellow and all-red of the phase, or
    of a stage the longest of its groups that end (or what intergreen.csv gives).
    """
    if one.rings is not None:
        for number, phase in one.rings.phases.items():
            yield {
                "timing_phase_id": f"{one.id}:{number}", "timing_plan_id": one.id,
                "signal_phase_num": number, "min_green": _seconds(phase.min_green_s),
                "max_green": _seconds(phase.green_s), "extension": _seconds(phase.extension_s),
                "clearance": _seconds(phase.change_s), "walk_time": "", "ped_clearance": "",
                "ring": phase.ring, "barrier": phase.barrier, "position": phase.position,
            }  # fmt: skip
        return
    changes = signals.plan_changes_s(one.junction, one.plan)
    for k, (green, change) in enumerate(zip(one.plan.green_s, changes, strict=True), 1):
        yield {
            "timing_phase_id": f"{one.id}:{k}", "timing_plan_id": one.id, "signal_phase_num": k,
            "min_green": _seconds(green), "max_green": _seconds(green), "extension": "",
            "clearance": _seconds(change), "walk_time": "", "ped_clearance": "",
            "ring": 1, "barrier": k, "position": 1,
        }  # fmt: skip


def _phase_movements(network: Network, signals: SignalSystem, timings: Iterable[_Timing]) -> Iterator[_Row]:
    """What is green in a phase; permitted where it gives way to what is green with it in some stage."""
    gives_way: dict[int, set[int]] = {}
    for a, b in signals.live_yields.tolist():
        gives_way.setdefault(a, set()).add(b)
    count = 0
    for one in timings:
        sets = [frozenset([k]) for k in one.shown] if one.rings is None else one.rings.together()
        for k, groups in one.shown.items():
            beside = frozenset[int]().union(*(one.shown[p] for phases in sets if k in phases for p in phases))
            green = {m for g in beside for m in signals.movements_of_group[g]}
            for m in sorted(m for g in groups for m in signals.movements_of_group[g]):
                count += 1
                yields = not gives_way.get(m, set()).isdisjoint(green)
                yield {
                    "signal_phase_mvmt_id": count, "timing_phase_id": f"{one.id}:{k}",
                    "mvmt_id": network.movement.ids[m], "link_id": "",
                    "protection": "permitted" if yields else "protected",
                }  # fmt: skip


def _coordination(signals: SignalSystem, timings: Iterable[_Timing], point: str) -> Iterator[_Row]:
    """Offsets of the first phase, of rings one row for each coordinated phase; not negative, as the
    specification has them.
    """
    count = 0
    for one in timings:
        if one.rings is None:
            cycle = signals.cycle_s(one.junction, one.plan)
            offsets = {1: one.plan.offset_s % cycle}
        else:
            cycle = one.rings.cycle_s
            points = points_s(one.rings, one.rings.coordinated, point)
            offsets = {number: (one.rings.offset_s + at) % cycle for number, at in points.items()}
        for number, offset in offsets.items():
            count += 1
            yield {
                "coordination_id": count, "timing_plan_id": one.id,
                "controller_id": signals.junctions[one.junction], "coord_contr_id": "",
                "coord_phase": number, "coord_ref_to": _POINTS.get(point, "begin_of_green"),
                "offset": _seconds(offset),
            }  # fmt: skip


def _detectors(network: Network, signals: SignalSystem, timings: Iterable[_Timing]) -> Iterator[_Row]:
    """The cameras: one per approach with signals, from the stop line to where its view begins."""
    view = network.defaults.camera_view_m
    phase: dict[int, int] = {}
    for one in timings:
        for k, groups in one.shown.items():
            for g in groups:
                for m in signals.movements_of_group[g]:
                    phase.setdefault(int(network.movement_from[m]), k)
    for link, number in sorted(phase.items()):
        lanes = network.lane_numbers(link)
        node = network.node.ids[network.link_to[link]]
        yield {
            "detector_id": f"camera {network.link.ids[link]}", "controller_id": node,
            "signal_phase_num": number, "link_id": network.link.ids[link], "start_lane": lanes[0],
            "end_lane": lanes[-1], "ref_node_id": node, "det_zone_lr": 0, "det_zone_front": 0,
            "det_zone_back": _seconds(-min(view, float(network.length_m[link]))), "det_type": "camera",
        }  # fmt: skip


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{round(value, 3):.10g}"
