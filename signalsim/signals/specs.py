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
