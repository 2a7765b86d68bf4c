"""What the reference engine's detectors and lamps say."""

from typing import TYPE_CHECKING

import numpy as np

from ..detectors import LINE, Cabinet, Detectors
from ..tables import INF
from .road import Lane

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def cabinet_of(engine: "ReferenceEngine", detectors: Detectors) -> Cabinet:
    rows = []
    for lane, kind, reach_ms, _, slots, _ in zip(*detectors, strict=True):
        on = engine.lanes[lane]
        if kind == LINE:
            rows.append(_line(on, int(reach_ms), int(slots), engine.now_ms))
        else:
            rows.append(_zone(on, int(reach_ms), engine.now_ms))
    on_ms, last_ms, passed = np.array(rows, np.int64).reshape(-1, 3).T
    stages = [engine.lamps.stage(j)[0] for j in range(len(engine.tables.signals.junction))]
    return Cabinet(
        now_ms=engine.now_ms,
        on_ms=on_ms,
        last_ms=last_ms,
        passed=passed,
        green=np.asarray(engine.lamps.green_groups()),
        since_ms=engine.lamps.since_ms(),
        called=np.asarray(engine.lamps.called_groups()),
        stage=np.array(stages, np.int32),
    )


def _zone(lane: Lane, reach_ms: int, now: int) -> tuple[int, int, int]:
    """(since when somebody waits in front, last crossing, vehicles that have crossed)."""
    last = lane.left_ms[-1] if lane.left_ms else -INF
    crossed = int(lane.inside)
    came = INF
    if len(lane.vehicles) > crossed:
        came = max(lane.vehicles[crossed].arrive_ms - reach_ms, last)
    return came if came <= now else INF, last, lane.out + crossed


def _line(lane: Lane, reach_ms: int, slots: int, now: int) -> tuple[int, int, int]:
    """(INF, when the last vehicle passed, vehicles that have passed)."""
    passed = lane.left_ms[-1] - reach_ms if lane.left_ms else -INF
    count = taken = 0
    for vehicle in lane.vehicles:
        if vehicle.arrive_ms - reach_ms > now or taken + vehicle.size > slots:
            break
        count += 1
        taken += vehicle.size
        room = len(lane.left_ms) + taken - 1 - slots  # this slot had to be left first
        passed = max(vehicle.arrive_ms - reach_ms, lane.left_ms[room] if room >= 0 else -INF)
        if count == len(lane.vehicles):
            passed = max(passed, lane.admit_ms - lane.headway_ms * vehicle.size // 2)
    return INF, min(passed, now), lane.out + count
