"""Both engines give the same records, one by one, on random networks with every feature."""

import numpy as np
import pytest
from support.networks import drive, random_case

from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.records import Kind, first_difference
from signalsim.engine.reference import ReferenceEngine

PARTS, PER_PART = 10, 32


def both(seed: int):
    tables, arrivals, end_ms = random_case(seed)
    engines = []
    for make in (CompiledEngine, ReferenceEngine):
        engine = make(tables, arrivals, count_from_ms=end_ms // 20, count_to_ms=end_ms // 3, record=True)
        drive(engine, tables, seed, end_ms)
        engines.append(engine)
    return engines


def check_equal(seed: int) -> np.ndarray:
    compiled, reference = both(seed)
    records = compiled.records()
    assert first_difference(records, reference.records()) == "", f"random network {seed}"
    assert compiled.totals() == reference.totals()
    for ours, theirs in ((compiled.sums(), reference.sums()), (compiled.observe(), reference.observe())):
        for name, left, right in zip(ours._fields, ours, theirs, strict=True):
            assert np.array_equal(left, right), f"random network {seed}: {name}"
    return records


@pytest.mark.parametrize("part", range(PARTS))
def test_records_are_equal(part: int) -> None:
    for seed in range(part * PER_PART, (part + 1) * PER_PART):
        check_equal(seed)


@pytest.mark.nojit
def test_records_are_equal_without_compilation() -> None:
    for seed in (0, 3):
        check_equal(seed)


def test_the_random_networks_use_every_feature() -> None:
    """The equality test is worth what its cases reach."""
    reached: dict[str, int] = dict.fromkeys(
        ("gridlock", "drained", "stops", "bay mouths", "yields", "sneaks", "max red"), 0
    )
    for seed in range(60):
        tables, arrivals, end_ms = random_case(seed)
        engine = ReferenceEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
        sneaks, opposed = [], []
        headway = engine._headway

        def spy(lane, vehicle, is_opposed, headway=headway, sneaks=sneaks, opposed=opposed):
            before = lane.sneaks
            result = headway(lane, vehicle, is_opposed)
            sneaks.append(lane.sneaks < before)
            opposed.append(is_opposed)
            return result

        engine._headway = spy
        drive(engine, tables, seed, end_ms)
        totals, records = engine.totals(), engine.records()
        crossed = records[records["kind"] == Kind.CROSS]
        reached["gridlock"] += totals.inside > 20 and crossed["t_ms"].max(initial=0) < end_ms - 60_000
        reached["drained"] += totals.departed > 0 and totals.inside + totals.waiting == 0
        reached["stops"] += bool((crossed["value"] > 2000).any())
        reached["bay mouths"] += bool((tables.segment.next[tables.lane[crossed["place"]]] >= 0).any())
        reached["yields"] += any(opposed)
        reached["sneaks"] += any(sneaks)
        reached["max red"] += bool((tables.signals.group.urgent_ms < 1 << 60).any())
    assert min(reached.values()) >= 3, reached
