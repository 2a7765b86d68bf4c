"""Aspects of signal groups -> events of phases.

A phase is on from the beginning of its green to the end of its red clearance; that is its split.
Scenarios know intergreens of pairs of groups and no red clearance: here it runs until the shortest
intergreen of the group has passed, or until the group is green again, whichever is first. A red
clearance of no length is logged as one tick (codes 10 and 11), because readers of such logs take red to
begin with code 10; its phase is inactive (12) in time.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.interlock import GREEN, RED, YELLOW
from signalsim.engine.records import Kind
from signalsim.engine.tables import INF, Signals

from .events import TICK_MS, Code, events


class Aspects(NamedTuple):
    """Changes of lamps in their order."""

    t_ms: np.ndarray  # (n,) int64
    group: np.ndarray  # (n,) int32
    aspect: np.ndarray  # (n,) int32


def aspects_of(records: np.ndarray) -> Aspects:
    """The lamps' part of full records."""
    rows = records[records["kind"] == Kind.ASPECT]
    return Aspects(rows["t_ms"].copy(), rows["entity"].copy(), rows["value"].astype(np.int32))


def phase_events(signals: Signals, phase: np.ndarray, records: np.ndarray, end_ms: int) -> np.ndarray:
    """(n,) EVENT in the order in which they happened; ``phase``: (n_groups,) its number.

    What would come after ``end_ms`` is left out, and the lamps of pedestrians are.
    """
    lamps = aspects_of(records)
    lamps = Aspects(*(column[signals.group["walk"][lamps.group] == 0] for column in lamps))
    order = 4 * np.arange(len(lamps.t_ms))
    parts, keys = [], []

    def add(code: Code, which: np.ndarray, tick: np.ndarray, t_ms: np.ndarray, key: np.ndarray) -> None:
        group = lamps.group[which]
        parts.append(events(tick, signals.group["junction"][group], code, phase[group]))
        keys.append((t_ms, key))

    for aspect, codes in (
        (GREEN, (Code.PHASE_ON, Code.GREEN)),
        (YELLOW, (Code.GREEN_END, Code.YELLOW)),
        (RED, (Code.YELLOW_END,)),
    ):
        which = np.flatnonzero(lamps.aspect == aspect)
        for k, code in enumerate(codes):
            add(code, which, lamps.t_ms[which] // TICK_MS, lamps.t_ms[which], order[which] + k)
    which, end, again = _clearances(signals, lamps)
    red = lamps.t_ms[which]
    at_once = end == red
    closing = np.where(at_once, order[which] + 3, -1)  # before what else happens then
    known = end <= end_ms
    add(Code.PHASE_INACTIVE, which[known], end[known] // TICK_MS, end[known], closing[known])
    seen = again // TICK_MS > red // TICK_MS  # red at some tick
    last = np.maximum(end // TICK_MS, red // TICK_MS + 1)
    add(Code.RED_CLEARANCE, which[seen], red[seen] // TICK_MS, red[seen], order[which[seen]] + 1)
    known = seen & (last * TICK_MS <= end_ms)
    add(Code.RED_CLEARANCE_END, which[known], last[known], np.maximum(end, red)[known], closing[known] - 1)
    found = np.concatenate(parts)
    t_ms, key = (np.concatenate(part) for part in zip(*keys, strict=True))
    return found[np.lexsort((key, t_ms, found["tick"]))]


def _clearances(signals: Signals, lamps: Aspects) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of ``lamps`` that turn red, when each one's red clearance ends, and its next green (or INF)."""
    by_group = np.lexsort((np.arange(len(lamps.t_ms)), lamps.group))
    t_ms, group, aspect = lamps.t_ms[by_group], lamps.group[by_group], lamps.aspect[by_group]
    at = np.flatnonzero(aspect == RED)  # always after the group's yellow, and before its next green
    has_next = np.append(group[1:] == group[:-1], False)[at]
    again = np.where(has_next, np.append(t_ms[1:], INF)[at], INF)
    end = np.minimum(t_ms[at - 1] + signals.group["clear_ms"][group[at]], again)
    return by_group[at], np.maximum(end, t_ms[at]), again
