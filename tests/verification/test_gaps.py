"""Giving way, vehicle by vehicle: gap integration over the realised stream, without tolerance.

The rule: a permissive vehicle goes at t if nobody with priority crosses in (t, t + critical gap). A lag
is treated as a gap: it runs from t, not from when the vehicle came to the line. With an endless queue
both the first vehicle of a gap and its followers therefore see what Harders' and Tanner's formulas say.
"""

import pytest
from support.roads import times
from support.verification.gaps import harders, on_clock, tanner, through_gaps
from support.verification.roads import TRAVEL_MS
from support.verification.studies import FOLLOW_MS, GAP_MS, cross_stream

from signalsim.engine.records import Kind


@pytest.mark.parametrize("headway_ms", [1, 2000])
@pytest.mark.parametrize("flows_vph", [[200], [900], [1500], [400, 500], [300, 200, 400]], ids=str)
def test_an_endless_queue_uses_exactly_the_gaps_there_are(
    engine: str, flows_vph: list[float], headway_ms: int
) -> None:
    """One to three streams with priority, unbunched and with a minimum headway of 2 s; 20 minutes."""
    made, _, (_, end) = cross_stream(engine, flows_vph, headway_ms, 1, 1 / 6, seed=5, record=True)
    made.advance(end)
    priority = [t for link in range(1, 1 + len(flows_vph)) for t in times(made, Kind.CROSS, link)]
    turned = times(made, Kind.CROSS, 0)
    settled = end - 2 * GAP_MS  # later gaps end after the run
    theory = through_gaps(priority, GAP_MS, FOLLOW_MS, TRAVEL_MS, settled)
    assert [t for t in turned if t < settled] == theory
    assert len(theory) > 40


def test_gap_integration_by_hand() -> None:
    """Gaps of 4.4, 4.5, 7 and 12 s hold 0, 1, 2 and 4 vehicles."""
    stream = [0, 4400, 8900, 15_900, 27_900]
    found = through_gaps(stream, 4500, 2500, 0, 27_900)
    assert found == [4400, 8900, 11_400, 15_900, 18_400, 20_900, 23_400]


def test_the_formulas_on_the_clock_are_the_formulas() -> None:
    """In the limit of a fine clock: 1 ms is so fine that a thousandth is not reached."""
    for q in (0.05, 0.2, 0.4):
        assert on_clock(q / 1000, 4500, 2500, 1) * 1000 == pytest.approx(harders(q, 4.5, 2.5), rel=1e-3)
        assert on_clock(q / 1000, 4500, 2500, 2000) * 1000 == pytest.approx(tanner(q, 4.5, 2.5, 2), rel=1e-3)
    assert tanner(0.2, 4.5, 2.5, 0) == harders(0.2, 4.5, 2.5)
