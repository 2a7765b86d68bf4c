"""The rules of the model, each said once, in the order in which a driver meets them."""

from functools import partial

import numpy as np

from ..detectors import Cabinet, Detectors
from ..gridlock import Holdups
from ..interlock import GREEN, YELLOW
from ..records import RECORD, Kind
from ..state import counted_pedestrians
from ..surface import Sight, Sums, Totals
from ..tables import INF, Arrivals, Tables
from .clock import LANE, SIGNAL, YIELD, Alarm, Clock
from .crossing import cross
from .detectors import cabinet_of
from .gaps import gap
from .inside import go_inside
from .make import fill_sources, lanes_of_groups, make_road, make_vehicles
from .pedestrians import come, make_crossings, set_off, zones_free_ms, zones_of
from .reading import holdups_of, sight_of, sums_of
from .road import Lane, Movement, Segment, Source, Vehicle, is_exit
from .signals import Lamps
from .sirens import make_way
from .turns import let_others_try, turn


class ReferenceEngine:
    """The same surface as ``CompiledEngine`` (without snapshots: a generator cannot be copied)."""

    def __init__(
        self,
        tables: Tables,
        arrivals: Arrivals,
        *,
        count_from_ms: int,
        count_to_ms: int,
        record: bool = False,
    ) -> None:
        self.tables, self.arrivals, self.record = tables, arrivals, record
        self.counted = (arrivals.depart_ms >= count_from_ms) & (arrivals.depart_ms < count_to_ms)
        self.clock = Clock()
        self.segments, self.lanes, self.movements = make_road(tables, self.clock)
        self.vehicles = make_vehicles(arrivals)
        self.routes = [list(v.route) for v in self.vehicles]
        self.dwells_ms = [list(v.dwell_ms) for v in self.vehicles]
        self.lamps = Lamps(tables.signals)
        self.crossings = make_crossings(tables, arrivals, self.clock)
        for movement in self.movements:
            movement.zones = zones_of(tables, self.crossings, movement.index)
        self.pedestrian_counted = counted_pedestrians(arrivals, count_from_ms, count_to_ms)
        self.walk_ms = [-1] * len(arrivals.pedestrian_ms)
        self.lanes_of_group = lanes_of_groups(tables, self.lanes)
        self.enter_ms, self.arrive_ms = [-1] * len(self.vehicles), [-1] * len(self.vehicles)
        self.movement_out = [0] * len(self.movements)
        self.movement_out_long = [0] * len(self.movements)
        self.moves = 0
        self._records: list[tuple[int, int, int, int, int, int]] = []
        self._junctions = [Alarm(self.clock, SIGNAL, j) for j in range(len(tables.signals.junction))]
        fill_sources(tables, arrivals, self.lanes, self.vehicles)
        self._start()

    def _start(self) -> None:
        process = self.clock.env.process
        for j, alarm in enumerate(self._junctions):
            process(alarm.each_time(partial(self._signal, j)))
            alarm.set(0)
        for crossing in self.crossings:
            process(come(self, crossing))
        for lane in self.lanes:
            process(lane.alarm.each_time(partial(self._attempt, lane, LANE)))
            process(lane.yield_alarm.each_time(partial(self._attempt, lane, YIELD)))
            if isinstance(lane, Source):
                self.wake(lane)
        for segment in self.segments:
            process(segment.alarm.each_time(partial(self._share_room, segment)))

    # -- the surface ---------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return self.clock.now

    def advance(self, until_ms: int) -> None:
        """Handle everything that happens before ``until_ms``."""
        self.clock.run(until_ms)

    def request(self, stage: np.ndarray, switch_at_ms: np.ndarray) -> None:
        """Ask for local stages (-1: nothing) not before ``switch_at_ms``, per junction."""
        for j, (wanted, when) in enumerate(zip(stage, switch_at_ms, strict=True)):
            if wanted >= 0:
                self.lamps.request(j, int(wanted), max(int(when), self.now_ms))
                settle = self.lamps.settle_after_request_ms(j, int(when), self.now_ms)
                if settle < INF:
                    self._junctions[j].set(settle)

    def call(self, group: int) -> None:
        """A pedestrian waits for a group."""
        junction = self.lamps.call(group)
        if junction >= 0:
            self._junctions[junction].set(self.now_ms)

    def observe(self, *, lanes: bool = True, signals: bool = True) -> Sight:
        """The truth now, always all of it."""
        return sight_of(self)

    def cabinet(self, detectors: Detectors) -> Cabinet:
        """What detectors and lamps say now."""
        return cabinet_of(self, detectors)

    def next_stage(self) -> np.ndarray:
        """(n_junctions,) int32 local stage in force or being changed to."""
        return np.array([self.lamps.stage(j)[0] for j in range(len(self._junctions))], np.int32)

    def sums(self) -> Sums:
        return sums_of(self)

    def holdups(self) -> Holdups:
        """Why heads of lanes do not move."""
        return holdups_of(self)

    def records(self) -> np.ndarray:
        return np.array(self._records, RECORD)

    def all_counted_arrived(self) -> bool:
        """Whether every counted vehicle has left the network, and every counted pedestrian set off."""
        done = zip(self.arrive_ms + self.walk_ms, [*self.counted, *self.pedestrian_counted], strict=True)
        return all(t >= 0 for t, counted in done if counted)

    def totals(self) -> Totals:
        departed = sum(v.depart_ms < self.now_ms for v in self.vehicles)
        entered, arrived = (sum(t >= 0 for t in times) for times in (self.enter_ms, self.arrive_ms))
        return Totals(departed, arrived, entered - arrived, departed - entered, self.moves)

    def write(self, kind: Kind, entity: int, place: int, value: int) -> None:
        if self.record:
            self._records.append((self.now_ms, int(kind), entity, place, 0, value))

    # -- when may the head of a lane go? ---------------------------------------------------------

    def head_ms(self, lane: Lane) -> int:
        """The earliest time for the head of a lane, room and gaps aside; INF until something happens."""
        if lane.head is None:
            return INF
        ready = lane.head_ready_ms()
        if isinstance(lane, Source) or not lane.at_line or is_exit(lane.head.movement) or lane.inside:
            return ready
        movement = self.movements[lane.head.movement]
        return INF if movement.blocked else self._open_ms(lane, lane.head, movement, ready)

    def _open_ms(self, lane: Lane, head: Vehicle, movement: Movement, ready: int) -> int:
        """When the signal lets a vehicle cross that is ready; at a stop sign, when it has stopped."""
        if movement.stops:
            ready = max(ready, head.arrive_ms + movement.hold_ms)
        if movement.group < 0:
            return ready
        began, now = self.lamps.began_ms(movement), self.now_ms
        if movement.goes_on_red and not self.lamps.is_green(movement):
            if self.lamps.open_at(movement, max(ready, now)):
                return ready
            end = self.lamps.green_end_ms(movement) + movement.end_gain_ms
            return max(ready, head.arrive_ms + movement.hold_ms, end)
        if began == -INF:
            return INF
        if not self.lamps.is_green(movement) and movement.is_permissive:
            end = self.lamps.green_end_ms(movement)
            ready = max(ready, end + movement.end_gain_ms)
            sneaks = lane.sneaks > 0 and head.arrive_ms <= end
            return ready if sneaks and max(ready, now) < self.lamps.clear_ms(movement) else INF
        if head.arrive_ms <= began:
            ready = max(ready, began + movement.startup_ms)
        return ready if self.lamps.open_at(movement, max(ready, now)) else INF

    def _gives_way(self, lane: Lane) -> bool:
        """Whether the head may have to give way to anybody at the stop line."""
        if isinstance(lane, Source) or lane.head is None or not lane.at_line or is_exit(lane.head.movement):
            return False
        return self.movements[lane.head.movement].may_give_way and not lane.inside

    def _give_way(self, lane: Lane) -> tuple[int, bool]:
        """(until when the head waits for others, whether it is opposed). Who clears at the end of green
        does not ask."""
        assert lane.head is not None
        movement = self.movements[lane.head.movement]
        on_red = movement.goes_on_red and not self.lamps.is_green(movement)
        until, opposed = self._give_way_to_vehicles(lane, movement, on_red)
        return max(until, zones_free_ms(self, movement.zones, on_red)), opposed

    def _give_way_to_vehicles(self, lane: Lane, movement: Movement, on_red: bool) -> tuple[int, bool]:
        if movement.takes_turns:
            return turn(self, lane, movement), True
        streams = movement.foes if on_red else movement.priority
        if not (on_red or self.lamps.is_green(movement)):
            return self.now_ms, False
        return gap(movement, streams, self.movements, self.lamps, self.now_ms)

    def wake(self, lane: Lane) -> None:
        """Set the alarm for the next event of a lane."""
        time = self.head_ms(lane)
        if time == INF:
            return
        if lane.waits_for is not None:
            lane.waits_for.alarm.set(time)
        elif self._gives_way(lane):
            lane.yield_alarm.set(time)
        else:
            lane.alarm.set(time)

    # -- one attempt, and sharing room -----------------------------------------------------------

    def _attempt(self, lane: Lane, rank: int) -> None:
        """The head goes now, or the time of its next attempt is set."""
        make_way(self, lane)
        if lane.waits_for is not None:
            return
        if self.head_ms(lane) > self.now_ms:
            self.wake(lane)
            return
        opposed = False
        if self._gives_way(lane):
            if rank == LANE:
                lane.yield_alarm.set(self.now_ms)
                return
            until, opposed = self._give_way(lane)
            if until > self.now_ms:
                if until < INF:
                    lane.yield_alarm.set(until)
                return
        segment, candidates, traverse = self.target(lane)
        if segment is None:
            cross(self, lane, None, traverse, opposed)
            return
        queued = bool(segment.waiting)
        onto = None if queued else self._choose(candidates, lane, traverse)
        if onto is not None:
            cross(self, lane, onto, traverse, opposed)
            return
        self._wait_for_room(lane, segment)
        room = self.now_ms if queued else self._soonest_room(candidates, lane) - traverse
        if room < INF // 2:
            segment.alarm.set(room)

    def target(self, lane: Lane) -> tuple[Segment | None, list[Lane], int]:
        """Where the head goes: segment (None: out), the lanes there that serve it, traversal time."""
        head = lane.head
        assert head is not None
        if isinstance(lane, Source):
            return lane.segment, self._lanes_for(lane.segment, head.movement), 0
        if lane.segment.behind is not None:
            behind = lane.segment.behind
            if is_exit(head.movement):
                return behind, behind.lanes, 0
            return behind, behind.serving(self.movements[head.movement].serve_last), 0
        if is_exit(head.movement):
            return None, [], 0
        movement = self.movements[head.movement]
        return movement.to, self._lanes_for(movement.to, head.route[1]), movement.traverse_ms

    def _lanes_for(self, segment: Segment, movement: int) -> list[Lane]:
        if is_exit(movement):
            return segment.lanes
        return segment.serving(self.movements[movement].serve_first)

    def _choose(self, candidates: list[Lane], lane: Lane, traverse: int) -> Lane | None:
        """The candidate that has room and the least expected wait."""
        assert lane.head is not None
        free = [c for c in candidates if c.room_ms(lane.head.size) <= self.now_ms + traverse]
        return min(free, key=lambda c: c.used * c.headway_ms, default=None)

    def _soonest_room(self, candidates: list[Lane], lane: Lane) -> int:
        assert lane.head is not None
        return min((c.room_ms(lane.head.size) for c in candidates), default=INF)

    def _wait_for_room(self, lane: Lane, segment: Segment) -> None:
        lane.waits_for = segment
        for feeder in segment.feeders:
            if feeder.lane is lane:  # who was away gains nothing by it
                feeder.clock = max(feeder.clock, segment.turn)
        if isinstance(lane, Source) or not lane.at_line or lane.inside:
            return
        movement = self.movements[lane.vehicles[0].movement]
        if movement.enters:
            go_inside(self, lane, movement)
        if movement.takes_turns:
            let_others_try(self, movement)

    def _share_room(self, segment: Segment) -> None:
        """Those that wait enter in the order of their merge clocks.

        Who is first in turn and finds no room keeps the lanes that it could use from those behind.
        """
        asked: list[Lane] = []
        barred: list[Lane] = []
        soonest = INF
        while waiting := [f for f in segment.waiting if f.lane not in asked]:
            feeder = min(waiting, key=lambda f: f.clock)
            lane = feeder.lane
            asked.append(lane)
            time, opposed = self.head_ms(lane), False
            if time <= self.now_ms and self._gives_way(lane):
                time, opposed = self._give_way(lane)
            if time > self.now_ms:
                lane.waits_for = None
                if time < INF:
                    (lane.yield_alarm if self._gives_way(lane) else lane.alarm).set(time)
                continue
            _, candidates, traverse = self.target(lane)
            usable = [c for c in candidates if c not in barred]
            onto = self._choose(usable, lane, traverse)
            if onto is None:
                soonest = min(soonest, self._soonest_room(usable, lane) - traverse)
                barred += candidates
                continue
            lane.waits_for = None
            assert lane.head is not None
            segment.turn = max(segment.turn, feeder.clock)
            feeder.clock += feeder.stride * lane.head.size
            cross(self, lane, onto, traverse, opposed)
        if soonest < INF // 2:
            segment.alarm.set(soonest)

    def room_changed(self, segment: Segment) -> None:
        """Somebody left: when can the first of those that wait enter?"""
        soonest = INF
        for feeder in segment.waiting:
            _, candidates, traverse = self.target(feeder.lane)
            soonest = min(soonest, self._soonest_room(candidates, feeder.lane) - traverse)
        if soonest < INF // 2:
            segment.alarm.set(soonest)

    # -- signals -------------------------------------------------------------------------------

    def _signal(self, j: int) -> None:
        """The interlock does what is due; lanes whose lamp changed take notice."""
        stage, since = self.lamps.stage(j)
        for group, aspect in self.lamps.settle(j, self.now_ms):
            self.write(Kind.ASPECT, group, j, aspect)
            for lane in self.lanes_of_group[group]:
                self._lamp_changed(lane, group, aspect)
            for crossing in self.crossings:
                if crossing.group == group and aspect == GREEN:
                    set_off(self, crossing)
        new_stage, new_since = self.lamps.stage(j)
        if new_stage != stage:
            self.write(Kind.STAGE, j, new_stage, 0)
        if new_since < INF and (since == INF or new_stage != stage):
            self.write(Kind.STAGE, j, new_stage, 1)
        due = self.lamps.due_ms(j, self.now_ms)
        if due < INF:
            self._junctions[j].set(due)

    def _lamp_changed(self, lane: Lane, group: int, aspect: int) -> None:
        if aspect == GREEN:
            lane.sneaks, lane.fresh = 0, True
            self.wake(lane)
        elif aspect == YELLOW and self._gives_way(lane):
            assert lane.head is not None
            movement = self.movements[lane.head.movement]
            if movement.is_permissive and movement.group == group and lane.head.arrive_ms <= self.now_ms:
                lane.sneaks = movement.sneakers
                self.wake(lane)
