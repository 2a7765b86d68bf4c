"""Rules of rings on the bench, each in a few seconds of simulated time."""

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.cabinets import Bench, Overlap, pulses, quad, split
from support.safety import dangers

from signalsim.control.actuated import Actuated
from signalsim.signals.rings import Rings

GAP_OUT, MAX_OUT, FORCE_OFF = 4, 5, 6
SCANS_S = 3.0  # a round of eight phases, each seen to begin up to 0.2 s later


def phases_at(bench: Bench, at_s: float) -> set[int]:
    """Phases that are green at a moment."""
    return {g.phase for g in bench.greens() if g.start_s <= at_s and (g.end_s is None or at_s < g.end_s)}


def test_a_phase_that_nobody_calls_is_skipped_and_the_last_rests() -> None:
    bench = Bench(quad())
    bench.run(90, pulses({4: [(3, 12)]}, 8))
    served = {g.phase for g in bench.greens() if g.start_s > 1}
    assert served == {4, 8}  # 8 by dual entry
    assert phases_at(bench, 89) == {4, 8}


def test_without_dual_entry_the_other_ring_stays_dark() -> None:
    bench = Bench(quad({"dual_entry": False}))
    bench.run(60, pulses({4: [(3, 12)]}, 8))
    assert phases_at(bench, 50) == {4}


def test_a_green_ends_by_gap_or_by_its_maximum_after_a_conflicting_call() -> None:
    bench = Bench(quad({"max_green_s": 20.0}, p2={"recall": "min"}))
    bench.run(120, pulses({2: [(0, 200)], 6: [(12, 14)], 4: [(30, 31), (70, 200)], 3: [(31, 32)]}, 8))
    ends = {(p, t): code for t, p, code in bench.why()}
    assert ends[2, 90.0] == MAX_OUT  # the call at 30 s was gone at 31 s: the maximum began anew at 70 s
    assert ends[6, 90.0] == GAP_OUT  # it had, long before, and waited at the barrier


def test_a_locked_call_is_kept_and_an_unlocked_one_is_not() -> None:
    for locks in (True, False):
        bench = Bench(quad({"locks": locks}, p2={"recall": "none"}))
        bench.run(60, pulses({2: [(0, 22)], 4: [(12, 13)]}, 8))
        assert any(g.phase == 4 for g in bench.greens()) == locks


def test_recalls() -> None:
    """Minimum recall serves a phase each cycle, maximum recall for its maximum; soft recall brings the
    controller home when nobody else calls."""
    calls = pulses({4: [(0, 8), (60, 64)]}, 8)
    home = {"p2": {"recall": "soft"}, "p6": {"recall": "soft"}}
    bench = Bench(quad(**home))
    bench.run(90, calls)
    assert phases_at(bench, 55) == {2, 6}
    bench = Bench(quad({"max_green_s": 20.0}, p4={"recall": "max"}, p2={"recall": "min"}))
    bench.run(150, pulses({}, 8))
    fours = [g for g in bench.greens() if g.phase == 4 and g.end_s is not None]
    assert len(fours) >= 2 and all(g.end_s is not None and g.end_s - g.start_s == 20 for g in fours)
    assert len([g for g in bench.greens() if g.phase == 2]) >= 2
    assert not any(g.phase == 3 for g in bench.greens())


def test_gapped_out_at_the_barrier_a_phase_goes_on_if_someone_comes_unless_it_is_told_not_to() -> None:
    calls = pulses({4: [(0, 300)], 2: [(5, 20)], 6: [(5, 11), (17, 30)], 8: [(0, 300)]}, 8)
    for together, six in ((True, 33.0), (False, 23.0)):
        bench = Bench(quad({"gap_out_together": together}))
        bench.run(60, calls)
        first = next(g for g in bench.greens() if g.phase == 6)
        assert (first.start_s, first.end_s) == (10.0, six)


def test_a_ring_goes_back_inside_its_barrier_when_nobody_calls_beyond() -> None:
    bench = Bench(quad())
    bench.run(60, pulses({2: [(2, 12)], 6: [(2, 100)], 1: [(25, 40)]}, 8))
    assert phases_at(bench, 24) == {2, 6}
    assert phases_at(bench, 35) == {1, 6}
    assert next(g for g in bench.greens() if g.phase == 6).end_s is None


def test_an_overlap_stays_green_between_its_phases() -> None:
    rings = Rings(quad().phases, (Overlap(0, 8, (1, 2)),))
    bench = Bench(rings)
    bench.run(60, pulses({2: [(2, 30)], 4: [(20, 60)]}, 9))
    overlap = [g for g in bench.greens() if g.phase == -8]
    assert [(g.start_s, g.end_s) for g in overlap] == [(0.0, 33.0)]
    assert [(g.start_s, g.end_s) for g in bench.greens() if g.phase == 1] == [(0.0, 5.0)]
    assert dangers(bench.tables, bench.records()) == []


def test_free_leaves_splits_aside() -> None:
    rings = quad()
    rings.splits["plan"] = tuple(split(n, 25.0, n in (2, 6)) for n in range(1, 9))
    calls = {n: [(0.0, 500.0)] for n in range(1, 9)}
    coordinated, free = Bench(rings), Bench(rings, Actuated(coordination="free"))
    for bench in (coordinated, free):
        bench.run(300, pulses(calls, 8))
    codes = [{code for t, _, code in bench.why() if t > 100} for bench in (coordinated, free)]
    assert codes == [{FORCE_OFF}, {MAX_OUT}]


@st.composite
def plans(draw: st.DrawFn) -> tuple[Rings, bool]:
    """Rings with random values, and whether they are coordinated."""
    each = {}
    for n in range(1, 9):
        least = draw(st.sampled_from([4.0, 6.0, 10.0]))
        each[f"p{n}"] = {
            "min_green_s": least,
            "max_green_s": least + draw(st.sampled_from([0.0, 5.0, 20.0])),
            "passage_s": draw(st.sampled_from([1.0, 3.0])),
            "recall": draw(st.sampled_from(["none", "none", "none", "min", "max", "soft"])),
            "locks": draw(st.booleans()),
            "dual_entry": n % 2 == 0 or draw(st.booleans()),
            "gap_out_together": draw(st.booleans()),
            "clear_s": draw(st.sampled_from([3.0, 4.5, 6.0])),
        }
    rings = quad(**each)
    is_coordinated = draw(st.booleans())
    if is_coordinated:
        need = {p.number: p.min_green_s + p.clear_s for p in rings.phases}
        length = {
            k: max(need[k] + need[k + 1], need[k + 4] + need[k + 5]) + draw(st.sampled_from([0.0, 12.0]))
            for k in (1, 3)
        }
        of = dict(need)
        for k in (1, 3):
            for first in (k, k + 4):
                of[first + 1] = length[k] - need[first]
        floating, offset = draw(st.booleans()), draw(st.sampled_from([0.0, 7.0, 31.0]))
        rings.splits["plan"] = tuple(split(n, of[n], n in (2, 6), offset, floating) for n in range(1, 9))
    return rings, is_coordinated


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(plan=plans(), seed=st.integers(0, 2**32))
def test_invariants_under_random_plans_and_calls(plan: tuple[Rings, bool], seed: int) -> None:
    rings, is_coordinated = plan
    rng = np.random.default_rng(seed)
    calls = {}
    for n in range(1, 9):
        starts = np.round(np.cumsum(rng.exponential(rng.choice([4, 20, 90]), 80)), 1)
        calls[n] = [(float(a), float(a + rng.choice([0.2, 1.0, 15.0]))) for a in starts]
        calls[n] = [
            (a, min(b, after))
            for (a, b), after in zip(calls[n], [*starts[1:], 1e9], strict=True)
            if a < after
        ]
    bench, end_s = Bench(rings), 400.0
    bench.run(end_s, pulses(calls, 8))
    assert dangers(bench.tables, bench.records()) == []
    greens = bench.greens()
    _barriers_are_crossed_together(rings, greens)
    _whoever_calls_is_served(rings, calls, greens, end_s, is_coordinated)
    if is_coordinated:
        _coordinated_phases_are_green_at_the_reference_point(rings, greens, end_s)
    else:
        _maxima_are_kept(rings, bench, end_s)


def _barriers_are_crossed_together(rings: Rings, greens: list) -> None:
    """What is green at once lies between the same barriers, one phase per ring."""
    of = {p.number: p for p in rings.phases}
    times = sorted({g.start_s for g in greens})
    for t in times:
        at_once = [of[g.phase] for g in greens if g.start_s <= t and (g.end_s is None or t < g.end_s)]
        assert len({p.barrier for p in at_once}) <= 1
        assert len({p.ring for p in at_once}) == len(at_once)


def _sum_of_maxima(rings: Rings) -> float:
    return sum(
        max(sum(p.max_green_s + p.clear_s for p in rings.within(r, b)) for r in rings.ring_numbers)
        for b in rings.barriers
    )


def _whoever_calls_is_served(
    rings: Rings, calls: dict, greens: list, end_s: float, is_coordinated: bool
) -> None:
    """A call that lasts is served within the sum of maxima, under coordination within two cycles."""
    splits = rings.splits.get("plan")
    limit = 2 * rings.cycle_s(splits) if splits and is_coordinated else _sum_of_maxima(rings) + SCANS_S
    for number, rows in calls.items():
        red_from = 0.0
        own = [g for g in greens if g.phase == number]
        for g in [*own, None]:
            until = g.start_s if g else end_s
            longest = max(
                (min(b, until) - max(a, red_from) for a, b in rows if a < until and b > red_from), default=0.0
            )
            assert longest <= limit, (number, red_from, until)
            if g and g.end_s is not None:
                red_from = g.end_s


def _coordinated_phases_are_green_at_the_reference_point(rings: Rings, greens: list, end_s: float) -> None:
    """From the second cycle on: the phase that begins first there, and both at their yield points; late by
    the difference of two clearances at most, where those before them clear for different times."""
    clears = [p.clear_s for p in rings.phases]
    slack = max(clears) - min(clears) + 1e-6
    splits = rings.splits["plan"]
    cycle = rings.cycle_s(splits)
    of = {s.phase: s for s in splits}
    first = max(of[1].split_s, 0.0), max(of[5].split_s, 0.0)
    start = {2: first[0], 6: first[1]}
    reference = min(start.values())
    t = of[2].offset_s + 2 * cycle
    while t + cycle < end_s:
        for number in (2, 6):
            begins = t + start[number] - reference
            ends = begins + of[number].split_s - rings.phase(number).clear_s
            assert any(
                g.phase == number
                and g.start_s <= begins + slack
                and (g.end_s is None or g.end_s >= ends - 1e-6)
                for g in greens
            ), (number, begins, ends)
        t += cycle


def _maxima_are_kept(rings: Rings, bench: Bench, end_s: float) -> None:
    """While somebody who conflicts waits all the time, a green lasts no longer than the maximum and, at a
    barrier, what the other ring takes."""
    limit = _sum_of_maxima(rings)
    for g in bench.greens():
        if g.end_s is None:
            continue
        others = [
            p.number
            for p in rings.phases
            if p.barrier != rings.phase(g.phase).barrier and p.recall in ("min", "max")
        ]
        if others:
            assert g.end_s - g.start_s <= limit
