"""The columns of a network's four tables: GMNS 0.96, with the project's ``opt_`` columns."""

import math

from signalsim.network.tables import Column, Spec

TYPES = ("left", "thru", "right", "uturn")
# of a movement, in GMNS's words; those of SIGNALS need a signal group, the others have none
STOPS = ("stop", "stop_2_way", "stop_4_way")
SIGNALS = ("signal", "signal_with_RTOR")
UNSAID = -1  # a whole number that the table does not give
CONTROLS = ("no_control", "yield", *STOPS, *SIGNALS)

NODE = Spec(
    "node.csv",
    (
        Column("node_id", "id", "a name for the node"),
        Column("x_coord", "float", "position to the east", "m", low=-1e8, high=1e8),
        Column("y_coord", "float", "position to the north", "m", low=-1e8, high=1e8),
        Column("name", "text", "a name for people", default=""),
        Column(
            "ctrl_type",
            "text",
            "how the node is controlled; 'signal' where lights hang, 'roundabout' on one",
            default="",
        ),
    ),
    ("z_coord", "node_type", "zone_id", "parent_node_id"),
    "node_id",
)

LINK = Spec(
    "link.csv",
    (
        Column("link_id", "id", "a name for the link"),
        Column("from_node_id", "id", "the node where the link begins"),
        Column("to_node_id", "id", "the node where it ends"),
        Column("length", "float", "from the junction behind to the stop line", "m", low=0.1, high=100_000),
        Column("lanes", "int", "number of full lanes", low=1, high=20),
        Column("free_speed", "float", "free speed", "km/h", math.nan, 5, 150),
        Column("name", "text", "a name for people", default=""),
        Column("opt_saturation_flow", "float", "saturation flow per lane", "pcu/h/lane", math.nan, 300, 3600),
        Column("opt_jam_spacing_m", "float", "spacing of standing cars", "m/pcu", math.nan, 4, 15),
        Column("opt_entry", "int", "1: vehicles may begin here although movements lead here", "", 0, 0, 1),
        Column("opt_exit", "int", "1: routes may end here although movements lead on", "", 0, 0, 1),
    ),
    ("directed", "geometry_id", "geometry", "parent_link_id", "dir_flag", "grade",
     "facility_type", "capacity",
     "bike_facility", "ped_facility", "parking", "allowed_uses", "toll", "jurisdiction", "row_width"),
    "link_id",
)  # fmt: skip

LANE = Spec(
    "lane.csv",
    (
        Column("lane_id", "id", "a name for the lane"),
        Column("link_id", "id", "the link it belongs to"),
        Column("lane_num", "int", "1, 2, … from the left; negative: left-turn bay; above the link's "
               "lanes: right-turn bay", low=-9, high=30),
        Column("opt_length_m", "float", "length of a bay, back from the stop line", "m", math.nan, 5, 1000),
    ),
    ("allowed_uses", "r_barrier", "l_barrier", "width"),
    "lane_id",
)  # fmt: skip

MOVEMENT = Spec(
    "movement.csv",
    (
        Column("mvmt_id", "id", "a name for the movement"),
        Column("node_id", "id", "the node it crosses"),
        Column("ib_link_id", "id", "the link it comes from"),
        Column("ob_link_id", "id", "the link it goes to"),
        Column("start_ib_lane", "int", "its leftmost lane before the node (0: all full lanes)", default=0,
               low=-9, high=30),
        Column("end_ib_lane", "int", "its rightmost lane there (0: the same)", default=0, low=-9, high=30),
        Column("start_ob_lane", "int", "its leftmost lane behind it (0: any)", default=0, low=0, high=30),
        Column("end_ob_lane", "int", "its rightmost lane there (0: the same)", default=0, low=0, high=30),
        Column("type", "choice", "the turn; empty: from the positions", default="", choices=TYPES),
        Column("ctrl_type", "choice", "how it is controlled; stop_4_way: an all-way stop, signal_with_RTOR: "
               "may go on red after a stop; empty: by its signal, or the rules of right of way",
               default="", choices=CONTROLS),
        Column("name", "text", "a name for people", default=""),
        Column("opt_signal_group_id", "text", "the group it obeys; empty: none, always open", default=""),
        Column("opt_saturation_flow", "float", "saturation flow per lane", "pcu/h/lane", math.nan, 300, 3600),
        Column("opt_start_up_loss_s", "float", "start-up lost time", "s", math.nan, 0, 10),
        Column("opt_first_headway_s", "float", "start of green to the first crossing from a standing queue; "
               "instead of opt_start_up_loss_s", "s", math.nan, 0, 10),
        Column("opt_second_headway_s", "float", "first to second crossing from a standing queue", "s",
               math.nan, 0.5, 12),
        Column("opt_end_gain_s", "float", "yellow used as green", "s", math.nan, 0, 5),
        Column("opt_path_m", "float", "way across the junction", "m", math.nan, 1, 200),
        Column("opt_speed_kmh", "float", "speed across the junction", "km/h", math.nan, 3, 150),
        Column("opt_gap_s", "float", "critical gap", "s", math.nan, 1, 15),
        Column("opt_follow_s", "float", "follow-up time", "s", math.nan, 1, 10),
        Column("opt_keep_clear", "int", "1: nobody enters without room behind the node, 0: they do; empty: "
               "as the scenario's keep_clear", "", UNSAID, 0, 1),
    ),
    ("penalty", "capacity", "mvmt_code", "allowed_uses", "geometry"),
    "mvmt_id",
)  # fmt: skip

CONFLICT = Spec(
    "conflict.csv",
    (
        Column("mvmt_id", "id", "a movement"),
        Column("other_mvmt_id", "id", "a movement of the same node"),
        Column("rule", "choice", "free; yield: the first gives way to the other; forbidden: never green "
               "together; apart: the same, though their paths do not meet. Two movements of an all-way stop "
               "take turns where a yield, either way, or forbidden says that they meet",
               choices=("free", "yield", "forbidden", "apart")),
    ),
)  # fmt: skip
