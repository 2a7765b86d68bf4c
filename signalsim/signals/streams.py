"""Streams at signals: what comes on each lane, and what its signal lets pass.

A *stream* is what a movement with a signal and with traffic has on one lane.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from signalsim.signals.flows import USUAL_CYCLE_S, saturated
from signalsim.signals.traffic import Traffic


@dataclass(frozen=True)
class Streams:
    """All streams of a scenario, sorted by movement and lane. ``worth`` is what a second of green of a stage
    passes over what it passes in the best stage of the stream's lane; 0 where it is red."""

    movement: np.ndarray  # (n,) int
    lane: np.ndarray  # (n,) int, a number that those of one lane share
    pool: np.ndarray  # (n,) int, a number that those share between whose lanes drivers choose
    junction: np.ndarray  # (n,) int
    link: np.ndarray  # (n,) int, the approach
    group: np.ndarray  # (n,) int, signal group
    flow: np.ndarray  # (n,) pcu/s
    saturation: np.ndarray  # (n,) pcu/s of its part of its lane, in the lane's best stage
    metering: np.ndarray  # (n,) variance of what comes over that of random arrivals
    uneven: np.ndarray  # (n,) variance of what its lane passes in a cycle, over the mean of what comes
    loss_s: np.ndarray  # (n,) of a green's beginning, mean of the lane
    gain_s: np.ndarray  # (n,) of the yellow behind it, mean of the lane
    worth: np.ndarray  # (n, most stages of a junction)
    slow: np.ndarray  # (n, 2, most stages): ``slow_s`` and ``slow`` of ``LaneRates``

    def __len__(self) -> int:
        return len(self.movement)

    def at(self, junction: int) -> np.ndarray:
        """Places of a junction's streams."""
        return np.flatnonzero(self.junction == junction)


def streams(traffic: Traffic, cycle_s: float | Mapping[int, float] = USUAL_CYCLE_S) -> Streams:
    """The streams of a scenario; ``cycle_s``: of all junctions, or of each of those that count."""
    every = range(len(traffic.signals.junctions))
    cycles = cycle_s if isinstance(cycle_s, Mapping) else dict.fromkeys(every, cycle_s)
    first, parts = 0, []
    for j, seconds in cycles.items():
        found, n_lanes = _of_junction(traffic, j, seconds, first)
        parts.append(found)
        first += n_lanes
    if not parts:
        return Streams(**{field.name: np.zeros(0, int) for field in fields(Streams)})
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((joined["lane"], joined["movement"]))
    return Streams(**{name: values[order] for name, values in joined.items()})


def _of_junction(
    traffic: Traffic, j: int, cycle_s: float, first_lane: int
) -> tuple[dict[str, np.ndarray], int]:
    """The fields of ``Streams`` of one junction, and how many lanes it has."""
    network, signals = traffic.network, traffic.signals
    rates, found = saturated(traffic, j, cycle_s)
    row, lane = np.nonzero(found.flow > 0)
    movement = np.array(found.movements, int)[row]
    of_lane = np.maximum(found.flow.sum(axis=0), 1e-9)
    link = network.movement_from[movement]
    best = np.maximum(found.rate.max(axis=0, initial=0.0), 1e-9)
    worth = np.where(rates.alone[:, movement] > 0, (found.rate / best)[:, lane], 0.0).T
    slow = np.stack([found.slow_s[:, lane].T, found.slow[:, lane].T], axis=1)
    missing = max((len(stages) for stages in signals.stages), default=1) - worth.shape[1]
    own = list(found.movements)
    metering = np.ones(len(network.length_m)) if traffic.metering is None else traffic.metering
    return {
        "movement": movement,
        "lane": first_lane + lane,
        "pool": first_lane + found.pool[lane],
        "junction": np.full(len(row), j),
        "link": link,
        "group": signals.movement_group[movement],
        "flow": found.flow[row, lane] / 3600,
        "saturation": found.flow[row, lane] / 3600 / np.maximum(found.ratio[lane], 1e-9),
        "metering": metering[link],
        "uneven": (found.variance.sum(axis=0) / (of_lane * cycle_s / 3600))[lane],
        "loss_s": (traffic.loss_s[own] @ found.flow / of_lane)[lane],
        "gain_s": (traffic.gain_s[own] @ found.flow / of_lane)[lane],
        "worth": np.pad(worth, ((0, 0), (0, missing))),
        "slow": np.pad(slow, ((0, 0), (0, 0), (0, missing))),
    }, len(found.lanes)
