"""Pedestrians on a road small enough to work out by hand; both engines.

Vehicle groups 0 and 1 exclude each other (yellow 3 s, intergreen 5 s); group 2 walks beside group 0, for
7 s, and takes 15 s to clear before group 1 may start: so that this is no later than behind group 0, the
walk has to be over 10 s before group 0 ends.
"""

from dataclasses import replace

import numpy as np
import pytest
from support.roads import arrivals_of, run, tables_of, times, two_stages, walks_of

from signalsim.engine.build import SignalSpec
from signalsim.engine.footways import Crossings
from signalsim.engine.interlock import call, due, initial_state, request, settle
from signalsim.engine.records import Kind
from signalsim.engine.tables import BUTTON, NO_GROUP, ON_RED, RESTS, WALKS

pytestmark = pytest.mark.nojit

LINKS = [{}, {}, {}, {}]  # links 0 and 1 lead to a junction, 2 and 3 away from it; 10 s each
MOVEMENTS = [{"a": 0, "b": 2, "group": 0}, {"a": 1, "b": 3, "group": 1}]
NOBODY: list[tuple[int, int, list[int]]] = []
# the crossing takes 12 s; vehicles of movement 0 need 3 s without anybody on the 5 s beside the near kerb
NEAR = (0, 5000)
FAR = (7000, 12_000)


def signals(walk: int = 0, *, exclusive: bool = False, lead_ms: int = 0, max_red_ms: int = 0) -> SignalSpec:
    pairs = [(0, 1), (1, 2), *([(0, 2)] if exclusive else [])]
    after = {0: 5000, 1: 5000, 2: 15_000}
    return replace(
        two_stages(),
        group_junction=np.zeros(3, int),
        group_min_green_ms=np.array([5000, 5000, 7000]),
        group_yellow_ms=np.array([3000, 3000, 15_000]),
        group_max_red_ms=np.array([0, 0, max_red_ms]),
        stage_junction=np.zeros(3 if exclusive else 2, int),
        stage_mask=np.array([1, 2, 4] if exclusive else [0b101, 0b010], np.uint64),
        forbidden=np.array(pairs),
        intergreen=np.array([(a, b, after[a]) for x in pairs for a, b in (x, x[::-1])]),
        group_walk=np.array([0, 0, WALKS | walk]),
        leads=np.array([(2, 0, lead_ms)] if lead_ms else [], int).reshape(-1, 3),
    )


def junction(spec: SignalSpec | None, *, group: int = 2, on_red: int = 0, movements=MOVEMENTS, foes=()):
    """The junction with a crossing in the way of movement 0."""
    zones = np.array([(0, 0, on_red, 3000, *NEAR, *FAR)])
    crossings = Crossings(np.array([group]), np.array([12_000]), zones)
    return tables_of(LINKS, movements, foes=foes, origins=(0, 1), signals=spec, crossings=crossings)


def lamps(made, group: int) -> list[tuple[int, int]]:
    """(time, aspect) of a group."""
    rows = made.records()
    rows = rows[(rows["kind"] == Kind.ASPECT) & (rows["entity"] == group)]
    return [(int(r["t_ms"]), int(r["value"])) for r in rows]


def walked(made) -> list[tuple[int, int]]:
    """(when somebody set off, wait ms)."""
    rows = made.records()
    return [(int(r["t_ms"]), int(r["value"])) for r in rows[rows["kind"] == Kind.WALK]]


def test_a_walk_ends_by_itself_and_vehicles_wait_for_its_clearance(engine: str) -> None:
    """Asked at once for the other stage at 10 s: 7 + 15 - 5 s is when group 0 may end."""
    made = run(engine, junction(signals()), arrivals_of(NOBODY), 60_000, [(10_000, 1), (30_000, 0)])
    assert lamps(made, 2) == [(0, 2), (7000, 1), (22_000, 0), (35_000, 2), (42_000, 1), (57_000, 0)]
    assert lamps(made, 0) == [(0, 2), (17_000, 1), (20_000, 0), (35_000, 2)]
    assert lamps(made, 1) == [(22_000, 2), (30_000, 1), (33_000, 0)]


def test_what_the_interlock_says_of_the_next_switch_is_what_it_does(engine: str) -> None:
    tables = junction(signals(RESTS))
    for at, earliest in ((1000, 17_000), (7000, 17_000), (30_000, 40_000)):
        made = run(engine, tables, arrivals_of(NOBODY), at)
        assert made.observe().earliest_switch_ms.tolist() == [earliest]
        made.request(np.array([1], np.int32), np.array([at], np.int64))
        made.advance(60_000)
        assert lamps(made, 0)[1] == (earliest, 1)


def test_a_group_that_rests_walks_until_its_clearance_has_to_begin(engine: str) -> None:
    tables = junction(signals(RESTS))
    in_advance = run(engine, tables, arrivals_of(NOBODY), 60_000, [(5000, 1)])
    assert lamps(in_advance, 2)[:2] == [(0, 2), (7000, 1)]
    made = run(engine, tables, arrivals_of(NOBODY), 5000)
    made.request(np.array([1], np.int32), np.array([50_000], np.int64))
    made.advance(60_000)
    assert lamps(made, 2) == [(0, 2), (40_000, 1), (55_000, 0)]
    assert lamps(made, 0)[1] == (50_000, 1) and lamps(made, 1) == [(55_000, 2)]


def test_a_leading_walk_holds_back_those_who_turn_across_it(engine: str) -> None:
    tables = junction(signals(lead_ms=4000))
    made = run(engine, tables, arrivals_of(NOBODY), 60_000, [(10_000, 1), (30_000, 0)])
    assert lamps(made, 2)[0] == (0, 2) and lamps(made, 0)[0] == (4000, 2)
    assert lamps(made, 2)[3] == (35_000, 2) and lamps(made, 0)[3] == (39_000, 2)


def test_who_presses_the_button_walks_at_once_if_no_switch_is_wanted(engine: str) -> None:
    """The second comes into the walk; the third into clearance, and walks again when that is over."""
    people = walks_of(arrivals_of(NOBODY), [(8000, False), (13_000, True), (17_000, False)])
    made = run(engine, junction(signals(BUTTON)), people, 45_000)
    assert walked(made) == [(8001, 1), (13_000, 0), (30_001, 13_001)]
    assert lamps(made, 2)[:3] == [(8001, 2), (15_001, 1), (30_001, 0)]


@pytest.mark.parametrize(("switch_ms", "starts"), [(25_001, 8001), (25_000, 43_000)])
def test_a_call_that_would_hold_up_the_switch_waits_for_the_next_stage(
    engine: str, switch_ms: int, starts: int
) -> None:
    """At 8.001 s walk and clearance need 17 s until group 0 ends."""
    people = walks_of(arrivals_of(NOBODY), [(8000, False)])
    made = run(engine, junction(signals(BUTTON)), people, 1000)
    made.request(np.array([1], np.int32), np.array([switch_ms], np.int64))
    made.advance(8000)
    assert not made.observe().group_called.any()
    made.advance(8001)
    assert made.observe().group_called.tolist() == [False, False, True]
    made.advance(38_000)
    made.request(np.array([0], np.int32), np.array([38_000], np.int64))
    made.advance(60_000)
    assert lamps(made, 0)[1] == (switch_ms, 1)
    assert walked(made) == [(starts, starts - 8000)]
    assert not made.observe().group_called.any()


def test_a_permission_that_goes_on_with_the_next_stage_brings_no_second_walk(engine: str) -> None:
    """As where one of two rings changes beside a phase with pedestrians: group 3 follows group 0."""
    spec = replace(
        signals(),
        group_junction=np.zeros(4, int),
        group_min_green_ms=np.array([5000, 5000, 7000, 5000]),
        group_yellow_ms=np.array([3000, 3000, 15_000, 3000]),
        group_max_red_ms=np.zeros(4, int),
        stage_junction=np.zeros(3, int),
        stage_mask=np.array([0b0101, 0b0010, 0b1100], np.uint64),
        forbidden=np.array([[0, 1], [1, 2], [0, 3], [1, 3]]),
        intergreen=np.array(
            [(a, b, 5000) for x in ((0, 1), (0, 3), (1, 3)) for a, b in (x, x[::-1])]
            + [(1, 2, 5000), (2, 1, 15_000)]
        ),
        group_walk=np.array([0, 0, WALKS, 0]),
    )
    made = run(engine, junction(spec), arrivals_of(NOBODY), 90_000, [(30_000, 2), (50_000, 1), (70_000, 0)])
    assert [t for t, aspect in lamps(made, 2) if aspect == 2] == [0, 75_000]
    assert lamps(made, 3)[:2] == [(35_000, 2), (50_000, 1)]


def test_without_a_call_there_is_no_walk(engine: str) -> None:
    requests = [(10_000, 1), (30_000, 0), (50_000, 1)]
    made = run(engine, junction(signals(BUTTON)), arrivals_of(NOBODY), 90_000, requests)
    assert lamps(made, 2) == []
    assert lamps(made, 0)[1] == (10_000, 1)


def test_a_stage_of_pedestrians_alone_ends_with_the_walk(engine: str) -> None:
    """Group 0 ends at 10 s, the walk begins at 15 s; its clearance is the intergreen to group 1."""
    tables = junction(signals(exclusive=True))
    made = run(engine, tables, arrivals_of(NOBODY), 60_000, [(10_000, 2), (16_000, 1)])
    assert lamps(made, 2) == [(15_000, 2), (22_000, 1), (37_000, 0)]
    assert lamps(made, 1) == [(37_000, 2)]


@pytest.mark.parametrize("far", [False, True])
def test_a_right_turn_gives_way_second_by_second(engine: str, far: bool) -> None:
    """Somebody sets off at 20 s: on the lanes that the turn crosses for 5 s, from the far kerb 7 s later."""
    first, last = (20_000 + ms for ms in (FAR if far else NEAR))
    tables = junction(signals(RESTS))
    for come in range(14_000, 36_000, 1000):
        people = walks_of(arrivals_of([(come - 10_000, 0, [0])]), [(20_000, far)])
        made = run(engine, tables, people, 60_000)
        waits = come + 3000 > first and come < last
        assert times(made, Kind.CROSS, 0) == [last if waits else come]


def test_those_behind_a_vehicle_that_gave_way_follow_in_headways(engine: str) -> None:
    trips = [(9000, 0, [0])] * 3
    made = run(engine, junction(signals(RESTS)), walks_of(arrivals_of(trips), [(20_000, False)]), 60_000)
    assert times(made, Kind.CROSS, 0) == [25_000, 27_000, 29_000]


def test_pedestrians_do_not_keep_a_turn_from_using_its_end_gain(engine: str) -> None:
    movements = [{**MOVEMENTS[0], "end_gain_ms": 2000}, MOVEMENTS[1]]
    tables = junction(signals(BUTTON), movements=movements)
    trips = [(11_000, 0, [0]), (12_100, 0, [0])]
    made = run(engine, tables, arrivals_of(trips), 40_000, [(20_000, 1)])
    assert times(made, Kind.CROSS, 0) == [21_000]


def test_vehicles_stop_at_a_zebra_and_pedestrians_do_not(engine: str) -> None:
    movement = [{"a": 0, "b": 2}]
    people = walks_of(arrivals_of([(9000, 0, [0])]), [(20_000, False), (24_000, False), (60_000, True)])
    made = run(engine, junction(None, group=NO_GROUP, movements=movement), people, 90_000)
    assert walked(made) == [(20_000, 0), (24_000, 0), (60_000, 0)]
    assert times(made, Kind.CROSS, 0) == [29_000]


def test_who_turns_on_red_gives_way_to_pedestrians(engine: str) -> None:
    """Group 2 walks while movement 0, of group 1 here, has red."""
    turn = {"a": 0, "b": 2, "group": 1, "rules": ON_RED, "hold_ms": 2000}
    tables = junction(signals(RESTS), on_red=1, movements=[turn])
    trips = arrivals_of([(6000, 0, [0])])
    assert times(run(engine, tables, trips, 60_000), Kind.CROSS, 0) == [18_000]
    walking = walks_of(trips, [(17_000, False)])
    assert times(run(engine, tables, walking, 60_000), Kind.CROSS, 0) == [22_000]
    green = run(engine, tables, walking, 60_000, [(1000, 1)])  # group 1 is green from 22 s on
    assert times(green, Kind.CROSS, 0) == [18_000]  # nobody set off: they wait for their walk


def test_a_run_goes_on_until_counted_pedestrians_have_set_off(engine: str) -> None:
    people = walks_of(arrivals_of(NOBODY), [(9000, False)])
    made = run(engine, junction(signals()), people, 20_000, [(10_000, 1)])
    assert not made.all_counted_arrived()
    made.request(np.array([0], np.int32), np.array([30_000], np.int64))
    made.advance(40_000)
    assert made.all_counted_arrived()
    assert made.sums().walk_ms.tolist() == [35_000]


def test_the_longest_red_is_kept_for_pedestrians_who_called() -> None:
    """A controller that stays with group 0 is overruled, unless nobody called."""
    tables = junction(signals(BUTTON, exclusive=True, max_red_ms=300_000)).signals
    begun = {}
    for calls in (False, True):
        state, changes, now = initial_state(tables), np.zeros(512, np.int32), 0
        while now < 900_000:
            request(tables, state, 0, 0, now)
            if calls:
                call(tables, state, 2)
            n = settle(tables, state, 0, now, changes)
            begun.setdefault(calls, []).extend(now for c in changes[:n] if int(c) == 4 * 2 + 2)
            now = min(due(tables, state, 0, now), now + 10_000)
    assert begun[False] == []
    assert len(begun[True]) >= 3
    assert max(np.diff([0, *begun[True]])) <= 300_000 + 7000


def test_contradicting_walks_are_refused() -> None:
    with pytest.raises(ValueError, match="not shorter than its walk"):
        junction(signals(lead_ms=7000))
    with pytest.raises(ValueError, match="names a group of vehicles"):
        junction(signals(), group=1)
    with pytest.raises(ValueError, match="cannot lead"):
        junction(replace(signals(), leads=np.array([(0, 1, 1000)])))
    with pytest.raises(ValueError, match="pedestrians at 2 crossings, of 1"):
        run("numba", junction(signals()), walks_of(arrivals_of(NOBODY), [], []), 1000)
