"""What the reference engine gives back: the truth now, and the sums."""

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ..gridlock import Holdups, no_holdups
from ..state import pedestrian_rows
from ..surface import Sight, Sums
from ..tables import CAR_SLOTS
from .road import Lane, Source, Vehicle, is_exit

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def sight_of(engine: "ReferenceEngine") -> Sight:
    now, tables = engine.now_ms, engine.tables
    lanes = [lane for lane in engine.lanes if not isinstance(lane, Source)]
    sources = [lane for lane in engine.lanes if isinstance(lane, Source)]
    stages = [engine.lamps.stage(j) for j in range(len(tables.signals.junction))]
    changing = [since >= 1 << 60 for _, since in stages]
    seen = [
        in_view(lane, int(ms), int(slots), now)
        for lane, ms, slots in zip(lanes, tables.lane_view_ms, tables.lane_view_slots, strict=True)
    ]
    return Sight(
        now_ms=now,
        lane_vehicles=np.array([len(lane.vehicles) for lane in lanes], np.int32),
        lane_queue=np.array([lane.queue(now) for lane in lanes], np.int32),
        lane_out=np.array([lane.out for lane in lanes], np.int64),
        lane_advance=np.array([lane.out + n for lane, n in zip(lanes, seen, strict=True)], np.int64),
        movement_out=np.array(engine.movement_out, np.int64),
        lane_out_long=np.array([lane.out_long for lane in lanes], np.int64),
        lane_advance_long=np.array(
            [lane.out_long + _long_among(lane, n) for lane, n in zip(lanes, seen, strict=True)], np.int64
        ),
        movement_out_long=np.array(engine.movement_out_long, np.int64),
        source_waiting=np.array([sum(v.depart_ms < now for v in s.vehicles) for s in sources], np.int32),
        stage=np.array([-1 if c else s for (s, _), c in zip(stages, changing, strict=True)], np.int32),
        next_stage=np.array([s for s, _ in stages], np.int32),
        stage_since_ms=np.array([since for _, since in stages], np.int64),
        earliest_switch_ms=np.array(
            [engine.lamps.earliest_switch_ms(j, now) for j in range(len(stages))], np.int64
        ),
        stage_ms=engine.lamps.stage_ms(now),
        group_green=np.asarray(engine.lamps.green_groups()),
        group_called=np.asarray(engine.lamps.called_groups()),
    )


def holdups_of(engine: "ReferenceEngine") -> Holdups:
    held = no_holdups(engine.now_ms, len(engine.tables.lane_slots))
    blocked_by: list[tuple[int, int]] = []
    for lane in engine.lanes[: len(held.serve)]:
        if lane.waits_for is not None:
            held.waits_for[lane.index] = lane.waits_for.index
            _, candidates, _ = engine.target(lane)
            first = lane.waits_for.lanes[0].index
            held.serve[lane.index] = sum(1 << (c.index - first) for c in candidates)
        if lane.inside:
            foes = engine.movements[lane.vehicles[0].movement].foes
            for other, foe in foes:
                if other.head is not None and other.head.movement == foe.index and not other.inside:
                    blocked_by.append((other.index, lane.index))
    for index in {lane for lane, _ in blocked_by} | set(np.flatnonzero(held.waits_for >= 0).tolist()):
        left_ms = engine.lanes[index].left_ms
        held.since_ms[index] = left_ms[-1] if left_ms else 0
    return held._replace(blocked_by=np.array(sorted(set(blocked_by)), np.int32).reshape(-1, 2))


def in_view(lane: Lane, view_ms: int, view_slots: int, now: int) -> int:
    """Vehicles between advance line and stop line: at free flow past it, and with room to stand there."""
    count = taken = 0
    for vehicle in lane.vehicles:
        taken += vehicle.size
        if vehicle.arrive_ms - view_ms > now or taken > view_slots:
            break
        count += 1
    return count


def _long_among(lane: Lane, n: int) -> int:
    """How many of the first ``n`` vehicles of a lane take more room than a car."""
    return sum(vehicle.size > CAR_SLOTS for vehicle in islice(lane.vehicles, n))


def sums_of(engine: "ReferenceEngine") -> Sums:
    lanes = [lane for lane in engine.lanes if not isinstance(lane, Source)]
    arrived = np.array(engine.arrive_ms, np.int64)
    return Sums(
        now_ms=engine.now_ms,
        depart_ms=engine.arrivals.depart_ms,
        enter_ms=np.array(engine.enter_ms, np.int64),
        arrive_ms=arrived,
        freeflow_ms=np.array(_freeflow(engine, lanes), np.int64),
        stops=np.array(
            [v.stops if t >= 0 else 0 for v, t in zip(engine.vehicles, arrived, strict=True)], np.int32
        ),
        counted=engine.counted,
        lane_crossed=np.array([lane.crossed for lane in lanes], np.int32),
        lane_delay_ms=np.array([lane.delay_ms for lane in lanes], np.int64),
        lane_stops=np.array([lane.stops for lane in lanes], np.int32),
        lane_max_queue=np.array([lane.max_queue for lane in lanes], np.int32),
        movement_crossed=np.array(engine.movement_out, np.int64),
        pedestrian_start=pedestrian_rows(engine.tables, engine.arrivals),
        pedestrian_ms=engine.arrivals.pedestrian_ms,
        walk_ms=np.array(engine.walk_ms, np.int64),
        pedestrian_counted=engine.pedestrian_counted,
    )


def _freeflow(engine: "ReferenceEngine", lanes: list[Lane]) -> list[int]:
    """Free-flow time (ms) of the distance that each vehicle has covered by now."""
    times = [0] * len(engine.vehicles)
    for vehicle, t in zip(engine.vehicles, engine.arrive_ms, strict=True):
        if t >= 0:
            times[vehicle.index] = _to_line(engine, vehicle, len(engine.routes[vehicle.index]))
    for lane in lanes:
        for vehicle in lane.vehicles:
            route = engine.routes[vehicle.index]
            links = len(route) - len(vehicle.route) + 1
            done = _to_line(engine, vehicle, links)
            if lane.segment.behind is not None:
                done -= _travel(lane.segment.behind.travel_ms, vehicle) + vehicle.dwell_ms[0]
            times[vehicle.index] = max(0, done - max(0, vehicle.arrive_ms - engine.now_ms))
    return times


def _to_line(engine: "ReferenceEngine", vehicle: Vehicle, links: int) -> int:
    """Free-flow time, stops included, to the stop line of the route's ``links``-th link."""
    route, dwell_ms = engine.routes[vehicle.index], engine.dwells_ms[vehicle.index]
    first = engine.arrivals.route_link[engine.arrivals.route[vehicle.index]]
    segment = engine.segments[engine.tables.link_first_segment[first]]
    time = 0
    for k in range(links):
        time += _travel(segment.travel_ms, vehicle) + dwell_ms[k]
        if segment.behind is not None:
            time += _travel(segment.behind.travel_ms, vehicle)
        if k + 1 < links and not is_exit(route[k]):
            movement = engine.movements[route[k]]
            time += movement.traverse_ms
            segment = movement.to
    return time


def _travel(travel_ms: int, vehicle: Vehicle) -> int:
    return (travel_ms * vehicle.pace + 999) // 1000
