"""Both engines give the same records, one by one, on random networks with every feature."""

from itertools import pairwise

import numpy as np
import pytest
from support.networks import drive, random_case

from signalsim.engine import bound
from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.interlock import GREEN
from signalsim.engine.records import Kind, first_difference
from signalsim.engine.reference import ReferenceEngine, crossing
from signalsim.engine.reference import engine as engine_module
from signalsim.engine.reference.crossing import goes_on_red, headway_ms
from signalsim.engine.reference.pedestrians import zones_free_ms
from signalsim.engine.tables import BUTTON, EXIT, RESTS, STOPS, TAKES_TURNS

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


def test_records_are_equal_where_the_loop_looks_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does in cities."""
    monkeypatch.setattr(bound, "FROM_LANES", 0)
    for seed in range(PER_PART):
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
    cleared, rules, gave_way = [], [], []

    def spy(engine, lane, vehicle, is_opposed, headway=headway_ms):
        before = lane.sneaks
        result = headway(engine, lane, vehicle, is_opposed)
        cleared.append(lane.sneaks < before)
        if lane.at_line and vehicle.movement != EXIT:
            movement = engine.movements[vehicle.movement]
            rules.append((is_opposed, movement.rules, goes_on_red(engine, movement)))
        return result

    def look_at_zones(engine, zones, on_red, free=zones_free_ms):
        until = free(engine, zones, on_red)
        gave_way.append((until > engine.now_ms, on_red))
        return until

    monkeypatch.setattr(crossing, "headway_ms", spy)
    monkeypatch.setattr(engine_module, "zones_free_ms", look_at_zones)
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
        "gives way to pedestrians": (True, False) in gave_way,
        "gives way to pedestrians on red": (True, True) in gave_way,
        **walking(tables, records),
    }


def walking(tables, records) -> dict[str, bool]:
    """What pedestrians did."""
    group, walk = tables.signals.group, tables.signals.group.walk
    lamps = records[records["kind"] == Kind.ASPECT]
    green = lamps[lamps["value"] == GREEN]
    walks = records[records["kind"] == Kind.WALK]
    lit = tables.crossing.group[walks["place"]]
    of = np.append(walk, 0)[lit]
    spans = [
        (int(g), int(end["t_ms"] - start["t_ms"]))
        for g in np.flatnonzero(walk)
        for start, end in pairwise(lamps[lamps["entity"] == g])
        if start["value"] == GREEN
    ]
    led = {
        (g, v)
        for g in np.flatnonzero(group.lead_ms)
        for v in range(len(group))
        if group.junction[v] == group.junction[g]
        and int(group.led[g]) >> (v - tables.signals.junction.first_group[group.junction[g]]) & 1
    }
    starts = {(int(r["entity"]), int(r["t_ms"])) for r in green}
    return {
        "walks on call": (of & BUTTON > 0).any(),
        "walks without a call": ((of > 0) & (of & BUTTON == 0)).any(),
        "zebras": (lit < 0).any(),
        "waits for walk": (walks["value"] > 0).any(),
        "walks begin within a stage": _within_stages(tables, records) > 0,
        "rests in walk": any(walk[g] & RESTS and ms > group.min_green_ms[g] for g, ms in spans),
        "leads": any((v, t + int(group.lead_ms[g])) in starts for g, v in led for h, t in starts if h == g),
        "exclusive stage": any(
            int(mask) and int(mask) & ~int(row.walks) == 0
            for row in tables.signals.junction
            for mask in tables.signals.stage[row.first_stage : row.first_stage + row.n_stages]
        ),
    }


def _within_stages(tables, records) -> int:
    """How many walks begin while a stage is in force that goes on."""
    stages = records[records["kind"] == Kind.STAGE]
    changes = {(int(r["t_ms"]), int(r["entity"])) for r in stages}
    in_force: dict[int, int] = {}
    found = 0
    for r in records[np.isin(records["kind"], (Kind.ASPECT, Kind.STAGE))]:
        if r["kind"] == Kind.STAGE:
            in_force[int(r["entity"])] = int(r["value"])
        elif r["value"] == GREEN and tables.signals.group.walk[r["entity"]]:
            junction = int(r["place"])
            found += in_force.get(junction, 0) and (int(r["t_ms"]), junction) not in changes
    return found
