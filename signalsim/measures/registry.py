"""The table of measures: what is reported, in which unit, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass

from . import delay, fairness, flow, pedestrians, queues, travel
from .sums import SumsLike


@dataclass(frozen=True)
class Measure:
    """One row of the table.

    ``counted_fact``: a count of what happened in the runs, not an estimate of a mean: a gate takes
    it as it is, without an interval.
    """

    name: str
    function: Callable[..., float]
    unit: str
    title: str
    decimals: int = 1  # worth printing
    higher_is_better: bool = False
    counted_fact: bool = False

    def __call__(self, sums: SumsLike) -> float:
        """The measure of one run; NaN when there is no vehicle to take it over."""
        return self.function(sums)


_TABLE = [
    Measure("mean_delay_s", delay.mean_delay_s, "s", "Mean delay"),
    Measure("mean_travel_time_s", travel.mean_travel_time_s, "s", "Mean travel time"),
    Measure("total_delay_h", delay.total_delay_h, "veh·h", "Total delay"),
    Measure("p95_delay_s", delay.p95_delay_s, "s", "95th percentile of delay"),
    Measure("stops_per_vehicle", queues.stops_per_vehicle, "stops", "Stops per vehicle", 2),
    Measure("max_queue_veh", queues.max_queue_veh, "veh", "Longest queue", 0),
    Measure("worst_lane_delay_s", fairness.worst_lane_delay_s, "s", "Mean delay at the worst lane"),
    Measure("delay_fairness", fairness.delay_fairness, "", "Fairness (Jain)", 2, higher_is_better=True),
    Measure("throughput_vph", flow.throughput_vph, "veh/h", "Throughput", 0, higher_is_better=True),
    Measure("completed", flow.completed, "veh", "Completed", 0, higher_is_better=True, counted_fact=True),
    Measure("unserved", flow.unserved, "veh", "Unserved", 0, counted_fact=True),
    Measure("gridlocks", flow.gridlocks, "", "Gridlocks", 0, counted_fact=True),
]

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _TABLE}
# Of runs with crossings, besides these.
PEDESTRIAN_MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("mean_pedestrian_delay_s", pedestrians.mean_pedestrian_delay_s, "s", "Mean delay on foot"),
        Measure("pedestrians", pedestrians.pedestrians, "ped", "Pedestrians", 0, counted_fact=True),
    )
}


def evaluate(sums: SumsLike) -> dict[str, float]:
    """Every measure of one run, by name, in the table's order."""
    return {name: measure(sums) for name, measure in MEASURES.items()}


def evaluate_pedestrians(sums: pedestrians.WalksLike) -> dict[str, float]:
    """The same of those who walk; empty where there is no crossing."""
    if len(sums.pedestrian_start) < 2:
        return {}
    return {name: measure.function(sums) for name, measure in PEDESTRIAN_MEASURES.items()}
