"""Emergency vehicles pass queues: the one exception to first in, first out."""

from typing import TYPE_CHECKING

from ..records import Kind
from ..tables import EXIT
from .road import Lane, Source
from .turns import let_others_try

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def make_way(engine: "ReferenceEngine", lane: Lane) -> None:
    """Those that have reached the stop line pass all before them, but for emergency vehicles at the front
    and for a vehicle that stands inside the junction."""
    queue = lane.vehicles
    if isinstance(lane, Source) or not any(v.siren for v in queue):
        return
    head = queue[0]
    front = _behind_sirens(lane, 1 if lane.inside else 0)
    for i in range(front, len(queue)):
        vehicle = queue[i]
        if not vehicle.siren:
            continue
        if vehicle.arrive_ms > engine.now_ms:
            lane.alarm.set(vehicle.arrive_ms)
            continue
        if i > front:
            engine.write(Kind.PASS, vehicle.index, lane.index, i - front)
            del queue[i]
            queue.insert(front, vehicle)
        front = _behind_sirens(lane, front)
    if queue[0] is head:
        return
    lane.waits_for = None
    if lane.at_line and head.movement != EXIT and engine.movements[head.movement].takes_turns:
        let_others_try(engine, engine.movements[head.movement])


def _behind_sirens(lane: Lane, front: int) -> int:
    while front < len(lane.vehicles) and lane.vehicles[front].siren:
        front += 1
    return front
