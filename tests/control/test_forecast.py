"""The forecast: everybody on the road arrives once, a free-flow time after passing."""

import numpy as np
import pytest

from signalsim.control.forecast import forecast, hold_up, look_ahead, remember
from signalsim.scenario import build, load
from signalsim.sensing.approaches import approaches

pytestmark = pytest.mark.nojit

LANE, VIEW_S, TRAVEL_S = 1, 8.0, 30.0  # of the crossing: advance line 8 s and beginning 30 s before the line


@pytest.fixture
def road(built):
    return approaches(built.tables)


def test_vehicles_arrive_when_they_are_due(built, road, observation):
    """Three enter the link in the step up to 5 s, two more up to 10 s."""
    ahead = forecast(road, built.tables, 5.0, 12)
    for now, inside in ((0, 0), (5, 3), (10, 5)):
        seen = observation(now, lane_vehicles={LANE: inside})
        remember(road, ahead, seen)
    look_ahead(road, ahead, seen, LANE, 0.0, 0.0)
    # entered from 0 to 5 s: at the line from 30 to 35 s, which is 20 to 25 s from now
    expected = np.zeros(12)
    expected[[4, 5]] = 3, 2
    assert ahead.arrive[LANE] == pytest.approx(expected)


def test_vehicles_in_view_arrive_after_the_view(built, road, observation):
    ahead = forecast(road, built.tables, 5.0, 12)
    for now, near in ((0, 0), (5, 4)):
        seen = observation(now, lane_near={LANE: near}, lane_vehicles={LANE: near})
        remember(road, ahead, seen)
    look_ahead(road, ahead, seen, LANE, 0.0, 0.0)
    assert ahead.arrive[LANE][:2] == pytest.approx([4 * 2 / 5, 4 * 3 / 5])  # from 3 to 8 s from now
    assert ahead.arrive[LANE][2:].sum() == 0


def test_nobody_is_lost_or_made(built, road, observation):
    """Standing plus all arrivals within the free-flow time are the vehicles on the lane, whatever passed."""
    draw, ahead = np.random.default_rng(5), forecast(road, built.tables, 5.0, 12)
    for step in range(40):
        queue = float(draw.integers(0, 6))
        near = queue + draw.integers(0, 5)
        inside = near + draw.integers(0, 9)
        rate = draw.random() / 5
        seen = observation(
            5 * step, lane_queue={LANE: queue}, lane_near={LANE: near}, lane_vehicles={LANE: inside},
            lane_arrival_rate={LANE: rate},
        )  # fmt: skip
        remember(road, ahead, seen)
        look_ahead(road, ahead, seen, LANE, 0.0, 0.0)
        later = rate * (60.0 - TRAVEL_S)  # who is not on the link yet
        assert ahead.standing[LANE] + ahead.arrive[LANE].sum() == pytest.approx(inside + later)
        assert (ahead.arrive[LANE] >= 0).all()


def test_a_full_turn_bay_waits_for_those_whom_it_holds_up(scenarios, observation):
    """They are the ones of the lane beside it; the lane behind that one goes on."""
    built = build(load(scenarios / "crossing"))
    road = approaches(built.tables)
    ahead = forecast(road, built.tables, 2.0, 5)
    lanes = [built.index.lanes.index(name) for name in ("E_in:-1", "E_in:1", "E_in:2")]
    queue = np.zeros(len(road.lane_link))
    for standing, beside in ((0.0, 1.0), (5.0, 0.0)):
        ahead.arrive[lanes] = 1.0
        hold_up(road, ahead, observation(0, lane_queue=queue), lanes[0])
        assert ahead.standing[lanes].tolist() == [standing, 0.0, 0.0]
        assert ahead.arrive[lanes].tolist() == [[1.0] * 5, [beside] * 5, [1.0] * 5]
        queue[lanes[0]] = built.tables.lane_slots[lanes[0]] / 2
