"""Full records as passages: one row per vehicle and link, the raw material of what is said about places.

All that happened to a vehicle on a link stands in one row, so that a measure per movement, lane group,
approach or junction is a sum over rows.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.records import STOP_MS, Kind
from signalsim.engine.tables import Arrivals, Tables


class Passages(NamedTuple):
    """One row per vehicle and link, by vehicle and in the order of its route; times in int64 ms.

    A vehicle reaches the stop line at ``line_ms`` if nothing holds it on this link; it may follow a
    slower one until then. What is held up at a bay's mouth counts as held up on the link.
    """

    vehicle: np.ndarray  # int64
    link: np.ndarray  # int64
    movement: np.ndarray  # int64, taken at the link's end; -1: its route ends there
    enter_ms: np.ndarray  # -1: waits outside, as there is no room on its first link
    line_ms: np.ndarray  # at the stop line, had nothing held it on the link
    cross_ms: np.ndarray  # left the link; -1: not yet
    delay_ms: np.ndarray  # held up on the link, the loss of its start behind the line included
    wait_ms: np.ndarray  # before it had room to enter; only on the link on which it begins
    stops: np.ndarray  # int64, held up for ``engine.records.STOP_MS`` or longer, once it has gone on
    size: np.ndarray  # int64, slots: twice its passenger car units
    is_bus: np.ndarray  # bool: serves stops
    counted: np.ndarray  # bool: wished to depart in the demand window

    @property
    def wished_ms(self) -> np.ndarray:
        """When it would have been at the stop line had it not had to wait outside: its demand's time."""
        return self.line_ms - self.wait_ms


def passages(
    records: np.ndarray, tables: Tables, arrivals: Arrivals, counted: np.ndarray, now_ms: int
) -> Passages:
    """The passages of one run that ended at ``now_ms``, begun and not ended ones included.

    ``counted`` (n_vehicles,) bool. Whoever has not crossed is held up until ``now_ms``: a lower bound.
    """
    inside = _inside(records, tables, arrivals, counted, now_ms)
    outside = _outside(records, tables, arrivals, counted, now_ms)
    order = np.argsort(np.concatenate([inside.vehicle, outside.vehicle]), kind="stable")
    return Passages(*(np.concatenate(pair)[order] for pair in zip(inside, outside, strict=True)))


def _inside(
    records: np.ndarray, tables: Tables, arrivals: Arrivals, counted: np.ndarray, now_ms: int
) -> Passages:
    """Those of all who have entered."""
    rows = records[np.isin(records["kind"], (Kind.DEPART, Kind.ENTER, Kind.CROSS))]
    rows = rows[np.argsort(rows["entity"], kind="stable")]
    kind, of, t, value = rows["kind"], rows["entity"], rows["t_ms"], rows["value"]
    at_stop = tables.segment["next"][tables.lane] < 0
    crosses = kind == Kind.CROSS
    ends = crosses & at_stop[rows["place"]]
    same = np.append(False, of[1:] == of[:-1])[: len(of)]
    first = np.flatnonzero(~same | np.append(False, ends[:-1])[: len(of)])
    last = np.append(first[1:], len(rows))[: len(first)] - 1

    def total(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, first) if len(first) else np.zeros(0, np.int64)

    # a crossing tells the delay with the loss behind the line, the entry before it when it could have been
    known = np.append(False, kind[:-1] == Kind.ENTER)[: len(of)] & same
    planned = np.append(0, value[:-1])[: len(of)]
    held = total(np.where(crosses, np.where(known, np.maximum(t - planned, 0), value), 0))

    vehicle, crossed = of[first].astype(np.int64), ends[last]
    link, leg = _place(tables, arrivals, vehicle)
    planned = np.where(crossed | (kind[last] != Kind.ENTER), t[last], value[last])
    ahead = np.where(
        crossed | at_stop[rows["place"][last]], 0, _behind_mouth_ms(tables, arrivals, vehicle, link, leg)
    )
    still = np.where(crossed, 0, np.maximum(now_ms - planned, 0))
    return Passages(
        **_of_vehicles(arrivals, counted, vehicle, link, leg),
        enter_ms=t[first],
        line_ms=planned - held + ahead,
        cross_ms=np.where(crossed, t[last], -1),
        delay_ms=total(np.where(crosses, value, 0)) + still,
        wait_ms=total(np.where(kind == Kind.DEPART, t - value, 0)),
        stops=total((crosses & (value >= STOP_MS)).astype(np.int64)),
    )


def _outside(
    records: np.ndarray, tables: Tables, arrivals: Arrivals, counted: np.ndarray, now_ms: int
) -> Passages:
    """Those that have not begun: one for each who waits to enter."""
    entered = np.zeros(len(arrivals.depart_ms), bool)
    entered[records["entity"][records["kind"] == Kind.DEPART]] = True
    vehicle = np.flatnonzero(~entered & (arrivals.depart_ms < now_ms))
    link, leg = _place(tables, arrivals, vehicle)
    travel = _travel_ms(tables, arrivals, vehicle, tables.link_first_segment[link])
    travel += _behind_mouth_ms(tables, arrivals, vehicle, link, leg)
    none, zero = np.full(len(vehicle), -1), np.zeros(len(vehicle), np.int64)
    return Passages(
        **_of_vehicles(arrivals, counted, vehicle, link, leg),
        enter_ms=none,
        line_ms=now_ms + travel,
        cross_ms=none,
        delay_ms=zero,
        wait_ms=now_ms - arrivals.depart_ms[vehicle],
        stops=zero,
    )


def _of_vehicles(
    arrivals: Arrivals, counted: np.ndarray, vehicle: np.ndarray, link: np.ndarray, leg: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns that do not depend on what happened."""
    return {
        "vehicle": vehicle,
        "link": link,
        "movement": arrivals.route_movement[leg].astype(np.int64),
        "size": arrivals.size[vehicle].astype(np.int64),
        "is_bus": _serves_stops(arrivals)[vehicle],
        "counted": counted[vehicle],
    }


def _place(tables: Tables, arrivals: Arrivals, vehicle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(link, index into ``route_movement``) of each vehicle's first, second, ... row; sorted by vehicle."""
    route = arrivals.route[vehicle]
    nth = np.arange(len(vehicle)) - np.searchsorted(vehicle, vehicle)
    leg = arrivals.route_start[route] + nth
    into = tables.segment["link"][tables.movement["to_segment"]]
    came_by = arrivals.route_movement[np.maximum(leg - 1, 0)]
    link = arrivals.route_link[route].astype(np.int64)
    later = nth > 0
    link[later] = into[came_by[later]]
    return link, leg


def _travel_ms(tables: Tables, arrivals: Arrivals, vehicle: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Free-flow time on a segment, as the engines round it."""
    return (tables.segment["travel_ms"][segment].astype(np.int64) * arrivals.pace[vehicle] + 999) // 1000


def _behind_mouth_ms(
    tables: Tables, arrivals: Arrivals, vehicle: np.ndarray, link: np.ndarray, leg: np.ndarray
) -> np.ndarray:
    """Free-flow time from the mouth of a link's bays to its stop line; without bays only its bus stops."""
    behind = tables.segment["next"][tables.link_first_segment[link]]
    travel = np.where(behind >= 0, _travel_ms(tables, arrivals, vehicle, behind), 0)
    return travel + arrivals.route_dwell_ms[leg]


def _serves_stops(arrivals: Arrivals) -> np.ndarray:
    """(n_vehicles,) bool."""
    dwell = np.append(0, np.cumsum(arrivals.route_dwell_ms, dtype=np.int64))
    return (np.diff(dwell[arrivals.route_start]) > 0)[arrivals.route]
