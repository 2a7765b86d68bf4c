"""What one junction lets go, the next one sees coming, a link's free-flow time later."""

import numpy as np
import pytest

from signalsim.control import make_request
from signalsim.control.announced import announced, begin_plan, hear, let_go
from signalsim.control.forecast import forecast, remember
from signalsim.control.layout import junctions
from signalsim.control.rolling_horizon import RollingHorizon
from signalsim.control.service import service
from signalsim.scenario import build, load
from signalsim.sensing.approaches import approaches
from signalsim.testing.street import write_street

pytestmark = pytest.mark.nojit

STEP_S, TRAVEL_S = 2.0, 18.0  # 250 m at 50 km/h


@pytest.fixture
def street(tmp_path):
    return build(load(write_street(tmp_path)))


def _seen(street, observation, now_s, queue=None):
    """Equal turning shares, nobody on the road but a queue."""
    n_lanes = len(street.tables.lane_slots)
    road = approaches(street.tables)
    standing = np.zeros(n_lanes) if queue is None else queue
    names = ("lane_count", "lane_arrival_rate")
    zeros = {name: np.zeros(n_lanes) for name in names}
    own = np.diff(road.link_movement)
    seen = observation(
        now_s, lane_vehicles=standing, lane_near=standing, lane_queue=standing, **zeros,
        lane_valid=np.ones(n_lanes, bool), lane_read_ms=np.full(n_lanes, round(1000 * now_s)),
        movement_share=np.repeat(1 / np.maximum(own, 1), own),
    )  # fmt: skip
    two = np.zeros(2, np.int32)
    return seen._replace(
        stage=two,
        next_stage=two,
        stage_since_ms=np.zeros(2, np.int64),
        earliest_switch_ms=np.zeros(2, np.int64),
    )


def test_who_is_let_go_arrives_a_free_flow_time_later(street, observation):
    tables, link = street.tables, street.index.links.index
    road = approaches(tables)
    layout = junctions(tables, road)
    said = announced(tables, road, layout, 30)
    assert [said.source[link(name)] for name in ("A_B", "B_A", "W_A")] == [0, 1, -1]
    ahead, served = forecast(road, tables, STEP_S, 30), service(tables, road, layout)
    own = slice(*road.link_lane[link("W_A") : link("W_A") + 2])
    lane = int(np.arange(len(road.lane_link))[own][0])
    there = np.flatnonzero(road.lane_link == link("A_B"))
    for now_s in (0, 2, 4, 40):
        seen = _seen(street, observation, now_s)
        remember(road, ahead, seen)
        begin_plan(road, said, seen, STEP_S, 0)
        if now_s == 0:
            let_go(road, served, said, seen, lane, 0, 4.0)
            part = said.flow[link("A_B")].sum() / 4.0
            assert 0 < part < 1  # others turn
        ahead.arrive[:] = 0.0
        for k in there:
            hear(road, ahead, said, seen, k, float(now_s))  # the cameras looked at 0 s
        expected = np.zeros(30)
        if now_s < 40:
            expected[round((TRAVEL_S - now_s) / STEP_S)] = 4.0 * part
        assert ahead.arrive[there].sum(axis=0) == pytest.approx(expected, abs=1e-9)


def test_the_best_sequence_is_announced(street, observation):
    """Six stand in each main lane of A, whose green is on: they leave, each to where the shares say."""
    policy = RollingHorizon().prepare(street)
    link = street.index.links.index
    queue = np.where(policy.road.lane_link == link("W_A"), 6.0, 0.0)
    seen = _seen(street, observation, 10, queue)
    policy.decide(seen, np.array([0], np.int32), make_request(2))
    to = [policy.said.flow[k].sum() for k in policy.said.out_link]
    assert policy.said.since_ms.tolist() == [10_000, -1]
    onto = dict(zip(policy.said.out_link.tolist(), to, strict=True))
    assert 0.9 * 12 / 3 <= onto[link("A_B")] <= 12 / 3 + 1e-9 and onto[link("B_A")] == 0.0
