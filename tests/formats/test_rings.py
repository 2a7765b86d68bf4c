"""Rings as stages and plans: by hand, and for rings drawn at random against the rings' own arithmetic."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalsim.formats.rings import Phase, Rings, lamps_of, split_times
from signalsim.formats.rings.sequence import SHORTEST_S, Row, changes, plan_of


def phase(number: int, place: str, green_s: float, yellow_s: float = 4.0, all_red_s: float = 2.0) -> Phase:
    """``place``: barrier, ring, position."""
    barrier, ring, position = map(int, place)
    return Phase(number, barrier, ring, position, 5.0, green_s, yellow_s, all_red_s)


def rings_of(*phases: Phase) -> Rings:
    start, end, cycle, uneven = split_times(phases)
    return Rings({p.number: p for p in phases}, cycle, 0.0, start, end, uneven, (), False)


def plan(rings: Rings, *keys: set[int]) -> tuple[list[tuple[str, float, float | None]], float]:
    """The plan's rows, (phases' groups, green, change or None), and where its first green begins."""
    lamps = lamps_of(rings, [frozenset(key) for key in keys] or [frozenset([p]) for p in rings.phases], {})
    rows, begin = plan_of(lamps.changes, rings.cycle_s, lamps.intergreen_s)
    return [
        (name(row), row.green_s, None if row.change_s != row.change_s else row.change_s) for row in rows
    ], begin


def name(row: Row) -> str:
    return " ".join(sorted("+".join(map(str, sorted(key))) for key in row.groups))


def test_a_ring_that_changes_while_the_other_does() -> None:
    """Phases 1 and 5 end at 10 and 14; 2 begins at 16, 6 at 20: the second change begins in the first."""
    rings = rings_of(phase(1, "111", 10), phase(2, "112", 34), phase(5, "121", 14), phase(6, "122", 30))
    assert plan(rings) == ([("1 5", 10, 0), ("2 5", 4, None), ("2 6", 30, None)], 0)


def test_at_a_barrier_all_rings_must_have_ended() -> None:
    """Phase 2 clears for 5 s and 6 for 7 s: 6 ends first, and 4 comes when both have cleared."""
    rings = rings_of(
        phase(2, "111", 35, 4, 1), phase(6, "121", 33, 4, 3), phase(4, "211", 20), phase(8, "221", 20)
    )
    assert plan(rings) == ([("2 6", 33, None), ("2", 2, None), ("4 8", 20, None)], 0)


def test_a_group_stays_green_from_one_of_its_phases_to_the_next() -> None:
    """A right turn with phases 4 and 1, across the barrier, while its neighbours change."""
    rings = rings_of(phase(1, "111", 10), phase(2, "112", 20), phase(4, "211", 24))
    rows, _ = plan(rings, {1}, {2}, {4}, {1, 4})
    assert rows == [("1 1+4", 10, None), ("2", 20, None), ("1+4 4", 24, None)]


def test_a_group_that_ends_with_two_phases_clears_as_each_of_them() -> None:
    """Phase 1 clears for 5 s and 3 for 8 s. The group has 5 s; behind phase 3 the change asks for 8: what
    conflicts with it waits for the difference.
    """
    rings = rings_of(
        phase(1, "111", 20, 4, 1),
        phase(2, "112", 20, 4, 1),
        phase(3, "113", 20, 4, 4),
        phase(4, "114", 20, 4, 1),
    )
    keys = [frozenset(key) for key in ({1, 3}, {2, 4}, {4})]
    lamps = lamps_of(rings, keys, {})
    assert (lamps.lamps[keys[0]].yellow_s, lamps.lamps[keys[0]].all_red_s) == (4, 1)
    assert lamps.intergreen_s[keys[0], keys[1]] == 5 and lamps.intergreen_s[keys[0], keys[2]] == 8
    found = {(round(change.at_s, 3), frozenset(change.groups)) for change in lamps.changes}
    # 3 ends at 70 and phase 4 begins at 78: its own group is named at once, the other when it is due
    assert found == {
        (20, frozenset([keys[1]])), (45, frozenset([keys[0]])),
        (70, frozenset([keys[2]])), (78, frozenset([keys[1], keys[2]])), (98, frozenset([keys[0]])),
    }  # fmt: skip


def test_nothing_shown_by_a_phase_leaves_the_one_before_green() -> None:
    """Phase 2 has no group: 1 stays green until 4 needs the change."""
    rings = rings_of(phase(1, "111", 10), phase(2, "112", 10), phase(4, "113", 10))
    rows, begin = plan(rings, {1}, {4})
    assert (rows, begin) == ([("1", 26, None), ("4", 10, None)], 0)


def test_what_never_ends_needs_no_plan() -> None:
    rings = rings_of(phase(2, "111", 60))
    assert changes({"a": [(0.0, 66.0)]}, rings.cycle_s, {}) == []
    assert plan(rings) == ([], 0)


TENTHS = st.integers(50, 400).map(lambda n: n / 10)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    greens=st.lists(TENTHS, min_size=8, max_size=8),
    yellows=st.lists(st.sampled_from([3.0, 3.6, 4.4]), min_size=8, max_size=8),
    reds=st.lists(st.sampled_from([0.0, 0.7, 2.0, 4.5]), min_size=8, max_size=8),
    left_out=st.sets(st.integers(1, 8), max_size=3),
)
def test_plans_of_random_rings_show_their_splits(
    greens: list[float], yellows: list[float], reds: list[float], left_out: set[int]
) -> None:
    """Followed by arithmetic alone (a change ends what a stage lacks; what it names begins when all that
    ended before has cleared), a plan begins and ends every phase as its ring does, to a tenth of a
    second; between two changes it has at least that.
    """
    places = ["111", "112", "211", "212", "121", "122", "221", "222"]
    phases = [
        phase(n, places[n - 1], greens[n - 1], yellows[n - 1], reds[n - 1])
        for n in range(1, 9)
        if n not in left_out
    ]
    rings = rings_of(*phases)
    lamps = lamps_of(rings, [frozenset([p.number]) for p in phases], {})
    rows, begin = plan_of(lamps.changes, rings.cycle_s, lamps.intergreen_s)
    if not rows:
        assert len({p.ring for p in phases}) == len(phases)  # each ring has one phase only
        return
    assert all(row.green_s >= SHORTEST_S - 1e-6 for row in rows)
    shown = follow(rows, begin, lamps.intergreen_s)
    cycle = rings.cycle_s
    for p in phases:
        if rings.end_s[p.number] - rings.start_s[p.number] > cycle - 1e-6:
            continue  # the only one of its ring
        due = rings.start_s[p.number], rings.end_s[p.number] - p.change_s
        for mine, theirs in zip(shown[frozenset([p.number])], due, strict=True):
            assert min((mine - theirs) % cycle, (theirs - mine) % cycle) < 0.1 + 1e-6, p.number


def follow(rows: list[Row], begin: float, wait: dict) -> dict:  # type: ignore[type-arg]
    """Group -> (begin, end) of its green, in the third cycle."""
    n, ended, started, shown = len(rows), {}, {}, {}
    usual = [
        max((wait.get((a, b), 0.0) for a in row.groups - rows[(k + 1) % n].groups
             for b in rows[(k + 1) % n].groups - row.groups), default=0.0)
        for k, row in enumerate(rows)
    ]  # fmt: skip
    at = begin
    for step in range(3 * n):
        row, after = rows[step % n], rows[(step + 1) % n]
        at += row.green_s
        for group in row.groups - after.groups:
            shown[group] = (started.get(group, begin), at)
            ended[group] = at
        for group in after.groups - row.groups:
            started[group] = max([at, *(t + wait[a, group] for a, t in ended.items() if (a, group) in wait)])
        at += usual[step % n] if row.change_s != row.change_s else row.change_s
    return shown


def test_uneven_rings_wait_at_the_barrier() -> None:
    rings = rings_of(phase(2, "111", 30), phase(6, "121", 20), phase(4, "211", 20))
    assert rings.uneven == (1,) and rings.end_s[6] == rings.end_s[2] == 36
    assert plan(rings) == ([("2 6", 30, None), ("4", 20, None)], 0)


@pytest.mark.parametrize("shift", [0.02, 0.05, 0.09])
def test_changes_that_are_nearly_one_are_one(shift: float) -> None:
    rings = rings_of(phase(2, "111", 30), phase(6, "121", 30), phase(4, "211", 20))
    nearly = replace(rings.phases[6], green_s=30 - shift, all_red_s=2 + shift)
    start, end, cycle, _ = split_times([rings.phases[2], nearly, rings.phases[4]])
    other = replace(rings, phases={**rings.phases, 6: nearly}, start_s=start, end_s=end, cycle_s=cycle)
    rows, _ = plan(other)
    assert [row[0] for row in rows] == ["2 6", "4"]
