"""Kinematic waves: queues that grow, spill back and dissolve as Newell (1993) says, without tolerance."""

import numpy as np
import pytest
from support.verification.cases import ROADS, departures
from support.verification.streams import chain_passages, merge_flows
from support.verification.waves import Link, merge, passages


@pytest.mark.parametrize("case", ROADS)
def test_every_passage_is_newells(engine: str, case: str) -> None:
    """N(x, t) = min(N_up(t - L/v), N_down(t - L/w) + kappa L), here by vehicles."""
    links, wishes = ROADS[case], departures(case)
    theory = passages(wishes, links)
    found = chain_passages(engine, wishes, links, int(theory.max()) + 1)
    assert np.array_equal(found, theory)
    free = np.cumsum([0, *(link.travel_ms for link in links)])[:, None] + theory[0]
    assert (theory > free + 10_000).any(), "nobody is held up: the case proves nothing"


def test_a_queue_over_three_links_starts_at_the_speed_of_the_wave(engine: str) -> None:
    """Bumper to bumper behind a red signal; the wave runs back at w = s / (kappa - s/v) over each link."""
    links = [Link(300), Link(250), Link(350, greens=[(900_000, 3_000_000)]), Link(400)]
    jam = sum(link.room for link in links[:3])
    found = chain_passages(engine, [2000 * i for i in range(jam + 60)], links, 1_400_000)
    inside = (found[0] >= 0) & (found[0] < 900_000)
    assert inside.sum() == jam  # kappa L, and no more
    starts = [int(curve[curve >= 900_000].min()) for curve in found[:4]]
    back = [starts[3] - t for t in starts]
    waves = [link.wave_ms for link in links[:3]]
    assert starts[3] == 900_000
    assert [-ms for ms in back] == [sum(waves), sum(waves[1:]), waves[2], 0]
    speed = 900 / (starts[0] - starts[3]) * 1000
    assert speed == pytest.approx(0.5 / (0.14 - 0.5 / 15), rel=1e-4)  # rounded up to the millisecond


def test_a_queue_grows_at_the_speed_of_the_shock(engine: str) -> None:
    """Even flow q meets red at t0: the shock runs back at q / (kappa - q/v) and is at the entry after
    L (kappa - q/v) / q (Lighthill & Whitham 1955; Richards 1956); by vehicles: the one that finds kappa L
    before it is the first that cannot enter."""
    link, gap_ms, red_ms = Link(500, greens=[(10_000, 400_000), (900_000, 2_000_000)]), 4000, 400_000
    wishes = [gap_ms * i for i in range(400)]
    found = chain_passages(engine, wishes, [link, Link(300)], 1_500_000)
    held = int(np.argmax(found[0] > wishes))
    shock_ms = link.length_m * (link.jam - 0.25 / link.speed_mps) / 0.25 * 1000
    assert abs(wishes[held] - (red_ms + shock_ms)) <= gap_ms  # the granularity of vehicles
    passed = int(((found[1] >= 0) & (found[1] < red_ms)).sum())
    assert held == passed + link.room
    assert found[0, held] == 900_000 + link.wave_ms


@pytest.mark.parametrize("flow", [0.25, 0.5, 1900 / 3600])
def test_the_capacity_of_a_lane_is_its_saturation_flow(engine: str, flow: float) -> None:
    """A queue discharges one vehicle per headway, without exception."""
    links = [Link(400, speed_mps=20, flow=flow), Link(400, flow=0.6)]  # 20 s down and whole ms back
    found = chain_passages(engine, [1000 * i for i in range(1500)], links, 2_400_000)
    out = found[1][found[1] >= 0]
    assert (np.diff(out) == links[0].headway_ms).all() and len(out) > 500


@pytest.mark.parametrize("flow", [0.25, 0.5, 1900 / 3600])
def test_links_in_a_row_have_the_same_capacity_but_for_whole_milliseconds(engine: str, flow: float) -> None:
    """At capacity a link holds s (L/v + L/w) = kappa L, all of its room. Times over it are rounded up:
    two milliseconds may be lost with every kappa L vehicles, a part in 40,000; here kappa L is whole."""
    link = Link(400, flow=flow)
    found = chain_passages(engine, [1000 * i for i in range(1500)], [link] * 3, 2_400_000)
    out = found[3][found[3] >= 0]
    n = len(out) - 1
    lost_ms = int(out[-1] - out[0]) - n * link.headway_ms
    assert 0 <= lost_ms <= 2 * (n // link.room + 1)
    assert n > 500


@pytest.mark.parametrize("flows", [(1800, 1800), (1800, 900), (1500, 1100)], ids=str)
@pytest.mark.parametrize("demand", [(1, 1), (1, 0.2), (0.2, 1), (0.4, 0.6), (0.25, 0.25)], ids=str)
def test_a_merge_shares_room_by_daganzos_rule(
    engine: str, demand: tuple[float, float], flows: tuple[float, float]
) -> None:
    """Daganzo (1995), eq. 14, priorities as capacities. Vehicles are whole: one at each end of the count."""
    wanted = (demand[0] * flows[0], demand[1] * flows[1])
    room, hours = 1200.0, 0.5
    theory = merge(*wanted, room, flows[0] / sum(flows))
    found = merge_flows(engine, wanted, flows, room, hours)
    for count, flow in zip(found, theory, strict=True):
        assert abs(count - flow * hours) <= 2, (found, theory)
