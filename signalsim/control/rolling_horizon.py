"""Rolling horizon: every few seconds each junction searches the stage sequences of the next minute.

After the ideas of PRODYN (Henry, Farges & Tuffal 1983) and OPAC (Gartner 1983): arrivals are known
some way ahead, so the sequence of least waiting can be searched for; only its beginning is carried
out, then the search starts anew. Here the future is the forecast (``forecast``) from cameras at the
junction and upstream, and what neighbours say that they will let go (``announced``); what happened since
the cameras looked is made up for (``meanwhile``). Queues are points at the stop line, turners find gaps
(``giving_way``), the search is a beam (``beam``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signalsim.engine.jit import njit
from signalsim.sensing.observation import Observation

from .announced import announced, begin_plan, let_go
from .base import Request
from .beam import Rule, beam, begin, lay_out, play, search
from .forecast import forecast, remember
from .giving_way import find_turners
from .lookup import check_range
from .meanwhile import greens, look_at_lanes, slow_stuck, watch_greens
from .seeing import ServingPolicy
from .service import fill_rates, fill_room


@dataclass(frozen=True)
class RollingHorizon:
    """Beam search over ``horizon_s`` in steps of ``interval_s``, which is also how often it decides.

    ``terminal_s``: what a vehicle costs that stands before a red light at the horizon.
    """

    interval_s: float = 2.0
    horizon_s: float = 60.0
    width: int = 16
    terminal_s: float = 20.0

    def __post_init__(self) -> None:
        check_range(self, interval_s=(1.0, 60.0), horizon_s=(self.interval_s, 600.0))
        check_range(self, width=(1, 1000), terminal_s=(0.0, 600.0))

    def prepare(self, built: Any) -> "RollingHorizonPolicy":
        """The rule on a network."""
        return RollingHorizonPolicy(self, built)


class RollingHorizonPolicy(ServingPolicy):
    """All junctions in one compiled call."""

    def __init__(self, rule: RollingHorizon, built: Any) -> None:
        super().__init__(built)
        n_steps = max(1, round(rule.horizon_s / rule.interval_s))
        self.rule = Rule(float(rule.interval_s), n_steps, int(rule.width), float(rule.terminal_s))
        self.ahead = forecast(self.road, built.tables, self.rule.step_s, n_steps)
        self.beam = beam(self.rule, *self.largest())
        self.said = announced(built.tables, self.road, self.layout, n_steps)
        self.past = greens(len(self.layout.first_stage) - 1, len(self.road.lane_link))

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Ask each due junction for the first stage of its best sequence."""
        seeing = self.fallback.take(observation, due, request)
        net = (self.road, self.layout, self.service, self.stages)
        work = (self.ahead, self.said, self.past, self.beam, self.room)
        decide(net, self.rule, work, observation, seeing, request)
        self.walkers.serve(observation, seeing, request)


@njit
def decide(net, rule, work, seen, due, request):
    """Fill the request of the junctions in ``due``; ``work`` is (ahead, said, past, beam, room)."""
    road, layout, service, stages = net
    ahead, said, past, beam, room = work
    if len(due) == 0:
        return
    remember(road, ahead, seen)
    fill_room(road, seen, room)
    interval = np.int64(rule.step_s * 1000.0)
    for j in due:
        request.next_decision_ms[j] = (seen.now_ms // interval + 1) * interval
        request.stage[j] = -1
        now = seen.stage[j]
        if now < 0:
            continue
        fill_rates(road, layout, service, stages, seen, room, j, beam.rate)
        find_turners(road, layout, service, stages, seen, beam.turners, j)
        watch_greens(layout, past, seen, j)
        slow_stuck(service, past, seen, j, beam.rate)
        look_at_lanes(road, service, ahead, said, past, beam.rate, seen, j)
        age_s = (seen.now_ms - seen.stage_since_ms[j]) / 1000.0
        free_s = max(0.0, (seen.earliest_switch_ms[j] - seen.now_ms) / 1000.0)
        lead_s = 0.0
        if age_s >= layout.stage_min_green_ms[layout.first_stage[j] + now] / 1000.0:
            free_s, lead_s = 0.0, free_s  # what is left is a walk, which goes on until a change is asked for
        lay_out(layout, service, ahead, beam, j)
        begin(beam, now, age_s, free_s, lead_s)
        request.stage[j] = search(rule, layout, beam, j)
        request.switch_at_ms[j] = seen.now_ms
        lay_out(layout, service, ahead, beam, j)
        begin(beam, now, age_s, free_s, lead_s)
        announce(rule, road, layout, service, beam, said, seen, j)


@njit
def announce(rule, road, layout, service, beam, said, seen, j):
    """Say who will leave junction ``j`` by its best sequence, which row 0 of the beam is about to begin."""
    begin_plan(road, said, seen, rule.step_s, j)
    for k in range(rule.n_steps):
        play(rule, layout, beam, j, k)
        now, to = k % 2, (k + 1) % 2
        for i in range(beam.size[0]):
            left = beam.queue[now, 0, i] + beam.arrive[k, i] - beam.queue[to, 0, i]
            if left > 0.0:
                let_go(road, service, said, seen, service.lane[service.first_lane[j] + i], k, left)
