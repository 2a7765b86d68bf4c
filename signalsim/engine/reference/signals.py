"""Signals of the reference engine: the shared interlock, and what its lamps say to a driver."""

import numpy as np

from ..interlock import (
    GREEN,
    call,
    due,
    earliest_switch,
    initial_state,
    request,
    settle,
    settle_after_request,
    stage_times,
)
from ..tables import INF, Signals
from .road import Movement


class Lamps:
    """The lamps of all junctions; every decision is the interlock's."""

    def __init__(self, tables: Signals) -> None:
        self._tables = tables
        self._state = initial_state(tables)
        self._changes = np.zeros(8 * 64, np.int32)

    def open_at(self, movement: Movement, time_ms: int) -> bool:
        """Green, or within the end gain of the last green, at a time from now on."""
        if movement.group < 0:
            return True
        lamp = self._state.group[movement.group]
        return lamp.began_ms > -INF and time_ms < lamp.green_end_ms + movement.end_gain_ms

    def is_green(self, movement: Movement) -> bool:
        return movement.group < 0 or self._state.group[movement.group].aspect == GREEN

    def began_ms(self, movement: Movement) -> int:
        return int(self._state.group[movement.group].began_ms)

    def green_end_ms(self, movement: Movement) -> int:
        return int(self._state.group[movement.group].green_end_ms)

    def clear_ms(self, movement: Movement) -> int:
        """When the last intergreen after this movement's green is over at the earliest."""
        return self.green_end_ms(movement) + int(self._tables.group[movement.group].clear_ms)

    def request(self, junction: int, stage: int, switch_ms: int) -> None:
        request(self._tables, self._state, junction, stage, switch_ms)

    def settle_after_request_ms(self, junction: int, switch_ms: int, now: int) -> int:
        return int(settle_after_request(self._tables, self._state, junction, switch_ms, now))

    def call(self, group: int) -> int:
        """A pedestrian presses the button, if there is one; the junction that heeds it, -1 if none does."""
        is_new = call(self._tables, self._state, group)
        return int(self._tables.group[group].junction) if is_new else -1

    def walks(self, group: int) -> bool:
        return bool(self._state.group[group].aspect == GREEN)

    def settle(self, junction: int, now: int) -> list[tuple[int, int]]:
        """Do what is due; the (group, new aspect) pairs in the order of their change."""
        n = settle(self._tables, self._state, junction, now, self._changes)
        return [(int(c) // 4, int(c) % 4) for c in self._changes[:n]]

    def due_ms(self, junction: int, now: int) -> int:
        return int(due(self._tables, self._state, junction, now))

    def stage(self, junction: int) -> tuple[int, int]:
        """(local stage in force or being changed to, since when all its groups are green or INF)."""
        state = self._state.junction[junction]
        return int(state.stage), int(state.since_ms)

    def earliest_switch_ms(self, junction: int, now: int) -> int:
        return int(earliest_switch(self._tables, self._state, junction, now))

    def stage_ms(self, now: int) -> np.ndarray:
        """(n_stages,) how long each stage has been in force so far."""
        result = np.zeros(len(self._tables.stage), np.int64)
        stage_times(self._tables, self._state, now, result)
        return result

    def green_groups(self) -> np.ndarray:
        return np.asarray(self._state.group["aspect"]) == GREEN

    def since_ms(self) -> np.ndarray:
        """(n_groups,) int64, when each group's aspect began."""
        return np.asarray(self._state.group["since_ms"]).copy()

    def called_groups(self) -> np.ndarray:
        return np.asarray(self._state.group["called"]) == 1
