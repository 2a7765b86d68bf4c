"""What must hold of any run, looked for in its full records alone; knows nothing of either engine."""

from collections import deque
from collections.abc import Callable

import numpy as np

from signalsim.engine.records import Kind
from signalsim.engine.tables import ENTERS, EXIT, ON_RED, STOPS, TAKES_TURNS, Arrivals, Tables


class Street:
    """Replays records vehicle by vehicle; ``found`` holds what is impossible, in words."""

    def __init__(self, tables: Tables, arrivals: Arrivals) -> None:
        self.tables, self.arrivals = tables, arrivals
        n = len(tables.lane_slots)
        self.found: list[str] = []
        self.made: dict[int, int] = {}  # movement of each record: EXIT where nobody crosses a stop line
        self._crosses = EXIT
        self._on: list[deque[int]] = [deque() for _ in range(n)]  # vehicles per lane, first in first
        self._left: list[list[int]] = [[] for _ in range(n)]  # when each slot was left, in order
        self._taken = [0] * n
        self._free_ms = [-(1 << 60)] * n  # when the last one's headway is over
        self._admits = [-(1 << 60)] * n  # when the last entry's headway is over
        self._last_due = [-(1 << 60)] * n  # when the last one is at its end, sirens among them
        self._traverse: dict[int, int] = {}  # ms through the junction that it is about to cross
        self._loss: dict[int, int] = {}  # ms that it loses behind the stop line
        self._stands: dict[int, int] = {}  # lane -> movement of its head, which stands inside the junction
        self._turned: dict[int, int] = {}  # movement that takes turns -> its last crossing
        self._earliest: dict[int, int] = {}  # at the stop line of the lane it is on
        self._where: dict[int, int] = {}  # lane, or -1 between two lanes at one instant
        self._leg = arrivals.route_start[arrivals.route].astype(int)
        self._gone: set[int] = set()
        self._act: dict[Kind, Callable[[int, int, int, int], None]] = {
            Kind.DEPART: self._depart,
            Kind.ENTER: self._enter,
            Kind.CROSS: self._cross,
            Kind.ARRIVE: self._arrive,
            Kind.INSIDE: self._go_inside,
            Kind.PASS: self._pass,
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
        least += self._loss.pop(v, 0)
        if segment.next < 0:
            least += int(self.arrivals.route_dwell_ms[self._leg[v]])
        if not self.arrivals.siren[v]:
            least = max(least, self._last_due[lane])
        self._last_due[lane] = max(least, self._last_due[lane])
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
        if first != v:
            return
        self._on[lane].popleft()
        self._expect(t >= self._earliest[v], f"{t}: vehicle {v} crosses before it can be there")
        self._expect(t >= self._free_ms[lane], f"{t}: vehicle {v} crosses within its leader's headway")
        movement = self._movement(v, lane)
        self._lose(t, v, movement, delay)
        self._meet(t, v, lane, movement)
        self._free_ms[lane] = t + self._least_headway(v, lane, movement)
        self._left[lane] += [t] * int(self.arrivals.size[v])
        self._where[v] = -1
        if movement != EXIT:
            self._leg[v] += 1
            self._traverse[v] = int(self.tables.movement[movement].traverse_ms)
            self._crosses = EXIT if self._stands.pop(lane, None) == movement else movement
        elif self.tables.segment.next[self.tables.lane[lane]] < 0:
            self._leg[v] += 1

    def _movement(self, v: int, lane: int) -> int:
        """The movement that a vehicle makes from the end of a lane, EXIT if none."""
        if self.tables.segment.next[self.tables.lane[lane]] >= 0:
            return EXIT
        return int(self.arrivals.route_movement[self._leg[v]])

    def _lose(self, t: int, v: int, movement: int, delay: int) -> None:
        """A delay beyond the wait is lost in starting: at most the wait, at most a whole start."""
        wait = t - self._earliest[v]
        row = self.tables.movement[movement]
        whole = max(int(row.loss_ms), int(row.startup2_ms)) if movement != EXIT else 0
        loss = delay - wait
        self._expect(0 <= loss <= min(wait, whole), f"{t}: vehicle {v} waited {wait} ms and lost {loss} more")
        self._loss[v] = loss

    def _meet(self, t: int, v: int, lane: int, movement: int) -> None:
        """Nobody stands in its way inside the junction; where turns are taken its foes are out of its way."""
        if movement == EXIT:
            return
        row = self.tables.movement[movement]
        for other, foe in self._stands.items():
            if other != lane:
                blocked = (lane, movement) in self._foes(foe)
                self._expect(not blocked, f"{t}: vehicle {v} drives through one that stands in lane {other}")
        if row.rules & STOPS and lane not in self._stands:
            stood = t - self._earliest[v] >= row.hold_ms
            self._expect(stood, f"{t}: vehicle {v} does not stop")
        if row.rules & TAKES_TURNS and lane not in self._stands:
            for _, foe in self._foes(movement):
                clear = self._turned.get(foe, -(1 << 60)) + int(row.gap_ms)
                self._expect(t >= clear, f"{t}: vehicle {v} crosses before movement {foe} is out of its way")
        if row.rules & TAKES_TURNS:
            self._turned[movement] = t

    def _foes(self, movement: int) -> list[tuple[int, int]]:
        row = self.tables.movement[movement]
        pairs = self.tables.priority[row.foe_start : row.foe_end]
        return [(int(pair.lane), int(pair.movement)) for pair in pairs]

    def _least_headway(self, v: int, lane: int, movement: int) -> int:
        size, headway = int(self.arrivals.size[v]), int(self.tables.lane_headway_ms[lane])
        if movement != EXIT:
            row = self.tables.movement[movement]
            headway = int(row.headway_ms)
            if row.yield_end > row.yield_start or row.rules & (TAKES_TURNS | ON_RED):
                headway = min(headway, int(row.follow_ms))
        return headway * size // 2

    def _go_inside(self, t: int, v: int, lane: int, _: int) -> None:
        is_head = bool(self._on[lane]) and self._on[lane][0] == v
        movement = self._movement(v, lane)
        self._expect(
            is_head and lane not in self._stands, f"{t}: vehicle {v} enters the junction from behind"
        )
        allowed = movement != EXIT and self.tables.movement[movement].rules & ENTERS
        self._expect(bool(allowed), f"{t}: vehicle {v} stands in a junction that is kept clear")
        self._meet(t, v, lane, movement)
        self._stands[lane] = self._crosses = movement

    def _pass(self, t: int, v: int, lane: int, passed: int) -> None:
        queue = self._on[lane]
        at = queue.index(v) if v in queue else 0
        before = [queue[k] for k in range(at - passed, at)] if 0 < passed <= at else []
        self._expect(len(before) > 0, f"{t}: vehicle {v} passes nobody")
        self._expect(bool(self.arrivals.siren[v]), f"{t}: vehicle {v} passes a queue without a siren")
        self._expect(self._earliest.get(v, 1 << 60) <= t, f"{t}: vehicle {v} passes before it is there")
        yields = not any(self.arrivals.siren[other] and self._earliest[other] <= t for other in before)
        self._expect(
            yields and not (at == passed and lane in self._stands), f"{t}: {v} passes whom it may not"
        )
        if before:
            del queue[at]
            queue.insert(at - passed, v)

    def _arrive(self, t: int, v: int, lane: int, stops: int) -> None:
        self._expect(self._where.get(v) == -1, f"{t}: vehicle {v} arrives from within lane {lane}")
        m = int(self.arrivals.route_movement[self._leg[v] - 1])
        self._expect(m == EXIT, f"{t}: vehicle {v} arrives before its route ends")
        self._where.pop(v, None)
        self._gone.add(v)
