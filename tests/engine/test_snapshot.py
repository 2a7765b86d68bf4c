"""A snapshot is the whole run: what follows it happens again, to the byte."""

import numpy as np
from support.networks import Hostile, random_case

from signalsim.engine.compiled import CompiledEngine


def test_what_follows_a_snapshot_happens_again() -> None:
    for seed in range(20):
        tables, arrivals, end_ms = random_case(seed)
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
        _drive(engine, tables, 0, end_ms // 3)
        snapshot = engine.snapshot()
        written = len(engine.records())
        _drive(engine, tables, end_ms // 3, end_ms)
        first, first_sums = engine.records()[written:], engine.sums()
        engine.restore(snapshot)
        assert engine.now_ms == end_ms // 3
        _drive(engine, tables, end_ms // 3, end_ms)
        assert np.array_equal(first, engine.records())
        for left, right in zip(first_sums, engine.sums(), strict=True):
            assert np.array_equal(left, right)


def _drive(engine, tables, start: int, end: int) -> None:
    hostile, now = Hostile(tables, start), start
    while now < end:
        engine.request(*hostile.ask(now))
        now = min(hostile.next_ms(now), end)
        engine.advance(now)
