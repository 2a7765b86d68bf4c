"""Outflow that neighbours announce: who will come onto a link by the plan of the junction where it begins.

A junction that has searched for its next stages plays the best sequence forward and says how many vehicles it
will let onto each link, step by step; the junction at the link's end takes that for the arrivals behind those
who are on the link already, in place of their mean rate. So the horizon reaches beyond the link, as in
Surtrac (Xie, Smith, Lu & Barlow 2012, Transportation Research Part C 24). Turns without a signal come at the
rate at which their lanes' vehicles do.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.sensing.approaches import Approaches

from .forecast import RATE_PRIOR
from .layout import Junctions

PAST = 8  # steps before the latest plan that are remembered: readings are as old as that at most


class Announced(NamedTuple):
    """Links that all come onto at one junction with signals, and what its plans say."""

    out: np.ndarray  # (n_junctions + 1,) int32: CSR of these links by the junction
    out_link: np.ndarray  # int32
    source: np.ndarray  # (n_links,) int32 junction, -1: another kind of link
    open: np.ndarray  # (n_movements,) bool: has no signal
    since_ms: np.ndarray  # (n_junctions,) int64, when its latest plan began, -1: none yet
    flow: np.ndarray  # (n_links, PAST + n_steps) float64, vehicles per step, the first PAST before the plan


def announced(tables: Tables, road: Approaches, layout: Junctions, n_steps: int) -> Announced:
    """Nobody has said anything yet."""
    n_links, n_junctions = len(road.link_seen), len(layout.first_stage) - 1
    group = tables.movement["group"]
    signalled = group != NO_GROUP
    junction_of = np.full(n_links, -1)
    junction_of[road.movement_from[signalled]] = tables.signals.group["junction"][group[signalled]]
    low, high = np.full(n_links, n_junctions), np.full(n_links, -1)
    np.minimum.at(low, road.movement_to, junction_of[road.movement_from])
    np.maximum.at(high, road.movement_to, junction_of[road.movement_from])
    source = np.where((low == high) & (low >= 0) & road.link_announced, high, -1)
    links = np.flatnonzero(source >= 0)
    links = links[np.argsort(source[links], kind="stable")]
    return Announced(
        out=np.searchsorted(source[links], np.arange(n_junctions + 1)).astype(np.int32),
        out_link=links.astype(np.int32),
        source=source.astype(np.int32),
        open=~signalled,
        since_ms=np.full(n_junctions, -1, np.int64),
        flow=np.zeros((n_links, PAST + n_steps)),
    )


@njit
def begin_plan(road, said, seen, step_s, j):
    """Junction ``j`` has a new plan: what it said of the time until now stays, the rest is empty but for
    turns without a signal."""
    steps = said.flow.shape[1]
    passed = steps
    if said.since_ms[j] >= 0:
        passed = min(steps, np.int64((seen.now_ms - said.since_ms[j]) / (1000.0 * step_s) + 0.5))
    said.since_ms[j] = seen.now_ms
    for at in range(said.out[j], said.out[j + 1]):
        link = said.out_link[at]
        always = 0.0
        for k in range(road.link_in[link], road.link_in[link + 1]):
            m = road.link_in_id[k]
            if said.open[m]:
                always += step_s * seen.movement_share[m] * _rate(road, seen, road.movement_from[m])
        for k in range(steps):
            said.flow[link, k] = said.flow[link, k + passed] if k < PAST and k + passed < steps else always


@njit(forceinline=True)
def _rate(road, seen, link):
    """Vehicles per second towards the end of a link."""
    total = 0.0
    for lane in range(road.link_lane[link], road.link_lane[link + 1]):
        total += seen.lane_arrival_rate[lane]
    return total


@njit
def let_go(road, service, said, seen, lane, k, vehicles):
    """By the plan so many vehicles of a lane leave in step ``k``, by their turning shares."""
    total = 0.0
    for at in range(service.movement[lane], service.movement[lane + 1]):
        total += _part(road, seen, service.movement_id[at])
    for at in range(service.movement[lane], service.movement[lane + 1]):
        m = service.movement_id[at]
        if total > 0.0:
            said.flow[road.movement_to[m], PAST + k] += vehicles * _part(road, seen, m) / total


@njit(forceinline=True)
def _part(road, seen, m):
    return seen.movement_share[m] / (road.movement_lane[m + 1] - road.movement_lane[m])


@njit
def hear(road, ahead, said, seen, lane, age_s):
    """Arrivals of a lane behind those who are on the link: as announced, in place of the mean rate that
    ``forecast.look_ahead`` has put there, as far as plans reach."""
    link = road.lane_link[lane]
    j = said.source[link]
    if j < 0 or said.since_ms[j] < 0:
        return
    step, travel, rate = ahead.step_s, road.link_travel_s[link], seen.lane_arrival_rate[lane]
    share = (rate + RATE_PRIOR) / ahead.spread[link]
    before = (seen.now_ms - said.since_ms[j]) / 1000.0 + PAST * step  # of now, on the plan's axis
    for k in range(ahead.arrive.shape[1]):
        end = (k + 1) * step - travel  # they enter before
        long = min(max(end + age_s, 0.0), step)
        vehicles, known = _between(said.flow[link], step, before + end - long, before + end)
        ahead.arrive[lane, k] = max(0.0, ahead.arrive[lane, k] + share * vehicles - rate * known)


@njit(forceinline=True)
def _between(flow, step, begin, end):
    """Vehicles announced between two times, and how much of the time between is known."""
    vehicles, known = 0.0, 0.0
    k = max(0, int(np.floor(begin / step)))
    while k < len(flow) and k * step < end:
        part = min(end, (k + 1) * step) - max(begin, k * step)
        vehicles += flow[k] * part / step
        known += part
        k += 1
    return vehicles, known
