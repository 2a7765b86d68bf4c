"""Rollout: every few seconds each junction tries its stages in this project's own engine, from estimates.

A rollout improves a base policy by simulation (Bertsekas, Tsitsiklis & Wu 1997, Rollout algorithms for
combinatorial optimization): each stage is tried as the next one, all that follows is done by the base
policy, here max-pressure, and the stage of least cost is asked for. The cost is what stands on the links
to and from the junction, over time; a second costs more on a lane that has waited for long, so that
nobody is left standing for the sake of many.

The engine begins with what the cameras let one think (``engine.given``): queues and the forecast's
arrivals placed as vehicles, ways drawn by the counted turning shares; never with the truth. Junctions
that are no neighbours share no link, so they try their stages at the same time: a decision of all
junctions takes (number of colours of the junctions' graph) x (stages of the largest) short simulations
of the network, and so a junction costs the same in a large network as in a small one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.engine.given import Belief, GivenEngine
from signalsim.engine.jit import njit
from signalsim.engine.random import stream_key
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.sensing.approaches import Approaches
from signalsim.sensing.observation import Observation

from .base import Request, make_request
from .forecast import forecast, look_ahead, remember
from .lookup import check_range
from .max_pressure import MaxPressure
from .seeing import SeeingPolicy

NOBODY = np.zeros(0, np.int32)
DEARER_S = 120.0  # a lane that has waited for so long weighs twice, one of twice that three times


@dataclass(frozen=True)
class Rollout:
    """Tries every stage by simulation over ``horizon_s``, max-pressure following; every ``interval_s``.

    ``terminal_s``: what a vehicle costs that stands at the horizon; ``samples``: how often what the cameras
    leave open is drawn.
    """

    interval_s: float = 5.0
    horizon_s: float = 30.0
    terminal_s: float = 5.0
    samples: int = 4

    def __post_init__(self) -> None:
        check_range(self, interval_s=(1.0, 60.0), horizon_s=(self.interval_s, 600.0))
        check_range(self, terminal_s=(0.0, 600.0), samples=(1, 1000))

    def prepare(self, built: Any) -> "RolloutPolicy":
        """The rule on a network."""
        return RolloutPolicy(self, built)


class RolloutPolicy(SeeingPolicy):
    """All junctions that are due, colour by colour."""

    def __init__(self, rule: Rollout, built: Any) -> None:
        super().__init__(built)
        tables = built.tables
        self.rule = rule
        self.interval_ms = round(rule.interval_s * 1000)
        self.n_steps = max(1, round(rule.horizon_s / rule.interval_s))
        self.n_stages = np.diff(self.layout.first_stage)
        self.ahead = forecast(self.road, tables, rule.interval_s, self.n_steps)
        self.base = MaxPressure(interval_s=rule.interval_s).prepare(built)
        self.ends, self.begins = link_junctions(tables, self.road)
        self.colour = colours(self.ends, self.begins, len(self.n_stages))
        self.engine = GivenEngine(tables)
        n_lanes = len(self.road.lane_link)
        self._moved_ms, self._counted, self._weight = np.zeros(n_lanes), np.zeros(n_lanes), np.ones(n_lanes)
        self._coming_ms = np.zeros(len(self.n_stages), np.int64)
        self._asked, self._tried = make_request(len(self.n_stages)), make_request(len(self.n_stages))

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask each due junction for the stage that did best."""
        seeing = self.fallback.take(observation, due, request)
        self.base.press(observation, NOBODY, self._asked)  # its kernels are loaded with ours
        look(self.road, self.ahead, observation, len(seeing) > 0)
        if len(seeing) == 0:
            return
        self._weigh(observation)
        request.next_decision_ms[seeing] = (observation.now_ms // self.interval_ms + 1) * self.interval_ms
        request.switch_at_ms[seeing] = observation.now_ms
        everybody = np.arange(len(self.n_stages), dtype=np.int32)
        self.base.press(observation, everybody, self._asked)
        request.stage[seeing] = self._asked.stage[seeing]
        open_ = seeing[(observation.stage[seeing] >= 0) & (self.n_stages[seeing] > 1)]
        if len(open_):
            self._try_all(observation, open_, request)
        self.walkers.serve(observation, seeing, request)
        changes = seeing[(request.stage[seeing] >= 0) & (request.stage[seeing] != observation.stage[seeing])]
        self._coming_ms[changes] = observation.now_ms + self._change_ms(observation, request, changes)

    def _try_all(self, observation: Observation, open_: np.ndarray, request: Request) -> None:
        """The best stage of the junctions in ``open_``, colour by colour."""
        starts = [self.engine.begin(self._belief(observation, k)) for k in range(self.rule.samples)]
        for colour in range(int(self.colour.max(initial=-1)) + 1):
            mine = open_[self.colour[open_] == colour]
            if len(mine):
                request.stage[mine] = self._asked.stage[mine] = self._best(observation, starts, mine)

    def _weigh(self, seen: Observation) -> None:
        """How much a vehicle of each lane counts: by the time since one left it or none stood there."""
        moved = (seen.lane_queue < 1.0) | (seen.lane_count > self._counted)
        self._moved_ms[moved] = seen.now_ms
        self._counted[:] = seen.lane_count
        self._weight[:] = 1.0 + (seen.now_ms - self._moved_ms) / (1000.0 * DEARER_S)

    def _best(self, seen: Observation, starts: Any, mine: np.ndarray) -> np.ndarray:
        """(len(mine),) int32: the stage of least cost of each; what the base asks for if others are equal."""
        wished = self._asked.stage[mine].copy()
        best, lowest = wished.copy(), np.full(len(mine), np.inf)
        for turn in range(int(self.n_stages[mine].max())):
            stage = ((wished + turn) % self.n_stages[mine]).astype(np.int32)
            cost = sum(self._try(seen, start, mine, stage)[mine] for start in starts)
            is_better = (cost < lowest) & (turn < self.n_stages[mine])
            best[is_better], lowest[is_better] = stage[is_better], cost[is_better]
        return best

    def _try(self, seen: Observation, start: Any, mine: np.ndarray, stage: np.ndarray) -> np.ndarray:
        """(n_junctions,) float64 vehicle-seconds if junctions ``mine`` go on with ``stage``."""
        engine, asked = self.engine, self._tried
        engine.go_back(start)
        asked.stage[:], asked.switch_at_ms[:] = self._asked.stage, seen.now_ms
        asked.stage[mine] = stage
        cost, everybody = np.zeros(len(self.n_stages)), np.arange(len(self.n_stages), dtype=np.int32)
        for k in range(1, self.n_steps + 1):
            engine.request(asked.stage, asked.switch_at_ms)
            engine.advance(seen.now_ms + k * self.interval_ms)
            sight = engine.observe()
            weight = self.rule.interval_s + (self.rule.terminal_s if k == self.n_steps else 0.0)
            cost += weight * self._standing(sight.lane_queue)
            if k < self.n_steps:
                self.base.press(as_seen(self.road, seen, sight), everybody, asked)
        return cost

    def _standing(self, queue: np.ndarray) -> np.ndarray:
        """(n_junctions,) float64, weighed vehicles that stand on the links to and from each."""
        on_link = np.bincount(self.road.lane_link, queue * self._weight, len(self.ends))
        n = len(self.n_stages)
        total = np.zeros(n)
        for side in (self.ends, self.begins):
            total += np.bincount(side[side >= 0], on_link[side >= 0], n)
        return total

    def _belief(self, seen: Observation, sample: int) -> Belief:
        """What is known, as the engine takes it."""
        return Belief(
            now_ms=int(seen.now_ms),
            key=stream_key(int(seen.now_ms), "rollout", sample),
            standing=self.ahead.standing,
            arrive=self.ahead.arrive,
            step_ms=self.interval_ms,
            movement_share=seen.movement_share,
            link_movement=self.road.link_movement,
            stage=seen.stage,
            next_stage=seen.next_stage,
            since_ms=np.where(seen.stage >= 0, seen.stage_since_ms, self._coming_ms),
        )

    def _change_ms(self, seen: Observation, request: Request, rows: np.ndarray) -> np.ndarray:
        """How long the changes take that are asked for at junctions ``rows``, which may be changing."""
        before = np.where(seen.stage[rows] >= 0, seen.stage[rows], seen.next_stage[rows])
        at = self.layout.change_start[rows] + before * self.n_stages[rows] + request.stage[rows]
        return self.layout.change_ms[at]


@njit
def look(road, ahead, seen, is_due):
    """The forecast of all lanes at a stop line; announced links without those who are not on them yet, whom
    the simulation brings."""
    if not is_due:
        return
    remember(road, ahead, seen)
    for lane in range(len(road.lane_link)):
        if ahead.at_line[lane]:
            look_ahead(road, ahead, seen, lane, 0.0, 0.0)
            link = road.lane_link[lane]
            if road.link_announced[link]:
                first = np.int64(np.ceil(road.link_travel_s[link] / ahead.step_s))
                for k in range(first, ahead.arrive.shape[1]):
                    ahead.arrive[lane, k] = 0.0


def as_seen(road: Approaches, seen: Observation, sight: Any) -> Observation:
    """What perfect cameras would show of the simulation; shares and rates are those observed."""
    near = np.where(road.lane_seen, sight.lane_advance - sight.lane_out, sight.lane_vehicles)
    return seen._replace(
        now_ms=sight.now_ms,
        lane_near=near.astype(np.float64),
        lane_vehicles=sight.lane_vehicles.astype(np.float64),
        lane_queue=sight.lane_queue.astype(np.float64),
        lane_valid=np.ones(len(near), bool),
        stage=sight.stage,
        next_stage=sight.next_stage,
        stage_since_ms=sight.stage_since_ms,
        earliest_switch_ms=sight.earliest_switch_ms,
    )


def link_junctions(tables: Tables, road: Approaches) -> tuple[np.ndarray, np.ndarray]:
    """(n_links,) int32 each: the junction at a link's end and at its beginning, -1: no signals there."""
    group = tables.movement["group"]
    ends = np.full(len(road.link_seen), -1, np.int32)
    has_group = group != NO_GROUP
    ends[road.movement_from[has_group]] = tables.signals.group["junction"][group[has_group]]
    begins = np.full(len(ends), -1, np.int32)
    begins[road.movement_to] = ends[road.movement_from]
    return ends, begins


def colours(ends: np.ndarray, begins: np.ndarray, n_junctions: int) -> np.ndarray:
    """(n_junctions,) int32: neighbours differ; each in turn takes the first colour that is free."""
    near: list[set[int]] = [set() for _ in range(n_junctions)]
    for a, b in zip(begins.tolist(), ends.tolist(), strict=True):
        if a >= 0 and b >= 0 and a != b:
            near[a].add(b)
            near[b].add(a)
    colour = np.full(n_junctions, -1, np.int32)
    for j in range(n_junctions):
        taken = {int(colour[other]) for other in near[j]}
        colour[j] = next(c for c in range(n_junctions) if c not in taken)
    return colour
