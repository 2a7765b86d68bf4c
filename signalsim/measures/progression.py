"""How greens meet arrivals: arrivals on green, platoon ratio, split failures."""

import numpy as np

from signalsim.engine.tables import Tables

from .greens import Greens, green_within_ms, ragged
from .passages import Passages
from .rows import Rows, ratio


def arrivals_on_green(p: Passages, rows: Rows, tables: Tables, shown: Greens) -> np.ndarray:
    """Share (0 to 1) of the vehicles that reach the stop line, free of queues, while their lamp is green.

    Percent arrivals on green of the Purdue coordination diagram (Day et al. 2014, Performance Measures for
    Traffic Signal Systems, Purdue University) at the stop line instead of a detector before it. Green is
    the lamp's, [start, end). Movements without a signal do not count; NaN where nobody came.
    """
    under_lamp = _under_lamp(p, rows, tables)
    return under_lamp.mean(_meets_green(p, tables, shown))


def platoon_ratio(
    p: Passages, rows: Rows, tables: Tables, shown: Greens, from_ms: int, to_ms: int
) -> np.ndarray:
    """Arrivals on green over those that arrivals at random would have; 1: at random, above: in platoons.

    R_p = P / (g / C) (HCM, 7th ed., ch. 19; above 1.15 is favourable progression), with g the lamp's green
    within [from, to), as for P, and C all of that time. Over several movements the share of green is
    their mean, weighted by vehicles.
    """
    under_lamp = _under_lamp(p, rows, tables)
    group = tables.movement["group"].astype(np.int64)
    none = np.zeros(len(group), np.int64)
    share = green_within_ms(shown, group, from_ms, to_ms, none, none) / (to_ms - from_ms)
    at_random = np.append(share, 0.0)[p.movement]
    return ratio(under_lamp.total(_meets_green(p, tables, shown)), under_lamp.total(at_random))


def split_failures(
    p: Passages, tables: Tables, shown: Greens, of_movement: np.ndarray, n: int, from_ms: int, to_ms: int
) -> np.ndarray:
    """(n,) int64: greens that end in [from, to) and leave somebody behind who stood when they began.

    HCM (7th ed.), ch. 31: a cycle failure is a queue that one green does not clear. Purdue's split failure
    (Day et al. 2014) infers the same from occupied detectors; here it is exact: the vehicle could have been
    at the line when the green began, and had not crossed when the end gain and the clearance time after it
    were over. Greens that the end of the run cuts short are not judged. ``of_movement`` (n_movements,)
    gives the row of each movement; a green fails once per row.
    """
    group = np.append(tables.movement["group"].astype(np.int64), -1)[p.movement]
    row = np.where(p.movement >= 0, np.append(of_movement, -1)[p.movement], -1)
    led = (group >= 0) & (row >= 0)
    group, row, line, cross = group[led], row[led], p.line_ms[led], p.cross_ms[led]
    if not len(shown.group) or not len(group):
        return np.zeros(n, np.int64)
    over = shown.end_ms + _clearance_ms(tables, shown)
    first = shown.begun(group, line - 1)  # the first green that began when it stood there
    # greens of a group are over in their order: those before its crossing left it behind
    span = int(max(over.max(), cross.max(initial=0), line.max(initial=0))) + 1
    key = shown.group * span + over
    left = np.searchsorted(key, group * span + np.where(cross < 0, span - 1, cross), side="right")
    vehicle, green = ragged(first, left)
    judged = _over_within(tables, shown, from_ms, to_ms)[green]
    failed = np.unique(row[vehicle[judged]] * len(shown.group) + green[judged])
    return np.bincount(failed // len(shown.group), minlength=n)


def greens_shown(
    tables: Tables, shown: Greens, of_movement: np.ndarray, n: int, from_ms: int, to_ms: int
) -> np.ndarray:
    """(n,) int64: greens that end in [from, to) of the groups of each row: what split failures are out of."""
    group = tables.movement["group"].astype(np.int64)
    has = (group >= 0) & (of_movement >= 0)
    pair = np.unique(np.column_stack([of_movement[has], group[has]]), axis=0)
    over = _over_within(tables, shown, from_ms, to_ms)
    of_group = np.bincount(shown.group[over], minlength=len(tables.signals.group))
    result = np.zeros(n, np.int64)
    np.add.at(result, pair[:, 0], of_group[pair[:, 1]])
    return result


def _under_lamp(p: Passages, rows: Rows, tables: Tables) -> Rows:
    """Only passages whose movement obeys a signal group."""
    has = np.append(tables.movement["group"] >= 0, False)[p.movement]
    return Rows(np.where(has, rows.of, -1), rows.n)


def _meets_green(p: Passages, tables: Tables, shown: Greens) -> np.ndarray:
    """(n_passages,) bool: the lamp is green when it reaches the line."""
    if not len(shown.group):
        return np.zeros(len(p.vehicle), bool)
    group = np.append(tables.movement["group"].astype(np.int64), -1)[p.movement]
    at = shown.begun(np.maximum(group, 0), p.line_ms) - 1
    row = np.maximum(at, 0)
    return (at >= 0) & (shown.group[row] == group) & (p.line_ms < shown.end_ms[row])


def _clearance_ms(tables: Tables, shown: Greens) -> np.ndarray:
    """(n_greens,) how long after each green its last vehicles may cross: the end gain, turners that clear."""
    m = tables.movement
    gain = np.zeros(len(tables.signals.group), np.int64)
    has = m["group"] >= 0
    np.maximum.at(gain, m["group"][has], m["end_gain_ms"][has])
    return np.maximum(gain, tables.signals.group["clear_ms"])[shown.group]


def _over_within(tables: Tables, shown: Greens, from_ms: int, to_ms: int) -> np.ndarray:
    """(n_greens,) bool: ends in [from, to), and its clearance was over when the run ended."""
    over = (shown.end_ms < shown.until_ms) & (shown.end_ms + _clearance_ms(tables, shown) <= shown.until_ms)
    return over & (shown.end_ms >= from_ms) & (shown.end_ms < to_ms)
