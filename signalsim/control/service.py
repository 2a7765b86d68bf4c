"""How junctions serve their lanes: which stage lets which lane go, how fast, and after what loss.

A standing queue's n-th vehicle crosses ``loss + n * headway`` after the start of green: that is the
engine's start-up (first crossing, second crossing, then saturation headways) in one line.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP, Tables
from signalsim.sensing.approaches import Approaches

from .giving_way import Yields, yields
from .layout import Junctions

FULL = 0.9  # a receiving link with this share of its storage taken lets nobody in


class Service(NamedTuple):
    """CSR by junction of its signalled lanes at the stop line, and per lane what a green is worth."""

    first_lane: np.ndarray  # (n_junctions + 1,) int32
    lane: np.ndarray  # int32, ascending within a junction
    movement: np.ndarray  # (n_lanes + 1,) int32: CSR of the signalled movements by lane
    movement_id: np.ndarray  # int32
    group: np.ndarray  # (n_movements,) int32: bit of its group in its junction's stages, -1: always open
    headway_s: np.ndarray  # (n_lanes,) mean over its signalled movements
    loss_s: np.ndarray  # (n_lanes,) at the start of green
    gain_s: np.ndarray  # (n_lanes,) of yellow that still serves
    yields: Yields


def service(tables: Tables, road: Approaches, layout: Junctions) -> Service:
    """From the engine's tables."""
    n_lanes, movement = len(road.lane_link), tables.movement
    lane_movement, lane_movement_id = signalled_movements(tables)
    row = np.repeat(np.arange(len(lane_movement) - 1), np.diff(lane_movement))
    number = np.maximum(np.bincount(row, minlength=n_lanes)[:n_lanes], 1)

    def mean_s(values_ms: np.ndarray) -> np.ndarray:
        total = np.bincount(row, values_ms[lane_movement_id], n_lanes)[:n_lanes]
        return np.asarray(total / number / 1000.0, np.float64)

    headway, second = mean_s(movement["headway_ms"]), movement["startup2_ms"]
    lanes = [
        np.unique(layout.stage_lane_id[layout.stage_lane[a] : layout.stage_lane[b]])
        for a, b in zip(layout.first_stage[:-1], layout.first_stage[1:], strict=True)
    ]
    has_group = movement["group"] != NO_GROUP
    owner = tables.signals.group["junction"][np.where(has_group, movement["group"], 0)] if len(lanes) else 0
    first_group = tables.signals.junction["first_group"][owner] if len(lanes) else 0
    return Service(
        first_lane=np.cumsum([0, *map(len, lanes)]).astype(np.int32),
        lane=np.concatenate([np.zeros(0, np.int32), *lanes]).astype(np.int32),
        movement=lane_movement,
        movement_id=lane_movement_id,
        group=np.where(has_group, movement["group"] - first_group, -1).astype(np.int32),
        headway_s=np.maximum(headway, 0.1),
        loss_s=mean_s(movement["startup_ms"] + second) - headway,
        gain_s=mean_s(movement["end_gain_ms"]),
        yields=yields(tables, lane_movement, lane_movement_id),
    )


def signalled_movements(tables: Tables) -> tuple[np.ndarray, np.ndarray]:
    """CSR by lane of its movements that have a signal: one that is always open needs no stage."""
    keep = tables.movement["group"][tables.lane_movement_id] != NO_GROUP
    before = np.concatenate(([0], np.cumsum(keep)))
    return before[tables.lane_movement].astype(np.int32), tables.lane_movement_id[keep]


@njit
def fill_room(road, seen, room):
    """Whether each link has room to receive, into ``room`` (n_links,) float64: 1 or 0."""
    for link in range(len(road.link_seen)):
        inside = 0.0
        for lane in range(road.link_lane[link], road.link_lane[link + 1]):
            inside += seen.lane_vehicles[lane]
        room[link] = 1.0 if inside < FULL * road.link_storage_veh[link] else 0.0


@njit
def fill_rates(road, layout, service, stages, seen, room, j, rate):
    """Vehicles per second of green that stage ``s`` draws from local lane ``i`` into ``rate[s, i]``.

    Of a lane that several movements share, a stage serves those that are green and have room behind
    the junction, but only until the first of the others blocks it. So a share p of the vehicles is served
    at about p**2 of the rate, which is the mean over the first five vehicles for shares up to 0.8.
    ``stages``: the interlock's bitmasks.
    """
    for s in range(layout.first_stage[j + 1] - layout.first_stage[j]):
        shown = stages[layout.first_stage[j] + s]
        for i in range(service.first_lane[j + 1] - service.first_lane[j]):
            lane = service.lane[service.first_lane[j] + i]
            served, total = 0.0, 0.0
            for k in range(service.movement[lane], service.movement[lane + 1]):
                m = service.movement_id[k]
                share = seen.movement_share[m] / (road.movement_lane[m + 1] - road.movement_lane[m])
                total += share
                if shown >> np.uint64(service.group[m]) & np.uint64(1):
                    served += share * room[road.movement_to[m]]
            part = served / total if total > 0.0 else 0.0
            rate[s, i] = part * part / service.headway_s[lane]
