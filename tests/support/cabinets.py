"""A controller's cabinet on the bench: policy and interlock, no traffic; what detectors say is given."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from signalsim.bridges.sumo.interlock import Interlock
from signalsim.control.actuated import Actuated, ActuatedPolicy
from signalsim.control.base import make_request
from signalsim.control.courses import make_course
from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.records import RECORD, Kind
from signalsim.engine.tables import INF, Tables
from signalsim.scenario.detectors import Wiring
from signalsim.sensing.calls import Calls
from signalsim.sensing.observation import Observation
from signalsim.signals.rings import Overlap, Phase, Rings, Split

TICK_MS = 100
Pulses = Sequence[tuple[float, float]]  # (on, off) s, ascending


def phase(number: int, ring: int, barrier: int, position: int, **given: Any) -> Phase:
    """A phase whose signal group is its number less one; 3 s of yellow and 2 s of all-red."""
    values: dict[str, Any] = {
        "row": 0, "number": number, "group": number - 1, "ring": ring, "barrier": barrier,
        "position": position, "min_green_s": 5.0, "max_green_s": 30.0, "passage_s": 3.0,
        "before_reduction_s": 0.0, "reduction_s": 0.0, "added_initial_s": 0.0, "recall": "none",
        "locks": False, "dual_entry": True, "gap_out_together": True, "walk_group": -1, "clear_s": 5.0,
    }  # fmt: skip
    values |= given
    values.setdefault("min_gap_s", values["passage_s"])
    values.setdefault("max_initial_s", values["min_green_s"])
    return Phase(**values)


QUAD = {
    1: (1, 1, 1),
    2: (1, 1, 2),
    3: (1, 2, 1),
    4: (1, 2, 2),
    5: (2, 1, 1),
    6: (2, 1, 2),
    7: (2, 2, 1),
    8: (2, 2, 2),
}


def quad(each: dict[str, Any] | None = None, **of: dict[str, Any]) -> Rings:
    """The standard eight phases; ``of``: p1={...} gives values of one of them."""
    phases = [phase(n, *QUAD[n], **{**(each or {}), **of.get(f"p{n}", {})}) for n in QUAD]
    return Rings(tuple(sorted(phases, key=lambda p: (p.ring, p.barrier, p.position))))


def split(
    number: int, split_s: float, coordinated: bool = False, offset_s: float = 0.0, floating: bool = False
) -> Split:
    return Split(0, number, split_s, coordinated, offset_s, floating)


class Green(NamedTuple):
    """A green of a phase; ``end_s`` None: it lasted to the end."""

    phase: int
    start_s: float
    end_s: float | None


class Bench:
    """One ringed junction. Detector ``k`` calls and extends the phase of group ``k``; behind these come
    detectors that count for the phases ``counts``.
    """

    def __init__(self, rings: Rings, rule: Actuated | None = None, offset_point: str = "start_of_green",
                 counts: Sequence[int] = ()) -> None:  # fmt: skip
        self.rings = rings
        groups = sorted({p.group for p in rings.phases} | {o.group for o in rings.overlaps})
        assert groups == list(range(len(groups)))
        self.n = len(groups)
        self.number = {p.group: p.number for p in rings.phases} | {o.group: -o.group for o in rings.overlaps}
        stages = rings.stages()
        self.tables = _tables(rings, list(stages), self.n)
        built = _built(rings, list(stages), self.n, offset_point, counts)
        rule = Actuated() if rule is None else rule
        self.policy = ActuatedPolicy(make_course(built, rule, None), built.wiring.detectors)  # type: ignore[arg-type]
        self.interlock = Interlock(self.tables.signals)
        self.rows: list[Any] = []
        self.now_ms = self.next_ms = 0
        self._request = make_request(1)

    def run(self, until_s: float, calls: Callable[[int], Calls], step_ms: int = TICK_MS) -> None:
        """Go on to ``until_s``; the controller is asked when it wishes, at multiples of ``step_ms``."""
        while self.now_ms < until_s * 1000:
            now = self.now_ms
            if self.next_ms <= now:
                state = self.interlock._state
                lamps = self.interlock.lamps()
                seen = calls(now)._replace(**lamps)
                shown = _observation(now, state.junction["stage"].astype(np.int32), seen)
                self._request.stage[:] = -1
                self.policy.decide(shown, np.zeros(1, np.int32), self._request)
                self.next_ms = max(int(self._request.next_decision_ms[0]), now + TICK_MS)
                self.interlock.ask(self._request.stage, self._request.switch_at_ms, now)
            self.rows += self.interlock.settle(now)
            self.now_ms += step_ms

    def records(self) -> np.ndarray:
        out = np.zeros(len(self.rows), RECORD)
        for column, name in enumerate(("t_ms", "kind", "entity", "place", "value")):
            out[name] = [row[column] for row in self.rows]
        return out

    def greens(self) -> list[Green]:
        """All greens in the order of their starts, then of their phases."""
        found: list[Green] = []
        start: dict[int, float] = {}
        for t_ms, kind, group, _, aspect in self.rows:
            if kind != Kind.ASPECT:
                continue
            if aspect == 2:
                start[group] = t_ms / 1000
            elif aspect == 1:
                found.append(Green(self.number[group], start.pop(group), t_ms / 1000))
        found += [Green(self.number[group], at, None) for group, at in start.items()]
        return sorted(found, key=lambda g: (g.start_s, g.phase))

    def why(self) -> list[tuple[float, int, int]]:
        """(s, phase, code) of every end of green."""
        return [(t / 1000, self.number[g], code) for t, _, g, code in self.policy.log().tolist() if code < 10]


def pulses(by_phase: dict[int, Pulses], n: int, lines: Sequence[int] = ()) -> Callable[[int], Calls]:
    """Detectors that are on when the pulses say so; ``lines``: phases whose counting detector behind the
    first ``n`` counts the pulses.
    """
    of = [by_phase.get(d + 1, ()) for d in range(n)] + [by_phase.get(p, ()) for p in lines]

    def at(now: int) -> Calls:
        on, on_ms, last_ms, passed = [], [], [], []
        for rows in of:
            begun = [(round(a * 1000), round(b * 1000)) for a, b in rows if round(a * 1000) <= now]
            is_on = bool(begun) and now < begun[-1][1]
            on.append(is_on)
            on_ms.append(begun[-1][0] if is_on else INF)
            last_ms.append(now if is_on else begun[-1][1] if begun else -INF)
            passed.append(len(begun))
        return make_calls(on, on_ms, last_ms, passed)

    return at


def make_calls(on: Any, on_ms: Any, last_ms: Any, passed: Any) -> Calls:
    """Calls without lamps."""
    return Calls(
        on=np.array(on, bool),
        on_ms=np.array(on_ms, np.int64),
        last_ms=np.array(last_ms, np.int64),
        passed=np.array(passed, np.int64),
        green=np.zeros(0, bool),
        since_ms=np.zeros(0, np.int64),
        called=np.zeros(0, bool),
        stage=np.zeros(0, np.int32),
    )


def _observation(now: int, stage: np.ndarray, calls: Calls) -> Observation:
    nothing = dict.fromkeys(Observation._fields, np.zeros(0))
    return Observation(**nothing)._replace(now_ms=now, next_stage=stage, calls=calls)


def _pairs(rings: Rings) -> list[tuple[int, int]]:
    """Forbidden pairs: what rings keep apart; an overlap with phases that it is never green with."""
    together = [rings.groups_of(phases) for phases in rings.together()]
    pairs = set(rings.apart())
    for overlap in rings.overlaps:
        for p in rings.phases:
            if not any({overlap.group, p.group} <= groups for groups in together):
                pairs.add((min(overlap.group, p.group), max(overlap.group, p.group)))
    return sorted(pairs)


def _tables(rings: Rings, stages: list[frozenset[int]], n: int) -> Tables:
    one, zero = np.ones(1, int), np.zeros(1, int)
    least = np.zeros(n, int)
    clear = np.full(n, 5000)
    for p in rings.phases:
        least[p.group], clear[p.group] = round(1000 * min(p.min_green_s, 5.0)), round(1000 * p.clear_s)
    pairs = _pairs(rings)
    spec = SignalSpec(
        group_junction=np.zeros(n, int),
        group_min_green_ms=least,
        group_yellow_ms=np.minimum(3000, clear),
        group_max_red_ms=np.zeros(n, int),
        stage_junction=np.zeros(len(stages), int),
        stage_mask=np.array([sum(1 << g for g in groups) for groups in stages], np.uint64),
        initial_stage=zero,
        forbidden=np.array(pairs, int).reshape(-1, 2),
        intergreen=np.array([(a, b, clear[a]) for x, y in pairs for a, b in ((x, y), (y, x))], int).reshape(
            -1, 3
        ),
    )
    columns = {name: zero for name in Road.__dataclass_fields__ if name.startswith("movement_")}
    columns |= {"movement_group": zero, "movement_headway_ms": 2000 * one}
    road = Road(
        **{**columns, "movement_to_link": one},
        segment_link=np.arange(2),
        segment_travel_ms=np.full(2, 10_000),
        lane_segment=np.arange(2),
        lane_slots=np.full(2, 40),
        lane_headway_ms=np.full(2, 2000),
        lane_wave_ms=np.full(2, 20_000),
        lane_view_ms=np.zeros(2, int),
        lane_view_slots=np.zeros(2, int),
        serves=np.array([[0, 0]]),
        yields=np.zeros((0, 2), int),
        foes=np.zeros((0, 2), int),
        origins=zero,
    )
    return make_tables(road, spec)


def _built(
    rings: Rings, stages: list[frozenset[int]], n: int, offset_point: str, counts: Sequence[int]
) -> Any:
    bits = [1 << g for g in range(n)] + [1 << (number - 1) for number in counts]
    k = len(bits)
    is_counter = np.arange(k) >= n
    wiring = Wiring(
        detectors=SimpleNamespace(lane=np.zeros(k, np.int32)),  # type: ignore[arg-type]
        junction=np.zeros(k, np.int32),
        groups=np.array(bits, np.uint64),
        delay_ms=np.zeros(k, np.int64),
        extend_ms=np.zeros(k, np.int64),
        calls=~is_counter,
        extends=~is_counter,
        counts=is_counter,
        link=np.zeros(k, np.int32),
    )
    signals = SimpleNamespace(
        junctions=("J",),
        rings={0: rings},
        stage_groups=(tuple(stages),),
        groups_of=lambda j: range(n),
        yellow_s=np.full(n, 3.0),
        walks=np.zeros(n, bool),
    )
    control = SimpleNamespace(deployed="plan", offset_point=offset_point)
    return SimpleNamespace(
        signals=signals,
        wiring=wiring,
        reference_s=0.0,
        scenario=SimpleNamespace(config=SimpleNamespace(control=control)),
    )


__all__ = ["Bench", "Green", "Overlap", "make_calls", "phase", "pulses", "quad", "split"]
