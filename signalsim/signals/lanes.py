"""What lanes that several movements share pass in each stage.

A lane is first in, first out: in a stage that is red for some of its vehicles the first of these stops
all behind it, and where some of them wait for gaps all wait with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from signalsim.signals.permissive import SharedGreen, Turn, shared_green, turn
from signalsim.signals.traffic import Traffic

Lane = tuple[int, int]  # link, number
_SLOTS = 8.0  # vehicles that a usual green passes on a lane (assumption)
_ROUNDS, _STILL = 100, 1e-9  # of spreading flows over lanes, and what no longer counts, of the largest


@dataclass(frozen=True)
class LaneRates:
    """A junction's lanes at its signals. ``movements``: those with a signal; ``flow``: of each on each lane,
    (n_movements, n_lanes) pcu/h. The others (n_stages, n_lanes): ``rate``, what passes a lane in green,
    pcu/h, 0 where a stage serves nobody there; ``slow_s``, from the beginning of green on, while those who
    give way hold others up, and ``slow``, the part of the rate at which the lane goes then; ``variance`` of
    what passes from green to green, pcu^2."""

    movements: tuple[int, ...]
    lanes: tuple[Lane, ...]
    flow: np.ndarray
    rate: np.ndarray
    slow_s: np.ndarray
    slow: np.ndarray
    variance: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """(n_lanes,) flow over what the lane passes in its best stage; 0 where nothing comes."""
        best = self.rate.max(axis=0, initial=0.0)
        return np.divide(self.flow.sum(axis=0), best, out=np.zeros(len(best)), where=best > 0)

    @property
    def pool(self) -> np.ndarray:
        """(n_lanes,) a number that lanes share between which drivers choose, directly or through others."""
        out = np.arange(len(self.lanes))
        for _ in self.lanes:
            for on in self.flow > 0:
                out[on] = out[on].min(initial=len(out))
        return out


@dataclass(frozen=True)
class StageRates:
    """What a junction's stages let pass of each movement, (n_stages, n_movements), in local order.

    ``alone``: pcu/h of green per lane if nobody else used the lane, 0 where a stage does not serve it.
    Who ``is_giving_way`` to others that are green then, or have no signal, waits for ``wait_s`` from the
    beginning of green on, while their queue goes ahead, then for gaps among ``against_pcuph``; so many as
    ``clearing`` may go when the green ends. ``green_s``: (n_stages,), infinite where queues and ends of
    green are left out; ``gap_s``, ``follow_s``: (n_movements,) critical gap and time from one to the next.
    """

    alone: np.ndarray
    is_giving_way: np.ndarray
    wait_s: np.ndarray
    against_pcuph: np.ndarray
    clearing: np.ndarray
    green_s: np.ndarray
    gap_s: np.ndarray
    follow_s: np.ndarray

    def of(self, movements: Sequence[int]) -> "StageRates":
        """The same of some movements."""
        names = [field.name for field in fields(self) if field.name != "green_s"]
        return replace(self, **{name: getattr(self, name)[..., list(movements)] for name in names})


def lane_rates(
    traffic: Traffic, junction: int, rates: StageRates, seconds: np.ndarray | None = None
) -> LaneRates:
    """``rates``: of ``flows.stage_rates``, all movements of the network; ``seconds``: (n_lanes,) that a
    vehicle is on each lane, all the same without."""
    network, signals = traffic.network, traffic.signals
    movements = tuple(m for g in signals.groups_of(junction) for m in signals.movements_of_group[g])
    own = [[(int(network.movement_from[m]), n) for n in network.movement_lanes(m)] for m in movements]
    lanes = tuple(sorted({lane for of in own for lane in of}))
    place = {lane: k for k, lane in enumerate(lanes)}
    on = np.zeros((len(movements), len(lanes)), bool)
    for row, of in enumerate(own):
        on[row, [place[lane] for lane in of]] = True
    flow = spread(
        traffic.flow_pcuph[list(movements)], np.ones(len(lanes)) if seconds is None else seconds, on
    )
    return LaneRates(movements, lanes, flow, *passed(flow, rates.of(movements), on))


def spread(flow: np.ndarray, seconds: np.ndarray, on: np.ndarray) -> np.ndarray:
    """(n_movements, n_lanes) pcu/h: each movement on those of its lanes where fewest vehicles are, all at
    once: who has the choice takes the shorter queue.

    ``flow`` (n_movements,) pcu/h; ``seconds``: (n_lanes,) that a vehicle is there; ``on``: which lanes serve
    which.
    """
    out: np.ndarray = on * (flow / on.sum(axis=1))[:, None]
    several = np.flatnonzero((on.sum(axis=1) > 1) & (flow > 0))
    for _ in range(_ROUNDS):
        before = out.copy()
        for m in several:
            others = (out.sum(axis=0) - out[m])[on[m]]
            out[m, on[m]] = _filled(others, seconds[on[m]], flow[m])
        if np.abs(out - before).max(initial=0.0) < _STILL * flow.max():
            break
    return out


def _filled(there: np.ndarray, height: np.ndarray, amount: float) -> np.ndarray:
    """What each of some vessels gets of ``amount`` when it is poured into the lowest. ``there``: what each
    has; ``height``: of one unit in each."""
    levels = there * height
    order = np.argsort(levels)
    depth = (amount + np.cumsum(there[order])) / np.cumsum(1 / height[order])
    level = depth[np.flatnonzero(depth > levels[order])[-1]]
    return np.maximum(level / height - there, 0.0)


def passed(flow: np.ndarray, rates: StageRates, on: np.ndarray) -> tuple[np.ndarray, ...]:
    """``rate``, ``slow_s``, ``slow`` and ``variance`` of ``LaneRates``. A lane without traffic passes what
    the mean of its movements does."""
    mix = np.where(flow.sum(axis=0) > 0, flow, on * 1.0)
    share = mix / mix.sum(axis=0)  # (n_movements, n_lanes)
    rate, slow_s, slow, variance = np.zeros((4, len(rates.alone), on.shape[1]))
    for s, alone in enumerate(rates.alone):
        served = share[alone > 0].sum(axis=0)
        for lane in np.flatnonzero(served > 0).tolist():
            part = np.where(alone > 0, share[:, lane], 0.0) / served[lane]
            found = _green(part, rates, s)
            rate[s, lane], slow_s[s, lane], slow[s, lane], variance[s, lane] = found
        rate[s] *= _before_red(1 - served)
    return rate, slow_s, slow, variance


def _green(part: np.ndarray, rates: StageRates, stage: int) -> SharedGreen:
    """A lane's green in a stage if ``part`` (n_movements,) of its vehicles are of each movement, none red."""
    alone, green_s = rates.alone[stage], float(rates.green_s[stage])
    giving = (part > 0) & rates.is_giving_way[stage]
    share = float(part[giving].sum())
    if share <= 0 or not np.isfinite(green_s):
        own = part > 0
        return SharedGreen(1 / float((part[own] / alone[own]).sum()))
    free = (part > 0) & ~giving
    free_s = 3600 * float((part[free] / alone[free]).sum()) / max(1 - share, 1e-9)
    weight = part[giving] / share
    turns = [
        turn(
            float(rates.against_pcuph[stage, m]),
            float(rates.gap_s[m]),
            float(rates.follow_s[m]),
            share,
            free_s,
        )
        for m in np.flatnonzero(giving)
    ]
    mean, square = (float(weight @ column) for column in zip(*turns, strict=True))
    wait_s, clearing = (float(weight @ values[stage, giving]) for values in (rates.wait_s, rates.clearing))
    return shared_green(Turn(mean, square), min(share, 1.0), free_s, wait_s, clearing, green_s)


def _before_red(red: np.ndarray) -> np.ndarray:
    """Of what a green could pass, the part that is ahead of the first vehicle that has red, where ``red`` is
    the share of such vehicles in a lane: a geometric number, at most what the green can pass."""
    red = np.clip(red, 0.0, 1.0)
    passing = (1 - red) * -np.expm1(_SLOTS * np.log1p(-np.minimum(red, 1 - 1e-12)))
    return np.where(red < 1e-9, 1.0, passing / np.maximum(red, 1e-9) / _SLOTS)
