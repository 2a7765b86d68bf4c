"""Every number that is assumed where the input is silent, once, each with its source.

``[network] region`` of scenario.toml replaces some by what holds in a country (``network.regions``);
``[defaults]`` overrides any of them by name; single links and movements override some by an ``opt_``
column.
"""

from types import SimpleNamespace

from signalsim.network.regions import REGIONS, Region
from signalsim.network.tables import Column

_TOLERANCE_KMH = 0.1  # a limit that went through m/s is still the limit


def _row(name: str, value: float, unit: str, low: float, high: float, meaning: str) -> Column:
    return Column(name, "float", meaning, unit, value, low, high)


DEFAULTS: tuple[Column, ...] = (
    _row("saturation_flow", 1900.0, "pcu/h/lane", 300, 3600,
         "saturation flow of a through lane (HCM 2010, ch. 18: 1,900 pc/h/ln)"),
    _row("left_factor", 0.95, "", 0.2, 1, "saturation flow of a left turn over a through lane's (HCM 2010)"),
    _row("right_factor", 0.85, "", 0.2, 1, "the same of a right turn (HCM 2010)"),
    _row("start_up_loss_s", 2.0, "s", 0, 10, "start-up lost time (HCM 2010, l1 = 2.0 s)"),
    _row("start_reaction_s", 1.0, "s", 0, 5,
         "start of green to the first crossing, as in the yellow formula (ITE: 1 s)"),
    _row("end_gain_s", 2.0, "s", 0, 5, "yellow used as green, at most all of it (HCM 2010, e = 2.0 s)"),
    _row("jam_spacing_m", 7.5, "m/pcu", 4, 15, "spacing of standing vehicles (5 m car and 2.5 m gap)"),
    _row("free_speed_kmh", 50.0, "km/h", 5, 150, "free speed of a link that gives none"),
    _row("left_speed_kmh", 25.0, "km/h", 3, 80, "speed in a left turn (radius about 15 m, 0.33 g)"),
    _row("right_speed_kmh", 20.0, "km/h", 3, 80, "speed in a right turn (radius about 10 m, 0.33 g)"),
    _row("left_path_m", 25.0, "m", 1, 200, "way across the junction of a left turn (assumption: 4+4 lanes)"),
    _row("right_path_m", 13.0, "m", 1, 200, "the same of a right turn (assumption)"),
    _row("through_path_m", 24.0, "m", 1, 200, "the same of a through movement (assumption)"),
    _row("left_gap_s", 4.5, "s", 1, 15, "critical gap of a permissive left turn (HCM 2010, ch. 18: 4.5 s)"),
    _row("left_follow_s", 2.5, "s", 1, 10, "follow-up time of a permissive left turn (HCM 2010: 2.5 s)"),
    _row("left_sneakers", 2.0, "vehicles", 0, 5, "permissive left turns at the end of green (HCM 2010)"),
    _row("minor_left_gap_s", 7.1, "s", 1, 15, "critical gap, left turn without signal (HCM 2010, ch. 19)"),
    _row("minor_left_follow_s", 3.5, "s", 1, 10, "follow-up time, the same (HCM 2010, ch. 19)"),
    _row("minor_through_gap_s", 6.5, "s", 1, 15, "critical gap, crossing without signal (HCM 2010, ch. 19)"),
    _row("minor_through_follow_s", 4.0, "s", 1, 10, "follow-up time, the same (HCM 2010, ch. 19)"),
    _row("minor_right_gap_s", 6.2, "s", 1, 15, "critical gap, right turn without signal (HCM 2010, ch. 19)"),
    _row("minor_right_follow_s", 3.3, "s", 1, 10, "follow-up time, the same (HCM 2010, ch. 19)"),
    _row("roundabout_gap_s", 5.2, "s", 1, 15, "critical gap, roundabout entry (HCM 2010, ch. 21: 5.19 s)"),
    _row("roundabout_follow_s", 3.2, "s", 1, 10, "follow-up time there (HCM 2010, ch. 21: 3.19 s)"),
    _row("stop_s", 1.0, "s", 0, 10, "standing at a stop sign before the first look for a gap (assumption)"),
    _row("all_way_headway_s", 3.9, "s", 1, 15,
         "between vehicles of one approach of an all-way stop when no other is taken (HCM 2010, ch. 20)"),
    _row("all_way_gap_s", 2.9, "s", 0.5, 15,
         "between departures in conflict there: half of 5.8 s with one crossing approach taken (HCM 2010)"),
    _row("turn_on_red", 0.0, "0 or 1", 0, 1,
         "1: the turn to the near side goes on red after a stop, giving way (Convention on Road Signs and "
         "Signals 1968, art. 23: red forbids it)"),
    _row("keep_clear", 1.0, "0 or 1", 0, 1,
         "1: nobody drives into a junction that a queue behind it would keep him in (UVC 11-1112; "
         "StVO § 11 (1))"),
    _row("acceleration", 2.6, "m/s2", 0.5, 6, "of a car that leaves a stop (assumption, to be calibrated)"),
    _row("comfortable_deceleration", 3.05, "m/s2", 0.5, 6,
         "of a car that comes to a stop (ITE 1999: 10 ft/s2, as in the yellow formula)"),
    _row("min_green_s", 7.0, "s", 1, 120, "minimum green (assumption: MUTCD 4E.06, shortest walk)"),
    _row("walk_s", 7.0, "s", 1, 60, "walk of a pedestrian group that gives none (MUTCD 2009, 4E.06)"),
    _row("walking_speed_mps", 1.07, "m/s", 0.3, 3,
         "of pedestrians, for clearance and for how long they are in a vehicle's way (MUTCD 2009, 4E.06: "
         "3.5 ft/s)"),
    _row("lane_width_m", 3.25, "m", 2, 5, "width of a lane that pedestrians cross (assumption)"),
    _row("pedestrian_gap_s", 3.0, "s", 0.5, 15,
         "without anybody in its way for a vehicle to turn across a crossing (assumption: 13 m at 20 km/h, "
         "and its length)"),
    _row("yellow_reaction_s", 1.0, "s", 0.5, 3, "reaction time in the yellow formula (ITE: 1 s)"),
    _row("yellow_deceleration", 3.05, "m/s2", 1, 6, "deceleration in the yellow formula (ITE: 10 ft/s2)"),
    _row("hardest_deceleration", 4.5, "m/s2", 1, 9, "deceleration below which no yellow may go (assumption)"),
    _row("junction_width_m", 15.0, "m", 3, 100, "width to clear in the all-red formula (assumption)"),
    _row("clearing_vehicle_m", 6.1, "m", 1, 20, "vehicle length in the all-red formula (ITE: 20 ft)"),
    _row("camera_view_m", 80.0, "m", 10, 300, "how far a camera sees from the stop line (assumption)"),
    _row("pace_sd", 0.1, "", 0, 0.5, "standard deviation of a driver's speed factor (assumption)"),
    _row("pace_low", 0.8, "", 0.3, 1, "the factor is cut here"),
    _row("pace_high", 1.2, "", 1, 3, "and here"),
    _row("heavy_pcu", 2.0, "pcu", 1, 4, "passenger car units of a heavy vehicle (HCM 2010: E_T = 2.0)"),
    _row("emergency_speed_factor", 1.0, "", 0.5, 2,
         "speed of an emergency vehicle over the free speed, whoever drives (assumption: no faster)"),
    _row("dwell_cv", 0.6, "", 0, 2,
         "coefficient of variation of a vehicle's time at a stop (TCQSM 2013, TCRP Report 165, ch. 6: 0.6)"),
    _row("left_share", 0.15, "", 0, 1, "left-turning share of links without turning counts (assumption)"),
    _row("right_share", 0.15, "", 0, 1, "right-turning share, the same"),
)  # fmt: skip


_YELLOW_TERMS = {"yellow_reaction_s", "yellow_deceleration"}


class Defaults(SimpleNamespace):
    """All defaults by name, as numbers: ``defaults.saturation_flow``. ``region``: a key of REGIONS, or ''."""

    region: str
    yellow_steps: tuple[tuple[float, float], ...]  # see ``regions.Region``; (): the formula holds

    def __init__(self, region: str = "", **overrides: float):
        known = {column.name: column.default for column in DEFAULTS}
        if unknown := set(overrides) - set(known):
            raise KeyError(f"unknown defaults: {sorted(unknown)}")
        own = REGIONS[region] if region else Region("", {})
        regional = {name: value for name, (value, _) in own.values.items()}
        by_formula = _YELLOW_TERMS & set(overrides)  # whoever sets its terms wants the formula
        steps = () if by_formula else own.yellow_steps
        super().__init__(region=region, yellow_steps=steps, **{**known, **regional, **overrides})

    def __getattr__(self, name: str) -> float:
        raise AttributeError(f"there is no default named {name}")

    @property
    def yellow_rule(self) -> str:
        """What ``yellow_s`` goes by, in words."""
        return REGIONS[self.region].yellow_source if self.yellow_steps else "t + v/(2a)"

    def yellow_s(self, speed_mps: float, grade: float = 0.0) -> float:
        """Yellow time, s: t + v / (2a + 2 g grade) (ITE 1999, Traffic Engineering Handbook), or of the
        region's table.
        """
        if self.yellow_steps:
            speed_kmh = 3.6 * speed_mps - _TOLERANCE_KMH
            return next((s for limit, s in self.yellow_steps if speed_kmh <= limit), self.yellow_steps[-1][1])
        return self.yellow_reaction_s + speed_mps / (2 * self.yellow_deceleration + 2 * 9.81 * grade)

    def shortest_yellow_s(self, speed_mps: float) -> float:
        """The formula with the hardest deceleration, s, or the region's time if that is shorter: shorter
        yellows are refused.
        """
        shortest = self.yellow_reaction_s + speed_mps / (2 * self.hardest_deceleration)
        return min(shortest, self.yellow_s(speed_mps)) if self.yellow_steps else shortest

    def all_red_s(self, speed_mps: float) -> float:
        """All-red time, s: (width + vehicle length) / v (ITE 1999)."""
        return (self.junction_width_m + self.clearing_vehicle_m) / speed_mps
