"""SUMO's vehicles as this project's engines tell of theirs, looked at once a second.

The state after SUMO's step of second ``t`` counts as that of ``t``, as in SUMO's own trip output: a
vehicle that entered or arrived in that step did so at ``t``. Who leaves an edge has crossed its stop
line; the lane is the one it was last seen on. The way through a junction belongs to no lane.
"""

from itertools import count
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.detectors import Detectors
from signalsim.engine.records import Kind
from signalsim.engine.surface import Sums, Totals
from signalsim.engine.tables import CAR_SLOTS, EXIT, Arrivals, Tables

from .detectors import Loops
from .drivers import Drivers, Leg
from .roads import Roads

Row = tuple[int, int, int, int, int]  # t_ms, kind, entity, place, value

STEP_MS = 1000
HALTS_MPS = 0.1  # slower than this is a halt, as in SUMO's outputs


class Setup(NamedTuple):
    """What a run is made of."""

    tables: Tables
    arrivals: Arrivals
    roads: Roads
    count_from_ms: int
    count_to_ms: int
    record: bool


class Vehicle:
    """One vehicle inside the network."""

    __slots__ = (
        "arrive_ms", "halts", "index", "lane", "left", "leg", "legs", "pace", "place", "reach_m", "since_ms",
    )  # fmt: skip

    def __init__(self, index: int, legs: list[Leg], pace: int, now_ms: int) -> None:
        self.index, self.legs, self.pace = index, legs, pace
        self.leg = -1  # the last one that it was seen on
        self.left = 0  # legs that it has left behind
        self.place = ""  # SUMO's lane
        self.lane = -1  # ours, -1 inside a junction
        self.since_ms = now_ms  # when it came to where it is
        self.reach_m = 0.0  # so far before the next leg it counts as on that
        self.arrive_ms = now_ms  # at free flow it would then be at the end of its leg
        self.halts = False


class Traffic:
    """All vehicles of a run: what is where now, and what measures need."""

    def __init__(self, sumo: Any, setup: Setup, drivers: Drivers) -> None:
        tables, arrivals = setup.tables, setup.arrivals
        self._sumo, self._drivers, self._roads = sumo, drivers, setup.roads
        self._tables, self._arrivals = tables, arrivals
        self._window_end_ms = setup.count_to_ms
        self.rows: list[Row] | None = [] if setup.record else None
        n_lanes, n = len(tables.lane_slots), len(arrivals.depart_ms)
        self._n_lanes = n_lanes
        self._counted = (arrivals.depart_ms >= setup.count_from_ms) & (arrivals.depart_ms < setup.count_to_ms)
        self._inside: dict[str, Vehicle] = {}
        self._enter_ms, self._arrive_ms = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.time_loss_s = np.zeros(n)  # SUMO's, up to the end of the demand window
        self._stops = np.zeros(n, np.int32)
        self._moves = self._entered = self._arrived = 0
        self._crossed, self._halts, self._max_queue = (np.zeros(n_lanes, np.int32) for _ in range(3))
        self._delay_ms, self._out = np.zeros(n_lanes, np.int64), np.zeros(n_lanes, np.int64)
        self._movement_out = np.zeros(len(tables.movement), np.int64)
        self._is_long = arrivals.size > CAR_SLOTS
        self._out_long, self._movement_out_long = np.zeros_like(self._out), np.zeros_like(self._movement_out)
        self._on_lane, self._queue, self._in_view, self._long_in_view = ([0] * n_lanes for _ in range(4))
        self._source = _sources(tables, arrivals)
        self._loops: Loops | None = None

    def look(self, now_ms: int) -> None:
        """Take in the step of second ``now_ms``."""
        for name in self._sumo.simulation.getDepartedIDList():
            self._enter_network(int(name), name, now_ms)
        for name in self._sumo.simulation.getArrivedIDList():
            self._leave_network(self._inside.pop(name), now_ms)
        self._on_lane, self._queue, self._in_view, self._long_in_view = (
            [0] * self._n_lanes for _ in range(4)
        )
        loops = self._loops
        if loops is not None:
            loops.begin()
        api = self._sumo.vehicle
        place_of, speed_of, loss_of = api.getLaneID, api.getSpeed, api.getTimeLoss
        position_of, leg_of, stands_at_stop = api.getLanePosition, api.getRouteIndex, api.isStopped
        roads = self._roads
        in_window = now_ms < self._window_end_ms
        for name, vehicle in self._inside.items():
            place = place_of(name)
            if place != vehicle.place:
                self._move(vehicle, place, leg_of(name), now_ms)
            speed = speed_of(name)
            if in_window:
                self.time_loss_s[vehicle.index] = loss_of(name)
            if speed < HALTS_MPS:
                if not (vehicle.legs[vehicle.leg].dwell_ms and stands_at_stop(name)):
                    self._halt(vehicle)
            elif vehicle.halts:
                vehicle.halts = False
            lane, position_m = vehicle.lane, position_of(name)
            if vehicle.reach_m and (lane < 0 or position_m > roads.length_m[lane] - vehicle.reach_m):
                lane, position_m = vehicle.legs[vehicle.leg + 1].lane, 0.0
            if lane < 0:
                continue
            self._on_lane[lane] += 1
            if vehicle.halts or (now_ms >= vehicle.arrive_ms and speed < roads.slow_mps[lane]):
                self._queue[lane] += 1
            if lane in roads.view_from_m and position_m >= roads.view_from_m[lane]:
                self._in_view[lane] += 1
                self._long_in_view[lane] += bool(self._is_long[vehicle.index])
            if loops is not None:
                loops.see(lane, roads.length_m[lane] - position_m)
        if loops is not None:
            loops.end(now_ms, self._out)
        np.maximum(self._max_queue, self._queue, out=self._max_queue)

    def _enter_network(self, v: int, name: str, now_ms: int) -> None:
        vehicle = Vehicle(v, self._drivers.legs(v), int(self._arrivals.pace[v]), now_ms)
        self._inside[name] = vehicle
        self._enter_ms[v] = now_ms
        self._entered += 1
        self._moves += 1
        lane = self._roads.lane.get(self._sumo.vehicle.getLaneID(name), vehicle.legs[0].lane)
        self._record(now_ms, Kind.DEPART, v, lane, int(self._arrivals.depart_ms[v]))

    def _leave_network(self, vehicle: Vehicle, now_ms: int) -> None:
        lane = vehicle.lane if vehicle.left == len(vehicle.legs) - 1 == vehicle.leg else vehicle.legs[-1].lane
        while vehicle.left < len(vehicle.legs):
            self._cross(vehicle, now_ms)
        v = vehicle.index
        self._arrive_ms[v] = now_ms
        self._arrived += 1
        self._record(now_ms, Kind.ARRIVE, v, lane, int(self._stops[v]))

    def _move(self, vehicle: Vehicle, place: str, leg: int, now_ms: int) -> None:
        """It is on another lane of SUMO's than a second ago; ``leg``: the edge it is on or has left last."""
        in_junction = place.startswith(":")
        while vehicle.left < leg + in_junction:
            self._cross(vehicle, now_ms)
        vehicle.place = place
        if in_junction:
            return
        vehicle.lane = self._roads.lane.get(place, vehicle.legs[leg].lane)
        if vehicle.leg < leg:
            vehicle.leg, vehicle.since_ms = leg, now_ms
            vehicle.reach_m = vehicle.legs[leg + 1].reach_m if leg + 1 < len(vehicle.legs) else 0.0
            vehicle.arrive_ms = now_ms + _freely(vehicle.legs[leg], vehicle.pace)
            self._record(now_ms, Kind.ENTER, vehicle.index, vehicle.lane, vehicle.arrive_ms)

    def _cross(self, vehicle: Vehicle, now_ms: int) -> None:
        """It has left its leg at the stop line or at a bay's mouth."""
        leg, v = vehicle.legs[vehicle.left], vehicle.index
        seen = vehicle.leg == vehicle.left  # not if the leg is so short that a second is enough for it
        lane = vehicle.lane if seen else leg.lane
        delay = max(0, now_ms - vehicle.arrive_ms) if seen else 0
        self._out[lane] += 1
        self._out_long[lane] += self._is_long[v]
        if leg.at_stop and leg.movement != EXIT:
            self._movement_out[leg.movement] += 1
            self._movement_out_long[leg.movement] += self._is_long[v]
            self._moves += 1
        if self._counted[v]:
            self._crossed[lane] += 1
            self._delay_ms[lane] += delay
        self._record(now_ms, Kind.CROSS, v, lane, delay)
        vehicle.left += 1
        vehicle.lane = -1

    def _halt(self, vehicle: Vehicle) -> None:
        if vehicle.halts:
            return
        vehicle.halts = True
        self._stops[vehicle.index] += 1
        if self._counted[vehicle.index]:
            leg = vehicle.legs[min(vehicle.left, len(vehicle.legs) - 1)]
            self._halts[vehicle.lane if vehicle.lane >= 0 else leg.lane] += 1

    def _record(self, t_ms: int, kind: Kind, entity: int, place: int, value: int) -> None:
        if self.rows is not None:
            self.rows.append((t_ms, int(kind), entity, place, value))

    def sight(self, now_ms: int) -> dict[str, np.ndarray]:
        """The fields of a Sight that tell of vehicles.

        In the queue is who stands, or would at free flow be at the stop line already and is slower
        than half the free speed. ``lane_advance`` is what has crossed plus what is in view.
        """
        wished = self._arrivals.depart_ms < now_ms
        n_sources = len(self._tables.lane) - self._n_lanes
        waiting = np.bincount(self._source[wished & (self._enter_ms < 0)], minlength=n_sources)
        return {
            "lane_vehicles": np.array(self._on_lane, np.int32),
            "lane_queue": np.array(self._queue, np.int32),
            "lane_out": self._out.copy(),
            "lane_advance": self._out + np.array(self._in_view, np.int64),
            "movement_out": self._movement_out.copy(),
            "lane_out_long": self._out_long.copy(),
            "lane_advance_long": self._out_long + np.array(self._long_in_view, np.int64),
            "movement_out_long": self._movement_out_long.copy(),
            "source_waiting": waiting.astype(np.int32),
        }

    def loops(self, detectors: Detectors) -> dict[str, np.ndarray]:
        """What detectors say of the last second; they are there from the first question on."""
        if self._loops is None:
            self._loops = Loops(detectors)
        return self._loops.state()

    def totals(self, now_ms: int) -> Totals:
        departed = int(np.searchsorted(self._arrivals.depart_ms, now_ms))
        inside = self._entered - self._arrived
        return Totals(departed, self._arrived, inside, departed - self._entered, self._moves)

    def all_counted_arrived(self) -> bool:
        return bool((self._arrive_ms[self._counted] >= 0).all())

    def sums(self, now_ms: int) -> Sums:
        return Sums(
            now_ms=now_ms,
            depart_ms=self._arrivals.depart_ms,
            enter_ms=self._enter_ms.copy(),
            arrive_ms=self._arrive_ms.copy(),
            freeflow_ms=self._freeflow_ms(now_ms),
            stops=np.where(self._arrive_ms >= 0, self._stops, 0).astype(np.int32),
            counted=self._counted.copy(),
            lane_crossed=self._crossed.copy(),
            lane_delay_ms=self._delay_ms.copy(),
            lane_stops=self._halts.copy(),
            lane_max_queue=self._max_queue.copy(),
            movement_crossed=self._movement_out.copy(),
        )

    def _freeflow_ms(self, now_ms: int) -> np.ndarray:
        """(n_vehicles,) int64: free-flow time of the distance covered, by the engines' own tables."""
        result = np.zeros(len(self._arrive_ms), np.int64)
        for v in np.flatnonzero(self._arrive_ms >= 0).tolist():
            legs = self._drivers.legs(v)
            result[v] = self._along(legs, len(legs), int(self._arrivals.pace[v]))
        for vehicle in self._inside.values():
            done = self._along(vehicle.legs, vehicle.left, vehicle.pace)
            if vehicle.lane >= 0:
                leg = vehicle.legs[vehicle.left]
                if vehicle.left and vehicle.legs[vehicle.left - 1].at_stop:
                    done += int(self._tables.movement["traverse_ms"][vehicle.legs[vehicle.left - 1].movement])
                done += min(_freely(leg, vehicle.pace), max(0, now_ms - vehicle.since_ms))
            result[vehicle.index] = done
        return result

    def _along(self, legs: list[Leg], n: int, pace: int) -> int:
        """Free-flow time of the first ``n`` legs, to the end of the last."""
        traverse = self._tables.movement["traverse_ms"]
        time = sum(_freely(leg, pace) for leg in legs[:n])
        return time + sum(int(traverse[leg.movement]) for leg in legs[: max(0, n - 1)] if leg.at_stop)


def _freely(leg: Leg, pace: int) -> int:
    """Time on a leg where nobody is in the way, at its stops included, ms."""
    return (leg.travel_ms * pace + 999) // 1000 + leg.dwell_ms


def _sources(tables: Tables, arrivals: Arrivals) -> np.ndarray:
    """(n_vehicles,) the source that each vehicle departs from."""
    source_of_link = {
        int(tables.segment["link"][segment]): source
        for source, segment in zip(count(), tables.lane[len(tables.lane_slots) :].tolist())
    }
    of_route = np.array([source_of_link.get(int(link), -1) for link in arrivals.route_link], np.int64)
    return of_route[arrivals.route] if len(of_route) else np.zeros(0, np.int64)
