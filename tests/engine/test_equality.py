"""Both engines give the same records, one by one, on random networks with every feature."""

import numpy as np
import pytest
from support.networks import drive, random_case

from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.records import Kind, first_difference
from signalsim.engine.reference import ReferenceEngine, crossing
from signalsim.engine.reference.crossing import goes_on_red, headway_ms
from signalsim.engine.tables import EXIT, STOPS, TAKES_TURNS

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
    for name in ("sums", "observe", "holdups"):
        ours, theirs = getattr(compiled, name)(), getattr(reference, name)()
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


def test_the_random_networks_use_every_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The equality test is worth what its cases reach."""
    reached: dict[str, int] = {}
    for seed in range(90):
        for feature, is_there in features(seed, monkeypatch).items():
            reached[feature] = reached.get(feature, 0) + bool(is_there)
    assert min(reached.values()) >= 3, reached


def features(seed: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """What happened in the run of a random network."""
    tables, arrivals, end_ms = random_case(seed)
    engine = ReferenceEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
    cleared, rules = [], []

    def spy(engine, lane, vehicle, is_opposed, headway=headway_ms):
        before = lane.sneaks
        result = headway(engine, lane, vehicle, is_opposed)
        cleared.append(lane.sneaks < before)
        if lane.at_line and vehicle.movement != EXIT:
            movement = engine.movements[vehicle.movement]
            rules.append((is_opposed, movement.rules, goes_on_red(engine, movement)))
        return result

    monkeypatch.setattr(crossing, "headway_ms", spy)
    drive(engine, tables, seed, end_ms)
    totals, records = engine.totals(), engine.records()
    kind, crossed = records["kind"], records[records["kind"] == Kind.CROSS]
    inside = {(int(r["entity"]), int(r["place"])) for r in records[kind == Kind.INSIDE]}
    return {
        "gridlock": totals.inside > 20 and crossed["t_ms"].max(initial=0) < end_ms - 60_000,
        "drained": totals.departed > 0 and totals.inside + totals.waiting == 0,
        "stops": (crossed["value"] > 2000).any(),
        "bay mouths": (tables.segment.next[tables.lane[crossed["place"]]] >= 0).any(),
        "yields": any(opposed for opposed, _, _ in rules),
        "sneaks": any(cleared),
        "max red": (tables.signals.group.urgent_ms < 1 << 60).any(),
        "stop signs": any(rule & STOPS for _, rule, _ in rules),
        "turns taken": any(rule & TAKES_TURNS for _, rule, _ in rules),
        "turns on red": any(on_red for _, _, on_red in rules),
        "stands inside": bool(inside),
        "goes on from inside": any((int(r["entity"]), int(r["place"])) in inside for r in crossed),
        "sirens pass": (kind == Kind.PASS).any(),
        "dwells": any(arrivals.route_dwell_ms > 0),
    }
