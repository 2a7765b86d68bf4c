"""The arithmetic of split reallocation: from a cycle's counts to the greens of the next.

The rule is told in ``split_reallocation``; here it is compiled, one junction per call.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.sensing.approaches import Approaches
from signalsim.signals.plan import PlanArrays

from .layout import Junctions

FLOW_RATIO_FLOOR = 0.01
SATURATED = 0.95  # discharge over what the green could pass
LEFT_VEH = 2.0  # a queue of so many at the end of green: it was not served


class Rule(NamedTuple):
    """The rule's parameters as the kernel takes them."""

    min_cycle_ms: float
    max_cycle_ms: float
    max_change_ms: float
    raise_share: float
    smoothing: float
    whole_green: bool  # a queue that was left says that all of its green was used, however slowly


class Course(NamedTuple):
    """Static: the stage order and what lanes and changes cost."""

    start: np.ndarray  # (n_junctions + 1,) int32: CSR of the order
    stage: np.ndarray  # int32 local
    plan_green_ms: np.ndarray  # float64 by place in the order
    lane_headway_ms: np.ndarray  # (n_lanes,) float64, mean over its signalled movements
    stage_loss_ms: np.ndarray  # (n_stages,) float64: start-up loss minus end gain


class Cycles(NamedTuple):
    """The policy's memory."""

    place: np.ndarray  # (n_junctions,) int32 in its row of the order, -1 before the first decision
    began_ms: np.ndarray  # (n_junctions,) int64, when the present cycle was planned
    green_ms: np.ndarray  # float64 by place in the order
    counted: np.ndarray  # (n_lanes,) float64, lane_count at that time
    left: np.ndarray  # (n_lanes,) float64, queue at the end of its last green
    demand: np.ndarray  # (n_lanes,) float64, veh/ms, smoothed; -1: not yet known


def make_course(tables: Tables, road: Approaches, layout: Junctions, plan: PlanArrays) -> Course:
    """The plan's order of stages, and what its lanes and changes cost."""
    movement, n_lanes = tables.movement, len(road.lane_link)
    lane = np.repeat(np.arange(len(movement)), np.diff(road.movement_lane))  # movement of each entry
    signalled = movement["group"][lane] != NO_GROUP
    at = road.movement_lane_id[signalled]
    number = np.bincount(at, minlength=n_lanes)
    total = np.bincount(at, movement["headway_ms"][lane[signalled]], n_lanes)
    at_speed = movement["startup_ms"] + movement["startup2_ms"]  # the first car is ahead of the others
    loss = at_speed - movement["headway_ms"] / 2.0 - movement["end_gain_ms"]
    in_stage = np.diff(layout.stage_movement)  # number of movements
    stage = np.repeat(np.arange(len(in_stage)), in_stage)
    stage_loss = np.bincount(stage, loss[layout.stage_movement_id], len(in_stage)) / np.maximum(in_stage, 1)
    return Course(
        start=plan.start,
        stage=plan.stage,
        plan_green_ms=plan.green_ms.astype(np.float64),
        lane_headway_ms=np.where(number > 0, total / np.maximum(number, 1), road.lane_headway_s * 1000.0),
        stage_loss_ms=stage_loss,
    )


def make_cycles(course: Course, n_lanes: int) -> Cycles:
    """The memory before the first decision: the plan's greens."""
    n_junctions = len(course.start) - 1
    return Cycles(
        place=np.full(n_junctions, -1, np.int32),
        began_ms=np.zeros(n_junctions, np.int64),
        green_ms=course.plan_green_ms.copy(),
        counted=np.zeros(n_lanes),
        left=np.zeros(n_lanes),
        demand=np.full(n_lanes, -1.0),
    )


@njit
def start_counting(layout, seen, cycles, j):
    """A cycle begins: count from here."""
    for s in range(layout.first_stage[j], layout.first_stage[j + 1]):
        for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
            lane = layout.stage_lane_id[k]
            cycles.counted[lane] = seen.lane_count[lane]


@njit
def note_left(layout, seen, cycles, s):
    """Queues that the green of stage ``s`` leaves behind."""
    for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
        lane = layout.stage_lane_id[k]
        cycles.left[lane] = seen.lane_queue[lane]


@njit
def plan_cycle(net, seen, cycles, scratch, j):
    """Greens of the next cycle at junction ``j``, from the cycle that ends now."""
    layout, course, rule = net
    first, n = course.start[j], course.start[j + 1] - course.start[j]
    passed = float(seen.now_ms - cycles.began_ms[j])
    ratio, green, least, loss = scratch[0], scratch[1], scratch[2], scratch[3]
    lowest, highest = scratch[4], scratch[5]
    known = passed > 0.0
    measure(net, seen, cycles, passed, j)
    lost, total, changes = 0.0, 0.0, 0.0
    n_stages = layout.first_stage[j + 1] - layout.first_stage[j]
    for i in range(n):
        stage, following = course.stage[first + i], course.stage[first + (i + 1) % n]
        s = layout.first_stage[j] + stage
        ratio[i] = flow_ratio(layout, course, cycles, j, first + i, s)
        known = known and ratio[i] >= 0.0
        ratio[i] = max(ratio[i], FLOW_RATIO_FLOOR)
        loss[i] = course.stage_loss_ms[s]
        least[i] = float(layout.stage_min_green_ms[s])
        total += ratio[i]
        change = layout.change_ms[layout.change_start[j] + stage * n_stages + following]
        changes += change
        lost += change + loss[i]
    if known:
        _share_out(rule, max(lost, 0.0), total, n, scratch)
    for i in range(n):
        old = cycles.green_ms[first + i]
        new = green[i] if known else course.plan_green_ms[first + i]
        new = np.floor(min(max(new, old - rule.max_change_ms), old + rule.max_change_ms) / 1000.0 + 0.5)
        lowest[i] = max(old - rule.max_change_ms, least[i])
        highest[i] = max(old + rule.max_change_ms, least[i])
        green[i] = max(new * 1000.0, least[i])  # whole seconds
    if known:
        _keep_limits(rule, changes, n, scratch)
    for i in range(n):
        cycles.green_ms[first + i] = green[i]
    cycles.began_ms[j] = seen.now_ms
    start_counting(layout, seen, cycles, j)


@njit
def measure(net, seen, cycles, passed, j):
    """Demand of every lane of the junction into ``cycles.demand``; -1 where no camera works."""
    layout, course, rule = net
    for i in range(course.start[j], course.start[j + 1]):
        s = layout.first_stage[j] + course.stage[i]
        for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
            lane = layout.stage_lane_id[k]
            if is_again(layout, course, j, i, lane) or passed <= 0.0:
                continue
            if not seen.lane_valid[lane]:
                cycles.demand[lane] = -1.0
                continue
            served = green_of(layout, course, cycles, j, lane)
            demand = _demand(rule, course, seen, cycles, passed, served, lane)
            before = cycles.demand[lane]
            if before < 0.0:
                cycles.demand[lane] = demand
            else:
                cycles.demand[lane] = before + rule.smoothing * (demand - before)


@njit
def serves(layout, s, lane):
    for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):  # noqa: SIM110 - compiled
        if layout.stage_lane_id[k] == lane:
            return True
    return False


@njit
def is_again(layout, course, j, i, lane):
    """Whether a place before ``i`` in the junction's order has measured the lane already."""
    for before in range(course.start[j], i):
        if serves(layout, layout.first_stage[j] + course.stage[before], lane):
            return True
    return False


@njit
def green_of(layout, course, cycles, j, lane):
    """The lane's green in the cycle, all its stages together."""
    total = 0.0
    for i in range(course.start[j], course.start[j + 1]):
        if serves(layout, layout.first_stage[j] + course.stage[i], lane):
            total += cycles.green_ms[i]
    return total


@njit
def _demand(rule, course, seen, cycles, passed, served, lane):
    """Vehicles per ms that want to pass the lane's stop line (point 1 of the module)."""
    crossed = max(0.0, seen.lane_count[lane] - cycles.counted[lane])
    left = cycles.left[lane]
    demand = max(crossed / passed, seen.lane_arrival_rate[lane] / 1000.0)
    if left >= LEFT_VEH or crossed * course.lane_headway_ms[lane] >= SATURATED * served:
        used = crossed
        if rule.whole_green and left >= LEFT_VEH:
            used = max(crossed, served / course.lane_headway_ms[lane])
        demand = max(demand, used / passed * (1.0 + rule.raise_share))
    return demand + left / (2.0 * passed)


@njit
def flow_ratio(layout, course, cycles, j, i, s):
    """Flow ratio of place ``i``, stage ``s``; -1 if no working camera sees any of its lanes.

    A lane that several stages serve is shared out by their greens.
    """
    if layout.stage_lane[s + 1] == layout.stage_lane[s]:
        return 0.0
    highest = -1.0
    for k in range(layout.stage_lane[s], layout.stage_lane[s + 1]):
        lane = layout.stage_lane_id[k]
        if cycles.demand[lane] >= 0.0:
            part = cycles.green_ms[i] / max(green_of(layout, course, cycles, j, lane), 1.0)
            highest = max(highest, cycles.demand[lane] * course.lane_headway_ms[lane] * part)
    return highest


@njit
def _share_out(rule, lost, total, n, scratch):
    """Cycle and greens from flow ratios; places at their minimum green leave the sharing."""
    ratio, green, least, loss = scratch[0], scratch[1], scratch[2], scratch[3]
    cycle = rule.max_cycle_ms
    if total < 0.99:
        cycle = min((1.5 * lost + 5000.0) / (1.0 - total), rule.max_cycle_ms)
    cycle = max(cycle, rule.min_cycle_ms)
    room, sharing = max(cycle - lost, 0.0), total
    for i in range(n):
        green[i] = -1.0
    found = True
    while found and sharing > 0.0:
        found = False
        for i in range(n):
            if green[i] < 0.0 and room * ratio[i] / sharing + loss[i] < least[i]:
                green[i] = least[i]
                room = max(room - (least[i] - loss[i]), 0.0)
                sharing -= ratio[i]
                found = True
    for i in range(n):
        if green[i] < 0.0:
            green[i] = room * ratio[i] / max(sharing, FLOW_RATIO_FLOOR) + loss[i]


@njit
def _keep_limits(rule, changes, n, scratch):
    """Bring the cycle back into its limits, second by second, where the way to the bound is longest.

    Rounding and the bound on each change may have led it out; both bounds are kept before the limits.
    """
    green, lowest, highest = scratch[1], scratch[4], scratch[5]
    cycle = changes
    for i in range(n):
        cycle += green[i]
    moving = True
    while moving and not rule.min_cycle_ms <= cycle <= rule.max_cycle_ms:
        step = -1000.0 if cycle > rule.max_cycle_ms else 1000.0
        at, longest = 0, 0.0
        for i in range(n):
            way = green[i] - lowest[i] if step < 0.0 else highest[i] - green[i]
            if way > longest:
                at, longest = i, way
        moving = longest >= 1000.0 and not (step > 0.0 and cycle + step > rule.max_cycle_ms)
        if moving:
            green[at] += step
            cycle += step
