"""Detectors: both engines say the same of them, and it is what the records tell."""

import numpy as np
import pytest
from support.networks import Hostile, random_case

from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.detectors import LINE, ZONE, Cabinet, Detectors
from signalsim.engine.records import Kind
from signalsim.engine.reference import ReferenceEngine
from signalsim.engine.tables import INF, Tables


def detectors_for(tables: Tables, seed: int) -> Detectors:
    """A zone and a line on every lane that ends at a stop line."""
    rng = np.random.default_rng(seed)
    lanes = np.flatnonzero(tables.segment["next"][tables.lane[: len(tables.lane_slots)]] < 0)
    lane, kind = np.repeat(lanes, 2).astype(np.int32), np.tile([ZONE, LINE], len(lanes)).astype(np.int32)
    n = len(lane)
    return Detectors(
        lane=lane,
        kind=kind,
        reach_ms=np.where(kind == LINE, rng.integers(1000, 9000, n), 900).astype(np.int32),
        clear_ms=np.full(n, 400, np.int32),
        slots=np.minimum(rng.integers(2, 20, n), tables.lane_slots[lane]).astype(np.int32),
        reach_m=np.zeros(n),
    )


def looks(engine, tables: Tables, detectors: Detectors, seed: int, end_ms: int) -> list[Cabinet]:
    """What the cabinet says under hostile requests, copied."""
    hostile, now, seen = Hostile(tables, seed), 0, []
    while now < end_ms:
        engine.request(*hostile.ask(now))
        now = min(hostile.next_ms(now), end_ms)
        engine.advance(now)
        cabinet = engine.cabinet(detectors)
        seen.append(cabinet._replace(**{k: v.copy() for k, v in cabinet._asdict().items() if k != "now_ms"}))
    return seen


@pytest.mark.parametrize("part", range(4))
def test_both_engines_detect_the_same(part: int) -> None:
    for seed in range(part * 10, part * 10 + 10):
        tables, arrivals, end_ms = random_case(seed)
        detectors = detectors_for(tables, seed)
        both = []
        for make in (CompiledEngine, ReferenceEngine):
            engine = make(tables, arrivals, count_from_ms=0, count_to_ms=end_ms)
            both.append(looks(engine, tables, detectors, seed, end_ms))
        for ours, theirs in zip(*both, strict=True):
            for name, left, right in zip(ours._fields, ours, theirs, strict=True):
                assert np.array_equal(left, right), f"random network {seed}, {ours.now_ms} ms: {name}"


def test_a_zone_tells_the_last_crossing_and_who_waits() -> None:
    """Against the records of the same run, where no siren upsets the order of a lane."""
    waited = 0
    for seed in range(12):
        tables, arrivals, end_ms = random_case(seed)
        arrivals = arrivals._replace(siren=np.zeros(len(arrivals.siren), bool))
        detectors = detectors_for(tables, seed)
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
        for seen in looks(engine, tables, detectors, seed, end_ms):
            rows = engine.records()
            rows = rows[rows["t_ms"] < seen.now_ms]
            cross, enter = rows[rows["kind"] == Kind.CROSS], rows[rows["kind"] == Kind.ENTER]
            inside = rows[rows["kind"] == Kind.INSIDE]
            for d in np.flatnonzero(detectors.kind == ZONE):
                lane = detectors.lane[d]
                left, came = cross[cross["place"] == lane], enter[enter["place"] == lane]
                assert seen.last_ms[d] == (left["t_ms"][-1] if len(left) else -INF)
                stands = (inside["place"] == lane).sum() and seen.passed[d] > len(left)
                assert seen.passed[d] == len(left) + bool(stands)
                if len(came) == seen.passed[d]:
                    assert seen.on_ms[d] == INF
                    continue
                earliest = came["value"][seen.passed[d]]  # first in, first out
                is_on = earliest - detectors.reach_ms[d] <= seen.now_ms
                assert (seen.on_ms[d] < INF) == is_on
                waited += is_on
    assert waited > 500
