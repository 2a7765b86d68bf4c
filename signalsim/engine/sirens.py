"""Emergency vehicles pass queues: the one exception to first in, first out. Part of the compiled loop."""

from .crossing import count_queue
from .jit import njit
from .log import write
from .records import Kind
from .state import INSIDE, SIREN
from .tables import INF
from .wheel import LANE, first_lane_node, schedule

_PASS = int(Kind.PASS)


@njit(inner=True)
def make_way(tables, state, log, l):
    """Emergency vehicles of lane ``l`` that have reached the stop line pass those before them, but for
    emergency vehicles at the front and for who stands inside the junction. True if the head is another."""
    now = state.total[0].now_ms
    lane = state.lane[l]
    count_queue(state, lane, now)
    front = 1 if lane.marks & INSIDE else 0
    front = _behind_sirens(state, lane, front)
    is_new, soonest = False, INF
    for i in range(front, lane.vehicles):
        vehicle = state.place[_at(lane, i)]
        if not vehicle.siren:
            continue
        if vehicle.arrive_ms > now:
            soonest = min(soonest, vehicle.arrive_ms)
            continue
        if i > front:
            write(log, state.total, _PASS, vehicle.vehicle, l, i - front)
            is_new = is_new or front == 0
            lane.queue += front <= lane.queue <= i
            lane.near = lane.near_long = lane.near_slots = 0  # to be counted anew
            lane.quiet_ms = now
            _move(state, lane, i, front)
        front = _behind_sirens(state, lane, front)
    if soonest < INF:
        schedule(state.node, state.wheel, state.total, first_lane_node(tables) + l, LANE, soonest)
    else:
        lane.marks &= ~SIREN
    return is_new


@njit(forceinline=True)
def _at(lane, i):
    at = lane.head + i
    return lane.place0 + (at - lane.n_places if at >= lane.n_places else at)


@njit
def _behind_sirens(state, lane, front):
    while front < lane.vehicles and state.place[_at(lane, front)].siren:
        front += 1
    return front


@njit
def _move(state, lane, i, front):
    """The vehicle at place ``i`` of the queue goes to ``front``; those between step back by one."""
    for k in range(i, front, -1):
        _swap(state.place[_at(lane, k)], state.place[_at(lane, k - 1)])


@njit
def _swap(a, b):
    a.arrive_ms, b.arrive_ms = b.arrive_ms, a.arrive_ms
    a.vehicle, b.vehicle = b.vehicle, a.vehicle
    a.route_at, b.route_at = b.route_at, a.route_at
    a.movement, b.movement = b.movement, a.movement
    a.after, b.after = b.after, a.after
    a.onward, b.onward = b.onward, a.onward
    a.pace, b.pace = b.pace, a.pace
    a.stops, b.stops = b.stops, a.stops
    a.length, b.length = b.length, a.length
    a.siren, b.siren = b.siren, a.siren
    a.dwells, b.dwells = b.dwells, a.dwells
