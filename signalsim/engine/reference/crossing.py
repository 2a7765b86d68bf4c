"""A vehicle crosses: it leaves its lane and enters the next one, or the network."""

from typing import TYPE_CHECKING

from ..records import STOP_MS, Kind
from ..tables import CAR_SLOTS
from .inside import leave_inside
from .road import Lane, Movement, Source, Vehicle, is_exit
from .turns import let_others_try

if TYPE_CHECKING:
    from .engine import ReferenceEngine


def cross(engine: "ReferenceEngine", lane: Lane, onto: Lane | None, traverse: int, opposed: bool) -> None:
    """The head of a lane goes onto another, or out of the network."""
    now, vehicle, loss = engine.now_ms, lane.head, 0
    assert vehicle is not None
    if isinstance(lane, Source):
        assert onto is not None
        lane.vehicles.popleft()
        lane.next_ms = now + 1
        engine.enter_ms[vehicle.index] = now
        engine.moves += 1
        engine.write(Kind.DEPART, vehicle.index, onto.index, vehicle.depart_ms)
    else:
        movement = vehicle.movement
        loss = _leave(engine, lane, vehicle, opposed)
        if onto is None:
            engine.arrive_ms[vehicle.index] = now
            engine.write(Kind.ARRIVE, vehicle.index, lane.index, vehicle.stops)
        else:
            engine.moves += lane.at_line
        if lane.inside:
            leave_inside(engine, lane, engine.movements[movement])
        if lane.at_line and not is_exit(movement) and engine.movements[movement].takes_turns:
            let_others_try(engine, engine.movements[movement])
        if lane.segment.waiting:
            engine.room_changed(lane.segment)
    engine.wake(lane)
    if onto is not None:
        _enter(engine, onto, vehicle, traverse, loss)


def _leave(engine: "ReferenceEngine", lane: Lane, vehicle: Vehicle, opposed: bool) -> int:
    """The head crosses; its slots are left. What it will lose behind the line, ms."""
    now, delay = engine.now_ms, engine.now_ms - vehicle.arrive_ms
    counted = int(engine.counted[vehicle.index])
    if delay > 0:
        lane.max_queue = max(lane.max_queue, lane.queue(now))
    loss = _loss(engine, lane, vehicle, delay)
    delay += loss
    if delay >= STOP_MS:
        vehicle.stops = min(vehicle.stops + 1, 255)
        lane.stops += counted
    lane.delay_ms += delay * counted
    lane.crossed += counted
    lane.out += 1
    lane.out_long += vehicle.size > CAR_SLOTS
    lane.next_ms = now + headway_ms(engine, lane, vehicle, opposed)
    lane.fresh = False
    lane.left_ms += [now] * vehicle.size
    lane.vehicles.popleft()
    if lane.at_line and not is_exit(vehicle.movement):
        movement = engine.movements[vehicle.movement]
        engine.movement_out[movement.index] += 1
        engine.movement_out_long[movement.index] += vehicle.size > CAR_SLOTS
        if movement.takes_turns:
            movement.turn_ms = now
        vehicle.route.pop(0)
        vehicle.dwell_ms.pop(0)
    engine.write(Kind.CROSS, vehicle.index, lane.index, delay)
    return loss


def _loss(engine: "ReferenceEngine", lane: Lane, vehicle: Vehicle, delay: int) -> int:
    """What a vehicle, ``delay`` late, loses behind the stop line until it is at speed: as much as it was
    late at most, since who is braked for a moment only does not stop. Nothing if it follows others,
    for they are at speed when they cross: what that costs is in start-up and headways."""
    if not lane.at_line or is_exit(vehicle.movement) or delay == 0:
        return 0
    movement = engine.movements[vehicle.movement]
    if _from_red(engine, lane, vehicle, movement):
        return min(delay, max(0, movement.startup2_ms))
    starts = engine.now_ms > lane.next_ms or movement.stops or goes_on_red(engine, movement)
    return min(delay, movement.loss_ms) if starts else 0


def _from_red(engine: "ReferenceEngine", lane: Lane, vehicle: Vehicle, movement: Movement) -> bool:
    """Whether it is the first of a queue that saw red."""
    return movement.group >= 0 and lane.fresh and vehicle.arrive_ms <= engine.lamps.began_ms(movement)


def goes_on_red(engine: "ReferenceEngine", movement: Movement) -> bool:
    """Whether a vehicle that crosses now does so on red."""
    if not movement.goes_on_red or engine.lamps.is_green(movement):
        return False
    return not engine.lamps.open_at(movement, engine.now_ms)


def headway_ms(engine: "ReferenceEngine", lane: Lane, vehicle: Vehicle, opposed: bool) -> int:
    """How long the next vehicle has to stay behind this one."""
    if is_exit(vehicle.movement) or not lane.at_line:
        return lane.headway_ms * vehicle.size // 2
    movement, extra = engine.movements[vehicle.movement], 0
    if movement.group >= 0:
        if _from_red(engine, lane, vehicle, movement):
            extra = movement.startup2_ms
        if movement.goes_on_red:
            opposed = opposed or goes_on_red(engine, movement)
        elif not engine.lamps.is_green(movement) and movement.is_permissive and not lane.inside:
            lane.sneaks -= 1
            opposed = True
    headway = movement.follow_ms if opposed else movement.headway_ms
    return headway * vehicle.size // 2 + extra


def _enter(engine: "ReferenceEngine", lane: Lane, vehicle: Vehicle, traverse: int, loss: int) -> None:
    now = engine.now_ms
    travel = (lane.segment.travel_ms * vehicle.pace + 999) // 1000
    dwell = vehicle.dwell_ms[0] if lane.at_line else 0
    vehicle.arrive_ms = now + traverse + loss + travel + dwell
    if not vehicle.siren:
        vehicle.arrive_ms = max(vehicle.arrive_ms, lane.tail_ms)
    lane.tail_ms = max(vehicle.arrive_ms, lane.tail_ms)
    lane.admit_ms = now + traverse + lane.headway_ms * vehicle.size // 2
    lane.taken += vehicle.size
    lane.vehicles.append(vehicle)
    engine.write(Kind.ENTER, vehicle.index, lane.index, vehicle.arrive_ms)
    if len(lane.vehicles) == 1:
        engine.wake(lane)
    elif vehicle.siren:
        lane.alarm.set(vehicle.arrive_ms)
