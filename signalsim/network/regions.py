"""What holds in a country instead of the general table of defaults, each value with its source.

Only what a code, a law or a manual of that country says is here; everything else is the general table's.
"""

from typing import NamedTuple


class Region(NamedTuple):
    """One country. ``values``: name of a default -> (value, source)."""

    name: str
    values: dict[str, tuple[float, str]]
    yellow_steps: tuple[tuple[float, float], ...] = ()  # (up to so many km/h, yellow in s), the last for all
    yellow_source: str = ""  # where those are from; "": the formula of the general table holds
    drives_on_left: bool = False


_UK_FLOW = "Kimber, McDonald & Hounsell 1986, TRRL Research Report 67"

REGIONS: dict[str, Region] = {
    "us": Region(
        "United States",
        {
            "saturation_flow": (1900.0, "HCM 2010, ch. 18: areas of 250,000 people or more"),
            "turn_on_red": (1.0, "UVC 11-202 (c); 42 U.S.C. 6322 (c) (5)"),
        },
    ),
    "de": Region(
        "Germany",
        {
            "saturation_flow": (2000.0, "HBS 2015, S4: 1.8 s a vehicle"),
            "min_green_s": (5.0, "RiLSA 2010, 2.7"),
            "walk_s": (5.0, "RiLSA 2010, 2.7: the same for pedestrians"),
            "walking_speed_mps": (1.2, "RiLSA 2010, 2.5: clearing speed of pedestrians"),
            "free_speed_kmh": (50.0, "StVO § 3 (3)"),
            "turn_on_red": (0.0, "StVO § 37 (2); the green arrow sign (Zeichen 720) is an exception"),
        },
        yellow_steps=((50, 3.0), (60, 4.0), (70, 5.0)),
        yellow_source="VwV-StVO to § 37 (RiLSA 2010: 3, 4, 5 s at 50, 60, 70 km/h)",
    ),
    "cn": Region(
        "China",
        {
            "saturation_flow": (1800.0, "Shao, Rong & Liu 2011, Procedia Soc. Behav. Sci. 16: base value"),
            "turn_on_red": (1.0, "Regulations on the Road Traffic Safety Law (2004), art. 38: circular red"),
        },
    ),
    "uk": Region(
        "United Kingdom",
        {
            "saturation_flow": (1940.0, f"{_UK_FLOW}: near-side lane of 3.25 m, level; other lanes 2,080"),
            "left_factor": (0.909, f"{_UK_FLOW}: 1/(1 + 1.5/r), r = 15 m; here the right turn"),
            "right_factor": (0.870, f"{_UK_FLOW}: the same, r = 10 m; here the left turn"),
            "heavy_pcu": (2.3, f"{_UK_FLOW}: heavy goods vehicle"),
            "min_green_s": (7.0, "Traffic Signs Manual 2019, ch. 6"),
            "walking_speed_mps": (1.2, "Traffic Signs Manual 2019, ch. 6: 1.2 m/s"),
            "free_speed_kmh": (
                48.28,
                "Road Traffic Regulation Act 1984, s. 81: 30 mile/h on restricted roads",
            ),
            "turn_on_red": (0.0, "TSRGD 2016, sch. 14: a green filter arrow is needed"),
        },
        yellow_steps=((0, 3.0),),
        yellow_source="TSRGD 2016, sch. 14 (3 s at all speeds)",
        drives_on_left=True,
    ),
}
