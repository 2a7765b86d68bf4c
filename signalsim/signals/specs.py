"""The columns of the project's signal tables."""

import math

from signalsim.network.tables import Column, Spec

GROUP = Spec(
    "signal_group.csv",
    (
        Column("group_id", "id", "a name for the signal group; movement.csv refers to it"),
        Column("junction_id", "id", "the node where it hangs"),
        Column("min_green_s", "float", "minimum green", "s", math.nan, 1, 120),
        Column("yellow_s", "float", "yellow; empty: t + v/(2a), or the region's", "s", math.nan, 0, 10),
        Column(
            "all_red_s", "float", "all-red after the yellow; empty: (width + vehicle)/v", "s", math.nan, 0, 20
        ),
        Column("max_red_s", "float", "longest red that is guaranteed; 0: none", "s", 0.0, 0, 600),
        Column("name", "text", "a name for people", default=""),
    ),
    key="group_id",
)
STAGE = Spec(
    "signal_stage.csv",
    (
        Column("junction_id", "id", "the node"),
        Column("stage_id", "id", "the stage's name, unique at its junction"),
        Column("group_ids", "text", "the groups that are green, separated by blanks"),
        Column("name", "text", "a name for people", default=""),
    ),
)
PLAN = Spec(
    "signal_plan.csv",
    (
        Column("plan_id", "id", "the plan's name"),
        Column("junction_id", "id", "the node"),
        Column("position", "int", "place of the stage in the cycle: 1, 2, …", low=1, high=64),
        Column("stage_id", "id", "the stage"),
        Column("green_s", "float", "green, without the intergreen behind it", "s", low=0.1, high=600),
        Column("offset_s", "float", "start of the first stage's green after the reference second", "s", 0.0,
               -3600, 3600),
        Column("cycle_s", "float", "cycle, to be checked against greens and intergreens", "s", math.nan,
               1, 3600),
    ),
)  # fmt: skip
INTERGREEN = Spec(
    "intergreen.csv",
    (
        Column("clearing_group_id", "id", "the group that ends"),
        Column("entering_group_id", "id", "the group that begins"),
        Column("intergreen_s", "float", "from end of green to start of green", "s", low=0, high=30),
    ),
)  # fmt: skip
SCHEDULE = Spec(
    "signal_schedule.csv",
    (
        Column("schedule_id", "id", "the schedule's name; scenario.toml names it as it names a plan"),
        Column("start", "text", "from this time of day on, as in 06:30, local time"),
        Column("plan_id", "id", "the plan"),
        Column("days", "text", "days of the week, as in mon-fri or sat sun; empty: all", default=""),
        Column("junction_id", "text", "the node; empty: all that no row names", default=""),
    ),
)
PHASE = Spec(
    "signal_phase.csv",
    (
        Column("junction_id", "id", "the node whose controller has rings"),
        Column("phase_num", "int", "number of the phase, as on the controller's sheet", low=1, high=64),
        Column("group_id", "id", "the signal group that it shows"),
        Column("ring", "int", "its ring", low=1, high=16),
        Column("barrier", "int", "between which barriers it lies: 1, 2, …", low=1, high=16),
        Column("position", "int", "place in its ring between the barriers: 1, 2, …", low=1, high=16),
        Column("min_green_s", "float", "minimum green (initial); empty: its group's", "s", math.nan, 1, 255),
        Column("max_green_s", "float", "maximum green after a conflicting call", "s", 50.0, 1, 600),
        Column("passage_s", "float", "extension by an actuation", "s", 3.0, 0, 30),
        Column("min_gap_s", "float", "the extension when gap reduction is over; empty: no reduction", "s",
               math.nan, 0, 30),
        Column("before_reduction_s", "float", "from the first conflicting call to the reduction's start", "s",
               0.0, 0, 255),
        Column("reduction_s", "float", "from passage to minimum gap", "s", 0.0, 0, 255),
        Column("added_initial_s", "float", "variable initial: for each vehicle counted while red", "s", 0.0,
               0, 30),
        Column("max_initial_s", "float", "the longest variable initial; empty: the minimum green", "s",
               math.nan, 0, 255),
        Column("recall", "choice", "which call the phase has without a detector's", default="none",
               choices=("none", "soft", "min", "max", "ped")),
        Column("locks", "int", "1: a call stays when its vehicle has left the detector", default=0, low=0,
               high=1),
        Column("dual_entry", "int", "1: is served beside the other ring's phase without a call of its own",
               default=1, low=0, high=1),
        Column("gap_out_together", "int", "1: gaps out at a barrier only with the other rings' phases",
               default=1, low=0, high=1),
        Column("walk_group_id", "text", "the pedestrian group that walks with it", default=""),
        Column("name", "text", "a name for people", default=""),
    ),
)  # fmt: skip
OVERLAP = Spec(
    "signal_overlap.csv",
    (
        Column("junction_id", "id", "the node"),
        Column("group_id", "id", "the signal group that is green with any of the phases"),
        Column("phase_nums", "text", "these phases, separated by blanks"),
    ),
)
SPLIT = Spec(
    "signal_split.csv",
    (
        Column("plan_id", "id", "the plan's name"),
        Column("junction_id", "id", "the node"),
        Column("phase_num", "int", "the phase", low=1, high=64),
        Column("split_s", "float", "its green, yellow and all-red", "s", low=1, high=600),
        Column("coordinated", "int", "1: rests in the cycle's spare time, and the offset is of it", default=0,
               low=0, high=1),
        Column("offset_s", "float", "the reference point after the reference second", "s", 0.0, -3600, 3600),
        Column("force_off", "choice", "unused time goes to the next phase (fixed) or to the coordinated one",
               default="fixed", choices=("fixed", "floating")),
    ),
)  # fmt: skip
