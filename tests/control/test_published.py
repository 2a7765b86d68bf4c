"""Published examples of actuated and dual-ring control, reproduced phase by phase.

* Traffic Signal Timing Manual (FHWA-HOP-08-024, 2008), chapter 6, figure 6-6: fixed and floating force-offs
  in one ring of four phases of which phase 2 is coordinated.
* Traffic Analysis Toolbox, volume IV (FHWA), appendix J: an eight-phase dual-ring controller in quad-left
  sequence; cycle 100 s, offset 10 s to the beginning of green of phases 2 and 6, and its splits, minimum greens
  and clearances.
* NTCIP 1202, sections 2.2.2.11 and 2.2.2.12 (after NEMA TS 2, 3.5.3.2): the variable initial.
"""

from typing import Any

import pytest
from support.cabinets import Bench, Green, phase, pulses, quad, split

from signalsim.signals.rings import Rings

FORCE_OFF, GAP_OUT = 6, 4


def one_ring(floating: bool) -> Rings:
    phases = tuple(phase(n, 1, 1, n) for n in (1, 2, 3, 4))
    return Rings(phases, (), {"plan": tuple(split(n, 25.0, n == 2, 0.0, floating) for n in (1, 2, 3, 4))})


def greens_from(bench: Bench, start_s: float, end_s: float) -> list[tuple[int, float, float | None]]:
    return [(g.phase, g.start_s, g.end_s) for g in bench.greens() if start_s <= g.start_s < end_s]


@pytest.mark.parametrize(
    ("floating", "expected"),
    [
        # phases 1 and 3 need 15 s of their 25 s, phase 4 asks for 40 s: it gets 35 s with fixed force-offs
        (False, [(2, 120.0), (3, 135.0), (4, 170.0), (1, 185.0)]),
        # and its own 25 s with floating ones, so that phase 2 begins sooner
        (True, [(2, 120.0), (3, 135.0), (4, 160.0), (1, 175.0)]),
    ],
)
def test_force_offs_of_figure_6_6(floating: bool, expected: list[tuple[int, float]]) -> None:
    bench = Bench(one_ring(floating))
    third = (110.0, 132.0)  # on until a passage time before the gap-out
    first = (60.0, 172.0 if floating else 182.0)
    bench.run(260, pulses({1: [first], 3: [third], 4: [(50.0, 180.0)]}, 4))
    greens = greens_from(bench, 95, 260)
    assert [(p, end) for p, _, end in greens[:4]] == expected
    starts = [start for _, start, _ in greens]
    assert starts[:2] == [100.0, 125.0]  # phase 2 at its reference point, phase 3 behind it
    assert starts[2] == 140.0  # phase 3 has gapped out 10 s early
    assert (greens[4][0], starts[4]) == (2, expected[-1][1] + 5)  # back early, and held over its yield point
    assert greens[4][2] is None


def appendix_j() -> Rings:
    even = {"min_green_s": 7.0, "clear_s": 5.0}
    odd = {"min_green_s": 4.0, "clear_s": 4.0}
    rings = quad(**{f"p{n}": odd if n % 2 else even for n in range(1, 9)})
    splits = {1: 10.0, 5: 10.0, 2: 40.0, 6: 40.0, 3: 15.0, 7: 15.0, 4: 35.0, 8: 35.0}
    rings.splits["plan"] = tuple(split(n, splits[n], n in (2, 6), 10.0) for n in range(1, 9))
    return rings


def test_dual_ring_of_appendix_j_under_heavy_demand() -> None:
    """Everybody calls all the time: each phase has its split, the coordinated ones begin at the offset."""
    bench = Bench(appendix_j())
    bench.run(420, pulses({n: [(0, 1000)] for n in range(1, 9)}, 8))
    for cycle in (110.0, 210.0):
        expected = [
            (2, cycle, cycle + 35), (6, cycle, cycle + 35),
            (3, cycle + 40, cycle + 51), (7, cycle + 40, cycle + 51),
            (4, cycle + 55, cycle + 85), (8, cycle + 55, cycle + 85),
            (1, cycle + 90, cycle + 96), (5, cycle + 90, cycle + 96),
        ]  # fmt: skip
        assert greens_from(bench, cycle, cycle + 100) == expected
    assert {code for t, _, code in bench.why() if t > 100} == {FORCE_OFF}


@pytest.mark.parametrize(
    ("number", "last_s"),
    # force-off less minimum green and clearance of the coordinated phase, from the yield point at 145 s on
    [(3, 161 - 4 - 5), (4, 195 - 7 - 5), (1, 206 - 4 - 5)],
)
def test_permissive_periods_of_appendix_j(number: int, last_s: float) -> None:
    for call_s, is_served in ((last_s - 0.4, True), (last_s + 0.2, False)):
        bench = Bench(appendix_j())
        bench.run(240, pulses({number: [(call_s, 1000)]}, 8))
        between = [g for g in bench.greens() if g.phase == number and 145 <= g.start_s < 210]
        assert bool(between) == is_served, (call_s, bench.greens())
        coordinated = [g for g in bench.greens() if g.phase == 2]
        assert any(g.start_s <= 210 and (g.end_s is None or g.end_s >= 245 - 5) for g in coordinated)


@pytest.mark.parametrize(("vehicles", "initial_s"), [(1, 10.0), (4, 10.0), (6, 15.0), (8, 20.0), (20, 24.0)])
def test_variable_initial(vehicles: int, initial_s: float) -> None:
    """2.5 s per vehicle, at least the minimum green of 10 s, at most the maximum initial of 24 s."""
    values: dict[str, Any] = {"added_initial_s": 2.5, "min_green_s": 10.0, "max_initial_s": 24.0, "locks": True}
    rings = Rings((phase(1, 1, 1, 1, recall="min", min_green_s=60.0, max_green_s=60.0), phase(2, 1, 1, 2, **values)))
    bench = Bench(rings, counts=[2])
    bench.run(120, pulses({2: [(5 + k, 5.5 + k) for k in range(vehicles)]}, 2, lines=[2]))
    green = next(g for g in bench.greens() if g.phase == 2)
    assert green == Green(2, 65.0, 65.0 + initial_s)
    assert (green.end_s, 2, GAP_OUT) in bench.why()


def test_gap_reduction() -> None:
    """Passage 4 s; from 10 s after the conflicting call on, within 20 s, down to 2 s. Vehicles come every
    3 s: they hold the green until the gap has fallen below the 2.9 s between them, 21 s after the call.
    """
    values: dict[str, Any] = {
        "passage_s": 4.0, "min_gap_s": 2.0, "before_reduction_s": 10.0, "reduction_s": 20.0, "max_green_s": 60.0,
    }  # fmt: skip
    bench = Bench(Rings((phase(1, 1, 1, 1, **values), phase(2, 1, 1, 2))))
    actuations = [(0.5 + 3 * k, 0.6 + 3 * k) for k in range(20)]
    bench.run(60, pulses({1: actuations, 2: [(6.0, 100.0)]}, 2))
    first = next(g for g in bench.greens() if g.phase == 1)
    # 24.6 s + gap is 27.45 s, but at the next scan, 27.5 s, a vehicle is there; it is gone at 27.6 s, and then
    # 27.6 + 4 - 2 (t - 16) / 20 = t at t = 30.18 s
    assert first.end_s == 30.2
