"""Capacity of movements: what the greens, and the gaps, that a run showed would have let pass."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import ON_RED, STOPS, TAKES_TURNS, Tables

from .greens import Greens, green_within_ms
from .passages import Passages

Spans = tuple[np.ndarray, np.ndarray]  # begin and end of spans of time, ascending and apart


def effective_green_ms(tables: Tables, shown: Greens, from_ms: int, to_ms: int) -> np.ndarray:
    """(n_movements,) int64 effective green within [from, to), ms; all of it where no signal controls.

    Each green shortened by the start-up lost time and lengthened by the end gain (HCM, 7th ed.,
    ch. 19: g = G - l1 + e). The lost time is what a standing queue loses over its saturation headways:
    first crossing after the start of green, plus the delay of the second, less half a headway.
    """
    group = tables.movement["group"].astype(np.int64)
    gain = tables.movement["end_gain_ms"].astype(np.int64)
    green = green_within_ms(shown, group, from_ms, to_ms, _lost_ms(tables), gain)
    return np.where(group < 0, to_ms - from_ms, green)


def gives_way(tables: Tables) -> np.ndarray:
    """(n_movements,) bool: its capacity is a matter of gaps, or of a stop, while it is open."""
    m = tables.movement
    return (m["yield_end"] > m["yield_start"]) | (m["rules"] & (STOPS | TAKES_TURNS) > 0)


def capacity_pcu(p: Passages, tables: Tables, shown: Greens, from_ms: int, to_ms: int) -> np.ndarray:
    """(n_movements,) passenger cars that each could have sent over the line from one lane in [from, to).

    Without priority over it: effective green over saturation headway (HCM, 7th ed., ch. 19: c = s g / C).
    Where it gives way, gap acceptance theory (Harders 1968; HCM, ch. 20) on the streams with priority as
    they were: one car at the beginning of each gap that leaves the critical gap to the next of their
    vehicles, and one more per follow-up time as long as that holds. Green in which no priority stream is
    open counts by headways; such turners do not use the end gain, but some clear after each green
    (HCM, ch. 31: sneakers), which are added.

    Room behind the junction is taken for granted: a queue that spills back costs delay, not capacity here.
    NaN at an all-way stop, where one's capacity hangs on who else comes.
    """
    m = tables.movement
    result = effective_green_ms(tables, shown, from_ms, to_ms) / m["headway_ms"]
    found = _Found(
        crossed_ms=_by_movement(p, len(m), p.cross_ms >= 0, p.cross_ms),
        came_ms=_by_movement(p, len(m), p.enter_ms >= 0, p.line_ms),
        lost_ms=_lost_ms(tables),
        first_ms=m["startup_ms"].astype(np.int64),
        gain_ms=m["end_gain_ms"].astype(np.int64),
        none_ms=np.zeros(len(m), np.int64),
    )
    for k in np.flatnonzero(gives_way(tables)).tolist():
        takes_turns = m["rules"][k] & TAKES_TURNS > 0
        result[k] = np.nan if takes_turns else _giving_way(k, found, tables, shown, from_ms, to_ms)
    return result


class _Found(NamedTuple):
    """By movement: when its vehicles crossed and came to the line, and how its greens begin and end."""

    crossed_ms: list[np.ndarray]
    came_ms: list[np.ndarray]
    lost_ms: np.ndarray  # start-up lost time
    first_ms: np.ndarray  # first crossing after the start of green
    gain_ms: np.ndarray
    none_ms: np.ndarray


def _giving_way(k: int, found: _Found, tables: Tables, shown: Greens, from_ms: int, to_ms: int) -> float:
    """Passenger cars that movement ``k``, which gives way, could have sent from one lane."""
    own, none = tables.movement[k], found.none_ms
    before = np.unique(tables.priority["movement"][own.yield_start : own.yield_end]).tolist()
    theirs = _open(tables, shown, before, from_ms, to_ms, none, found.gain_ms)
    green = _open(tables, shown, [k], from_ms, to_ms, found.lost_ms, none)
    unopposed_ms = _length(green) - _length(_common(green, theirs))
    opposed = _common(_open(tables, shown, [k], from_ms, to_ms, found.first_ms, none), theirs)
    nobody = none[:0]
    passing = np.concatenate([nobody, *(found.crossed_ms[i] for i in before)])
    coming = np.concatenate([nobody, *(found.came_ms[i] for i in before)])
    # who comes as the lamp goes yellow bars the way too: nobody knew that it would stop
    passing = np.sort(np.concatenate([passing, coming[~_within(theirs, coming)]]))
    in_gaps = _in_gaps(opposed, passing, int(own.gap_ms), int(own.follow_ms))
    sneaked = int(own.sneakers) * _ends(shown, int(own.group), from_ms, to_ms)
    return in_gaps + unopposed_ms / int(own.headway_ms) + sneaked


def crossed_on_red(p: Passages, tables: Tables, shown: Greens) -> np.ndarray:
    """(n_passages,) bool: turned on red. The manual takes them off a lane group's demand (HCM, ch. 19)."""
    m = tables.movement
    may = np.append((m["group"] >= 0) & (m["rules"] & ON_RED > 0), False)[p.movement] & (p.cross_ms >= 0)
    group = np.append(m["group"].astype(np.int64), -1)[p.movement]
    at = shown.begun(np.maximum(group, 0), np.maximum(p.cross_ms, 0)) - 1
    row = np.maximum(at, 0)
    if not len(shown.group):
        return may
    end = shown.end_ms[row] + np.append(m["end_gain_ms"], 0)[p.movement]
    return may & ~((at >= 0) & (shown.group[row] == group) & (p.cross_ms < end))


def _lost_ms(tables: Tables) -> np.ndarray:
    m = tables.movement
    return m["startup_ms"].astype(np.int64) + m["startup2_ms"] - m["headway_ms"] // 2


def _by_movement(p: Passages, n: int, which: np.ndarray, t_ms: np.ndarray) -> list[np.ndarray]:
    """Of each movement, the times of those of its passages that ``which`` says."""
    own = np.flatnonzero(which & (p.movement >= 0))
    own = own[np.argsort(p.movement[own], kind="stable")]
    return np.split(t_ms[own], np.searchsorted(p.movement[own], np.arange(1, n)))


def _within(spans: Spans, t_ms: np.ndarray) -> np.ndarray:
    """Whether each time lies in one of them."""
    begin, end = spans
    return np.searchsorted(begin, t_ms, side="right") > np.searchsorted(end, t_ms, side="right")


def _open(
    tables: Tables,
    shown: Greens,
    movements: list[int],
    from_ms: int,
    to_ms: int,
    late_ms: np.ndarray,
    longer_ms: np.ndarray,
) -> Spans:
    """When any of ``movements`` is open within [from, to): all the time without a signal, else in its greens,
    which begin ``late_ms`` and end ``longer_ms`` later (n_movements,).
    """
    group = tables.movement["group"]
    lamps = sorted({(int(group[k]), int(late_ms[k]), int(longer_ms[k])) for k in movements})
    if lamps and lamps[0][0] < 0:
        return np.array([from_ms]), np.array([to_ms])
    begin, end = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for lamp, late, longer in lamps:
        first, last = shown.rows_of(lamp)
        begin.append(shown.start_ms[first:last] + late)
        end.append(shown.end_ms[first:last] + longer)
    a, b = np.maximum(np.concatenate(begin), from_ms), np.minimum(np.concatenate(end), to_ms)
    return _merged(a[b > a], b[b > a])


def _merged(begin: np.ndarray, end: np.ndarray) -> Spans:
    """Spans of any order that may overlap, as their union."""
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], np.maximum.accumulate(end[order])
    apart = begin[1:] > end[:-1]
    if apart.all():
        return begin, end
    return begin[np.append(True, apart)], end[np.append(apart, True)]


def _common(left: Spans, right: Spans) -> Spans:
    """The time that lies in both."""
    edges = np.unique(np.concatenate([*left, *right]))
    inside = np.ones(max(len(edges) - 1, 0), bool)
    for spans in (left, right):
        inside &= _within(spans, edges[:-1])
    return edges[:-1][inside], edges[1:][inside]


def _length(spans: Spans) -> int:
    return int((spans[1] - spans[0]).sum())


def _in_gaps(spans: Spans, passing: np.ndarray, gap_ms: int, follow_ms: int) -> int:
    """How many go within ``spans``, each at least ``gap_ms`` before the next of ``passing`` (sorted)."""
    begin, end = spans
    number = np.searchsorted(begin, passing, side="right") - 1  # the span that each passes in
    within = (number >= 0) & (passing < np.append(end, 0)[number])
    start = np.concatenate([begin, passing[within]])
    over = np.concatenate([end, np.append(end, 0)[number[within]]])
    follows = np.append(passing, np.iinfo(np.int64).max)[np.searchsorted(passing, start, side="right")]
    latest = np.minimum(over - 1, follows - gap_ms)
    return int(np.maximum((latest - start) // follow_ms + 1, 0).sum())


def _ends(shown: Greens, group: int, from_ms: int, to_ms: int) -> int:
    """How many greens of a group end in [from, to)."""
    first, last = shown.rows_of(group)
    end = shown.end_ms[first:last]
    return int(((end >= from_ms) & (end < to_ms) & (end < shown.until_ms)).sum())
