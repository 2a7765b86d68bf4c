"""How fast a lane discharges whose vehicles have to give way to streams that are green with it.

While a queue with priority discharges only those of the lane leave who go another way; behind it turners
find gaps. With arrivals of priority vehicles at random at rate q, a standing queue of turners leaves at

    c = q exp(-q t_c) / (1 - exp(-q t_f))

(critical gap t_c, follow-up time t_f; Harders 1968, as in the Highway Capacity Manual, chapter 20). That the
first turner of a shared lane blocks all behind it is left out: told so, the search did worse.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, TO_VEHICLES, Tables

MOST_FOES = 16  # lanes with priority over one lane that are told apart


class Yields(NamedTuple):
    """CSR by lane at the stop line: its movements that give way, each with one stream that goes first."""

    start: np.ndarray  # (n_lanes + 1,) int32
    movement: np.ndarray  # int32
    foe_movement: np.ndarray  # int32
    foe_lane: np.ndarray  # int32
    gap_s: np.ndarray  # (n_movements,) float64
    follow_s: np.ndarray  # (n_movements,) float64
    sneakers: np.ndarray  # (n_movements,) float64, turners that clear at the end of green


class Turners(NamedTuple):
    """Scratch, by local stage and lane of one junction: who gives way to whom in it."""

    share: np.ndarray  # (max stages, max lanes) float64, of the lane's vehicles that the stage serves
    n_foes: np.ndarray  # (max stages, max lanes) int32
    foe: np.ndarray  # (max stages, max lanes, MOST_FOES) int32, local lanes
    gap_s: np.ndarray  # (max lanes,) float64
    follow_s: np.ndarray  # (max lanes,) float64
    sneakers: np.ndarray  # (max lanes,) float64


def yields(tables: Tables, lane_movement: np.ndarray, lane_movement_id: np.ndarray) -> Yields:
    """From the engine's tables, and the CSR by lane of the movements that have a signal."""
    movement = tables.movement
    lane = np.repeat(np.arange(len(lane_movement) - 1), np.diff(lane_movement))
    gives = tables.step["yields"][lane_movement_id] & TO_VEHICLES > 0
    lane, own = lane[gives], lane_movement_id[gives]
    size = movement["yield_end"][own] - movement["yield_start"][own]
    pair = np.repeat(np.arange(len(own)), size)
    at = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
    foe = tables.priority[movement["yield_start"][own][pair] + at]
    is_held = movement["group"][foe["movement"]] != NO_GROUP
    pair, foe = pair[is_held], foe[is_held]
    return Yields(
        start=np.searchsorted(lane[pair], np.arange(len(lane_movement))).astype(np.int32),
        movement=own[pair].astype(np.int32),
        foe_movement=foe["movement"].astype(np.int32),
        foe_lane=foe["lane"].astype(np.int32),
        gap_s=movement["gap_ms"] / 1000.0,
        follow_s=np.maximum(movement["follow_ms"], 1) / 1000.0,
        sneakers=movement["sneakers"].astype(np.float64),
    )


def turners(max_stages: int, max_lanes: int) -> Turners:
    """Scratch for junctions up to that size."""
    size = (max_stages, max_lanes)
    return Turners(
        share=np.zeros(size),
        n_foes=np.zeros(size, np.int32),
        foe=np.zeros((*size, MOST_FOES), np.int32),
        gap_s=np.ones(max_lanes),
        follow_s=np.ones(max_lanes),
        sneakers=np.zeros(max_lanes),
    )


@njit
def find_turners(road, layout, service, stages, seen, turners, j):
    """Fill ``turners`` for junction ``j``."""
    way = service.yields
    for i in range(service.first_lane[j + 1] - service.first_lane[j]):
        lane = service.lane[service.first_lane[j] + i]
        for k in range(way.start[lane], way.start[lane + 1]):
            m = way.movement[k]
            turners.gap_s[i], turners.follow_s[i] = way.gap_s[m], way.follow_s[m]
            turners.sneakers[i] = way.sneakers[m]
        for s in range(layout.first_stage[j + 1] - layout.first_stage[j]):
            turners.share[s, i], turners.n_foes[s, i] = 0.0, 0
            shown = stages[layout.first_stage[j] + s]
            if way.start[lane] < way.start[lane + 1]:
                _find_foes(road, service, seen, turners, j, s, i, lane, shown)


@njit
def _find_foes(road, service, seen, turners, j, s, i, lane, shown):
    """Of one lane with turners and one stage: the lanes that go first, and the turners' share."""
    way, gives, total, last = service.yields, 0.0, 0.0, -1
    for k in range(way.start[lane], way.start[lane + 1]):
        m, foe = way.movement[k], way.foe_movement[k]
        if not (_shows(service, shown, m) and _shows(service, shown, foe)):
            continue
        if m != last:
            gives, last = gives + _part(road, seen, m), m
        _add_foe(service, turners, j, s, i, way.foe_lane[k])
    for k in range(service.movement[lane], service.movement[lane + 1]):
        if _shows(service, shown, service.movement_id[k]):
            total += _part(road, seen, service.movement_id[k])
    turners.share[s, i] = gives / total if total > 0.0 else 0.0


@njit
def _add_foe(service, turners, j, s, i, lane):
    """The local number of a lane that goes first, unless it is there already or of another junction."""
    n = turners.n_foes[s, i]
    for other in range(service.first_lane[j + 1] - service.first_lane[j]):
        if service.lane[service.first_lane[j] + other] == lane and n < MOST_FOES:
            for k in range(n):
                if turners.foe[s, i, k] == other:
                    return
            turners.foe[s, i, n] = other
            turners.n_foes[s, i] = n + 1


@njit(forceinline=True)
def _shows(service, shown, m):
    return (shown >> np.uint64(service.group[m])) & np.uint64(1) != 0


@njit(forceinline=True)
def _part(road, seen, m):
    """A movement's share of each of its lanes, not yet scaled."""
    return seen.movement_share[m] / (road.movement_lane[m + 1] - road.movement_lane[m])


@njit(forceinline=True)
def slowed(turners, s, i, opposed, headway_s):
    """What giving way leaves of a lane's rate: ``opposed`` is (share of the time that queues with priority
    discharge, vehicles per second that come behind them)."""
    share, (busy, flow) = turners.share[s, i], opposed
    gap_flow = 1.0 / turners.follow_s[i]
    if flow > 1e-6:
        gap_flow = flow * np.exp(-flow * turners.gap_s[i]) / (1.0 - np.exp(-flow * turners.follow_s[i]))
    turn_s = max(headway_s, 1.0 / max(gap_flow, 1e-6))
    free = headway_s / ((1.0 - share) * headway_s + share * turn_s)
    return busy * (1.0 - share) + (1.0 - busy) * free
