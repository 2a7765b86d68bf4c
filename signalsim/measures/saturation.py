"""Degree of saturation: demand over the capacity of the greens that were shown."""

from itertools import combinations, pairwise

import numpy as np

from signalsim.engine.tables import STOPS, Tables

from .greens import Greens, green_within_ms
from .lane_groups import LaneGroups
from .passages import Passages


def effective_green_ms(tables: Tables, shown: Greens, from_ms: int, to_ms: int) -> np.ndarray:
    """(n_movements,) int64 effective green within [from, to), ms; all of it where no signal controls.

    Each green shortened by the start-up lost time and lengthened by the end gain (HCM, 7th ed.,
    ch. 19: g = G - l1 + e). The lost time is what a standing queue loses over its saturation headways:
    first crossing after the start of green, plus the delay of the second, less half a headway.
    """
    m = tables.movement
    lost = m["startup_ms"].astype(np.int64) + m["startup2_ms"] - m["headway_ms"] // 2
    gain = m["end_gain_ms"].astype(np.int64)
    green = green_within_ms(shown, m["group"].astype(np.int64), from_ms, to_ms, lost, gain)
    return np.where(m["group"] < 0, to_ms - from_ms, green)


def gives_way(tables: Tables) -> np.ndarray:
    """(n_movements,) bool: its capacity is a matter of gaps, or of a stop, and not of green alone."""
    return (tables.step["yields"] == 1) | (tables.movement["rules"] & STOPS > 0)


def degree_of_saturation(
    p: Passages, tables: Tables, groups: LaneGroups, shown: Greens, from_ms: int, to_ms: int
) -> np.ndarray:
    """(n_lane_groups,) v/c of the time [from, to): the demand of that time over what it lets pass.

    Demand: passenger car units that would have been at the stop line in that time had they not had to
    wait, those from the queue before it not included (HCM, 7th ed., ch. 19: X = v / c, c = N s g / C, here
    with the sum of the effective greens over the time for g / C). A movement needs the share x = demand x
    saturation headway / effective green of one lane. The vehicles choose their lanes, so that X is the
    load of the fullest lane if they choose as well as they can: the greatest sum of x over movements
    that share a set of lanes, by the number of these lanes. With one movement, or with all movements on
    all lanes, that is the manual's formula.

    NaN where a movement gives way to others: gaps are not green. Infinite for demand without any green.
    """
    due = (p.wished_ms >= from_ms) & (p.wished_ms < to_ms) & (p.movement >= 0)
    n_movements = len(tables.movement)
    pcu = np.bincount(p.movement[due], p.size[due] / 2, n_movements)
    green = effective_green_ms(tables, shown, from_ms, to_ms)
    need = pcu * tables.movement["headway_ms"]
    share = np.divide(need, green, out=np.where(need > 0, np.inf, 0.0), where=green > 0)
    share[gives_way(tables)] = np.nan
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
