"""One function per measure, from the integers that a run leaves; a new measure is one function here.

``MEASURES`` is the table of all of them, in the order in which they are reported.
"""

from .delay import mean_delay_s, p95_delay_s, total_delay_h
from .fairness import delay_fairness, worst_lane_delay_s
from .flow import completed, throughput_vph, unserved
from .fold import Folded, fold
from .queues import max_queue_veh, stops_per_vehicle
from .registry import MEASURES, Measure, evaluate
from .sums import SumsLike
from .travel import mean_travel_time_s

__all__ = [
    "MEASURES",
    "Folded",
    "Measure",
    "SumsLike",
    "completed",
    "delay_fairness",
    "evaluate",
    "fold",
    "max_queue_veh",
    "mean_delay_s",
    "mean_travel_time_s",
    "p95_delay_s",
    "stops_per_vehicle",
    "throughput_vph",
    "total_delay_h",
    "unserved",
    "worst_lane_delay_s",
]
