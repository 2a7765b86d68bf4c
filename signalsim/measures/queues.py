"""Stops and queues."""

from .sums import NAN, SumsLike


def stops_per_vehicle(sums: SumsLike) -> float:
    """Mean number of stops of a counted vehicle.

    A stop is to be held up at a stop line or a bay's mouth for ``engine.records.STOP_MS`` or longer. It
    counts once the vehicle has crossed, whether it arrived before the run ended or not.
    """
    n = int(sums.counted.sum())
    return int(sums.lane_stops.sum()) / n if n else NAN


def max_queue_veh(sums: SumsLike) -> float:
    """The longest queue at any stop line at any moment, vehicles, whoever stood in it."""
    return float(sums.lane_max_queue.max(initial=0))
