"""Which signals make an arterial, and the offsets of its widest green waves."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from signalsim.signals.bandwidth import Bands, Signal, maxband, widths
from signalsim.signals.platoons import Paths
from signalsim.signals.streams import Streams


@dataclass(frozen=True)
class Arterial:
    """Junctions in order, and both directions' main streams (places in Streams; -1: none) at each."""

    junctions: tuple[int, ...]
    out: tuple[int, ...]
    back: tuple[int, ...]
    travel_out_s: tuple[float, ...]
    travel_in_s: tuple[float, ...]


def arterial(which: Streams, paths: Paths, n_junctions: int) -> Arterial | None:
    """The scenario's signals as an arterial with traffic both ways; None where they are none or more."""
    seconds: dict[tuple[int, int], float] = {}
    junction_of = {int(link): int(j) for link, j in zip(which.link, which.junction, strict=True)}
    for i, ways in enumerate(paths.to):
        for way in ways:
            pair = (int(which.junction[i]), junction_of[way.link])
            if pair[0] != pair[1]:
                seconds[pair] = min(seconds.get(pair, np.inf), way.seconds)
    order = _in_line({j: {b for a, b in seconds if a == j} for j in range(n_junctions)})
    if order is None:
        return None
    towards = list(pairwise(order))
    if any(pair not in seconds or pair[::-1] not in seconds for pair in towards):
        return None
    out = tuple(_main(which, paths, junction_of, order, k, +1) for k in range(len(order)))
    back = tuple(_main(which, paths, junction_of, order, k, -1) for k in range(len(order)))
    if min(out + back) < 0:
        return None
    return Arterial(
        tuple(order), out, back,
        tuple(seconds[pair] for pair in towards), tuple(seconds[pair[::-1]] for pair in towards),
    )  # fmt: skip


def _in_line(next_to: dict[int, set[int]]) -> list[int] | None:
    """The junctions from one end to the other, if each has two neighbours, the ends one."""
    ends = [j for j, others in next_to.items() if len(others) == 1]
    if len(ends) != 2 or any(len(others) > 2 or not others for others in next_to.values()):
        return None
    order = [min(ends)]
    while following := next_to[order[-1]] - set(order):
        order.append(min(following))
    return order if len(order) == len(next_to) else None


def _main(
    which: Streams, paths: Paths, junction_of: dict[int, int], order: list[int], k: int, step: int
) -> int:
    """The busiest stream of the k-th signal that goes along the arterial, one way (``step``)."""
    before = order[k - step] if 0 <= k - step < len(order) else None
    after = order[k + step] if 0 <= k + step < len(order) else None
    come = {
        way.link
        for i, ways in enumerate(paths.to) if before is not None and which.junction[i] == before
        for way in ways
    }  # fmt: skip
    fit = []
    for i in which.at(order[k]).tolist():
        leads = {junction_of[way.link] for way in paths.to[i]}
        if (before is None or which.link[i] in come) and (after is None or after in leads):
            fit.append((float(which.flow[i]), -i))
    return -max(fit)[1] if fit else -1


def green_wave(
    road: Arterial, which: Streams, serving: np.ndarray, cycle_s: float
) -> tuple[Bands, np.ndarray] | None:
    """The widest bands at one cycle, and the offset of each junction's plan in bins; None: no band.

    ``serving``: of ``streams.served``. The bands' widths follow the flows of the two directions.
    """
    n = serving.shape[1]
    signals, starts = _signals(road, serving)
    flows = [float(which.flow[list(row)].sum()) for row in (road.back, road.out)]
    found = maxband(
        signals, road.travel_out_s, road.travel_in_s, (cycle_s, cycle_s), ratio=flows[0] / flows[1]
    )
    if found is None:
        return None
    offset = np.zeros(max(road.junctions) + 1, int)
    for j, share, start in zip(road.junctions, found.offset, starts, strict=True):
        offset[j] = round(share * n - start) % n
    return found, offset


def bands_of(road: Arterial, serving: np.ndarray, cycle_s: float, offset: np.ndarray) -> tuple[float, float]:
    """Widths of the bands (cycles) that given offsets (bins) leave on an arterial."""
    signals, starts = _signals(road, serving)
    n = serving.shape[1]
    shares = [(offset[j] + start) / n for j, start in zip(road.junctions, starts, strict=True)]
    return widths(signals, road.travel_out_s, road.travel_in_s, cycle_s, shares)


def _signals(road: Arterial, serving: np.ndarray) -> tuple[list[Signal], list[int]]:
    """The arterial's signals, and where in its plan each one's outbound green begins, bins."""
    n = serving.shape[1]
    signals, starts = [], []
    for a, b in zip(road.out, road.back, strict=True):
        (start, length), (start_in, length_in) = _longest(serving[a] > 0), _longest(serving[b] > 0)
        signals.append(Signal(length / n, length_in / n, (start_in - start) / n))
        starts.append(start)
    return signals, starts


def _longest(shown: np.ndarray) -> tuple[int, int]:
    """(start, length) of the longest green of a cycle, bins."""
    n = len(shown)
    if shown.all():
        return 0, n
    runs = [
        (int(np.argmin(np.roll(shown, -start))), -int(start))
        for start in np.flatnonzero(shown & ~np.roll(shown, 1))
    ]
    length, start = max(runs, default=(0, 0))
    return -start, length
