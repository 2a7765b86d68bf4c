"""Beam search over the stage sequences of one junction, on a point queue per lane.

Time goes in steps. At each step a sequence stays or, once the minimum green is over, changes to any
other stage. A lane is served from the start of its green and the start-up loss on, at the rate that
the stage draws from it, less what giving way costs (``giving_way``); one that is green before and
after a change is served all through it. A step costs the vehicle-seconds of its mean queue. Of the
sequences that are in one stage since one step only the best goes on, of these the ``width`` best. What
is left at the horizon costs the time to serve it, and ``terminal_s`` for each vehicle whose lane is
red then.

Everything is by local lane and local stage of the one junction, copied together (``lay_out``): a
sequence that goes on in ``n`` ways reckons once what its lanes come to at red, and per way only those
that are green.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit

from .giving_way import Turners, slowed, turners

CLOSED = 1e9  # s: the lane is not served


class Rule(NamedTuple):
    """The rule's parameters as the kernel takes them."""

    step_s: float
    n_steps: int
    width: int
    terminal_s: float


class Beam(NamedTuple):
    """Scratch: the junction, its sequences (first axis: of this step and of the next), ways to go on."""

    size: np.ndarray  # (2,) int64: lanes and stages of the junction
    loss_s: np.ndarray  # (max lanes,) float64, at the start of green
    gain_s: np.ndarray  # (max lanes,) of yellow that serves
    headway_s: np.ndarray  # (max lanes,)
    arrive: np.ndarray  # (n_steps, max lanes) vehicles
    rate: np.ndarray  # (max stages, max lanes) veh/s of green, see ``service.fill_rates``
    served: np.ndarray  # (max stages, max lanes) int32, the lanes that it serves
    n_served: np.ndarray  # (max stages,) int32
    turners: Turners  # who gives way in which stage
    queue: np.ndarray  # (2, width, max lanes) float64
    opens_s: np.ndarray  # (2, width, max lanes) float64, when the lane discharges; CLOSED: it is red
    cost: np.ndarray  # (2, width) float64, vehicle-seconds
    rank: np.ndarray  # (2, width) float64, cost and what is left
    free_s: np.ndarray  # (2, width) float64, when the stage may end
    lead_s: np.ndarray  # (2, width) float64, how long before its end it has to be asked for: a walk goes on
    stage: np.ndarray  # (2, width) int32
    first: np.ndarray  # (2, width) int32, the stage that it begins with
    at_red: np.ndarray  # (width, max lanes) float64, queue after this step if the lane is not served
    red_cost: np.ndarray  # (max lanes,) what that costs, of the sequence under way
    red_left: np.ndarray  # (max lanes,)
    # ways to go on: staying, by sequence; behind them the best change to each stage
    # how sequences came about, and the best of them
    parent: np.ndarray  # (n_steps, width) int32, the sequence that was gone on with
    went: np.ndarray  # (n_steps, width) int32, the stage
    path: np.ndarray  # (n_steps,) int32, stages of the best sequence
    way_rank: np.ndarray  # (width + max stages,) float64, inf: none
    way_cost: np.ndarray  # (width + max stages,) float64
    way_from: np.ndarray  # (width + max stages,) int32, the sequence
    way_stage: np.ndarray  # (width + max stages,) int32


def beam(rule: Rule, max_stages: int, max_lanes: int) -> Beam:
    """Scratch for junctions up to that size."""
    kept, lanes, ways = (2, rule.width), (2, rule.width, max_lanes), rule.width + max_stages
    return Beam(
        size=np.zeros(2, np.int64),
        loss_s=np.zeros(max_lanes),
        gain_s=np.zeros(max_lanes),
        headway_s=np.zeros(max_lanes),
        arrive=np.zeros((rule.n_steps, max_lanes)),
        rate=np.zeros((max_stages, max_lanes)),
        served=np.zeros((max_stages, max_lanes), np.int32),
        n_served=np.zeros(max_stages, np.int32),
        turners=turners(max_stages, max_lanes),
        queue=np.zeros(lanes),
        opens_s=np.zeros(lanes),
        cost=np.zeros(kept),
        rank=np.zeros(kept),
        free_s=np.zeros(kept),
        lead_s=np.zeros(kept),
        stage=np.zeros(kept, np.int32),
        first=np.zeros(kept, np.int32),
        at_red=np.zeros((rule.width, max_lanes)),
        red_cost=np.zeros(max_lanes),
        red_left=np.zeros(max_lanes),
        parent=np.zeros((rule.n_steps, rule.width), np.int32),
        went=np.zeros((rule.n_steps, rule.width), np.int32),
        path=np.zeros(rule.n_steps, np.int32),
        way_rank=np.zeros(ways),
        way_cost=np.zeros(ways),
        way_from=np.zeros(ways, np.int32),
        way_stage=np.zeros(ways, np.int32),
    )


@njit
def lay_out(layout, service, ahead, beam, j):
    """Copy junction ``j`` together; ``beam.rate`` is filled already."""
    first, n_lanes = service.first_lane[j], service.first_lane[j + 1] - service.first_lane[j]
    beam.size[0], beam.size[1] = n_lanes, layout.first_stage[j + 1] - layout.first_stage[j]
    for i in range(n_lanes):
        lane = service.lane[first + i]
        beam.loss_s[i], beam.gain_s[i] = service.loss_s[lane], service.gain_s[lane]
        beam.headway_s[i] = service.headway_s[lane]
        beam.queue[0, 0, i] = ahead.standing[lane]
        for k in range(len(beam.arrive)):
            beam.arrive[k, i] = ahead.arrive[lane, k]
    for s in range(beam.size[1]):
        n = 0
        for i in range(n_lanes):
            if beam.rate[s, i] > 0.0:
                beam.served[s, n] = i
                n += 1
        beam.n_served[s] = n


@njit
def begin(beam, stage, age_s, free_s, lead_s):
    """The present: ``stage`` in force for ``age_s``, to end in ``free_s`` at the soonest, and not before
    ``lead_s`` after it was asked to."""
    beam.cost[0, 0], beam.free_s[0, 0], beam.lead_s[0, 0] = 0.0, free_s, lead_s
    beam.stage[0, 0], beam.first[0, 0] = stage, -1
    for i in range(beam.size[0]):
        beam.opens_s[0, 0, i] = beam.loss_s[i] - age_s if beam.rate[stage, i] > 0.0 else CLOSED


@njit
def search(rule, layout, beam, j):
    """The stage to begin with; row 0 of the beam holds the present (``begin``)."""
    n_kept = 1
    for k in range(rule.n_steps):
        _find_ways(rule, layout, beam, j, k, n_kept)
        n_kept = _keep_best(rule, layout, beam, j, k)
    last, best = rule.n_steps % 2, 0
    for w in range(1, n_kept):
        if beam.rank[last, w] < beam.rank[last, best]:
            best = w
    first = beam.first[last, best]
    for k in range(rule.n_steps - 1, -1, -1):
        beam.path[k] = beam.went[k, best]
        best = beam.parent[k, best]
    return first


@njit
def play(rule, layout, beam, j, k):
    """Go on along the best sequence, in row 0, by step ``k`` (after ``lay_out`` and ``begin``)."""
    _close(rule, beam, k, 0)
    _go_on(rule, layout, beam, j, k, 0, beam.path[k], 0)


@njit(forceinline=True)
def _find_ways(rule, layout, beam, j, k, n_kept):
    """Rank every way to go on; of the changes to one stage the best."""
    beam.way_rank[:] = np.inf
    now = k % 2
    for w in range(n_kept):
        cost, left = _close(rule, beam, k, w)
        for s in range(beam.size[1]):
            stays = s == beam.stage[now, w]
            if not stays and beam.free_s[now, w] > k * rule.step_s:
                continue
            way = w if stays else rule.width + s
            starts = _starts(rule, layout, beam, j, k, w, s)
            own_cost, own_left = cost, left
            for n in range(beam.n_served[s]):
                i = beam.served[s, n]
                after, green_cost = _serve(rule, beam, k, w, s, i, starts)
                own_cost += green_cost - beam.red_cost[i]
                own_left += 0.5 * after * after * beam.headway_s[i] - beam.red_left[i]
            own_cost += beam.cost[now, w]
            if own_cost + own_left < beam.way_rank[way]:
                beam.way_rank[way], beam.way_cost[way] = own_cost + own_left, own_cost
                beam.way_from[way], beam.way_stage[way] = w, s


@njit(forceinline=True)
def _close(rule, beam, k, w):
    """What a step costs sequence ``w`` and what it leaves if no lane is served in it but for its yellow."""
    now, begins, cost, left = k % 2, k * rule.step_s, 0.0, 0.0
    old = beam.stage[now, w]
    for i in range(beam.size[0]):
        before, served = beam.queue[now, w, i], 0.0
        if beam.opens_s[now, w, i] < begins:
            served = beam.rate[old, i] * min(beam.gain_s[i], rule.step_s)
            served = max(served, beam.turners.share[old, i] * beam.turners.sneakers[i])
        after = max(0.0, before + beam.arrive[k, i] - served)
        beam.at_red[w, i] = after
        beam.red_cost[i] = 0.5 * (before + after) * rule.step_s
        beam.red_left[i] = after * (0.5 * after * beam.headway_s[i] + rule.terminal_s)
        cost += beam.red_cost[i]
        left += beam.red_left[i]
    return cost, left


@njit(forceinline=True)
def _starts(rule, layout, beam, j, k, w, s):
    """When stage ``s`` is green if sequence ``w`` goes on with it at step ``k``, s from now."""
    old, n, asked = beam.stage[k % 2, w], beam.size[1], k * rule.step_s
    if s == old:
        return asked
    change_ms = layout.change_ms[layout.change_start[j] + old * n + s]
    return asked + beam.lead_s[k % 2, w] + change_ms / 1000.0


@njit(forceinline=True)
def _opens(beam, k, w, i, starts):
    """When local lane ``i`` discharges if sequence ``w`` goes on with a stage that serves it from ``starts``
    on."""
    opens = beam.opens_s[k % 2, w, i]
    return opens if opens < CLOSED else starts + beam.loss_s[i]


@njit(forceinline=True)
def _serve(rule, beam, k, w, s, i, starts):
    """Queue of local lane ``i`` after a step in which stage ``s`` serves it, and what the step costs."""
    now, begins = k % 2, k * rule.step_s
    opens = _opens(beam, k, w, i, starts)
    green = max(0.0, begins + rule.step_s - max(opens, begins))
    if beam.turners.share[s, i] > 0.0 and green > 0.0:
        opposed = _opposed(rule, beam, k, w, s, i)
        green *= slowed(beam.turners, s, i, opposed, beam.headway_s[i])
    before = beam.queue[now, w, i]
    after = max(0.0, before + beam.arrive[k, i] - beam.rate[s, i] * green)
    return after, 0.5 * (before + after) * rule.step_s


@njit(forceinline=True)
def _opposed(rule, beam, k, w, s, i):
    """Of the streams with priority over local lane ``i``: the share of the step in which a queue of theirs
    discharges, and the vehicles per second that come to them."""
    busy, flow = 0.0, 0.0
    for n in range(beam.turners.n_foes[s, i]):
        foe = beam.turners.foe[s, i, n]
        there = beam.queue[k % 2, w, foe] + beam.arrive[k, foe]
        flow += beam.arrive[k, foe] / rule.step_s
        if there > 0.0 and beam.rate[s, foe] > 0.0:
            busy = max(busy, min(1.0, there / (beam.rate[s, foe] * rule.step_s)))
    return busy, flow


@njit(forceinline=True)
def _keep_best(rule, layout, beam, j, k):
    """The best ways to go on become the sequences of the next step. How many there are."""
    kept, to = 0, (k + 1) % 2
    while kept < rule.width:
        way, rank = -1, np.inf
        for other in range(rule.width + beam.size[1]):
            if beam.way_rank[other] < rank:
                way, rank = other, beam.way_rank[other]
        if way < 0:
            break
        beam.cost[to, kept], beam.rank[to, kept] = beam.way_cost[way], beam.way_rank[way]
        beam.way_rank[way] = np.inf
        _go_on(rule, layout, beam, j, k, beam.way_from[way], beam.way_stage[way], kept)
        kept += 1
    return kept


@njit(forceinline=True)
def _go_on(rule, layout, beam, j, k, w, s, kept):
    """Write sequence ``w``, gone on with stage ``s`` for a step, into row ``kept`` of the next step."""
    now, to = k % 2, (k + 1) % 2
    beam.parent[k, kept], beam.went[k, kept] = w, s
    starts = _starts(rule, layout, beam, j, k, w, s)
    beam.free_s[to, kept], beam.lead_s[to, kept] = beam.free_s[now, w], beam.lead_s[now, w]
    if s != beam.stage[now, w]:
        beam.lead_s[to, kept] = 0.0
        least = layout.stage_min_green_ms[layout.first_stage[j] + s] / 1000.0
        beam.free_s[to, kept] = starts + least
    beam.stage[to, kept] = s
    beam.first[to, kept] = s if k == 0 else beam.first[now, w]
    for i in range(beam.size[0]):
        beam.queue[to, kept, i] = beam.at_red[w, i]
        beam.opens_s[to, kept, i] = CLOSED
    for n in range(beam.n_served[s]):
        i = beam.served[s, n]
        beam.queue[to, kept, i] = _serve(rule, beam, k, w, s, i, starts)[0]
        beam.opens_s[to, kept, i] = _opens(beam, k, w, i, starts)
