"""Lane groups: the lanes of a stop line that share movements, for which capacity is one."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import Tables


class LaneGroups(NamedTuple):
    """Lane groups by link, and from the left.

    Two lanes belong together if they serve one movement, or through others between them: drivers who
    have the choice make their queues equal (HCM, 7th ed., ch. 19, lane groups; there a shared lane
    beside an exclusive one of the same movement is a group of its own, whose flows are then balanced).
    """

    of_lane: np.ndarray  # (n_lanes,) int64, -1: ends at a bay's mouth, or no movement leads on
    of_movement: np.ndarray  # (n_movements,) int64
    link: np.ndarray  # (n,) int64
    lanes: np.ndarray  # (n,) int64, how many


def lane_groups(tables: Tables) -> LaneGroups:
    """The lane groups of all stop lines."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_lanes, n_movements = len(tables.lane_slots), len(tables.movement)
    lane = np.repeat(np.arange(n_lanes), np.diff(tables.lane_movement))
    movement = tables.lane_movement_id
    segment = tables.lane[:n_lanes]
    at_stop = (tables.segment["next"][segment] < 0)[lane]
    lane, movement = lane[at_stop], movement[at_stop]
    size = n_lanes + n_movements
    graph = coo_array((np.ones(len(lane)), (lane, n_lanes + movement)), (size, size))
    _, part = connected_components(graph, directed=False)
    serves = np.zeros(n_lanes, bool)
    serves[lane] = True
    parts, first, count = np.unique(part[:n_lanes][serves], return_index=True, return_counts=True)
    order = np.argsort(first)  # lanes go by link and from the left
    number = np.full(size, -1)
    number[parts[order]] = np.arange(len(parts))
    return LaneGroups(
        of_lane=np.where(serves, number[part[:n_lanes]], -1),
        of_movement=number[part[n_lanes:]],
        link=tables.segment["link"][segment[np.flatnonzero(serves)[first[order]]]].astype(np.int64),
        lanes=count[order],
    )
