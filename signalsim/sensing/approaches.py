"""The road as cameras and controllers see it: which lanes are watched, what leads where."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import Tables


class Approaches(NamedTuple):
    """Derived once from the engine's tables; seconds and vehicles (two slots) as float64.

    Lanes of a link are neighbours in index order, those at the stop line last.
    """

    lane_link: np.ndarray  # (n_lanes,) int32
    lane_seen: np.ndarray  # (n_lanes,) bool: at a stop line and in a camera's view
    lane_view_s: np.ndarray  # (n_lanes,) advance line to stop line at free flow
    lane_view_veh: np.ndarray  # (n_lanes,) storage between the two
    lane_part: np.ndarray  # (n_lanes,) of vehicles before the advance lines: equal where the link begins
    lane_headway_s: np.ndarray  # (n_lanes,) saturation headway
    lane_group: np.ndarray  # (n_lanes,) int32: lamp of its first movement, -1 none
    link_lane: np.ndarray  # (n_links + 1,) int32: first lane of each link
    link_seen: np.ndarray  # (n_links,) bool: a camera watches its stop line
    link_announced: np.ndarray  # (n_links,) bool: all that enter it were seen by cameras upstream
    link_travel_s: np.ndarray  # (n_links,) at free flow
    link_storage_veh: np.ndarray  # (n_links,)
    link_in: np.ndarray  # (n_links + 1,) int32: CSR of the movements that lead into it
    link_in_id: np.ndarray  # int32
    link_movement: np.ndarray  # (n_links + 1,) int32: its own movements, index order
    movement_from: np.ndarray  # (n_movements,) int32 link
    movement_to: np.ndarray  # (n_movements,) int32 link
    movement_lane: np.ndarray  # (n_movements + 1,) int32: CSR of its lanes at the stop line
    movement_lane_id: np.ndarray  # int32


def approaches(tables: Tables) -> Approaches:
    """Everything that sensing needs to know of the road."""
    segment = tables.segment
    n_lanes, n_links = len(tables.lane_slots), len(tables.link_first_segment)
    lane_segment = np.asarray(tables.lane[:n_lanes], np.int64)
    lane_link = segment["link"][lane_segment].astype(np.int32)
    at_line, is_first = segment["next"][lane_segment] < 0, segment["is_first"][lane_segment] == 1
    seen = at_line & (tables.lane_view_ms > 0)
    from_link = tables.movement["from_link"]
    to_link = segment["link"][tables.movement["to_segment"]].astype(np.int32)
    link_in, link_in_id = _rows(to_link, n_links)
    movement_lane, movement_lane_id = _stop_lanes(tables, at_line)
    link_seen = np.zeros(n_links, bool)
    link_seen[lane_link[seen]] = True
    announced = np.bincount(to_link, minlength=n_links) > 0
    announced[to_link[~link_seen[from_link]]] = False
    announced[segment["link"][tables.lane[n_lanes:]]] = False
    travel = np.bincount(segment["link"], segment["travel_ms"], n_links) / 1000.0
    return Approaches(
        lane_link=lane_link,
        lane_seen=seen,
        lane_view_s=tables.lane_view_ms / 1000.0,
        lane_view_veh=tables.lane_view_slots / 2.0,
        lane_part=is_first / np.maximum(np.bincount(lane_link, is_first, n_links), 1.0)[lane_link],
        lane_headway_s=tables.lane_headway_ms / 1000.0,
        lane_group=_lamps(tables),
        link_lane=np.searchsorted(lane_link, np.arange(n_links + 1)).astype(np.int32),
        link_seen=link_seen,
        link_announced=announced,
        link_travel_s=travel,
        link_storage_veh=np.bincount(lane_link, tables.lane_slots, n_links) / 2.0,
        link_in=link_in,
        link_in_id=link_in_id,
        link_movement=np.searchsorted(from_link, np.arange(n_links + 1)).astype(np.int32),
        movement_from=from_link.astype(np.int32),
        movement_to=to_link,
        movement_lane=movement_lane,
        movement_lane_id=movement_lane_id,
    )


def _rows(key: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """CSR of the indices that share a key: starts (n + 1,) and indices, ascending in a row."""
    order = np.argsort(key, kind="stable").astype(np.int32)
    return np.searchsorted(key[order], np.arange(n + 1)).astype(np.int32), order


def _lamps(tables: Tables) -> np.ndarray:
    """(n_lanes,) int32: the signal group of each lane's first movement, -1 where none holds it up."""
    n_lanes = len(tables.lane_slots)
    first, end = tables.lane_movement[:n_lanes], tables.lane_movement[1 : n_lanes + 1]
    group = np.full(n_lanes, -1, np.int32)
    serves = end > first
    group[serves] = tables.movement["group"][tables.lane_movement_id[first[serves]]]
    return group


def _stop_lanes(tables: Tables, at_line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CSR by movement of the lanes at the stop line that serve it."""
    n_lanes = len(tables.lane_slots)
    counts = np.diff(tables.lane_movement[: n_lanes + 1])
    lane = np.repeat(np.arange(n_lanes, dtype=np.int32), counts)
    keep = at_line[lane]
    start, order = _rows(tables.lane_movement_id[keep], len(tables.movement))
    return start, lane[keep][order].astype(np.int32)
