"""Beam search over the stage sequences of one junction, on a point queue per lane.

Time goes in steps. At each step a sequence stays or, once the minimum green is over, changes to any
other stage. A lane is served from the start of its green and the start-up loss on, at the rate that
the stage draws from it; one that is green before and after a change is served all through it. A step
costs the vehicle-seconds of its mean queue. Of the sequences that are in one stage since one step
only the best goes on, of these the ``width`` best. What is left at the horizon costs the time to
serve it, and ``terminal_s`` for each vehicle whose lane is red then.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit

CLOSED = 1e9  # s: the lane is not served


class Rule(NamedTuple):
    """The rule's parameters as the kernel takes them."""

    step_s: float
    n_steps: int
    width: int
    terminal_s: float


class Beam(NamedTuple):
    """Scratch: sequences kept (first axis: of this step and of the next), and how each may go on."""

    rate: np.ndarray  # (max stages, max lanes) float64, veh/s of green, see ``service.fill_rates``
    queue: np.ndarray  # (2, width, max lanes) float64
    opens_s: np.ndarray  # (2, width, max lanes) float64, when the lane discharges; CLOSED: it is red
    cost: np.ndarray  # (2, width) float64, vehicle-seconds
    free_s: np.ndarray  # (2, width) float64, when the stage may end
    stage: np.ndarray  # (2, width) int32
    first: np.ndarray  # (2, width) int32, the stage that it begins with
    since: np.ndarray  # (2, width) int32, the step in which its stage began
    next_queue: np.ndarray  # (max lanes,) float64
    best: np.ndarray  # (max stages, n_steps + 2) float64, rank of the best for (stage, since)
    parent: np.ndarray  # (max stages, n_steps + 2) int32


def beam(rule: Rule, max_stages: int, max_lanes: int) -> Beam:
    """Scratch for junctions up to that size."""
    kept, keys = (2, rule.width), (max_stages, rule.n_steps + 2)
    lanes = (2, rule.width, max_lanes)
    return Beam(
        rate=np.zeros((max_stages, max_lanes)),
        queue=np.zeros(lanes),
        opens_s=np.zeros(lanes),
        cost=np.zeros(kept),
        free_s=np.zeros(kept),
        stage=np.zeros(kept, np.int32),
        first=np.zeros(kept, np.int32),
        since=np.zeros(kept, np.int32),
        next_queue=np.zeros(max_lanes),
        best=np.zeros(keys),
        parent=np.zeros(keys, np.int32),
    )


@njit
def search(rule, layout, service, ahead, beam, j):
    """The stage to begin with; row 0 of the beam holds the present (``begin``)."""
    n_kept, now = 1, 0
    for k in range(rule.n_steps):
        _go_on(rule, layout, service, ahead, beam, j, k, now, n_kept)
        n_kept = _keep_best(rule, layout, service, ahead, beam, j, k, now)
        now = 1 - now
    best = 0
    for w in range(1, n_kept):
        if _rank(rule, service, beam, j, now, w) < _rank(rule, service, beam, j, now, best):
            best = w
    return beam.first[now, best]


@njit
def begin(service, ahead, beam, j, stage, age_s, free_s):
    """The present: ``stage`` in force for ``age_s``, to end in ``free_s`` at the soonest."""
    beam.cost[0, 0], beam.free_s[0, 0] = 0.0, free_s
    beam.stage[0, 0], beam.first[0, 0], beam.since[0, 0] = stage, -1, 0
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        beam.queue[0, 0, i] = ahead.standing[lane]
        is_open = beam.rate[stage, i] > 0.0
        beam.opens_s[0, 0, i] = service.loss_s[lane] - age_s if is_open else CLOSED


@njit
def _go_on(rule, layout, service, ahead, beam, j, k, now, n_kept):
    """Rank every way to go on, the best of each (stage, step in which it began)."""
    n = layout.first_stage[j + 1] - layout.first_stage[j]
    for s in range(n):
        for since in range(k + 2):
            beam.best[s, since] = np.inf
    for w in range(n_kept):
        for s in range(n):
            stays = s == beam.stage[now, w]
            if not stays and beam.free_s[now, w] > k * rule.step_s:
                continue
            cost = _step(rule, layout, service, ahead, beam, j, k, now, w, s)
            rank = beam.cost[now, w] + cost + _leftover(rule, service, beam, beam.next_queue, j, s)
            since = beam.since[now, w] if stays else k + 1
            if rank < beam.best[s, since]:
                beam.best[s, since], beam.parent[s, since] = rank, w


@njit
def _keep_best(rule, layout, service, ahead, beam, j, k, now):
    """The best ways to go on become the sequences of the next step. How many there are."""
    n, to, kept = layout.first_stage[j + 1] - layout.first_stage[j], 1 - now, 0
    while kept < rule.width:
        s_best, since_best, rank = -1, -1, np.inf
        for s in range(n):
            for since in range(k + 2):
                if beam.best[s, since] < rank:
                    s_best, since_best, rank = s, since, beam.best[s, since]
        if s_best < 0:
            break
        w = beam.parent[s_best, since_best]
        beam.best[s_best, since_best] = np.inf
        beam.cost[to, kept] = beam.cost[now, w] + _step(
            rule, layout, service, ahead, beam, j, k, now, w, s_best
        )
        _put(rule, layout, service, beam, j, k, now, w, s_best, kept)
        beam.since[to, kept] = since_best
        kept += 1
    return kept


@njit
def _put(rule, layout, service, beam, j, k, now, w, s, kept):
    """Write a sequence that goes on with stage ``s`` after a step into row ``kept`` of the next step."""
    to, old = 1 - now, beam.stage[now, w]
    first = layout.first_stage[j]
    n = layout.first_stage[j + 1] - first
    change = layout.change_ms[layout.change_start[j] + old * n + s] / 1000.0 if s != old else 0.0
    starts = k * rule.step_s + change
    beam.free_s[to, kept] = beam.free_s[now, w]
    if s != old:
        beam.free_s[to, kept] = starts + layout.stage_min_green_ms[first + s] / 1000.0
    beam.stage[to, kept] = s
    beam.first[to, kept] = s if k == 0 else beam.first[now, w]
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        beam.queue[to, kept, i] = beam.next_queue[i]
        beam.opens_s[to, kept, i] = _opens(service, beam, j, i, now, w, s, starts)


@njit(forceinline=True)
def _opens(service, beam, j, i, now, w, s, starts):
    """When local lane ``i`` discharges if sequence ``w`` goes on with stage ``s`` green at ``starts``."""
    if beam.rate[s, i] <= 0.0:
        return CLOSED
    if beam.opens_s[now, w, i] < CLOSED:
        return beam.opens_s[now, w, i]
    return starts + service.loss_s[service.lane[service.first_lane[j] + i]]


@njit(forceinline=True)
def _step(rule, layout, service, ahead, beam, j, k, now, w, s):
    """Vehicle-seconds of one step in which sequence ``w`` goes on with ``s``; queues into ``next_queue``."""
    begins, ends, old = k * rule.step_s, (k + 1) * rule.step_s, beam.stage[now, w]
    starts, total = begins, 0.0
    if s != old:
        n = layout.first_stage[j + 1] - layout.first_stage[j]
        starts += layout.change_ms[layout.change_start[j] + old * n + s] / 1000.0
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        opens = _opens(service, beam, j, i, now, w, s, starts)
        if opens < CLOSED:
            served = beam.rate[s, i] * max(0.0, ends - max(opens, begins))
        else:
            served = 0.0
            if beam.opens_s[now, w, i] < begins:  # yellow
                served = beam.rate[old, i] * min(service.gain_s[lane], rule.step_s)
        before = beam.queue[now, w, i]
        after = max(0.0, before + ahead.arrive[lane, k] - served)
        beam.next_queue[i] = after
        total += 0.5 * (before + after) * rule.step_s
    return total


@njit(forceinline=True)
def _leftover(rule, service, beam, queue, j, s):
    """What vehicles that stand will still cost, stage ``s`` being green."""
    total = 0.0
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        wait = 0.5 * queue[i] * service.headway_s[lane]
        if beam.rate[s, i] <= 0.0:
            wait += rule.terminal_s
        total += queue[i] * wait
    return total


@njit
def _rank(rule, service, beam, j, now, w):
    return beam.cost[now, w] + _leftover(rule, service, beam, beam.queue[now, w], j, beam.stage[now, w])
