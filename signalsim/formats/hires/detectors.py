"""Vehicles of the records -> events of detectors.

Records know when a vehicle entered a lane, when it could have been at the stop line at the earliest, and
when it crossed it. From these:

* a **count** at the stop line is a pulse of one tick at the crossing;
* a **presence** zone is taken by a vehicle from BEFORE_MS before it could have been at the stop line until
  AFTER_MS after it crossed: a zone of 12 m and a car of 5 m at 50 km/h. A queue that discharges takes it
  without a break. That a standing vehicle far back in a queue is not over the zone changes nothing: others
  are;
* an **advance** detector is a pulse of one tick when the vehicle passes the line where the camera's view
  begins: at free flow, or when those before it have left room for it between the two lines.

Pulses of one lane come at least two ticks apart, so that no two melt into one.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.records import Kind
from signalsim.engine.tables import INF, Tables

from .events import ADVANCE, COUNT, PRESENCE, TICK_MS, Code, events
from .site import Channels, Numbers

BEFORE_MS, AFTER_MS = 900, 400
_FAR = 1 << 42  # ticks between the time axes of two lanes laid end to end; every tick is below it


class Visits(NamedTuple):
    """Stays of vehicles in lanes, sorted by lane, then in the order in which they leave it."""

    lane: np.ndarray  # (n,) int32
    vehicle: np.ndarray  # (n,) int32
    enter_ms: np.ndarray  # (n,) int64
    earliest_ms: np.ndarray  # (n,) int64, at the stop line
    cross_ms: np.ndarray  # (n,) int64, over the stop line (INF: not in this run)
    leave_ms: np.ndarray  # (n,) int64, out of the lane: later for who stands inside the junction


def visits_of(records: np.ndarray, n_lanes: int) -> Visits:
    """Who was in which lane from when to when, from full records."""
    of_lanes = np.isin(records["kind"], (Kind.ENTER, Kind.INSIDE, Kind.CROSS)) & (records["place"] < n_lanes)
    at = np.flatnonzero(of_lanes)
    rows = records[at]
    order = np.lexsort((at, rows["entity"], rows["place"]))
    rows, at = rows[order], at[order]
    enter = np.flatnonzero(rows["kind"] == Kind.ENTER)
    next_enter = np.append(enter[1:], len(rows))
    cross_ms, leave_ms, left_at = (np.full(len(enter), INF, np.int64) for _ in range(3))
    for step in (1, 2):  # what follows an entry: it stood inside and left, or left
        row = np.minimum(enter + step, len(rows) - 1)
        is_own = enter + step < next_enter
        cross_ms = np.where(is_own, np.minimum(cross_ms, rows["t_ms"][row]), cross_ms)
        is_left = is_own & (rows["kind"][row] == Kind.CROSS)
        leave_ms = np.where(is_left, rows["t_ms"][row], leave_ms)
        left_at = np.where(is_left, at[row], left_at)
    left_at = np.where(left_at == INF, len(records) + at[enter], left_at)
    lane = rows["place"][enter]
    order = np.lexsort((left_at, lane))
    enter = enter[order]
    return Visits(
        lane=lane[order],
        vehicle=rows["entity"][enter],
        enter_ms=rows["t_ms"][enter],
        earliest_ms=rows["value"][enter],
        cross_ms=cross_ms[order],
        leave_ms=leave_ms[order],
    )


def advance_ms(tables: Tables, visits: Visits, size: np.ndarray) -> np.ndarray:
    """(n_visits,) int64 ms when each vehicle passes its lane's advance line (INF: not in this run).

    ``size``: (n_vehicles,) slots, as in the engine's Arrivals. The same instants at which the engine's
    cameras count, except after an emergency vehicle has passed a queue.
    """
    out = np.full(len(visits.lane), INF, np.int64)
    for lane in np.unique(visits.lane):
        if not tables.lane_view_ms[lane]:
            continue
        first, last = np.searchsorted(visits.lane, [lane, lane + 1])
        taken = np.cumsum(size[visits.vehicle[first:last]], dtype=np.int64)
        left = visits.leave_ms[first:last]
        before = np.searchsorted(np.append(0, taken), taken - tables.lane_view_slots[lane])
        room = np.where(before > 0, left[before - 1], 0)
        free = np.maximum(
            visits.earliest_ms[first:last] - tables.lane_view_ms[lane], visits.enter_ms[first:last]
        )
        out[first:last] = np.minimum(np.maximum.accumulate(np.maximum(free, room)), left)
    return out


def detector_events(
    tables: Tables, numbers: Numbers, records: np.ndarray, size: np.ndarray, end_ms: int
) -> np.ndarray:
    """(n,) EVENT of all detectors up to ``end_ms``, by function and lane."""
    visits = visits_of(records, len(tables.lane_slots))
    passed_ms = advance_ms(tables, visits, size)
    appear_ms = np.maximum(visits.earliest_ms - BEFORE_MS, visits.enter_ms)
    found = [
        _pulses(numbers.channels[COUNT], visits.lane, visits.cross_ms, end_ms),
        _pulses(numbers.channels[ADVANCE], visits.lane, passed_ms, end_ms),
        _presence(numbers.channels[PRESENCE], visits.lane, appear_ms, visits.cross_ms + AFTER_MS, end_ms),
    ]
    return np.concatenate(found)


def _pulses(channels: Channels, lane: np.ndarray, t_ms: np.ndarray, end_ms: int) -> np.ndarray:
    """A pulse of one tick per vehicle; the second of two in one tick comes two ticks later."""
    row = _row(channels, lane)
    is_used = (row >= 0) & (t_ms <= end_ms)
    row, tick = row[is_used], t_ms[is_used] // TICK_MS
    order = np.lexsort((tick, row))
    row, tick = row[order], tick[order] + _FAR * row[order]
    apart = 2 * np.arange(len(tick))
    tick = np.maximum.accumulate(tick - apart) + apart - _FAR * row
    return _switched(channels, row, tick, tick + 1, end_ms)


def _presence(
    channels: Channels, lane: np.ndarray, on_ms: np.ndarray, off_ms: np.ndarray, end_ms: int
) -> np.ndarray:
    """On while anybody is there; what is apart by less than a tick is one."""
    row = _row(channels, lane)
    is_used = (row >= 0) & (on_ms <= end_ms)
    row, on = row[is_used], on_ms[is_used] // TICK_MS
    off = np.maximum(np.minimum(off_ms[is_used] // TICK_MS, _FAR // 4), on + 1)
    order = np.lexsort((on, row))
    row, on, off = row[order], on[order] + _FAR * row[order], off[order] + _FAR * row[order]
    until = np.maximum.accumulate(off)
    first = np.flatnonzero(np.append(True, on[1:] > until[:-1])) if len(on) else np.zeros(0, np.int64)
    last = np.append(first[1:], len(on)) - 1 if len(on) else first
    row = row[first]
    return _switched(channels, row, on[first] - _FAR * row, until[last] - _FAR * row, end_ms)


def _row(channels: Channels, lane: np.ndarray) -> np.ndarray:
    """Row of each lane's channel, -1 if it has none."""
    row = np.searchsorted(channels.lane, lane)
    has = np.append(channels.lane, -1)[row] == lane
    return np.where(has, row, -1).astype(np.int64)


def _switched(
    channels: Channels, row: np.ndarray, on: np.ndarray, off: np.ndarray, end_ms: int
) -> np.ndarray:
    parts = []
    for code, tick in ((Code.DETECTOR_ON, on), (Code.DETECTOR_OFF, off)):
        known = tick * TICK_MS <= end_ms
        parts.append(events(tick[known], channels.junction[row[known]], code, channels.channel[row[known]]))
    return np.concatenate(parts)
