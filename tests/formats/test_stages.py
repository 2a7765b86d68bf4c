"""Stages from conflicts: the textbook junctions by hand, and what must hold for any geometry."""

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalsim.formats.complete import shares
from signalsim.network.geometry import are_opposed, paths_cross, turn_type
from signalsim.signals.stages import Staging, Turn, staging

N, E, S, W = math.pi / 2, 0.0, -math.pi / 2, math.pi  # bearings of legs from the centre
Leg = tuple[float, bool, bool, str]  # bearing, leads in, leads out, lanes: "shared" or "own" left lane


def junction(
    legs: dict[str, Leg],
) -> tuple[list[Turn], list[tuple[int, int]], list[tuple[int, int]], list[str]]:
    """Turns of a junction with their names, and its conflicts by the rules of right of way."""
    turns: list[Turn] = []
    names: list[str] = []
    ways: list[tuple[float, float]] = []
    for a, (bearing, leads_in, _, lanes) in legs.items():
        for b, (other, _, leads_out, _) in legs.items():
            if not (leads_in and leads_out) or a == b:
                continue
            role = turn_type(bearing + math.pi, other)
            left_lane = role in ("left", "uturn") and lanes == "own"
            turns.append(Turn(a, role, bearing + math.pi, frozenset({-1} if left_lane else {1})))
            names.append(f"{a}>{b}")
            ways.append((bearing, other))
    yields, forbidden = [], []
    for i, k in combinations(range(len(turns)), 2):
        a, b = turns[i], turns[k]
        merge = ways[i][1] == ways[k][1]
        if a.approach == b.approach or not (merge or paths_cross(*ways[i], *ways[k])):
            continue
        against = [
            (x, y) for x, y in ((i, k), (k, i))
            if turns[x].role in ("left", "uturn") and turns[y].role in ("thru", "right")
            and are_opposed(turns[x].heading, turns[y].heading)
        ]  # fmt: skip
        if against:
            yields.append(against[0])
        elif merge and (a.role == "right") != (b.role == "right"):
            yields.append((i, k) if a.role == "right" else (k, i))
        else:
            forbidden.append((i, k))
    return turns, yields, forbidden, names


def shown(legs: dict[str, Leg]) -> list[list[str]]:
    """Stages as sorted names of what is green."""
    turns, yields, forbidden, names = junction(legs)
    found = staging(turns, yields, forbidden)
    return [sorted(names[i] for g in stage for i in found.groups[g]) for stage in found.stages]


def test_a_crossing_without_turn_lanes_has_two_stages() -> None:
    legs = {name: (bearing, True, True, "shared") for name, bearing in zip("NESW", (N, E, S, W), strict=True)}
    assert shown(legs) == [
        ["N>E", "N>S", "N>W", "S>E", "S>N", "S>W"],
        ["E>N", "E>S", "E>W", "W>E", "W>N", "W>S"],
    ]


def test_left_turns_with_lanes_of_their_own_are_protected_behind_their_through_movements() -> None:
    legs = {
        "N": (N, True, True, "shared"), "E": (E, True, True, "own"),
        "S": (S, True, True, "shared"), "W": (W, True, True, "own"),
    }  # fmt: skip
    turns, yields, forbidden, names = junction(legs)
    found = staging(turns, yields, forbidden)
    assert shown(legs) == [
        ["N>E", "N>S", "N>W", "S>E", "S>N", "S>W"],
        ["E>N", "E>W", "W>E", "W>S"],
        ["E>S", "W>N"],
    ]
    assert sorted(sorted(names[i] for i in group) for group in found.groups) == [
        ["E>N", "E>W"], ["E>S"], ["N>E", "N>S", "N>W"], ["S>E", "S>N", "S>W"], ["W>E", "W>S"], ["W>N"],
    ]  # fmt: skip


def test_a_t_junction_lets_the_through_movement_beside_a_protected_left_turn_go_on() -> None:
    legs = {"E": (E, True, True, "shared"), "S": (S, True, True, "shared"), "W": (W, True, True, "shared")}
    assert shown(legs) == [["E>S", "E>W", "W>E", "W>S"], ["S>E", "S>W"]]
    legs["E"] = (E, True, True, "own")  # the left turn from E into S
    assert shown(legs) == [["E>W", "W>E", "W>S"], ["E>S", "E>W"], ["S>E", "S>W"]]


def test_one_way_streets_take_turns() -> None:
    legs = {
        "N": (N, True, False, "shared"), "E": (E, True, False, "own"),
        "S": (S, False, True, "shared"), "W": (W, False, True, "shared"),
    }  # fmt: skip
    assert shown(legs) == [["E>S", "E>W"], ["N>S", "N>W"]]


def test_a_pair_that_may_never_go_together_splits_facing_approaches() -> None:
    legs = {name: (bearing, True, True, "shared") for name, bearing in zip("NESW", (N, E, S, W), strict=True)}
    turns, yields, forbidden, names = junction(legs)
    apart = (names.index("N>E"), names.index("S>N"))
    found = staging(turns, [pair for pair in yields if set(pair) != set(apart)], [*forbidden, apart])
    stages = [{names[i] for g in stage for i in found.groups[g]} for stage in found.stages]
    assert {"N>E", "N>S", "N>W"} in stages
    assert {"S>E", "S>N", "S>W"} in stages


def check(turns: list[Turn], yields: list[tuple[int, int]], forbidden: list[tuple[int, int]]) -> Staging:
    """What must hold for every junction."""
    found = staging(turns, yields, forbidden)
    assert sorted(i for group in found.groups for i in group) == list(range(len(turns)))
    assert {g for stage in found.stages for g in stage} == set(range(len(found.groups)))
    for group in found.groups:
        assert len({turns[i].approach for i in group}) == 1
    apart = {frozenset(pair) for pair in forbidden}
    for stage in found.stages:
        green = [i for g in stage for i in found.groups[g]]
        assert not any(frozenset(pair) in apart for pair in combinations(green, 2))
        for a, b in yields:
            if a in green and b in green:  # only turns that share a lane give way inside a stage
                assert turns[a].role in ("left", "uturn")
                assert are_opposed(turns[a].heading, turns[b].heading)
    return found


@given(
    st.lists(
        st.tuples(
            st.integers(0, 71), st.booleans(), st.booleans(), st.sampled_from(["shared", "own"])
        ),
        min_size=2, max_size=8, unique_by=lambda leg: leg[0],
    )
)  # fmt: skip
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_geometry_is_served_and_nothing_crosses(found: list[tuple[int, bool, bool, str]]) -> None:
    legs = {
        f"leg{k}": (math.radians(5 * bearing), leads_in, leads_out, lanes)
        for k, (bearing, leads_in, leads_out, lanes) in enumerate(found)
    }
    turns, yields, forbidden, _ = junction(legs)
    staged = check(turns, yields, forbidden)
    approaches = len({turn.approach for turn in turns})
    assert len(staged.stages) <= 2 * approaches


@given(st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_conflicts_are_kept(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    turns = [
        Turn(
            data.draw(st.sampled_from("ABCD")),
            data.draw(st.sampled_from(["left", "thru", "right", "uturn"])),
            data.draw(st.sampled_from([N, E, S, W])),
            frozenset(data.draw(st.sets(st.integers(1, 3), min_size=1))),
        )
        for _ in range(n)
    ]
    pairs = [pair for pair in combinations(range(n), 2) if data.draw(st.booleans())]
    forbidden = [pair for pair in pairs if data.draw(st.booleans())]
    yields = [
        pair for pair in pairs if pair not in forbidden and turns[pair[0]].approach != turns[pair[1]].approach
    ]
    check(turns, yields, forbidden)


@pytest.mark.parametrize(
    ("total", "weights", "least", "parts"),
    [
        (76, [1, 1, 1], [7, 7, 7], [26, 25, 25]),
        (100, [1, 3], [1, 1], [25, 75]),
        (100, [1, 9], [30, 30], [30, 70]),
        (20, [1, 1], [15, 15], [15, 15]),
    ],
)
def test_greens_are_shared_in_proportion(
    total: int, weights: list[float], least: list[int], parts: list[int]
) -> None:
    assert shares(total, weights, least) == parts
