"""The shared interlock, driven once a second.

SUMO shows one state of the lamps per second. So the interlock is asked at whole seconds only: what
falls due within a second happens at the next one. Greens, yellows and intergreens are then what the
tables demand or longer, and what is recorded is what SUMO shows.
"""

import numpy as np

from signalsim.engine.interlock import (
    GREEN,
    due,
    earliest_switch,
    initial_state,
    request,
    settle,
    settle_after_request,
    stage_times,
)
from signalsim.engine.records import Kind
from signalsim.engine.tables import INF, Signals

from .traffic import Row


class Interlock:
    """Signals of all junctions."""

    def __init__(self, tables: Signals) -> None:
        self._tables = tables
        self._state = initial_state(tables)
        self._changes = np.zeros(8 * 64, np.int32)
        self._due_ms = np.zeros(len(tables.junction), np.int64)

    @property
    def aspect(self) -> np.ndarray:
        """(n_groups,) int32: red, yellow or green now."""
        return self._state.group["aspect"]

    def ask(self, stage: np.ndarray, switch_ms: np.ndarray, now_ms: int) -> None:
        """Requests of all junctions: local stage (-1: none), not before ``switch_ms``."""
        for j in np.flatnonzero(stage >= 0):
            when = max(int(switch_ms[j]), now_ms)
            request(self._tables, self._state, j, stage[j], when)
            after = int(settle_after_request(self._tables, self._state, j, when, now_ms))
            self._due_ms[j] = min(self._due_ms[j], after)

    def settle(self, now_ms: int) -> list[Row]:
        """Do all that is due; the changes of lamps and stages as records."""
        rows: list[Row] = []
        for j in np.flatnonzero(self._due_ms <= now_ms):
            rows += self._settle_junction(int(j), now_ms)
        return rows

    def _settle_junction(self, j: int, now_ms: int) -> list[Row]:
        junction = self._state.junction[j]
        stage, since = int(junction.stage), int(junction.since_ms)
        n = settle(self._tables, self._state, j, now_ms, self._changes)
        rows: list[Row] = [(now_ms, Kind.ASPECT, int(c) // 4, j, int(c) % 4) for c in self._changes[:n]]
        new = int(junction.stage)
        if new != stage:
            rows.append((now_ms, Kind.STAGE, j, new, 0))
        if junction.since_ms < INF and (since == INF or new != stage):
            rows.append((now_ms, Kind.STAGE, j, new, 1))
        self._due_ms[j] = due(self._tables, self._state, j, now_ms)
        return rows

    def next_stage(self) -> np.ndarray:
        """(n_junctions,) int32 local stage in force or being changed to."""
        return self._state.junction["stage"].astype(np.int32)

    def sight(self, now_ms: int) -> dict[str, np.ndarray]:
        """The fields of a Sight that tell of signals."""
        junction = self._state.junction
        stage_ms = np.zeros(len(self._tables.stage), np.int64)
        stage_times(self._tables, self._state, now_ms, stage_ms)
        n = len(junction)
        earliest = [int(earliest_switch(self._tables, self._state, j, now_ms)) for j in range(n)]
        return {
            "stage": np.where(junction["since_ms"] < INF, junction["stage"], -1).astype(np.int32),
            "next_stage": junction["stage"].astype(np.int32),
            "stage_since_ms": junction["since_ms"].astype(np.int64),
            "earliest_switch_ms": np.array(earliest, np.int64).reshape(n),
            "stage_ms": stage_ms,
            "group_green": np.asarray(self._state.group["aspect"] == GREEN),
            "group_called": np.asarray(self._state.group["called"] == 1),
        }

    def lamps(self) -> dict[str, np.ndarray]:
        """The fields of a Cabinet that tell of lamps."""
        group = self._state.group
        return {
            "green": np.asarray(group["aspect"] == GREEN),
            "since_ms": group["since_ms"].astype(np.int64),
            "called": np.asarray(group["called"] == 1),
            "stage": self._state.junction["stage"].astype(np.int32),
        }
