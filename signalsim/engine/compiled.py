"""The engine that is used: state in arrays, one compiled loop."""

from typing import Any, NamedTuple

import numpy as np

from . import look
from .bound import Bound
from .detectors import Cabinet, Detectors, detect, empty_cabinet, read_lamps
from .gridlock import Holdups
from .holdups import holdups_of
from .records import RECORD
from .state import State, copy_state, counted_pedestrians, make_state, make_trips
from .surface import Sight, Sums, Totals
from .tables import Arrivals, Tables

MIN_LOG = 1 << 16


class Snapshot(NamedTuple):
    """A run at one instant. It does not hold the records written before."""

    state: State


class CompiledEngine:
    """Traffic and interlock of one run.

    Args:
        tables: the road and its signals.
        arrivals: the demand; ``depart_ms`` ascending.
        count_from_ms, count_to_ms: who wishes to depart in [from, to) is counted in the sums.
        record: write every change of state (``records()``), not only sums.
    """

    def __init__(
        self,
        tables: Tables,
        arrivals: Arrivals,
        *,
        count_from_ms: int,
        count_to_ms: int,
        record: bool = False,
    ) -> None:
        self.tables, self.arrivals = tables, arrivals
        self._state = make_state(tables, arrivals, count_from_ms, count_to_ms)
        self._log = np.zeros(_log_rows(tables, arrivals) if record else 0, RECORD).view(np.recarray)
        self._written: list[np.ndarray] = []
        self._sight = _empty_sight(tables)
        self._cabinet = empty_cabinet(0, 0, 0)
        self._now_ms = 0
        self._trips = make_trips(tables, arrivals)
        self._pedestrian_counted = counted_pedestrians(arrivals, count_from_ms, count_to_ms)
        self._run = Bound(tables, self._trips, self._state, self._log, self._sight)
        self._run.start()

    @property
    def now_ms(self) -> int:
        return self._now_ms

    @property
    def events(self) -> int:
        """Events handled so far: a measure of work that does not depend on the machine."""
        return int(self._state.total[0].events)

    def advance(self, until_ms: int) -> None:
        """Handle everything that happens before ``until_ms``."""
        while self._now_ms < until_ms:
            self._now_ms = self._run.advance(until_ms)
            if len(self._log):
                self._flush()

    def _flush(self) -> None:
        n = int(self._state.total[0].records)
        self._written.append(np.array(self._log[:n]))
        self._state.total[0].records = 0

    def request(self, stage: np.ndarray, switch_at_ms: np.ndarray) -> None:
        """Ask for local stages (int32, -1: nothing) not before ``switch_at_ms`` (int64), per junction."""
        self._run.ask(stage, switch_at_ms)

    def observe(self, *, lanes: bool = True, signals: bool = True) -> Sight:
        """The truth now, or of lanes or signals alone; the arrays are written anew by the next call."""
        self._run.look(lanes, signals)
        return self._sight._replace(now_ms=self._now_ms)

    def cabinet(self, detectors: Detectors) -> Cabinet:
        """What detectors and lamps say now; the arrays are written anew by the next call."""
        if (len(self._cabinet.on_ms), len(self._cabinet.stage)) != (
            len(detectors.lane),
            len(self.tables.signals.junction),
        ):
            signals = self.tables.signals
            self._cabinet = empty_cabinet(len(detectors.lane), len(signals.group), len(signals.junction))
        state, seen = self._state, self._cabinet
        detect(state.lane, state.place, state.left_ms, detectors, self._now_ms, seen)
        read_lamps(state.signals.junction, state.signals.group, seen)
        return seen._replace(now_ms=self._now_ms)

    def next_stage(self) -> np.ndarray:
        """(n_junctions,) int32 local stage in force or being changed to."""
        return self._state.signals.junction["stage"].copy()

    def holdups(self) -> Holdups:
        """Why heads of lanes do not move."""
        return holdups_of(self.tables, self._state)

    def records(self) -> np.ndarray:
        """All records so far, dtype ``records.RECORD``, in the order in which they happened."""
        return np.concatenate([np.zeros(0, RECORD), *self._written])

    def sums(self) -> Sums:
        """The integers that measures need, as of now."""
        state, n = self._state, len(self.tables.lane_slots)
        freeflow = np.zeros(len(self.arrivals.depart_ms), np.int64)
        look.freeflow(self.tables, self.arrivals, state, freeflow)
        counted = np.zeros(len(freeflow), bool)
        counted[state.total[0].counted_from : state.total[0].counted_to] = True
        lane = state.lane[:n]
        return Sums(
            now_ms=self.now_ms,
            depart_ms=self.arrivals.depart_ms,
            enter_ms=state.enter_ms.copy(),
            arrive_ms=state.arrive_ms.copy(),
            freeflow_ms=freeflow,
            stops=state.stops.copy(),
            counted=counted,
            lane_crossed=lane["crossed"].copy(),
            lane_delay_ms=lane["delay_ms"].copy(),
            lane_stops=lane["stops"].copy(),
            lane_max_queue=lane["max_queue"].astype(np.int32),
            movement_crossed=state.movement_out.copy(),
            pedestrian_start=self._trips.pedestrian_start,
            pedestrian_ms=self.arrivals.pedestrian_ms,
            walk_ms=state.walk_ms.copy(),
            pedestrian_counted=self._pedestrian_counted,
        )

    def all_counted_arrived(self) -> bool:
        """Whether every counted vehicle has left the network, and every counted pedestrian set off."""
        total = self._state.total[0]
        arrived = (self._state.arrive_ms[total.counted_from : total.counted_to] >= 0).all()
        return bool(arrived and (self._state.walk_ms[self._pedestrian_counted] >= 0).all())

    def totals(self) -> Totals:
        total = self._state.total[0]
        departed = int(np.searchsorted(self.arrivals.depart_ms, total.now_ms))
        entered, arrived = int(total.entered), int(total.arrived)
        return Totals(departed, arrived, entered - arrived, departed - entered, int(total.moves))

    def snapshot(self) -> Snapshot:
        """The whole state, copied; ``restore`` goes back to it as often as wanted."""
        return Snapshot(State(*(_copied(part) for part in self._state)))

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this run. Records written since are dropped."""
        self._written.clear()
        copy_state(snapshot.state, self._state)
        self._now_ms = int(self._state.total[0].now_ms)


def _copied(part: Any) -> Any:
    return part.copy() if isinstance(part, np.ndarray) else type(part)(*(a.copy() for a in part))


def _log_rows(tables: Tables, arrivals: Arrivals) -> int:
    """Twice what one instant can write: the loop stops between instants when half is full."""
    signals = 8 * len(tables.signals.group) + 2 * len(tables.signals.junction)
    return max(MIN_LOG, 2 * (6 * len(tables.lane) + signals + len(arrivals.pedestrian_ms)))


def _empty_sight(tables: Tables) -> Sight:
    n_lanes, n_junctions = len(tables.lane_slots), len(tables.signals.junction)
    return Sight(
        now_ms=0,
        lane_vehicles=np.zeros(n_lanes, np.int32),
        lane_queue=np.zeros(n_lanes, np.int32),
        lane_out=np.zeros(n_lanes, np.int64),
        lane_advance=np.zeros(n_lanes, np.int64),
        movement_out=np.zeros(len(tables.movement), np.int64),
        lane_out_long=np.zeros(n_lanes, np.int64),
        lane_advance_long=np.zeros(n_lanes, np.int64),
        movement_out_long=np.zeros(len(tables.movement), np.int64),
        source_waiting=np.zeros(len(tables.lane) - n_lanes, np.int32),
        stage=np.zeros(n_junctions, np.int32),
        next_stage=np.zeros(n_junctions, np.int32),
        stage_since_ms=np.zeros(n_junctions, np.int64),
        earliest_switch_ms=np.zeros(n_junctions, np.int64),
        stage_ms=np.zeros(len(tables.signals.stage), np.int64),
        group_green=np.zeros(len(tables.signals.group), bool),
        group_called=np.zeros(len(tables.signals.group), bool),
    )
