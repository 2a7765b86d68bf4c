"""Trips, routes and the vehicles that make them, as the scenario has them."""

import math
from collections import Counter
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from signalsim.demand.specs import ROUTES, TRIPS
from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.halts import StopTable
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.routing import Trips
from signalsim.formats.sumo.traffic import Kind, Traffic

TYPES_FILE = "sumo.vtypes.xml"  # for --engine sumo
_SPACING_M = (4.0, 15.0)
_ROUND_S = 60.0  # the demand window ends with a full minute


@dataclass
class Fleet:
    """The mean car of the trips, with the most frequent one's car-following."""

    spacing_m: float  # standing, front to front
    speed_dev: float
    kind: Kind  # the most frequent car
    kinds: int

    @property
    def driver(self) -> Driver:
        """Who stands in the queues."""
        kind = self.kind
        return Driver(
            spacing_m=self.spacing_m,
            tau_s=kind.headway_s,
            acceleration=kind.acceleration,
            deceleration=kind.deceleration,
            sigma=kind.sigma,
            speed_dev=self.speed_dev,
        )

    def tell(self, draft: Draft) -> None:
        """Defaults of the scenario that follow from the cars."""
        driver = self.driver
        draft.section(
            "defaults",
            jam_spacing_m=round(self.spacing_m, 3),
            pace_sd=round(self.speed_dev, 4),
            acceleration=_clipped(driver.starting),
            comfortable_deceleration=_clipped(driver.deceleration),
        )
        draft.understood(
            f"cars stand {self.spacing_m:.3g} m apart (length and minGap), their speeds have a standard "
            f"deviation of {self.speed_dev:g}"
        )
        draft.guessed(
            "saturation flows, start-up, end gains, critical gaps and free speeds",
            f"what SUMO's drivers do (tau {driver.tau_s:g} s, acceleration {driver.acceleration:g} and "
            f"{driver.deceleration:g} m/s2, sigma {driver.sigma:g}): at 50 km/h "
            f"{driver.discharge(50 / 3.6).saturation_pcuph:,.0f} pcu/h straight on, cruising at "
            f"{3.6 * driver.cruising_mps(50 / 3.6):.3g} km/h",
        )


def _clipped(mps2: float) -> float:
    """In the range that networks take."""
    return round(min(max(mps2, 0.5), 6.0), 3)


def fleet_of(traffic: Traffic, trips: Trips) -> Fleet:
    """What the cars of the trips are like; SUMO's passenger car where there are none."""
    chosen = set(trips.vehicle)
    cars = Counter(
        v.kind for v in traffic.vehicles if v.id in chosen and traffic.kind(v.kind).v_class == "passenger"
    )
    total = sum(cars.values())
    if not total:
        usual = Kind("car")
        return Fleet(usual.length_m + usual.gap_m, usual.speed_dev, usual, 1)
    spacing = sum(n * (traffic.kind(k).length_m + traffic.kind(k).gap_m) for k, n in cars.items()) / total
    dev = sum(n * traffic.kind(k).speed_dev for k, n in cars.items()) / total
    return Fleet(
        min(max(spacing, _SPACING_M[0]), _SPACING_M[1]),
        min(dev, 0.3),
        traffic.kind(cars.most_common(1)[0][0]),
        len({(traffic.kind(k).length_m, traffic.kind(k).gap_m) for k in cars}),
    )


def add_trips(
    draft: Draft, layout: Layout, traffic: Traffic, trips: Trips, begin_s: float, end_s: float | None
) -> None:
    """Trips, routes and the horizon. Raises InputError where nobody can drive."""
    _tell(draft, traffic, trips, begin_s, end_s)
    if not trips.vehicle:
        raise InputError(
            f"{draft.config['source']['description']}: none of its {len(traffic.vehicles):,} vehicles "
            "departs in the time that is simulated on a route that exists; give other routes, begin or end"
        )
    draft.extend(
        TRIPS,
        vehicle_id=_unique(["_".join(name.split()) for name in trips.vehicle]),
        depart_s=[round(time - begin_s, 3) for time in trips.depart_s],
        route_id=[f"r{number}" for number in trips.route],
        **{"class": trips.kind},
    )
    stops = StopTable(layout, traffic.bus_stops)
    draft.extend(
        ROUTES,
        route_id=[f"r{number}" for number in trips.routes.values()],
        link_ids=[way.edges for way in trips.routes],
        stop_ids=[stops.ids(way.halts) for way in trips.routes],
    )
    stops.write(draft)
    span = (max(trips.depart_s) if end_s is None else end_s) - begin_s
    end = _ROUND_S * (math.floor(span / _ROUND_S) + 1) if end_s is None else span
    draft.section("horizon", warm_up_s=0.0, demand_s=end, drain_s=3600.0)
    draft.section("demand", trips=TRIPS.file, routes=ROUTES.file)


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return out


def _tell(draft: Draft, traffic: Traffic, trips: Trips, begin_s: float, end_s: float | None) -> None:
    kinds = Counter(trips.kind)
    outside = len(traffic.vehicles) - len(trips.vehicle) - len(trips.lost) - len(trips.broken)
    sirens = f", {kinds['emergency']:,} emergency vehicles" if kinds["emergency"] else ""
    flows = f", {traffic.flows:,} flows spread over their time" if traffic.flows else ""
    draft.understood(
        f"{len(trips.vehicle):,} vehicles on {len(trips.routes):,} routes ({kinds['car']:,} cars, "
        f"{kinds['heavy']:,} lorries, {kinds['bus']:,} buses{sirens}){flows}"
    )
    draft.guessed(
        "routes of trips",
        "shortest time at the speed limits, 1.5 s more where a movement gives way; SUMO routes so on an "
        "empty network",
    )
    if traffic.drawn:
        draft.guessed("gaps of flows with random departures", "drawn once, exponential", traffic.drawn)
    if outside:
        until = "on" if end_s is None else f"to {end_s:g} s"
        draft.dropped(f"{outside:,} vehicles", f"they depart outside of {begin_s:g} s {until}")
    if trips.broken:
        draft.dropped(
            "vehicles whose route has edges or connections that cars cannot use", "no way", trips.broken
        )
    if trips.lost:
        draft.dropped("trips", "no way for cars leads from their first edge to the last", trips.lost)
    for reason, names in sorted(traffic.dropped.items()):
        what, _, why = reason.partition(": ")
        draft.dropped(what, why or "cannot be simulated", names)


def write_types(draft: Draft, fleet: Fleet) -> None:
    """The vehicle types for SUMO: the most frequent car, and a lorry with SUMO's values."""
    car = fleet.kind
    draft.texts[TYPES_FILE] = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<additional>\n'
        f'    <vType id="car" vClass="passenger" length={quoteattr(f"{car.length_m:g}")} '
        f"minGap={quoteattr(f'{car.gap_m:g}')} tau={quoteattr(f'{car.headway_s:g}')} "
        f"accel={quoteattr(f'{car.acceleration:g}')} decel={quoteattr(f'{car.deceleration:g}')} "
        f"sigma={quoteattr(f'{car.sigma:g}')}/>\n"
        '    <vType id="heavy" vClass="truck"/>\n</additional>\n'
    )
