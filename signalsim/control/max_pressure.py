"""Max-pressure: serve the stage that relieves most, whatever the order of stages.

Varaiya (2013), Max pressure control of a network of signalized intersections, eq. 8: a movement's
weight is its queue minus what stands on the movements it leads to, weighted by turning shares; a
stage's pressure is the sum over its movements of saturation flow times weight; the stage of
highest pressure is served. Exits weigh nothing. Each lane is a queue of its own: two lanes of five
vehicles press as much as one lane of ten, and a lane that several movements share presses once.

Two things are added. Vehicles still moving in the camera's view count as well (weight
``running_weight``): on arrival their green is there. And because a change serves nobody while it
lasts, a stage must promise more than the present one by the time it takes: over ``commitment_s`` of
green the best stage serves P_best * commitment_s; without a change the present one would serve
P_now * (commitment_s + change + start-up loss). It switches only if the former is more.

Where a camera fails, the last figures stand for a while, then the plan is followed (``fallback``).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP
from signalsim.sensing.observation import Observation

from .base import Request
from .lookup import check_range
from .seeing import SeeingPolicy
from .service import fill_room, signalled_movements

EVENLY = 0.5  # of a shared lane, not by counted shares


class Weights(NamedTuple):
    """The rule's parameters and static factors as the kernel takes them."""

    interval_ms: int
    commitment_ms: int
    startup_ms: int
    running_weight: float
    cyclic: bool
    capacity_aware: bool
    movement_flow: np.ndarray  # (n_movements,) float64, veh/s and lane at saturation
    lane_movement: np.ndarray  # (n_lanes + 1,) int32: CSR of the signalled movements by lane
    lane_movement_id: np.ndarray  # int32


class Work(NamedTuple):
    """Scratch, written by every call."""

    load: np.ndarray  # (n_movements,) float64, vehicles per lane on the lanes that serve it
    flow: np.ndarray  # (n_movements,) float64, veh/s that its lanes can discharge on it
    behind: np.ndarray  # (n_links,) float64, share-weighted vehicles at the link's end
    room: np.ndarray  # (n_links,) float64, 0: full


@dataclass(frozen=True)
class MaxPressure:
    """Max-pressure, decided every ``interval_s`` at whole multiples of it.

    ``commitment_s``: for how long a change is taken to be worth something (see the module).
    ``cyclic``: stages keep their order; those that nobody presses for are passed over.
    ``capacity_aware``: a movement whose receiving link is full presses nothing.
    """

    interval_s: float = 5.0
    commitment_s: float = 10.0
    running_weight: float = 0.25
    cyclic: bool = False
    capacity_aware: bool = False

    def __post_init__(self) -> None:
        check_range(self, interval_s=(0.1, 300.0), commitment_s=(0.1, 600.0), running_weight=(0.0, 10.0))

    def prepare(self, built: Any) -> "MaxPressurePolicy":
        """The rule on a network."""
        return MaxPressurePolicy(self, built)


class MaxPressurePolicy(SeeingPolicy):
    """All junctions in one compiled call."""

    def __init__(self, rule: MaxPressure, built: Any) -> None:
        super().__init__(built)
        tables = built.tables
        movement = tables.movement
        starts = movement["startup_ms"] + movement["startup2_ms"]  # the first car is ahead of the others
        signalled = starts[movement["group"] != NO_GROUP]
        lane_movement, lane_movement_id = signalled_movements(tables)
        self.weights = Weights(
            interval_ms=round(rule.interval_s * 1000),
            commitment_ms=round(rule.commitment_s * 1000),
            startup_ms=int(signalled.mean()) if len(signalled) else 0,
            running_weight=float(rule.running_weight),
            cyclic=bool(rule.cyclic),
            capacity_aware=bool(rule.capacity_aware),
            movement_flow=1000.0 / np.maximum(movement["headway_ms"], 1),
            lane_movement=lane_movement,
            lane_movement_id=lane_movement_id,
        )
        n_movements, n_links = len(movement), len(self.road.link_seen)
        self.work = Work(np.zeros(n_movements), np.zeros(n_movements), np.zeros(n_links), np.ones(n_links))

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask each due junction for its stage of highest pressure."""
        seeing = self.fallback.take(observation, due, request)
        self.press(observation, seeing, request)
        self.walkers.serve(observation, seeing, request)

    def press(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """The same, whoever walks and whatever cameras see."""
        decide(self.road, self.layout, self.weights, observation, self.work, due, request)


@njit
def decide(road, layout, weights, seen, work, due, request):
    """Fill the request of the junctions in ``due``."""
    if len(due) == 0:
        return
    _weigh(road, weights, seen, work)
    tick = (seen.now_ms // weights.interval_ms + 1) * weights.interval_ms
    for j in due:
        request.next_decision_ms[j] = tick
        request.stage[j] = -1
        now = seen.stage[j]
        if now < 0:
            continue
        first, n = layout.first_stage[j], layout.first_stage[j + 1] - layout.first_stage[j]
        mine = pressure(road, layout, work, first + now)
        best, best_gain = now, 0.0
        for turn in range(1, n + 1):
            s = (now + turn) % n if weights.cyclic else turn - 1
            change = layout.change_ms[layout.change_start[j] + now * n + s] + weights.startup_ms
            stay = max(mine, 0.0) * (weights.commitment_ms + change)
            gain = pressure(road, layout, work, first + s) * weights.commitment_ms - stay
            if s != now and gain > best_gain:
                best, best_gain = s, gain
                if weights.cyclic:
                    break
        request.stage[j] = best
        request.switch_at_ms[j] = seen.now_ms


@njit(forceinline=True)
def pressure(road, layout, work, stage):
    """Sum over the stage's movements of saturation flow times weight, vehicles**2 / s."""
    total = 0.0
    for k in range(layout.stage_movement[stage], layout.stage_movement[stage + 1]):
        m = layout.stage_movement_id[k]
        total += work.flow[m] * (work.load[m] - work.behind[road.movement_to[m]])
    return total


@njit
def _weigh(road, weights, seen, work):
    """Load and saturation flow per movement: the flow of a shared lane is shared out by turning shares.

    Shares are counted where vehicles leave. A movement that is not served is not counted, so half of
    a lane is shared out evenly: what stands in a shared lane stands there for somebody.
    """
    for m in range(len(work.load)):
        work.load[m] = work.flow[m] = 0.0
    for lane in range(len(road.lane_link)):
        first, end = weights.lane_movement[lane], weights.lane_movement[lane + 1]
        if not road.lane_seen[lane] or first == end:
            continue
        total = 0.0
        for k in range(first, end):
            total += _part(road, seen, weights.lane_movement_id[k])
        standing = seen.lane_queue[lane]
        vehicles = standing + weights.running_weight * max(0.0, seen.lane_near[lane] - standing)
        for k in range(first, end):
            m = weights.lane_movement_id[k]
            share = EVENLY / (end - first) + (1.0 - EVENLY) * _part(road, seen, m) / total
            work.flow[m] += share * weights.movement_flow[m]
            work.load[m] += share * weights.movement_flow[m] * vehicles
    for m in range(len(work.load)):
        if work.flow[m] > 0.0:
            work.load[m] /= work.flow[m]
    for link in range(len(road.link_seen)):
        work.behind[link] = 0.0
        for m in range(road.link_movement[link], road.link_movement[link + 1]):
            work.behind[link] += seen.movement_share[m] * work.load[m]
    if weights.capacity_aware:
        fill_room(road, seen, work.room)
        for m in range(len(work.flow)):
            work.flow[m] *= work.room[road.movement_to[m]]


@njit(forceinline=True)
def _part(road, seen, m):
    """A movement's share of each of its lanes, not yet scaled."""
    return seen.movement_share[m] / (road.movement_lane[m + 1] - road.movement_lane[m])
