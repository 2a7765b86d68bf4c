"""Perimeter control: a district that fills up is fed more slowly, on top of max-pressure.

Beyond some number of vehicles a district serves less the more it holds (Geroliminis & Daganzo 2008,
Transportation Research Part B 42). So its accumulation n, in vehicles, is held at a set point N by a
regulator with a proportional and an integral part, after Keyvan-Ekbatani, Kouvelas, Papamichail &
Papageorgiou (2012, Transportation Research Part B 46), whose output is an inflow; here it is a share:

    u(k) = u(k - 1) - K_P (n(k) - n(k - 1)) / N + K_I (N - n(k)) / N,   least_share <= u <= 1

What is regulated is the weight of the lanes from which movements lead into the district: max-pressure
(``max_pressure``) is shown u times the vehicles that are there. So green goes to others as long as
others press, and a gated queue that has grown long enough is served all the same. Minimum greens,
intergreens and the behaviour under failing cameras are those of max-pressure; where no camera in the
district works, nobody is held back.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import NO_GROUP
from signalsim.errors import InputError
from signalsim.sensing.approaches import Approaches
from signalsim.sensing.observation import Observation

from .base import Request
from .lookup import check_range
from .max_pressure import MaxPressure

PROPORTIONAL, INTEGRAL = 2.0, 0.5  # K_P and K_I, shares of the weight per set point


class District(NamedTuple):
    """Lanes that count, lanes that are gated, and the regulator's parameters."""

    inner: np.ndarray  # int32, lanes of the district's links
    gated: np.ndarray  # int32, lanes outside it with a movement into it
    set_point_veh: float
    interval_ms: int
    least_share: float


class Gate(NamedTuple):
    """The regulator's memory, and what max-pressure is shown."""

    share: np.ndarray  # (1,) float64, u
    vehicles: np.ndarray  # (1,) float64, n at the last step, -1: none yet
    stepped_ms: np.ndarray  # (1,) int64, when that was
    queue: np.ndarray  # (n_lanes,) float64
    near: np.ndarray  # (n_lanes,) float64


@dataclass(frozen=True)
class Perimeter:
    """Max-pressure behind gates; see the module for the rule.

    ``nodes``: the district's node ids with blanks between; its links lead from one of them to another.
    Empty: all links that begin at no entry. ``set_point_share``: how full it should be, of what its links
    can store. ``least_share``: gated lanes never weigh less.
    """

    nodes: str = ""
    set_point_share: float = 0.2
    interval_s: float = 60.0
    least_share: float = 0.1

    def __post_init__(self) -> None:
        check_range(self, set_point_share=(0.01, 1.0), interval_s=(1.0, 3600.0), least_share=(0.01, 1.0))

    def prepare(self, built: Any) -> "PerimeterPolicy":
        """The rule on a network. Raises InputError where a node is not in it."""
        return PerimeterPolicy(self, built)


class PerimeterPolicy:
    """One regulator; all junctions in one compiled call of max-pressure."""

    needs_sensing = True

    def __init__(self, rule: Perimeter, built: Any) -> None:
        self.below = MaxPressure().prepare(built)
        self.district = _district(rule, built, self.below.road)
        n_lanes = len(self.below.road.lane_link)
        self.gate = Gate(
            np.ones(1), np.full(1, -1.0), np.zeros(1, np.int64), np.zeros(n_lanes), np.zeros(n_lanes)
        )

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Step the regulator if it is time; then max-pressure, with gated lanes at their share."""
        regulate(self.district, observation, self.gate)
        shown = observation._replace(lane_queue=self.gate.queue, lane_near=self.gate.near)
        self.below.decide(shown, due, request)


def _district(rule: Perimeter, built: Any, road: Approaches) -> District:
    network = built.scenario.network
    inside = _links_between(rule.nodes.split(), network) if rule.nodes else ~network.is_origin
    # links that cameras do not watch at their end are known by what enters them only
    inside &= road.link_seen
    leads_in = inside[road.movement_to] & ~inside[road.movement_from]
    leads_in &= built.tables.movement["group"] != NO_GROUP
    entry = np.repeat(np.arange(len(leads_in)), np.diff(road.movement_lane))
    return District(
        inner=np.flatnonzero(inside[road.lane_link]).astype(np.int32),
        gated=np.unique(road.movement_lane_id[leads_in[entry]]).astype(np.int32),
        set_point_veh=max(1.0, rule.set_point_share * float(road.link_storage_veh[inside].sum())),
        interval_ms=round(rule.interval_s * 1000),
        least_share=float(rule.least_share),
    )


def _links_between(nodes: list[str], network: Any) -> np.ndarray:
    """(n_links,) bool: begins and ends at one of the nodes."""
    ids = network.node.ids
    unknown = sorted(set(nodes) - set(ids))
    if unknown:
        raise InputError(
            f"controller Perimeter, parameter 'nodes': {network.node.path} has no node '{unknown[0]}'; "
            "give ids of nodes with blanks between"
        )
    inside = np.isin(np.array(ids), nodes)
    return np.asarray(inside[network.link_from] & inside[network.link_to])


@njit
def regulate(district, seen, gate):
    """Step the regulator if its interval is over; what lanes weigh now, into ``gate``."""
    if gate.vehicles[0] < 0.0 or seen.now_ms >= gate.stepped_ms[0] + district.interval_ms:
        _step(district, seen, gate)
    for lane in range(len(gate.queue)):
        gate.queue[lane], gate.near[lane] = seen.lane_queue[lane], seen.lane_near[lane]
    for lane in district.gated:
        gate.queue[lane] *= gate.share[0]
        gate.near[lane] *= gate.share[0]


@njit
def _step(district, seen, gate):
    """One step of the regulator (see the module)."""
    total, is_seen = 0.0, False
    for lane in district.inner:
        total += seen.lane_vehicles[lane]
        is_seen = is_seen or seen.lane_valid[lane]
    before = gate.vehicles[0] if gate.vehicles[0] >= 0.0 else total
    more = INTEGRAL * (district.set_point_veh - total) - PROPORTIONAL * (total - before)
    share = gate.share[0] + more / district.set_point_veh if is_seen else 1.0
    gate.share[0] = min(max(share, district.least_share), 1.0)
    gate.vehicles[0], gate.stepped_ms[0] = total, seen.now_ms
