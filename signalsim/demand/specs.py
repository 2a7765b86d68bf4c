"""The columns of trips.csv, routes.csv and stops.csv."""

import math

from signalsim.network.tables import Column, Spec

TRIP_CLASSES = ("car", "heavy", "bus", "emergency")
LONG_CLASSES = ("heavy", "bus")  # of the size of a heavy vehicle
MAX_ROUTE_LINKS = 10_000

TRIPS = Spec(
    "trips.csv",
    (
        Column("vehicle_id", "id", "a name for the vehicle"),
        Column("depart_s", "float", "when it wishes to depart, after simulated time 0", "s", low=0, high=1e7),
        Column("class", "choice", "what it is", default="car", choices=TRIP_CLASSES),
        Column("route_id", "id", "the route it takes"),
    ),
    key="vehicle_id",
)

ROUTES = Spec(
    "routes.csv",
    (
        Column("route_id", "id", "a name for the route"),
        Column("link_ids", "text", "its links in the order they are driven, separated by blanks"),
        Column("stop_ids", "text", "stops it serves, in their order, separated by blanks", default=""),
    ),
    key="route_id",
)

STOPS = Spec(
    "stops.csv",
    (
        Column("stop_id", "id", "a name for the stop"),
        Column("link_id", "id", "the link it lies on"),
        Column("dwell_s", "float", "mean time that a vehicle stands there", "s", low=0, high=3600),
        Column("position_m", "float", "where its front end lies, from the link's beginning", "m",
               math.nan, 0, 1e6),
    ),
    key="stop_id",
)  # fmt: skip
