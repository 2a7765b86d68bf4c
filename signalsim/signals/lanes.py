"""What lanes that several movements share pass in each stage.

A lane is first in, first out: in a stage that is red for some of its vehicles the first of these stops
all behind it, and where some of them wait for gaps all wait with them. The *load* of a lane is the share
of an hour of its own green that its vehicles need.
"""

from dataclasses import dataclass

import numpy as np

from signalsim.signals.traffic import Traffic

Lane = tuple[int, int]  # link, number
_SLOTS = 8.0  # vehicles that a usual green passes on a lane (assumption)
_ROUNDS, _STILL = 100, 1e-9  # of spreading flows over lanes


@dataclass(frozen=True)
class LaneRates:
    """A junction's lanes at its signals. ``movements``: those with a signal; ``flow``: of each on each lane,
    (n_movements, n_lanes) pcu/h; ``rate``: what passes a lane per hour of green, (n_stages, n_lanes) pcu/h,
    0 where a stage serves nobody there."""

    movements: tuple[int, ...]
    lanes: tuple[Lane, ...]
    flow: np.ndarray
    rate: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """(n_lanes,) flow over what the lane passes in its best stage; 0 where nothing comes."""
        best = self.rate.max(axis=0, initial=0.0)
        return np.divide(self.flow.sum(axis=0), best, out=np.zeros(len(best)), where=best > 0)


def lane_rates(traffic: Traffic, junction: int, by_stage: np.ndarray) -> LaneRates:
    """``by_stage``: (n_stages, n_movements of the network) pcu/h per lane, of ``flows.stage_saturation``."""
    network, signals = traffic.network, traffic.signals
    movements = tuple(m for g in signals.groups_of(junction) for m in signals.movements_of_group[g])
    own = [[(int(network.movement_from[m]), n) for n in network.movement_lanes(m)] for m in movements]
    lanes = tuple(sorted({lane for of in own for lane in of}))
    place = {lane: k for k, lane in enumerate(lanes)}
    on = np.zeros((len(movements), len(lanes)), bool)
    for row, of in enumerate(own):
        on[row, [place[lane] for lane in of]] = True
    saturation = by_stage[:, movements]
    flow = spread(traffic.flow_pcuph[list(movements)], _main_saturation(traffic, movements, saturation), on)
    return LaneRates(movements, lanes, flow, passed(flow, saturation, on))


def spread(flow: np.ndarray, saturation: np.ndarray, on: np.ndarray) -> np.ndarray:
    """(n_movements, n_lanes) pcu/h: each movement on those of its lanes whose load is least, all at once.

    ``flow`` pcu/h, ``saturation`` pcu/h per lane: (n_movements,); ``on``: which lanes serve which.
    """
    need = flow / saturation
    parts = on * (need / on.sum(axis=1))[:, None]
    several = np.flatnonzero((on.sum(axis=1) > 1) & (need > 0))
    for _ in range(_ROUNDS):
        before = parts.copy()
        for m in several:
            others = (parts.sum(axis=0) - parts[m])[on[m]]
            parts[m, on[m]] = _filled(others, need[m])
        if np.abs(parts - before).max(initial=0.0) < _STILL:
            break
    out: np.ndarray = parts * saturation[:, None]
    return out


def _filled(levels: np.ndarray, amount: float) -> np.ndarray:
    """What each of some vessels gets of ``amount`` when it is poured into the lowest."""
    order = np.sort(levels)
    depth = (amount + np.cumsum(order)) / np.arange(1, len(order) + 1)
    level = depth[np.flatnonzero(depth > order)[-1]]
    return np.maximum(level - levels, 0.0)


def _main_saturation(traffic: Traffic, movements: tuple[int, ...], saturation: np.ndarray) -> np.ndarray:
    """(n_movements,) of the stage that serves most of an approach; of the best one where that is red."""
    flow = traffic.flow_pcuph[list(movements)]
    links = traffic.network.movement_from[list(movements)]
    out = saturation.max(axis=0)
    for link in np.unique(links):
        of_link = links == link
        main = int(np.argmax(((saturation[:, of_link] > 0) * (1.0 + flow[of_link])).sum(axis=1)))
        out = np.where(of_link & (saturation[main] > 0), saturation[main], out)
    return np.maximum(out, 1e-6)


def passed(flow: np.ndarray, saturation: np.ndarray, on: np.ndarray) -> np.ndarray:
    """(n_stages, n_lanes) pcu/h. A lane without traffic passes what the mean of its movements does."""
    mix = np.where(flow.sum(axis=0) > 0, flow, on * 1.0)
    share = mix / mix.sum(axis=0)  # (n_movements, n_lanes)
    out = np.zeros((len(saturation), on.shape[1]))
    for s, rates in enumerate(saturation):
        green = rates > 0
        served = share[green].sum(axis=0)
        seconds = (share[green] / rates[green, None]).sum(axis=0)
        goes = served > 0
        out[s, goes] = served[goes] / seconds[goes] * _before_red(1 - served[goes])
    return out


def _before_red(red: np.ndarray) -> np.ndarray:
    """Of what a green could pass, the part that is ahead of the first vehicle that has red, where ``red`` is
    the share of such vehicles in a lane: a geometric number, at most what the green can pass."""
    red = np.clip(red, 0.0, 1.0)
    passing = (1 - red) * -np.expm1(_SLOTS * np.log1p(-np.minimum(red, 1 - 1e-12)))
    return np.where(red < 1e-9, 1.0, passing / np.maximum(red, 1e-9) / _SLOTS)
