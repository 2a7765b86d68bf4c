"""Inside the junction: starts, turning on red and all-way stops, against motion and capacity formulas."""

import numpy as np
import pytest
from support.roads import arrivals_of, run, tables_of, times, two_stages
from support.verification.gaps import through_gaps
from support.verification.roads import TRAVEL_MS, bernoulli_times

from signalsim.engine.records import Kind
from signalsim.engine.tables import ON_RED, STOPS, TAKES_TURNS

SPEED, ACCELERATION, SPACING_M = 14.0, 2.0, 7.5


def lost_behind_the_line_s(distance_m: float) -> float:
    """By integration of the motion: who starts ``distance_m`` before the line against one at full speed."""
    step, x, v, t = 1e-4, -distance_m, 0.0, 0.0
    while v < SPEED:
        x, v, t = x + v * step, v + ACCELERATION * step, t + step
        if x < 0:
            crossed = t
    crossed = 0.0 if distance_m == 0 else crossed
    return t - crossed - x / SPEED if x > 0 else 0.0


def test_a_queue_that_starts_loses_what_uniform_acceleration_takes(engine: str) -> None:
    """Queued car n started n spacings before the line. The engine's steps are a 64th of the distance to
    full speed: no more than 2 % of a whole start from the motion itself."""
    loss_ms = round(1000 * SPEED / (2 * ACCELERATION))
    slots = round(2 * SPEED**2 / (2 * ACCELERATION) / SPACING_M)
    movement = {"a": 0, "b": 1, "group": 1, "startup_ms": 1500, "loss_ms": loss_ms, "loss_slots": slots}
    tables = tables_of([{"headway_ms": 500}] * 2, [movement], signals=two_stages())
    made = run(engine, tables, arrivals_of([(500 * i, 0, [0]) for i in range(12)]), 120_000, [(40_000, 1)])
    rows = made.records()
    crossed = rows[(rows["kind"] == Kind.CROSS) & (rows["place"] == 0)]
    arrived = rows[(rows["kind"] == Kind.ENTER) & (rows["place"] == 0)]["value"]
    lost = crossed["value"] - (crossed["t_ms"] - arrived)
    theory = np.array([1000 * lost_behind_the_line_s(n * SPACING_M) for n in range(12)])
    assert theory[0] == pytest.approx(loss_ms, abs=1) and theory[-1] == 0
    assert np.abs(lost - theory).max() < 0.02 * loss_ms


@pytest.mark.parametrize("flow_vph", [200, 600, 1200])
def test_an_endless_queue_turns_on_red_in_exactly_the_gaps_there_are(engine: str, flow_vph: float) -> None:
    """Its own light stays red for 20 minutes; it goes as at a stop sign, after the rule of Harders (1968)."""
    until, gap, follow = 1_200_000, 6200, 3300
    onward = {"slots": 40, "headway_ms": 1, "wave_ms": 1}
    wide = {"travel_ms": TRAVEL_MS, "slots": 4000, "headway_ms": 1, "wave_ms": 1}
    turn = {"a": 0, "b": 2, "group": 1, "rules": ON_RED, "gap_ms": gap, "follow_ms": follow}
    through = {"a": 1, "b": 3, "group": 0, "headway_ms": 1}
    tables = tables_of(
        [wide, wide, onward, onward], [turn, through], foes=[(0, 1)], origins=(0, 1), signals=two_stages()
    )
    priority = bernoulli_times(flow_vph / 3.6e6, until, 3, "priority", 0)
    trips = [(int(t), 1, [1]) for t in priority] + [(i, 0, [0]) for i in range(1, 400)]
    made = run(engine, tables, arrivals_of(trips), until)
    crossed = times(made, Kind.CROSS, 1)
    settled = until - 2 * gap
    theory = through_gaps(crossed, gap, follow, TRAVEL_MS + 1, settled)
    assert [t for t in times(made, Kind.CROSS, 0) if t < settled] == theory
    assert len(theory) > 25


@pytest.mark.parametrize(("taken", "headway_s"), [(1, 3.9), (2, 5.8), (3, 8.7), (4, 11.6)])
def test_capacity_of_an_all_way_stop_whose_approaches_all_conflict(
    engine: str, taken: int, headway_s: float
) -> None:
    """One vehicle of each approach in turn, 2.9 s apart, never closer than 3.9 s on one lane. HCM 2010,
    ch. 20, measured 3.9 s with no other approach taken and 5.8 s with one that conflicts."""
    row = {"rules": STOPS | TAKES_TURNS, "hold_ms": 2000, "gap_ms": 2900, "follow_ms": 3900}
    movements = [{"a": i, "b": taken + i, **row} for i in range(taken)]
    foes = [(i, j) for i in range(taken) for j in range(i)]
    links = [{"slots": 400, "headway_ms": 1, "wave_ms": 1}] * (2 * taken)
    tables = tables_of(links, movements, foes=foes, origins=range(taken))
    trips = [(1 + 10 * k, i, [i]) for k in range(180) for i in range(taken)]
    made = run(engine, tables, arrivals_of(trips), 600_000)
    for link in range(taken):
        crossed = np.diff(times(made, Kind.CROSS, link))
        assert (crossed == round(1000 * headway_s)).all() and len(crossed) > 40


def test_opposing_streams_of_an_all_way_stop_go_together(engine: str) -> None:
    """Four approaches, straight ahead: pairs that do not conflict share a turn, two turns in 5.8 s. HCM
    2010 has 7.0 to 9.6 s with all taken: turns are in it, which conflict."""
    row = {"rules": STOPS | TAKES_TURNS, "hold_ms": 2000, "gap_ms": 2900, "follow_ms": 3900}
    movements = [{"a": i, "b": 4 + i, **row} for i in range(4)]  # 0 and 2 are opposed, 1 and 3 as well
    links = [{"slots": 400, "headway_ms": 1, "wave_ms": 1}] * 8
    tables = tables_of(links, movements, foes=[(0, 1), (0, 3), (2, 1), (2, 3)], origins=range(4))
    made = run(engine, tables, arrivals_of([(1 + k, i, [i]) for k in range(100) for i in range(4)]), 500_000)
    out = made.sums().movement_crossed
    assert (np.abs(out - (500 - 12) / 5.8) <= 1).all()
