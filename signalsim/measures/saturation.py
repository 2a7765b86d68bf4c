"""Degree of saturation: demand over the capacity of the greens that were shown."""

from itertools import combinations, pairwise

import numpy as np

from signalsim.engine.tables import Tables

from .capacity import capacity_pcu, crossed_on_red
from .greens import Greens
from .lane_groups import LaneGroups
from .passages import Passages


def degree_of_saturation(
    p: Passages, tables: Tables, groups: LaneGroups, shown: Greens, from_ms: int, to_ms: int
) -> np.ndarray:
    """(n_lane_groups,) v/c of the time [from, to): the demand of that time over what it lets pass.

    Demand: passenger car units that would have been at the stop line in that time had they not had to
    wait; those from the queue before it, and turns on red, not included (HCM, 7th ed., ch. 19: X = v / c,
    c = N s g / C, here with the greens as they were shown). A movement needs the share demand / capacity of
    one lane. The vehicles choose their lanes, so that X is the load of the fullest lane if they choose as
    well as they can: the greatest sum of shares over movements that have a set of lanes to themselves, by
    the number of these lanes. With one movement, or all movements on all lanes, that is the manual's formula.

    NaN at an all-way stop (see ``capacity_pcu``); infinite for demand without any capacity.
    """
    due = (p.wished_ms >= from_ms) & (p.wished_ms < to_ms) & (p.movement >= 0)
    due &= ~crossed_on_red(p, tables, shown)
    pcu = np.bincount(p.movement[due], p.size[due] / 2, len(tables.movement))
    capacity = capacity_pcu(p, tables, shown, from_ms, to_ms)
    share = np.divide(pcu, capacity, out=np.where(pcu > 0, np.inf, 0.0), where=capacity != 0)
    order = np.argsort(groups.of_movement, kind="stable")
    ends = np.searchsorted(groups.of_movement[order], np.arange(len(groups.lanes) + 1))
    result = np.zeros(len(groups.lanes))
    for number, (first, last) in enumerate(pairwise(ends)):
        movements = order[first:last]
        result[number] = _fullest_lane(tables.movement["serve_last"][movements], share[movements])
    return result


def _fullest_lane(lanes: np.ndarray, share: np.ndarray) -> float:
    """The least possible load of the fullest lane: movements may use the lanes of their bitmasks (Hall)."""
    if np.isnan(share).any():
        return float("nan")
    sets = np.unique(lanes)
    loads = [float(share[lanes == mask].sum()) for mask in sets]
    most = 0.0
    for k in range(1, len(sets) + 1):
        for chosen in combinations(range(len(sets)), k):
            union = int(np.bitwise_or.reduce(sets[list(chosen)]))
            most = max(most, sum(loads[i] for i in chosen) / union.bit_count())
    return most
