"""What the engine is given: the road, the signals and the vehicles, as arrays of integers.

Times are int64 milliseconds, lengths are slots of half a passenger car unit. All units were
converted by the caller; nothing here knows metres or ids. Entities are dense int32 indices.
"""

from typing import NamedTuple

import numpy as np

EXIT = -1  # the movement of a vehicle whose route ends with the link it is on
NO_GROUP = -1  # a movement that no signal group controls: always open
CAR_SLOTS = 2  # slots that a car takes; who takes more is long
INF = 1 << 60  # "never", in ms; sums of two stay inside int64

SEGMENT = np.dtype(
    [
        ("link", "i4"),
        ("first_lane", "i4"),
        ("n_lanes", "i4"),
        ("next", "i4"),  # the segment behind a bay's mouth, -1 at the stop line
        ("feeder_start", "i4"),
        ("feeder_end", "i4"),
        ("travel_ms", "i4"),  # at free flow, for a driver of pace 1000
        ("is_first", "i4"),  # 1 where the link begins: an entry here is a move
    ]
)

MOVEMENT = np.dtype(
    [
        ("from_link", "i4"),
        ("to_segment", "i4"),
        ("group", "i4"),  # signal group, NO_GROUP if none
        ("traverse_ms", "i4"),  # stop line to the beginning of the next link
        ("headway_ms", "i4"),  # saturation headway of a passenger car
        ("startup_ms", "i4"),  # green start to the first crossing from a standing queue
        # what the second crossing comes later than one headway: by so much the first one is late as well
        # when it is at speed, behind the stop line
        ("startup2_ms", "i4"),
        ("end_gain_ms", "i4"),  # how long after the end of green it still discharges
        ("gap_ms", "i4"),  # critical gap
        ("follow_ms", "i4"),  # follow-up time
        ("sneakers", "i4"),  # queued permissive turners that clear at the end of green
        ("yield_start", "i4"),
        ("yield_end", "i4"),
        ("serve_first", "i4"),  # bitmask of the lanes that serve it, on the link's first segment
        ("serve_last", "i4"),  # the same on its last segment (equal if there is one only)
        ("loss_ms", "i4"),  # what a start from the stop line costs behind it, unless it is at green
        ("hold_ms", "i4"),  # who must stop crosses so long after it could have arrived, or later
        ("rules", "i4"),  # bits, see below
        ("foe_start", "i4"),  # movements whose paths cross or merge with it: only if a rule needs them
        ("foe_end", "i4"),
        ("zone_start", "i4"),  # where its vehicles meet pedestrians
        ("zone_end", "i4"),
    ]
)

# Rules of a movement.
STOPS = 1  # no signal: everybody stops before the junction
TAKES_TURNS = 2  # an all-way stop: first come, first served among its foes
ON_RED = 4  # may cross on red after a stop, when no foe is near
ENTERS = 8  # enters the junction without room behind it, and stands inside (not kept clear)

STEP = np.dtype(  # what the loop reads of a movement at every crossing, two to a cache line
    [
        ("to_segment", "i4"),
        ("to_lane", "i4"),  # first lane there
        ("group", "i4"),
        ("traverse_ms", "i4"),
        ("headway_ms", "i4"),
        ("startup_ms", "i4"),
        ("end_gain_ms", "i4"),
        ("to_lanes", "i1"),  # number of lanes there
        ("rules", "i1"),
        ("yields", "i1"),  # bits of whom it may have to give way to, see below
        ("pad", "i1"),
    ]
)

# To whom a movement gives way.
TO_VEHICLES = 1
TO_PEDESTRIANS = 2

FEEDER = np.dtype([("lane", "i4"), ("stride", "i4")])  # stride: microseconds of one slot's capacity

PRIORITY = np.dtype([("lane", "i4"), ("movement", "i4")])  # a movement at the stop line of a lane

GROUP = np.dtype(
    [
        ("junction", "i4"),
        ("lane_start", "i4"),
        ("lane_end", "i4"),
        ("min_green_ms", "i4"),
        ("yellow_ms", "i4"),
        ("clear_ms", "i4"),  # green end until every forbidden group may be green: for sneakers
        ("urgent_ms", "i8"),  # red for this long: the interlock serves it next (INF: no maximum red)
        ("walk", "i4"),  # bits of a pedestrian group, see below; 0: a group of vehicles
        ("lead_ms", "i4"),  # a pedestrian group: its walk begins so long before the groups of ``led``
        ("crossing_start", "i4"),
        ("crossing_end", "i4"),
        ("led", "u8"),  # bitmask of local groups of vehicles
    ]
)
# A pedestrian group: minimum green is its walk, yellow the clearance that is shown (flashing don't walk).
WALKS = 1
BUTTON = 2  # walks when it was called only; without, every time a stage with it begins
RESTS = 4  # stays in walk until its stage is to end

JUNCTION = np.dtype(
    [
        ("first_group", "i4"),
        ("n_groups", "i4"),
        ("first_stage", "i4"),
        ("n_stages", "i4"),
        ("intergreen_start", "i4"),  # n_groups x n_groups from here: [clearing, entering]
        ("initial_stage", "i2"),  # local
        ("limits", "i2"),  # 1: some of its groups have a maximum red
        ("walks", "u8"),  # bitmask of its pedestrian groups
    ]
)

CROSSING = np.dtype(  # where pedestrians cross a leg
    [
        ("group", "i4"),  # its pedestrian group, NO_GROUP: a zebra, where pedestrians have priority
        ("cross_ms", "i4"),  # from kerb to kerb
    ]
)
ZONE = np.dtype(  # where the vehicles of a movement meet the pedestrians of a crossing
    [
        ("crossing", "i4"),
        ("on_red", "i4"),  # 1: only who turns on red may meet them
        ("gap_ms", "i4"),  # so long has nobody to be there for a vehicle to cross
        ("near_from_ms", "i4"),  # who sets off from the near kerb (that of the lanes leaving) is there so
        ("near_to_ms", "i4"),  # long after
        ("far_from_ms", "i4"),  # who sets off from the other kerb
        ("far_to_ms", "i4"),
        ("pad", "i4"),
    ]
)


class Signals(NamedTuple):
    """The interlock's tables: it knows no traffic.

    ``stage[s]`` is a bitmask over the junction's groups, bit 0 its first group.
    ``intergreen_ms`` holds, per junction, a matrix [clearing, entering]: end of green of the one to
    start of green of the other. ``forbidden[g]`` is a bitmask of the groups never green with ``g``.
    """

    junction: np.ndarray  # (n_junctions,) JUNCTION
    group: np.ndarray  # (n_groups,) GROUP
    stage: np.ndarray  # (n_stages,) uint64 bitmask of local groups
    forbidden: np.ndarray  # (n_groups,) uint64 bitmask of local groups
    intergreen_ms: np.ndarray  # (sum of n_groups**2,) int32


class Tables(NamedTuple):
    """The road and its signals. Lanes beyond ``n_lanes`` are sources, one per origin link."""

    segment: np.ndarray  # (n_segments,) SEGMENT
    lane: np.ndarray  # (n_lanes + n_sources,) int32: the lane's segment; a source's target segment
    lane_slots: np.ndarray  # (n_lanes,) int32
    lane_headway_ms: np.ndarray  # (n_lanes,) int32, admission and exit
    lane_wave_ms: np.ndarray  # (n_lanes,) int32, backward wave over the whole lane
    lane_view_ms: np.ndarray  # (n_lanes,) int32, advance line to stop line at free flow; 0: no camera
    lane_view_slots: np.ndarray  # (n_lanes,) int32, storage between the two
    lane_movement: np.ndarray  # (n_lanes + 1,) int32: CSR of the movements each lane serves
    lane_movement_id: np.ndarray  # int32
    movement: np.ndarray  # (n_movements,) MOVEMENT
    step: np.ndarray  # (n_movements,) STEP
    feeder: np.ndarray  # FEEDER, CSR by segment
    priority: np.ndarray  # PRIORITY, CSR by movement: who has priority over it; behind all these its foes
    group_lane: np.ndarray  # int32, CSR by group: lanes at whose stop line the group's lamp counts
    crossing: np.ndarray  # (n_crossings,) CROSSING
    group_crossing: np.ndarray  # int32, CSR by group: crossings where its lamp counts
    zone: np.ndarray  # ZONE, CSR by movement
    link_first_segment: np.ndarray  # (n_links,) int32
    signals: Signals


class Arrivals(NamedTuple):
    """Everything about the demand, drawn before the run. Vehicles are sorted by ``depart_ms``,
    pedestrians by crossing and time."""

    depart_ms: np.ndarray  # (n_vehicles,) int64, wished departure
    route: np.ndarray  # (n_vehicles,) int32
    pace: np.ndarray  # (n_vehicles,) int32: 1000 x free-flow time of this driver over the link's
    size: np.ndarray  # (n_vehicles,) int32, slots: twice its passenger car units
    route_link: np.ndarray  # (n_routes,) int32, the link a route begins on
    route_start: np.ndarray  # (n_routes + 1,) int32
    route_movement: np.ndarray  # int32, CSR by route; each row ends with EXIT
    route_dwell_ms: np.ndarray  # int32, parallel to route_movement: time at stops on the link before it
    siren: np.ndarray  # (n_vehicles,) bool, passes queues
    pedestrian_start: np.ndarray = np.zeros(1, np.int32)  # (n_crossings + 1,) int32; of one: nobody walks
    pedestrian_ms: np.ndarray = np.zeros(0, np.int64)  # (n_pedestrians,) int64, CSR by crossing: at the kerb
    pedestrian_far: np.ndarray = np.zeros(0, bool)  # (n_pedestrians,) bool, comes to the far kerb
