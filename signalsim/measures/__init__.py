"""One function per measure, from the integers that a run leaves; a new measure is one function here.

``MEASURES`` is the table of those of a whole run, from its sums, in the order in which they are reported.
Those of places (movements, lane groups, approaches, junctions) are folded from full records: ``passages``
and ``greens`` first, then a function per measure.
"""

from .capacity import capacity_pcu, effective_green_ms, gives_way
from .delay import mean_delay_s, p95_delay_s, total_delay_h
from .fairness import delay_fairness, worst_lane_delay_s
from .flow import completed, throughput_vph, unserved
from .fold import Folded, fold
from .fuel import co2_kg, fuel_l
from .greens import Greens, greens
from .lane_groups import LaneGroups, lane_groups
from .los import level_of_service
from .passages import Passages, passages
from .pedestrians import (
    by_crossing,
    crossing_delay_percentile_s,
    crossing_delay_s,
    mean_pedestrian_delay_s,
    pedestrian_delay_h,
    pedestrian_level_of_service,
)
from .persons import Occupancy, bus_delay_s, person_delay_h
from .progression import arrivals_on_green, greens_shown, platoon_ratio, split_failures
from .queues import max_queue_veh, stops_per_vehicle
from .registry import MEASURES, PEDESTRIAN_MEASURES, Measure, evaluate, evaluate_pedestrians
from .reliability import (
    Trips,
    buffer_index,
    freeflow_time_s,
    planning_time_index,
    travel_time_percentile_s,
    travel_time_s,
    trips,
)
from .rows import Rows, by_movement
from .saturation import degree_of_saturation
from .standing import max_queue, mean_queue, p95_queue, queues
from .stop_line import (
    control_delay_p95_s,
    control_delay_s,
    demand_veh,
    entry_wait_s,
    flow_vph,
    not_crossed_veh,
    stops_per_passage,
    total_control_delay_h,
)
from .sums import SumsLike
from .travel import mean_travel_time_s

__all__ = [
    "MEASURES",
    "PEDESTRIAN_MEASURES",
    "Folded",
    "Greens",
    "LaneGroups",
    "Measure",
    "Occupancy",
    "Passages",
    "Rows",
    "SumsLike",
    "Trips",
    "arrivals_on_green",
    "buffer_index",
    "bus_delay_s",
    "by_crossing",
    "by_movement",
    "capacity_pcu",
    "co2_kg",
    "completed",
    "control_delay_p95_s",
    "control_delay_s",
    "crossing_delay_percentile_s",
    "crossing_delay_s",
    "degree_of_saturation",
    "delay_fairness",
    "demand_veh",
    "effective_green_ms",
    "entry_wait_s",
    "evaluate",
    "evaluate_pedestrians",
    "flow_vph",
    "fold",
    "freeflow_time_s",
    "fuel_l",
    "gives_way",
    "greens",
    "greens_shown",
    "lane_groups",
    "level_of_service",
    "max_queue",
    "max_queue_veh",
    "mean_delay_s",
    "mean_pedestrian_delay_s",
    "mean_queue",
    "mean_travel_time_s",
    "not_crossed_veh",
    "p95_delay_s",
    "p95_queue",
    "passages",
    "pedestrian_delay_h",
    "pedestrian_level_of_service",
    "person_delay_h",
    "planning_time_index",
    "platoon_ratio",
    "queues",
    "split_failures",
    "stops_per_passage",
    "stops_per_vehicle",
    "throughput_vph",
    "total_control_delay_h",
    "total_delay_h",
    "travel_time_percentile_s",
    "travel_time_s",
    "trips",
    "unserved",
    "worst_lane_delay_s",
]
