"""Tables of places of a run whose vehicles SUMO moved."""

from dataclasses import replace
from typing import Any

import numpy as np

from signalsim.experiment.tables import Period, movement_table, study, tables_of
from signalsim.measures import greens
from signalsim.simulation import simulate


def test_they_hold_sumos_vehicles_and_the_interlocks_greens(built: Any) -> None:
    ours, theirs = (simulate(built, "deployed", engine=name, record="full") for name in ("numba", "sumo"))
    end_ms = theirs.sums.now_ms
    whole = replace(study(theirs), periods=(Period("all", 0, end_ms),))
    table = movement_table(whole)
    crossed = table["throughput_vph"] * (end_ms / 3_600_000)
    assert np.allclose(crossed, theirs.sums.movement_crossed, atol=1e-6)
    lane_delay_h = theirs.sums.lane_delay_ms.sum() / 3_600_000
    p = whole.p
    assert np.isclose(p.delay_ms[p.counted].sum() / 3_600_000, lane_delay_h)
    assert (p.line_ms <= p.cross_ms).all() and (p.wait_ms >= 0).all()

    until = min(ours.sums.now_ms, end_ms) // 1000 * 1000 - 5000
    first, second = (greens(run.records, until) for run in (ours, theirs))
    for column in ("group", "start_ms"):
        mine, sumos = (getattr(g, column)[g.start_ms < until] for g in (first, second))
        assert np.array_equal(mine, sumos), "a fixed plan shows the same greens, whoever drives"


def test_all_tables_are_there(built: Any) -> None:
    tables = tables_of(simulate(built, "deployed", engine="sumo", record="full"))
    assert (tables["lane_groups"]["demand_veh"].sum()) == tables["junctions"]["demand_veh"].sum() > 200
    share = tables["approaches"]["arrivals_on_green"]
    assert ((share >= 0) & (share <= 1) | np.isnan(share)).all() and (share > 0).any()
