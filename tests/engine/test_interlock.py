"""Whatever is asked of it, the interlock keeps the street safe."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import drive, random_case
from support.roads import tables_of, two_stages
from support.safety import dangers

from signalsim.engine.compiled import CompiledEngine
from signalsim.engine.interlock import GREEN, due, initial_state, request, settle
from signalsim.engine.records import Kind


@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=st.integers(0, 10_000), hostile=st.integers(0, 10_000))
def test_hostile_controllers_never_see_a_danger(case: int, hostile: int) -> None:
    tables, arrivals, end_ms = random_case(case)
    engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
    drive(engine, tables, hostile, end_ms)
    assert dangers(tables, engine.records()) == []
    totals = engine.totals()
    assert totals.departed == totals.arrived + totals.inside + totals.waiting


def test_the_safety_check_finds_what_is_wrong() -> None:
    """A checker that cannot fail proves nothing: dangers made by hand are all found."""
    tables, _, _ = random_case(_case_with_conflict())
    a = int(np.flatnonzero(tables.signals.forbidden)[0])
    j = int(tables.signals.group.junction[a])
    b = int(tables.signals.junction.first_group[j]) + int(tables.signals.forbidden[a]).bit_length() - 1
    engine = CompiledEngine(*random_case(0)[:2], count_from_ms=0, count_to_ms=1, record=True)
    lamp = np.zeros(3, engine.records().dtype)
    lamp["kind"] = Kind.ASPECT
    lamp["entity"], lamp["value"], lamp["t_ms"] = [a, b, a], [GREEN, GREEN, 1], [0, 1, 2]
    found = " ".join(dangers(tables, lamp))
    assert "green together" in found
    if tables.signals.group.min_green_ms[a] > 2:
        assert "green for 2 ms only" in found


def _case_with_conflict() -> int:
    return next(seed for seed in range(100) if random_case(seed)[0].signals.forbidden.any())


@pytest.mark.nojit
def test_a_switch_waits_for_minimum_green_then_yellow_then_intergreen() -> None:
    """Two groups, minimum green 5 s, yellow 3 s, intergreen 5 s; asked for the other at 1 s."""
    signals = _two_groups(max_red_ms=0)
    state = initial_state(signals)
    changes = np.zeros(256, np.int32)
    log = []
    request(signals, state, 0, 1, 1000)
    now = 0
    for _ in range(6):
        n = settle(signals, state, 0, now, changes)
        log += [(now, int(c) // 4, int(c) % 4) for c in changes[:n]]
        now = due(signals, state, 0, now)
        if now >= 1 << 60:
            break
    assert log == [(0, 0, 2), (5000, 0, 1), (8000, 0, 0), (10_000, 1, 2)]


@pytest.mark.nojit
def test_maximum_red_is_kept_against_a_controller_that_never_switches() -> None:
    signals = _two_groups(max_red_ms=60_000)
    state = initial_state(signals)
    changes = np.zeros(256, np.int32)
    reds, ended, now = [], {0: 0, 1: 0}, 0
    while now < 600_000:
        request(signals, state, 0, 0, now)
        n = settle(signals, state, 0, now, changes)
        for change in changes[:n]:
            group, aspect = int(change) // 4, int(change) % 4
            if aspect == 1:
                ended[group] = now
            elif aspect == GREEN:
                reds.append((group, now - ended[group]))
        now = due(signals, state, 0, now)
    assert [red for group, red in reds if group == 1]
    assert max(red for _, red in reds) <= 60_000


def _two_groups(max_red_ms: int):
    """Minimum green 5 s, yellow 3 s, intergreen 5 s, and a limit of red."""
    spec = two_stages(min_green_ms=5000)
    spec = replace(spec, group_max_red_ms=np.full(2, max_red_ms))
    return tables_of([{}], [], signals=spec).signals


def test_contradicting_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="maximum red of 12 s cannot be kept"):
        _two_groups(max_red_ms=12_000)
    with pytest.raises(ValueError, match="green to a forbidden pair"):
        tables_of([{}], [], signals=replace(two_stages(), stage_mask=np.array([3, 2], np.uint64)))
    with pytest.raises(ValueError, match="have no intergreen"):
        tables_of([{}], [], signals=replace(two_stages(), intergreen=np.array([[0, 1, 5000]])))


@pytest.mark.nojit
def test_rings_change_independently_and_a_green_on_its_way_is_not_taken_back() -> None:
    """Ring 1: groups 0, 1; ring 2: groups 2, 3; minimum green 5 s, yellow 3 s, intergreen 5 s.

    Ring 1 changes at 10 s. Asked at 11 s, ring 2 changes as well, without waiting for ring 1. What is
    asked at 12 s would take back group 1, which is on its way: it waits until 1 has had its minimum.
    """
    pairs = np.array([[0, 1], [2, 3]])
    spec = replace(
        two_stages(),
        group_junction=np.zeros(4, np.int64),
        group_min_green_ms=np.full(4, 5000),
        group_yellow_ms=np.full(4, 3000),
        group_max_red_ms=np.zeros(4, np.int64),
        stage_junction=np.zeros(4, np.int64),
        stage_mask=np.array([0b0101, 0b0110, 0b1010, 0b1001], np.uint64),
        forbidden=pairs,
        intergreen=np.array([[a, b, 5000] for x in pairs.tolist() for a, b in (x, x[::-1])]),
    )
    signals = tables_of([{}], [], signals=spec).signals
    state = initial_state(signals)
    changes = np.zeros(256, np.int32)
    asked = {10_000: 1, 11_000: 2, 12_000: 3}
    log, now = [], 0
    while now < 60_000:
        if now in asked:
            request(signals, state, 0, asked[now], now)
        n = settle(signals, state, 0, now, changes)
        log += [(now, int(c) // 4, int(c) % 4) for c in changes[:n] if int(c) % 4]
        now = min([due(signals, state, 0, now), *(t for t in asked if t > now)])
    assert log[2:] == [
        (10_000, 0, 1), (11_000, 2, 1), (15_000, 1, 2), (16_000, 3, 2), (20_000, 1, 1), (25_000, 0, 2),
    ]  # fmt: skip
