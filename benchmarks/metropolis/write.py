"""A city and its rush hour as a scenario folder: what a user would have written, counts included."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import numpy as np

from signalsim.counts.spec import COUNTS
from signalsim.formats.complete import add_plan, add_signals, network_of
from signalsim.formats.draft import Draft
from signalsim.network.specs import LANE, LINK, MOVEMENT, NODE

from .city import ARTERIAL, SPEED_KMH, City
from .flows import Traffic

_START = datetime(2026, 3, 3, 7, 20, tzinfo=timezone(timedelta(hours=1)))
_WARM_UP_S, _DEMAND_S, _DRAIN_S = 600, 3600, 1800
_LANE_VEH_H = 250.0  # what a lane is to carry, with a green in four
_BAY_M, _ROOM_M = 60.0, 20.0  # length of a turn bay; of a junction, from node to stop line


def write_city(city: City, traffic: Traffic, folder: Path, name: str) -> int:
    """Write the scenario into an empty folder; the number of signals."""
    draft = Draft(name, description="A made-up metropolis, one morning rush hour.", time_zone="Europe/Berlin",
                  start=(_START).isoformat())  # fmt: skip
    draft.section("horizon", warm_up_s=_WARM_UP_S, demand_s=_DEMAND_S, drain_s=_DRAIN_S)
    draft.section("demand", counts="counts.csv", max_links=400)
    degree = np.bincount(traffic.from_node, minlength=len(city.x_m))
    lit = degree > 2
    draft.extend(
        NODE,
        node_id=[f"n{k}" for k in range(len(city.x_m))],
        x_coord=np.round(city.x_m, 1).tolist(),
        y_coord=np.round(city.y_m, 1).tolist(),
        ctrl_type=["signal" if is_lit else None for is_lit in lit.tolist()],
    )
    _add_links(draft, city, traffic)
    _add_movements(draft, city, traffic)
    junctions = add_signals(draft, network_of(draft, name), [f"n{k}" for k in np.flatnonzero(lit).tolist()])
    add_plan(draft, name, junctions)
    _add_counts(draft, traffic)
    draft.write(folder)
    return len(junctions)


def _ids(traffic: Traffic) -> list[str]:
    return [f"n{a}_n{b}" for a, b in zip(traffic.from_node.tolist(), traffic.to_node.tolist(), strict=True)]


def _kinds(city: City, traffic: Traffic) -> np.ndarray:
    """(n_movements,) 0 left, 1 straight on, 2 right: the straightest way of each link is straight on."""
    heading = np.arctan2(
        city.y_m[traffic.to_node] - city.y_m[traffic.from_node],
        city.x_m[traffic.to_node] - city.x_m[traffic.from_node],
    )
    before, behind = traffic.movement.T
    turn = (heading[behind] - heading[before] + np.pi) % (2 * np.pi) - np.pi
    straightest = np.full(len(heading), np.inf)
    np.minimum.at(straightest, before, np.abs(turn))
    is_straight = (np.abs(turn) == straightest[before]) & (np.abs(turn) < np.pi / 3)
    return np.where(is_straight, 1, np.where(turn > 0, 0, 2))


class _Lanes(NamedTuple):
    """Lanes of every link: bays at the left for left turns, the others; of these, for right turns alone."""

    bays: np.ndarray
    full: np.ndarray
    right: np.ndarray


def _lanes(city: City, traffic: Traffic, kinds: np.ndarray) -> _Lanes:
    """As many as the hour's vehicles need by their turns; a wide street has two and a bay at least."""
    left, ahead, right = (_by_link(traffic, traffic.volume * (kinds == k)) for k in range(3))
    has_left, has_other = _by_link(traffic, kinds == 0) > 0, _by_link(traffic, kinds != 0) > 0
    is_wide = city.kind[traffic.street] == ARTERIAL
    need = lambda volume: np.ceil(volume / _LANE_VEH_H).astype(int)  # noqa: E731
    alone = np.where(right > _LANE_VEH_H, need(right), 0)
    shared = left * ~is_wide + ahead + np.where(alone > 0, 0, right) + traffic.ends
    full = np.clip(np.maximum(need(shared), np.where(is_wide, 2, 1)) + alone, 1, 6)
    wants_bay = has_left & has_other & (is_wide | (full > 1) | (left > _LANE_VEH_H / 2))
    return _Lanes(np.where(wants_bay, np.clip(need(left), 1, 3), 0), full, np.minimum(alone, full - 1))


def _by_link(traffic: Traffic, values: np.ndarray) -> np.ndarray:
    """(n_links,) sums over the movements from each link."""
    return np.bincount(traffic.movement[:, 0], values, len(traffic.from_node))


def _add_links(draft: Draft, city: City, traffic: Traffic) -> None:
    ids, lanes = _ids(traffic), _lanes(city, traffic, _kinds(city, traffic))
    a, b = traffic.from_node, traffic.to_node
    length = np.hypot(city.x_m[a] - city.x_m[b], city.y_m[a] - city.y_m[b]) - _ROOM_M
    draft.extend(
        LINK,
        link_id=ids,
        from_node_id=[f"n{k}" for k in a.tolist()],
        to_node_id=[f"n{k}" for k in b.tolist()],
        length=np.round(np.maximum(length, 30), 1).tolist(),
        lanes=lanes.full.tolist(),
        free_speed=SPEED_KMH[city.kind[traffic.street]].tolist(),
        opt_entry=[1 if n > 0 else None for n in traffic.begins.tolist()],
        opt_exit=[1 if n > 0 else None for n in traffic.ends.tolist()],
    )
    bay = np.repeat(np.arange(len(ids)), lanes.bays)
    number = 1 + np.arange(len(bay)) - np.repeat(np.cumsum(lanes.bays) - lanes.bays, lanes.bays)
    draft.extend(
        LANE,
        lane_id=[f"{ids[k]}.bay{n}" for k, n in zip(bay.tolist(), number.tolist(), strict=True)],
        link_id=[ids[k] for k in bay.tolist()],
        lane_num=(-number).tolist(),
        opt_length_m=np.round(np.minimum(_BAY_M, np.maximum(length[bay], 30) / 2), 1).tolist(),
    )


def _add_movements(draft: Draft, city: City, traffic: Traffic) -> None:
    ids, kinds = _ids(traffic), _kinds(city, traffic)
    lanes = _lanes(city, traffic, kinds)
    before, behind = traffic.movement.T
    bays, full, right = (of[before] for of in lanes)
    has = [_by_link(traffic, kinds == k)[before] > 0 for k in range(3)]
    half = np.maximum(full // 2, 1)  # where nobody drives straight on, left and right share the lanes
    left_end = np.where(has[1], 1, np.where(has[2], half, full))
    right_start = np.where(
        has[1], full - np.maximum(right - 1, 0), np.where(has[0] & (bays == 0), half + 1, 1)
    )
    in_bay = (kinds == 0) & (bays > 0)
    first = np.where(in_bay, -bays, np.where(kinds == 2, np.minimum(right_start, full), 1))
    last = np.where(in_bay, -1, np.select([kinds == 0, kinds == 1], [left_end, full - right], full))
    draft.extend(
        MOVEMENT,
        mvmt_id=[f"{ids[a]}-n{traffic.to_node[b]}" for a, b in traffic.movement.tolist()],
        node_id=[f"n{k}" for k in traffic.to_node[before].tolist()],
        ib_link_id=[ids[k] for k in before.tolist()],
        ob_link_id=[ids[k] for k in behind.tolist()],
        start_ib_lane=first.tolist(),
        end_ib_lane=last.tolist(),
        type=[("left", "thru", "right")[k] for k in kinds.tolist()],
    )


def _add_counts(draft: Draft, traffic: Traffic) -> None:
    """A camera on every approach: what begins there, and what takes each way, in the hour."""
    ids = _ids(traffic)
    start = _START + timedelta(seconds=_WARM_UP_S)
    end = start + timedelta(seconds=_DEMAND_S)
    links = np.flatnonzero(traffic.begins > 0).tolist()
    of_movement = [ids[a] for a in traffic.movement[:, 0].tolist()]
    names = [f"{ids[a]}-n{traffic.to_node[b]}" for a, b in traffic.movement.tolist()]
    where = [ids[k] for k in links] + of_movement
    draft.extend(
        COUNTS,
        camera_id=[f"c_{link}" for link in where],
        interval_start=[start.isoformat()] * len(where),
        interval_end=[end.isoformat()] * len(where),
        link_id=where,
        movement_id=[None] * len(links) + names,
        count=np.round(np.concatenate([traffic.begins[links], traffic.volume])).astype(int).tolist(),
    )
