"""The columns of counts.csv."""

from signalsim.network.tables import Column, Spec

CLASSES = ("car", "heavy", "all")
IMPUTED = "imputed"
QUALITIES = ("good", "suspect", "bad", IMPUTED)

PEDESTRIANS = Spec(
    "pedestrians.csv",
    (
        Column("crossing_id", "id", "the crossing"),
        Column("interval_start", "time", "beginning of the interval, ISO 8601 with offset"),
        Column("interval_end", "time", "its end, ISO 8601 with offset"),
        Column("pedestrians", "float", "who came to either kerb; empty: nobody counted", "pedestrians",
               low=0, high=1_000_000, may_be_empty=True),
        Column("quality", "choice", "good, suspect (used), bad (taken as an outage)",
               default="good", choices=QUALITIES),
    ),
)  # fmt: skip
COUNTS = Spec(
    "counts.csv",
    (
        Column("camera_id", "id", "a name for the camera"),
        Column("interval_start", "time", "beginning of the interval, ISO 8601 with offset"),
        Column("interval_end", "time", "its end, ISO 8601 with offset"),
        Column("link_id", "id", "the link that the camera looks at"),
        Column("movement_id", "text", "the movement; empty: the whole link", may_be_empty=True),
        Column("count", "float", "vehicles in the interval; empty: the camera was out", "vehicles",
               low=0, high=1_000_000, may_be_empty=True),
        Column("vehicle_class", "choice", "car or heavy; 'all' where they are not told apart",
               default="all", choices=CLASSES),
        Column("quality", "choice",
               "good, suspect (used), bad (taken as an outage), imputed (estimated; used)",
               default="good", choices=QUALITIES),
    ),
)  # fmt: skip
