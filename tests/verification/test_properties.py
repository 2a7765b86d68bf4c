"""What holds of every run on any network, found in its full records: both engines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import drive, random_case
from support.roads import ENGINES
from support.safety import crossings_on_red, vehicles_among_pedestrians
from support.verification.records import Street

from signalsim.engine.records import Kind
from signalsim.engine.tables import Arrivals, Tables


def recorded(engine: str, case: int, hostile: int) -> tuple[Tables, Arrivals, np.ndarray, tuple[int, int]]:
    tables, arrivals, end_ms = random_case(case)
    made = ENGINES[engine](tables, arrivals, count_from_ms=0, count_to_ms=end_ms, record=True)
    drive(made, tables, hostile, end_ms)
    totals = made.totals()
    assert totals.departed == totals.arrived + totals.inside + totals.waiting
    return tables, arrivals, made.records(), (totals.arrived, totals.inside)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(case=st.integers(0, 100_000), hostile=st.integers(0, 100_000))
def test_the_compiled_engine_does_nothing_impossible(case: int, hostile: int) -> None:
    """Every vehicle is in one place, lanes are first in first out and never hold more than they can,
    nobody is faster than free flow, enters before the wave or a headway, follows too
    closely, or passes a red light."""
    tables, arrivals, records, totals = recorded("numba", case, hostile)
    street = Street(tables, arrivals)
    assert street.replay(records) == []
    assert street.totals() == totals
    assert crossings_on_red(tables, records, street.made.__getitem__) == []
    assert vehicles_among_pedestrians(tables, arrivals, records, street.made.__getitem__) == []


@settings(max_examples=25, deadline=None, derandomize=True)
@given(case=st.integers(100_001, 200_000), hostile=st.integers(0, 100_000))
def test_the_reference_engine_does_nothing_impossible(case: int, hostile: int) -> None:
    tables, arrivals, records, totals = recorded("simpy", case, hostile)
    street = Street(tables, arrivals)
    assert street.replay(records) == []
    assert street.totals() == totals
    assert crossings_on_red(tables, records, street.made.__getitem__) == []


def _swap_crossings(records: np.ndarray) -> None:
    """Two vehicles that cross one stop line after the other change places."""
    at = np.flatnonzero(records["kind"] == Kind.CROSS)
    lane = np.bincount(records["place"][at]).argmax()
    one, two = at[records["place"][at] == lane][:2]
    records["entity"][[one, two]] = records["entity"][[two, one]]


def _hurry(records: np.ndarray) -> None:
    """A vehicle crosses a second before it can be there."""
    row = np.flatnonzero((records["kind"] == Kind.CROSS) & (records["value"] == 0))[0]
    records["value"][row] = -1000


def _arrive_early(records: np.ndarray) -> None:
    """A vehicle is due at its next stop line earlier than free flow allows."""
    row = np.flatnonzero(records["kind"] == Kind.ENTER)[3]
    records["value"][row] -= 400


def _lose(records: np.ndarray) -> None:
    """A vehicle that enters a lane is another one."""
    row = np.flatnonzero(records["kind"] == Kind.ENTER)[-1]
    records["entity"][row] = (records["entity"][row] + 1) % 5


def _time_runs_backwards(records: np.ndarray) -> None:
    records["t_ms"][len(records) // 2] = 0


@pytest.mark.parametrize("fault", [_swap_crossings, _hurry, _arrive_early, _lose, _time_runs_backwards])
def test_the_replay_finds_planted_faults(fault) -> None:
    """A checker that cannot fail proves nothing."""
    tables, arrivals, records, _ = recorded("numba", 4, 4)
    assert Street(tables, arrivals).replay(records) == []
    fault(records)
    assert Street(tables, arrivals).replay(records) != []


def test_the_replay_finds_a_lane_too_full_a_wave_too_fast_and_a_headway_too_short() -> None:
    """True records on a road that holds less, is slower to free room, or has longer headways."""
    tables, arrivals, records, _ = recorded("numba", _crowded(), 4)
    for name, change, words in (
        ("lane_slots", lambda slots: slots - 1, "slots more than it has"),
        ("lane_wave_ms", lambda ms: ms + 1, "before the wave"),
        ("lane_headway_ms", lambda ms: ms + 1, "within a"),
    ):
        other = tables._replace(**{name: change(getattr(tables, name))})
        assert any(words in fault for fault in Street(other, arrivals).replay(records)), name


def _crowded() -> int:
    """A random network in which lanes fill, and free room again."""
    for case in range(100):
        tables, arrivals, records, _ = recorded("numba", case, 4)
        other = tables._replace(lane_wave_ms=tables.lane_wave_ms + 1, lane_slots=tables.lane_slots)
        smaller = tables._replace(lane_slots=tables.lane_slots - 1)
        if all(Street(t, arrivals).replay(records) for t in (other, smaller)):
            return case
    raise AssertionError("no case fills a lane")
