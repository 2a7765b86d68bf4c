"""Yellows, intergreens and the deployed plan of a junction, so that its cycle is the program's."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import repeat

from signalsim.formats.sumo.staging import Staged, Visit

MIN_GREEN_S = 5.0  # SUMO's default minDur
LONGEST_YELLOW_S, LONGEST_ALL_RED_S, LONGEST_INTERGREEN_S = 10.0, 20.0, 30.0
USUAL_YELLOW_S = 3.0  # where the program goes from green to red at once
LONGEST_CHANGE_S = 12.0  # red for all that lasts longer serves somebody who is not simulated
_SHORTEST_GREEN_S = 1.0
Pair = tuple[int, int]


@dataclass
class Timing:
    """Times of a junction in seconds; groups by position, visits in the order of the cycle."""

    yellow_s: list[float]
    all_red_s: list[float]
    intergreen_s: dict[Pair, float]  # where it is longer than the clearing group's yellow and all-red
    min_green_s: list[float]
    green_s: list[float]
    cycle_s: float
    first_green_s: float  # of the first visit, after the program's beginning
    raised: bool  # a yellow was lengthened
    longer: bool  # the cycle is longer than the program's
    dead_s: float  # red for all that the stage behind it was given


def timing(staged: Staged, forbidden: Collection[Pair], shortest_yellow_s: Callable[[int], float]) -> Timing:
    """Times of a signal. ``forbidden``: pairs of groups, both ways; ``shortest_yellow_s`` of a group."""
    n = len(staged.groups)
    shown = [_yellow_s(staged, g) for g in range(n)]
    yellow = [round(min(max(y, shortest_yellow_s(g)), LONGEST_YELLOW_S), 3) for g, y in enumerate(shown)]
    seen = _intergreens(staged, forbidden)
    all_red = _all_reds(yellow, seen)
    longer_pairs = {
        (a, b): min(s, LONGEST_INTERGREEN_S)
        for (a, b), s in seen.items()
        if s > yellow[a] + all_red[a] + 0.05
    }

    def intergreen(a: int, b: int) -> float:
        return longer_pairs.get((a, b), yellow[a] + all_red[a]) if (a, b) in forbidden else 0.0

    visits = staged.visits
    following = visits[1:] + visits[:1]
    changes = [
        max((intergreen(a, b) for a in v.stage - w.stage for b in w.stage - v.stage), default=0.0)
        for v, w in zip(visits, following, strict=True)
    ]
    ends = [_end_s(staged, k) for k in range(len(visits))]
    cycle = staged.cycle_s
    starts = [ends[k - 1] - (cycle if k == 0 else 0.0) + changes[k - 1] for k in range(len(visits))]
    raw = [end - start for start, end in zip(starts, ends, strict=True)]
    green = [round(max(g, _SHORTEST_GREEN_S), 3) for g in raw]
    return Timing(
        yellow_s=yellow,
        all_red_s=all_red,
        intergreen_s=longer_pairs,
        min_green_s=[_min_green_s(staged, g, green) for g in range(n)],
        green_s=green,
        cycle_s=round(sum(green) + sum(changes), 3),
        first_green_s=starts[0],
        raised=any(y > s + 0.01 and s > 0 for y, s in zip(yellow, shown, strict=True)),
        longer=min(raw) < _SHORTEST_GREEN_S,
        dead_s=sum(gap for gap in map(_gap_s, repeat(staged), visits, following) if gap > LONGEST_CHANGE_S),
    )


def _yellow_s(staged: Staged, group: int) -> float:
    """The longest yellow that a group shows behind its green; usual where it shows none."""
    steps = staged.head.steps
    n, best = len(steps), 0.0
    for k in range(n):
        if group not in staged.greens[k] or group in staged.greens[(k + 1) % n]:
            continue
        length, at = 0.0, (k + 1) % n
        while group in staged.yellows[at] and at != k:
            length += steps[at].duration_s
            at = (at + 1) % n
        best = max(best, length)
    return best or USUAL_YELLOW_S


def _end_s(staged: Staged, k: int) -> float:
    """End of green of a visit; where no group ends, the next one's beginning."""
    visit, following = staged.visits[k], staged.visits[(k + 1) % len(staged.visits)]
    if visit.stage - following.stage:
        return staged.begin_s(visit.last + 1)
    begin = _begin_s(staged, following)
    return begin if k + 1 < len(staged.visits) else begin + staged.cycle_s


def _begin_s(staged: Staged, visit: Visit) -> float:
    """When a visit's steps begin; negative where they began in the cycle before."""
    if visit.first >= 0:
        return staged.begin_s(visit.first)
    return staged.begin_s(visit.first + len(staged.head.steps)) - staged.cycle_s


def _between(staged: Staged, visit: Visit, following: Visit) -> list[int]:
    """The steps from one visit to the next."""
    n = len(staged.head.steps)
    return [(visit.last + 1 + i) % n for i in range((following.first - visit.last - 1) % n)]


def _gap_s(staged: Staged, visit: Visit, following: Visit) -> float:
    """How long nothing is green from one visit to the next."""
    steps = staged.head.steps
    return sum(steps[k].duration_s for k in _between(staged, visit, following) if not staged.greens[k])


def _intergreens(staged: Staged, forbidden: Collection[Pair]) -> dict[Pair, float]:
    """The shortest time from end to start of green of conflicting groups, over all changes of stage."""
    steps = staged.head.steps
    found: dict[Pair, float] = {}
    for v, w in zip(staged.visits, staged.visits[1:] + staged.visits[:1], strict=True):
        if _gap_s(staged, v, w) > LONGEST_CHANGE_S:
            continue
        chain = _between(staged, v, w)
        for a in v.stage - w.stage:
            for b in w.stage - v.stage:
                if (a, b) not in forbidden:
                    continue
                gap = [k for k in chain if a not in staged.greens[k] and b not in staged.greens[k]]
                length = sum(steps[k].duration_s for k in gap)
                found[a, b] = min(length, found.get((a, b), length))
    return found


def _all_reds(yellow: list[float], seen: dict[Pair, float]) -> list[float]:
    """All-red of every group: what its shortest intergreen leaves; of groups never seen to clear, the
    longest of the others'.
    """
    shortest: dict[int, float] = {}
    for (a, _), length in seen.items():
        shortest[a] = min(length, shortest.get(a, length))
    known = {g: min(max(s - yellow[g], 0.0), LONGEST_ALL_RED_S) for g, s in shortest.items()}
    usual = max(known.values(), default=0.0)
    return [round(known.get(g, usual), 3) for g in range(len(yellow))]


def _min_green_s(staged: Staged, group: int, green_s: list[float]) -> float:
    """The program's minDur where it has one, SUMO's default else; never more than the plan gives."""
    head = staged.head
    given = [
        step.least_s
        for k, step in enumerate(head.steps)
        if step.least_s
        and group in staged.greens[k]
        and any(v.stage == staged.greens[k] for v in staged.visits)
    ]
    least = min(given, default=MIN_GREEN_S)
    own = [g for visit, g in zip(staged.visits, green_s, strict=True) if group in visit.stage]
    return round(min(max(least, 1.0), 120.0, *own), 3)
