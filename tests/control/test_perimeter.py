"""Perimeter control: the regulator against hand-computed steps, the gates on a street of two junctions."""

import dataclasses

import numpy as np
import pytest

from signalsim.control import get
from signalsim.control.perimeter import INTEGRAL, PROPORTIONAL, District, Gate, regulate
from signalsim.engine.lamps import GREEN
from signalsim.engine.records import Kind
from signalsim.errors import InputError
from signalsim.scenario import build, load
from signalsim.simulation import simulate
from signalsim.testing.street import write_street

SIDE, OUT = ("NA", "SA", "NB", "SB"), ("A", "B")  # signal groups, named by where their links begin


@pytest.fixture
def street(tmp_path):
    built = build(load(write_street(tmp_path)))
    built.demand  # noqa: B018  (read while the folder is there)
    return built


@pytest.mark.nojit
def test_the_regulator_s_steps(observation):
    district = District(np.array([0, 1], np.int32), np.array([5], np.int32), 20.0, 60_000, 0.1)
    gate = Gate(np.ones(1), np.full(1, -1.0), np.zeros(1, np.int64), np.zeros(16), np.zeros(16))
    share, before, shares = 1.0, 24.0, []
    for k, vehicles in enumerate([24.0, 26.0, 30.0, 18.0, 60.0, 10.0, 4.0, 4.0]):
        seen = observation(60 * k, lane_vehicles={0: vehicles - 3, 1: 3, 5: 99}, lane_queue={4: 6, 5: 8})
        regulate(district, seen, gate)
        share += INTEGRAL * (20 - vehicles) / 20 - PROPORTIONAL * (vehicles - before) / 20
        share, before = min(max(share, 0.1), 1.0), vehicles
        assert gate.share[0] == pytest.approx(share)
        assert (gate.queue[4], gate.queue[5]) == (6, pytest.approx(8 * share))
        regulate(district, seen._replace(now_ms=seen.now_ms + 59_999), gate)
        assert gate.share[0] == pytest.approx(share)  # not before its time
        shares.append(share)
    assert min(shares) == 0.1 and shares[0] == 0.9 and shares[-1] == 1.0
    blind = observation(600, lane_vehicles={0: 500}, lane_valid=np.zeros(16, bool))
    regulate(district, blind, gate)
    assert gate.share[0] == 1.0


@pytest.mark.nojit
def test_what_leads_into_the_district_is_gated(street):
    links = np.array(street.index.links)
    for spec in ("perimeter:nodes=B A", "perimeter"):
        policy = get(spec).prepare(street)
        district = policy.district
        inner = set(links[street.index.lane_link[district.inner]])
        gated = set(links[street.index.lane_link[district.gated]])
        assert inner == {"A_B", "B_A"}
        assert gated == {"W_A", "NA_A", "SA_A", "E_B", "NB_B", "SB_B"}
    with pytest.raises(InputError, match="has no node 'C'"):
        get("perimeter:nodes=A C").prepare(street)


def test_above_the_set_point_gated_approaches_get_less_green(street):
    """What side streets lose, which all lead in, the way out of the district gains."""
    names = street.index.groups
    side, out = ([g for g, name in enumerate(names) if name in which] for which in (SIDE, OUT))
    green = {}
    for share in (0.01, 1.0):
        rule = dataclasses.replace(get("perimeter"), set_point_share=share, interval_s=20)
        run = simulate(street, rule, seed=1, sensors="typical", record="full")
        green[share] = _green_s(run.records, side), _green_s(run.records, out)
    plain = simulate(street, "max-pressure", seed=1, sensors="typical", record="full")
    assert green[1.0][0] == _green_s(plain.records, side)  # far below the set point nobody is held back
    assert green[0.01][0] < green[1.0][0]
    assert green[0.01][1] > green[1.0][1]


def _green_s(records, groups):
    """Green of these groups, all together."""
    aspects = records[records["kind"] == Kind.ASPECT]
    total = 0.0
    for group in groups:
        mine = aspects[aspects["entity"] == group]
        is_green = mine["value"] == GREEN
        total += float(np.diff(mine["t_ms"])[is_green[:-1]].sum()) / 1000
    return total
