"""Signal groups and stages of a junction from its movements and their conflicts: pure functions.

Words: a *stream* is what always shares a lamp: an approach's movements, without a left turn that
gets a lamp of its own. The rules:

* A left turn (or turn back) that would give way to what comes against it gets a lamp and a protected
  stage of its own where it has lanes of its own; where it shares a lane it is permissive: a queue of
  left turns must not hold up a lamp that is green for the lane. This is usual practice (HCM 2000, ch.
  10, app. A decides by lanes first and by volumes, which are not known here, second).
* Other right of way inside a stage is not used: movements of which one gives way to the other, but
  for left turns against what comes against them, are in different stages.
* Stages are built one after another, each from the largest stream that no stage serves yet. Added is
  first the stream that faces it, then all other unserved streams, then served ones, each if nothing
  in the stage conflicts with it (a greedy maximal independent set of the conflict graph). Left turns
  follow their through movements. So a cross of four approaches gets two or four stages, a T-junction
  two or three, and any other geometry gets a set that serves all and lets nothing cross.
"""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from signalsim.network.geometry import are_opposed

_LEFT = ("left", "uturn")


@dataclass(frozen=True)
class Turn:
    """A movement as the design sees it.

    ``role``: left, thru, right or uturn, as where one drives on the right. ``heading``: of travel on
    the approach, radians counter-clockwise from east. ``lanes``: those of the approach that serve it.
    """

    approach: str
    role: str
    heading: float
    lanes: frozenset[Hashable]


@dataclass(frozen=True)
class Staging:
    """Groups (positions of turns) and stages (positions of groups), both in the order found."""

    groups: tuple[tuple[int, ...], ...]
    stages: tuple[tuple[int, ...], ...]


def staging(
    turns: Sequence[Turn], yields: Collection[tuple[int, int]], forbidden: Collection[tuple[int, int]]
) -> Staging:
    """Groups and stages of a junction's turns.

    ``yields``: (turn that gives way, turn with priority over it); ``forbidden``: pairs that are never
    green together, in either order. Every turn is in one group and every group in a stage; no stage
    holds a forbidden pair.
    """
    apart = {frozenset(pair) for pair in forbidden}
    streams = _streams(turns, yields, apart)
    clashes = _clashes(turns, streams, yields, apart)
    stages = _stages(turns, streams, clashes)
    return _grouped(turns, streams, stages)


def _own_left(turns: Sequence[Turn], yields: Collection[tuple[int, int]]) -> set[int]:
    """Left turns with lanes of their own that would give way to what comes against them."""
    against = {
        a for a, b in yields
        if turns[a].role in _LEFT and are_opposed(turns[a].heading, turns[b].heading)
    }  # fmt: skip
    approaches = {turns[a].approach for a in against}
    out: set[int] = set()
    for approach in approaches:
        left = {i for i, t in enumerate(turns) if t.approach == approach and t.role in _LEFT}
        other = {i for i, t in enumerate(turns) if t.approach == approach} - left
        if not any(turns[i].lanes & turns[k].lanes for i in left for k in other):
            out |= left
    return out


def _streams(
    turns: Sequence[Turn], yields: Collection[tuple[int, int]], apart: set[frozenset[int]]
) -> list[tuple[int, ...]]:
    """Turns by lamp; one of which two may never go together is taken apart, turn by turn."""
    own_left = _own_left(turns, yields)
    found: dict[tuple[str, bool], list[int]] = {}
    for i, turn in enumerate(turns):
        found.setdefault((turn.approach, i in own_left), []).append(i)
    out: list[tuple[int, ...]] = []
    for members in found.values():
        if any(frozenset((a, b)) in apart for a in members for b in members if a < b):
            out += [(i,) for i in members]
        else:
            out.append(tuple(members))
    return out


def _clashes(
    turns: Sequence[Turn],
    streams: Sequence[tuple[int, ...]],
    yields: Collection[tuple[int, int]],
    apart: set[frozenset[int]],
) -> np.ndarray:
    """(n_streams, n_streams) bool: streams that are not in one stage."""
    stream_of = {turn: s for s, members in enumerate(streams) for turn in members}
    protected = _own_left(turns, yields)
    out = np.zeros((len(streams), len(streams)), bool)
    pairs = [tuple(pair) for pair in apart if len(pair) == 2]
    for a, b in yields:
        permissive = turns[a].role in _LEFT and are_opposed(turns[a].heading, turns[b].heading)
        if turns[a].approach != turns[b].approach and not (permissive and a not in protected):
            pairs.append((a, b))
    for a, b in pairs:
        out[stream_of[a], stream_of[b]] = out[stream_of[b], stream_of[a]] = True
    np.fill_diagonal(out, False)
    return out


def _stages(
    turns: Sequence[Turn], streams: Sequence[tuple[int, ...]], clashes: np.ndarray
) -> list[tuple[int, ...]]:
    """Stages as sorted positions of streams."""
    is_left = [all(turns[i].role in _LEFT for i in members) for members in streams]
    size = [len({lane for i in members for lane in turns[i].lanes}) for members in streams]
    first = [turns[members[0]] for members in streams]

    def facing(a: int, b: int) -> float:
        """0 for streams that face each other, pi for streams side by side."""
        return float(abs((first[b].heading - first[a].heading) % (2 * np.pi) - np.pi))

    unserved = set(range(len(streams)))
    stages: list[tuple[int, ...]] = []
    while unserved:
        before = {first[s].approach for stage in stages for s in stage}
        seed = min(
            unserved,
            key=lambda s: (not (is_left[s] and first[s].approach in before), is_left[s], -size[s], s),
        )
        stage = [seed]
        others = sorted(
            set(range(len(streams))) - {seed},
            key=lambda s: (s not in unserved, is_left[s] != is_left[seed], facing(seed, s), s),
        )
        for s in others:
            if not clashes[s, stage].any():
                stage.append(s)
        unserved -= set(stage)
        stages.append(tuple(sorted(stage)))
    return stages


def _grouped(
    turns: Sequence[Turn], streams: Sequence[tuple[int, ...]], stages: Sequence[tuple[int, ...]]
) -> Staging:
    """Streams of one approach that are green in the same stages share a group."""
    shown: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for s, members in enumerate(streams):
        where = tuple(k for k, stage in enumerate(stages) if s in stage)
        shown.setdefault((turns[members[0]].approach, where), []).extend(members)
    groups = tuple(tuple(sorted(members)) for members in shown.values())
    return Staging(
        groups,
        tuple(tuple(g for g, (_, where) in enumerate(shown) if k in where) for k in range(len(stages))),
    )
