"""Buses stop in SUMO where, and as long as, the demand says."""

from pathlib import Path

import numpy as np
import pytest
from support.lines import make_line

from signalsim.bridges.sumo.engine import SumoEngine
from signalsim.demand import sample
from signalsim.scenario import build, load
from signalsim.simulation import simulate


@pytest.fixture
def line(tmp_path: Path, scenarios: Path) -> Path:
    return make_line(scenarios / "crossing", tmp_path / "line")


def test_a_bus_stands_at_its_stops_as_long_as_drawn(line: Path) -> None:
    """Vehicle 1, b1: two stops of one link are one at their mean, 125 m; the other is in the link's middle.
    SUMO rounds times up to its steps of a second. The bus has green all the time.
    """
    built = build(load(line))
    arrivals = sample(built, 1)
    dwell_ms = arrivals.route_dwell_ms[slice(*arrivals.route_start[arrivals.route[1] :][:2])]
    middle_m = float(built.scenario.network.length_m[built.index.links.index("S_out")]) / 2
    group = int(built.index.movement_group[built.index.movements.index("N_thru")])
    engine = SumoEngine(built, arrivals, count_from_ms=0, count_to_ms=1 << 40)
    (stage,) = (k for k, groups in enumerate(built.signals.stage_groups[0]) if group in groups)
    engine.request(np.array([stage], np.int32), np.zeros(1, np.int64))
    seen: dict[str, list[float]] = {}
    try:
        for now in range(401_000, 560_000, 1000):
            engine.advance(now)
            if "1" in engine.libsumo("vehicle", "getIDList") and engine.libsumo("vehicle", "isStopped", "1"):
                lane = engine.libsumo("vehicle", "getLaneID", "1")
                seen.setdefault(lane, []).append(engine.libsumo("vehicle", "getLanePosition", "1"))
    finally:
        engine.close()
    assert list(seen) == ["N_in_0", "S_out_0"]
    for positions, where_m, stands_ms in zip(seen.values(), (125, middle_m), dwell_ms, strict=True):
        assert np.allclose(positions, where_m, atol=0.2)
        assert stands_ms / 1000 <= len(positions) <= stands_ms / 1000 + 1


def test_times_at_stops_are_free_flow_and_no_stops(line: Path, tmp_path: Path, scenarios: Path) -> None:
    """Against the same trips on routes that serve none: only the times at stops come to the free flow."""
    built = build(load(line))
    arrivals = sample(built, 1)
    plain = make_line(scenarios / "crossing", tmp_path / "plain")
    rows = (plain / "routes.csv").read_text().replace("a b c", "").replace(",x\n", ",\n")
    (plain / "routes.csv").write_text(rows)
    run = simulate(built, "deployed", seed=1, engine="sumo")
    without = simulate(build(load(plain)), "deployed", seed=1, engine="sumo")
    total = np.add.reduceat(arrivals.route_dwell_ms, arrivals.route_start[:-1])[arrivals.route]
    assert (total > 0).sum() == 4
    assert (run.sums.freeflow_ms - without.sums.freeflow_ms == total).all()
    assert run.totals.arrived == len(total)
    assert (run.sums.arrive_ms - run.sums.depart_ms >= run.sums.freeflow_ms)[total > 0].all()
    assert (run.sums.stops <= 2).all(), "at the signal, and behind a bus; not at the stops"
