"""What must hold of any run, looked for in its full records alone; knows nothing of either engine."""

from collections import deque
from collections.abc import Callable

import numpy as np

from signalsim.engine.records import Kind
from signalsim.engine.tables import EXIT, Arrivals, Tables


class Street:
    """Replays records vehicle by vehicle; ``found`` holds what is impossible, in words."""

    def __init__(self, tables: Tables, arrivals: Arrivals) -> None:
        self.tables, self.arrivals = tables, arrivals
        n = len(tables.lane_slots)
        self.found: list[str] = []
        self.made: dict[int, int] = {}  # movement of each record: EXIT where nobody crosses a junction
        self._crosses = EXIT
        self._on: list[deque[int]] = [deque() for _ in range(n)]  # vehicles per lane, first in first
        self._left: list[list[int]] = [[] for _ in range(n)]  # when each slot was left, in order
        self._taken = [0] * n
        self._free_ms = [-(1 << 60)] * n  # when the last one's headway is over
        self._admits = [-(1 << 60)] * n  # when the last entry's headway is over
        self._traverse: dict[int, int] = {}  # ms through the junction that it is about to cross
        self._earliest: dict[int, int] = {}  # at the stop line of the lane it is on
        self._where: dict[int, int] = {}  # lane, or -1 between two lanes at one instant
        self._leg = arrivals.route_start[arrivals.route].astype(int)
        self._gone: set[int] = set()
        self._act: dict[Kind, Callable[[int, int, int, int], None]] = {
            Kind.DEPART: self._depart,
            Kind.ENTER: self._enter,
            Kind.CROSS: self._cross,
            Kind.ARRIVE: self._arrive,
        }

    def replay(self, records: np.ndarray) -> list[str]:
        """All that is impossible in the records."""
        last = -1
        for i, row in enumerate(records):
            t, kind = int(row["t_ms"]), Kind(int(row["kind"]))
            self._expect(t >= last, f"{t}: time runs backwards from {last}")
            last = t
            if kind in self._act:
                self._crosses = EXIT
                self._act[kind](t, int(row["entity"]), int(row["place"]), int(row["value"]))
                self.made[i] = self._crosses
        between = sorted(v for v, lane in self._where.items() if lane < 0)
        self._expect(not between, f"vehicles {between} left a lane and are nowhere")
        return self.found

    def totals(self) -> tuple[int, int]:
        """(arrived, inside)."""
        return len(self._gone), len(self._where)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.found.append(otherwise)

    def _depart(self, t: int, v: int, lane: int, wish: int) -> None:
        self._expect(v not in self._where and v not in self._gone, f"{t}: vehicle {v} departs twice")
        self._expect(wish == self.arrivals.depart_ms[v] <= t, f"{t}: vehicle {v} departs before its wish")
        self._where[v] = -1

    def _enter(self, t: int, v: int, lane: int, arrive: int) -> None:
        size = int(self.arrivals.size[v])
        self._expect(self._where.get(v) == -1, f"{t}: vehicle {v} is in two places")
        taken, slots = self._taken[lane] + size, int(self.tables.lane_slots[lane])
        free = len(self._left[lane]) + slots
        self._expect(taken <= free, f"{t}: lane {lane} holds {taken - free} slots more than it has")
        self._taken[lane] = taken
        segment = self.tables.segment[self.tables.lane[lane]]
        entry = t + self._traverse.pop(v, 0)
        least = entry + -(-int(segment.travel_ms) * int(self.arrivals.pace[v]) // 1000)
        least = max(least, self._earliest[self._on[lane][-1]] if self._on[lane] else least)
        self._expect(arrive == least, f"{t}: vehicle {v} is due at {arrive}, free flow says {least}")
        if slots < taken <= free:
            room = self._left[lane][taken - 1 - slots] + int(self.tables.lane_wave_ms[lane])
            self._expect(entry >= room, f"{t}: vehicle {v} enters lane {lane} before the wave")
        self._expect(entry >= self._admits[lane], f"{t}: vehicle {v} enters lane {lane} within a headway")
        self._admits[lane] = entry + int(self.tables.lane_headway_ms[lane]) * size // 2
        self._on[lane].append(v)
        self._where[v], self._earliest[v] = lane, arrive

    def _cross(self, t: int, v: int, lane: int, delay: int) -> None:
        first = self._on[lane][0] if self._on[lane] else None
        self._expect(first == v, f"{t}: vehicle {v} leaves lane {lane} before {first}")
        if first == v:
            self._on[lane].popleft()
        self._expect(t - self._earliest[v] == delay >= 0, f"{t}: vehicle {v} crosses before it can be there")
        self._expect(t >= self._free_ms[lane], f"{t}: vehicle {v} crosses within its leader's headway")
        self._free_ms[lane] = t + self._least_headway(v, lane)
        self._left[lane] += [t] * int(self.arrivals.size[v])
        self._where[v] = -1

    def _least_headway(self, v: int, lane: int) -> int:
        size, headway = int(self.arrivals.size[v]), int(self.tables.lane_headway_ms[lane])
        if self.tables.segment.next[self.tables.lane[lane]] < 0:
            m = int(self.arrivals.route_movement[self._leg[v]])
            self._leg[v] += 1
            if m != EXIT:
                row = self.tables.movement[m]
                self._crosses = m
                self._traverse[v] = int(row.traverse_ms)
                headway = int(row.headway_ms)
                if row.yield_end > row.yield_start:
                    headway = min(headway, int(row.follow_ms))
        return headway * size // 2

    def _arrive(self, t: int, v: int, lane: int, stops: int) -> None:
        self._expect(self._where.get(v) == -1, f"{t}: vehicle {v} arrives from within lane {lane}")
        m = int(self.arrivals.route_movement[self._leg[v] - 1])
        self._expect(m == EXIT, f"{t}: vehicle {v} arrives before its route ends")
        self._where.pop(v, None)
        self._gone.add(v)
