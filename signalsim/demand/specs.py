"""The columns of trips.csv and routes.csv."""

from signalsim.network.tables import Column, Spec

TRIP_CLASSES = ("car", "heavy", "bus")
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
    ),
    key="route_id",
)
