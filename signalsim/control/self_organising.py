"""Self-organising: serve the stage with most vehicles per second of commitment, but nobody too late.

After Lämmer & Helbing (2008), Self-control of traffic lights and vehicle flows in urban road networks
(J. Stat. Mech. P04019). Two rules:

- Optimising (their eq. 10): a stage's index is the number of vehicles that it would serve, divided by
  the time that they take, the change to it and the start-up loss included. Who arrives while it serves
  counts as well; the green is chosen, in steps, that makes the index largest. The stage in force has
  no change before it, but leaving it costs one later: others are charged ``penalty_s``.
- Stabilising (after their eq. 13): a lane is due once more vehicles wait for it than are tolerable
  after its red time: its arrivals in ``mean_red_s`` after a red of that length, then ever fewer, none
  after ``max_red_s``.
  The lane that is due and has been red for longest gets its stage until it is empty, or until its
  green has lasted ``max_green_s``.

Here stages serve several lanes at once, and arrivals are those of the forecast (``forecast``).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation

from .base import Request
from .forecast import forecast, look_ahead, remember
from .lookup import check_range
from .seeing import ServingPolicy
from .service import fill_rates, fill_room

HORIZON_S = 60.0  # no commitment is longer
EMPTY = 0.5  # vehicles: a queue below this is none


@dataclass(frozen=True)
class SelfOrganising:
    """Most vehicles per second of commitment; red times bounded. Decides every ``interval_s``."""

    interval_s: float = 5.0
    penalty_s: float = 5.0
    mean_red_s: float = 120.0
    max_red_s: float = 240.0
    max_green_s: float = 30.0

    def __post_init__(self) -> None:
        check_range(self, interval_s=(1.0, 60.0), penalty_s=(0.0, 60.0), mean_red_s=(1.0, 600.0))
        check_range(self, max_red_s=(self.mean_red_s + 1.0, 1200.0), max_green_s=(1.0, 600.0))

    def prepare(self, built: Any) -> "SelfOrganisingPolicy":
        """The rule on a network."""
        return SelfOrganisingPolicy(self, built)


class Rule(NamedTuple):
    """The rule's parameters as the kernel takes them."""

    step_s: float
    penalty_s: float
    mean_red_s: float
    max_red_s: float
    max_green_s: float


class Memory(NamedTuple):
    """What the rule remembers, and scratch."""

    red_ms: np.ndarray  # (n_lanes,) int64, since when the lane is red; its latest look while it is green
    urgent: np.ndarray  # (n_junctions,) int32, lane that is being served because it was due, -1: none
    rate: np.ndarray  # (max stages, max lanes) float64, see ``service.fill_rates``
    room: np.ndarray  # (n_links,) float64


class SelfOrganisingPolicy(ServingPolicy):
    """All junctions in one compiled call."""

    def __init__(self, rule: SelfOrganising, built: Any) -> None:
        super().__init__(built)
        times = (rule.interval_s, rule.penalty_s, rule.mean_red_s, rule.max_red_s, rule.max_green_s)
        self.rule = Rule(*map(float, times))
        n_steps = max(1, round(HORIZON_S / rule.interval_s))
        self.ahead = forecast(self.road, built.tables, self.rule.step_s, n_steps)
        self.memory = Memory(
            np.zeros(len(self.road.lane_link), np.int64),
            np.full(len(self.layout.first_stage) - 1, -1, np.int32),
            np.zeros(self.largest()),
            self.room,
        )

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask each due junction for its stage of highest index, or for the one that is due."""
        seeing = self.fallback.take(observation, due, request)
        net = (self.road, self.layout, self.service, self.stages)
        decide(net, self.rule, (self.ahead, self.memory), observation, seeing, request)
        self.walkers.serve(observation, seeing, request)


@njit
def decide(net, rule, work, seen, due, request):
    """Fill the request of the junctions in ``due``; ``work`` is (ahead, memory)."""
    road, layout, service, stages = net
    ahead, memory = work
    if len(due) == 0:
        return
    remember(road, ahead, seen)
    fill_room(road, seen, memory.room)
    interval = np.int64(rule.step_s * 1000.0)
    for j in due:
        request.next_decision_ms[j] = (seen.now_ms // interval + 1) * interval
        request.stage[j] = -1
        now = seen.stage[j]
        if now < 0:
            continue
        for k in range(service.first_lane[j], service.first_lane[j + 1]):
            look_ahead(road, ahead, seen, service.lane[k], 0.0, 0.0)
        fill_rates(road, layout, service, stages, seen, memory.room, j, memory.rate)
        stage = _stabilise(layout, service, rule, ahead, memory, seen, j, now)
        if stage < 0:
            stage = _optimise(layout, service, rule, ahead, memory, seen, j, now)
        request.stage[j] = stage
        request.switch_at_ms[j] = seen.now_ms


@njit
def _optimise(layout, service, rule, ahead, memory, seen, j, now):
    """The stage of the highest index; the one in force if others are only equal."""
    best, highest = now, _index(layout, service, rule, ahead, memory, seen, j, now, now)
    for s in range(layout.first_stage[j + 1] - layout.first_stage[j]):
        if s != now:
            index = _index(layout, service, rule, ahead, memory, seen, j, now, s)
            if index > highest:
                best, highest = s, index
    return best


@njit
def _index(layout, service, rule, ahead, memory, seen, j, now, s):
    """Vehicles per second of commitment to stage ``s``, with the green that makes it largest."""
    first = layout.first_stage[j]
    n = layout.first_stage[j + 1] - first
    change, least, age = 0.0, rule.step_s, 0.0
    if s == now:
        age = (seen.now_ms - seen.stage_since_ms[j]) / 1000.0
        least = max(least, (seen.earliest_switch_ms[j] - seen.now_ms) / 1000.0)
    else:
        change = layout.change_ms[layout.change_start[j] + now * n + s] / 1000.0
        least = max(least, layout.stage_min_green_ms[first + s] / 1000.0)
    highest, n_steps = 0.0, ahead.arrive.shape[1]
    for k in range(1, n_steps + 1):
        ends = k * rule.step_s
        if ends - change < least and k < n_steps:
            continue
        served = 0.0
        for i in range(service.first_lane[j + 1] - service.first_lane[j]):
            if memory.rate[s, i] > 0.0:
                served += _served(service, rule, ahead, memory, j, i, now, s, change, age, k)
        commitment = ends + (rule.penalty_s if s != now else 0.0)
        highest = max(highest, served / commitment)
    return highest


@njit(forceinline=True)
def _served(service, rule, ahead, memory, j, i, now, s, change, age, n_steps):
    """Vehicles that local lane ``i`` discharges in the first ``n_steps`` steps if ``s`` comes next."""
    lane = service.lane[service.first_lane[j] + i]
    opens = change + service.loss_s[lane]
    if memory.rate[now, i] > 0.0:  # is green already and stays so
        opens = service.loss_s[lane] - age if s == now else 0.0
    there, served = ahead.standing[lane], 0.0
    for k in range(n_steps):
        begins = k * rule.step_s
        there += ahead.arrive[lane, k]
        green = max(0.0, begins + rule.step_s - max(begins, opens))
        out = min(there, memory.rate[s, i] * green)
        there -= out
        served += out
    return served


@njit
def _stabilise(layout, service, rule, ahead, memory, seen, j, now):
    """The stage that the stabilising rule demands, -1 if none."""
    longest, due = np.int64(0), -1
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        if memory.rate[now, i] > 0.0:
            memory.red_ms[lane] = seen.now_ms
        red = seen.now_ms - memory.red_ms[lane]
        if red > longest and _is_due(rule, ahead, seen, lane, red / 1000.0):
            longest, due = red, i
    if memory.urgent[j] >= 0 and not _is_over(service, rule, ahead, memory, seen, j, now):
        due = memory.urgent[j]
    memory.urgent[j] = due
    if due < 0:
        return -1
    if memory.rate[now, due] > 0.0:
        return now
    best, most = -1, 0.0
    for s in range(layout.first_stage[j + 1] - layout.first_stage[j]):
        if memory.rate[s, due] > 0.0:
            index = _index(layout, service, rule, ahead, memory, seen, j, now, s) + 1e-9
            if index > most:
                best, most = s, index
    if best < 0:
        memory.urgent[j] = -1  # no room behind the junction: nothing serves it now
    return best


@njit(forceinline=True)
def _is_due(rule, ahead, seen, lane, red_s):
    """Whether more wait than is tolerable after such a red time."""
    if red_s < rule.mean_red_s:
        return False
    waiting = ahead.standing[lane] + ahead.arrive[lane, 0]
    spare = max(0.0, rule.max_red_s - red_s) / (rule.max_red_s - rule.mean_red_s)
    return waiting > max(EMPTY, seen.lane_arrival_rate[lane] * rule.mean_red_s * spare)


@njit(forceinline=True)
def _is_over(service, rule, ahead, memory, seen, j, now):
    """Whether the lane that was due has had what it was due for."""
    i = memory.urgent[j]
    if memory.rate[now, i] <= 0.0:
        return False
    lane = service.lane[service.first_lane[j] + i]
    age_s = (seen.now_ms - seen.stage_since_ms[j]) / 1000.0
    return ahead.standing[lane] < EMPTY or age_s >= rule.max_green_s
