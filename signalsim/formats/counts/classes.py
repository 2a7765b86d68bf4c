"""What cameras and data portals call vehicles, and the classes of the count table."""

CAR, HEAVY, ALL, LEFT_OUT = "car", "heavy", "all", ""

_CARS = """
    car cars passenger_car private_car personal_car sedan coupe hatchback suv van minivan pickup taxi light
    light_vehicle lights motorcycle motorbike motorcycles moped scooter motorcyclist car_with_trailer
    van_with_trailer delivery_van private_van private_van_with_trailer delivery_van_with_trailer
    passenger_vehicle roadster wagon crossover
"""
_HEAVIES = """
    heavy heavy_vehicle heavies hgv lorry truck trucks bus buses coach articulated_truck articulated_trucks
    single_unit_truck single_unit_trucks truck_with_trailer truck_with_semitrailer semitrailer trailer
    semi_trailer heavy_truck largevehicle large_vehicle tractor
"""
_OTHERS = """
    person persons pedestrian pedestrians people bicycle bicycles bike bikes cyclist cyclists bicyclist
    bicyclist_with_trailer cargo_bike_driver scooter_driver roadsign face animal dog cat
"""
_KNOWN = (
    dict.fromkeys(_CARS.split(), CAR)
    | dict.fromkeys(_HEAVIES.split(), HEAVY)
    | dict.fromkeys(_OTHERS.split(), LEFT_OUT)
    | dict.fromkeys(("all", "any", "total", "vehicle", "vehicles", "motor_vehicle", "anyvehicle"), ALL)
)


def usual_class(name: str) -> str | None:
    """car, heavy, all or '' (not a motor vehicle) for a name in common use; None for another."""
    return _KNOWN.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
