"""Rollout: a simulation begins with what is believed, and its answers are those that a reader expects."""

import numpy as np

from signalsim.control.rollout import Rollout, colours
from signalsim.engine.given import Belief, GivenEngine
from signalsim.sensing.approaches import approaches

N_LANES, NOW_MS = 16, 100_000


def _belief(built, standing, arrive=None, stage=0, since_ms=90_000):
    arrivals = np.zeros((N_LANES, 4))
    for (lane, k), vehicles in (arrive or {}).items():
        arrivals[lane, k] = vehicles
    queue = np.zeros(N_LANES)
    queue[list(standing)] = list(standing.values())
    return Belief(
        now_ms=NOW_MS, key=np.uint64(7), standing=queue, arrive=arrivals, step_ms=5000,
        movement_share=np.full(12, 1 / 3), link_movement=approaches(built.tables).link_movement,
        stage=np.array([stage], np.int32), next_stage=np.array([max(stage, 0)], np.int32),
        since_ms=np.array([since_ms]),
    )  # fmt: skip


def test_the_engine_begins_with_the_belief_and_goes_back_to_it(built):
    """Four stand at green and three at red, two come 5 to 10 s from now; headway 2 s."""
    engine = GivenEngine(built.tables)
    start = engine.begin(_belief(built, {1: 4, 3: 3}, {(3, 1): 2}))
    for _ in range(2):  # the second time after going back
        sight = engine.observe()
        assert engine.now_ms == NOW_MS
        assert sight.lane_queue[[1, 3]].tolist() == [4, 3]
        assert sight.lane_vehicles[[1, 3]].tolist() == [4, 5]
        assert (sight.stage[0], sight.stage_since_ms[0], sight.earliest_switch_ms[0]) == (0, 90_000, 95_000)
        engine.advance(NOW_MS + 11_000)
        sight = engine.observe()
        assert sight.lane_queue[[1, 3]].tolist() == [0, 5]  # lane 3 is red
        assert sight.lane_out[[1, 3]].tolist() == [4, 0]
        engine.go_back(start)


def test_a_stage_on_its_way_comes_when_it_is_due(built):
    engine = GivenEngine(built.tables)
    belief = _belief(built, {0: 2}, stage=-1, since_ms=NOW_MS + 3000)
    engine.begin(belief._replace(next_stage=np.array([1], np.int32)))
    assert engine.observe().stage[0] == -1
    engine.advance(NOW_MS + 3001)
    sight = engine.observe()
    assert (sight.stage[0], sight.stage_since_ms[0], sight.lane_out[0]) == (1, NOW_MS + 3000, 0)
    engine.advance(NOW_MS + 8001)  # the first 3 s after green, the second 2 s later
    assert engine.observe().lane_out[0] == 2


def test_parts_of_vehicles_are_rounded_without_bias(built):
    """2.3 vehicles are 2 or 3, on average 2.3: within three standard errors, in 400 samples."""
    engine, found = GivenEngine(built.tables), []
    for sample in range(400):
        engine.begin(_belief(built, {3: 2.3})._replace(key=np.uint64(sample)))
        found.append(int(engine.observe().lane_vehicles[3]))
    assert set(found) == {2, 3}
    assert abs(np.mean(found) - 2.3) < 3 * (0.21 / 400) ** 0.5


def test_it_serves_who_waits_and_lets_a_platoon_through(built, observation, decide):
    policy = Rollout().prepare(built)
    assert (
        decide(policy, observation(10, 0, lane_queue={3: 4}, lane_near={3: 4}, lane_vehicles={3: 4}))[0] == 2
    )
    near = {1: 5, 5: 5, 3: 1}
    coming = observation(20, 0, 10, lane_near=near, lane_vehicles=near, lane_queue={3: 1})
    first = decide(policy, coming)
    assert first[0] == 0
    assert decide(Rollout().prepare(built), coming) == first  # shown the same, it asks the same
    assert decide(policy, observation(30, -1))[0] == -1


def test_neighbours_have_different_colours():
    """A ring of five junctions needs three."""
    begins, ends = np.arange(5), (np.arange(5) + 1) % 5
    colour = colours(ends, begins, 5)
    assert (colour[begins] != colour[ends]).all()
    assert colour.max() == 2
