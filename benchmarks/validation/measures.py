"""From runs to rows: what is compared, and what is to be met."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from benchmarks.validation.runs import Result
from benchmarks.validation.stopline import flow_vph
from benchmarks.validation.table import Row
from signalsim.experiment.statistics import paired_difference

FREE, SATURATION, LIGHT, HEAVY, RANKS, PUBLISHED = 0.02, 0.03, 0.15, 0.25, 0.85, 0.15
HEAVY_FROM_X = 0.85  # above it a mean delay may differ by HEAVY
FEWEST = 100  # vehicles on a link whose mean delay is ranked


def within(ours: float, theirs: float, share: float) -> bool:
    """Whether two values differ by at most so large a share of the second."""
    return bool(abs(ours - theirs) <= share * abs(theirs))


def free_flow(part: str, case: str, ours: Sequence[Result], theirs: Sequence[Result]) -> Row:
    """The table's free-flow time beside SUMO's driving time of vehicles that are alone."""
    own, other = (float(np.mean(v)) for v in ([r.freeflow_s for r in ours], [r.driving_s for r in theirs]))
    return Row(part, case, "alone, green", "s", own, other, _sd([r.driving_s for r in theirs]), "±2 %",
               within(own, other, FREE))  # fmt: skip


def saturation_flow(part: str, case: str, ours: Result, theirs: Result) -> Row:
    """At one stop line; the figure behind ± is the standard error over cycles."""
    own, (other, error) = flow_vph(ours)[0], flow_vph(theirs)
    return Row(part, case, "saturation flow", "veh/h", own, other, error, "±3 %",
               within(own, other, SATURATION))  # fmt: skip


def delay(part: str, case: str, ours: Sequence[Result], theirs: Sequence[Result], x: float | None) -> Row:
    """Mean delay per vehicle; ``x``: degree of saturation of the busiest approach, None: not known."""
    own, other = (float(np.mean([r.delay_s for r in results])) for results in (ours, theirs))
    sd = _sd([r.delay_s for r in theirs])
    share = HEAVY if x is not None and x > HEAVY_FROM_X else LIGHT
    met = within(own, other, share) or abs(own - other) <= 2 * sd
    rest = [float(np.mean([r.unserved for r in results])) for results in (ours, theirs)]
    note = f"not arrived: {rest[0]:.0f} here, {rest[1]:.0f} in SUMO" if any(rest) else ""
    return Row(part, case, "delay", "s", own, other, sd, f"±{share:.0%} or 2 sd", met, note)


def ranks(part: str, case: str, ours: Sequence[Result], theirs: Sequence[Result]) -> Row:
    """Spearman's correlation of links' mean delays, over links that enough vehicles left in both."""
    from scipy.stats import spearmanr

    busy = np.min([r.link_vehicles for r in (*ours, *theirs)], axis=0) >= FEWEST
    own, other = (np.mean([r.link_delay_s for r in results], axis=0)[busy] for results in (ours, theirs))
    rho = float(spearmanr(own, other).statistic) if busy.sum() > 2 else math.nan
    met = None if math.isnan(rho) else rho >= RANKS
    return Row(part, case, "link delays, Spearman", "", rho, math.nan, math.nan, f">= {RANKS}", met,
               f"{int(busy.sum())} links")  # fmt: skip


def signs(
    part: str, case: str, ours: Mapping[str, Sequence[Result]], theirs: Mapping[str, Sequence[Result]]
) -> Row:
    """Pairs of controllers that differ in SUMO (95 %, paired over seeds): how many do so here as well?"""
    same, other, total = 0, [], 0
    for a, b in combinations(theirs, 2):
        found = _difference(theirs[a], theirs[b])
        if not found.verdict:
            continue
        total += 1
        here = _difference(ours[a], ours[b])
        if (here.mean > 0) == (found.mean > 0):
            same += 1
        else:
            other.append(f"{a} - {b}: {here.mean:+.1f} s here, {found.mean:+.1f} s")
    return Row(part, case, "controllers, same sign", "pairs", same, total, math.nan, "all",
               same == total if total else None, "; ".join(other))  # fmt: skip


def _difference(a: Sequence[Result], b: Sequence[Result]):  # type: ignore[no-untyped-def]
    return paired_difference(np.array([r.delay_s for r in a]), np.array([r.delay_s for r in b]))


def _sd(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
