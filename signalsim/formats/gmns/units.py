"""Units and coordinates of a GMNS folder: what config.csv says, held against the geometry.

Published samples name the mile as the unit of length and write feet. So the unit that is named is
taken only if the lengths fit the distances of the nodes; else the unit that fits best.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from signalsim.formats.draft import Draft
from signalsim.formats.gmns.rows import Folder, Row
from signalsim.formats.plane import Point, projected

METRES = {
    "m": 1.0, "meter": 1.0, "metre": 1.0, "km": 1000.0, "kilometer": 1000.0, "kilometre": 1000.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "mi": 1609.344, "mile": 1609.344, "yard": 0.9144,
}  # fmt: skip
KMH = {
    "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "kmph": 1.0, "mph": 1.609344, "mi/h": 1.609344, "mi/hr": 1.609344,
    "m/s": 3.6, "mps": 3.6, "ft/s": 1.09728, "fps": 1.09728,
}  # fmt: skip
_TRIED = (("m", 1.0), ("ft", 0.3048), ("km", 1000.0), ("mi", 1609.344))
_FITS = 2.0  # lengths and distances of nodes may differ by this factor, in the middle


@dataclass(frozen=True)
class Units:
    """Factors to metres and km/h."""

    short_m: float
    long_m: float
    speed_kmh: float


def _factor(table: Mapping[str, float], text: str) -> float | None:
    text = text.strip().lower()
    return table.get(text) or table.get(text.rstrip("s"))


def places(folder: Folder, nodes: Sequence[Row], draft: Draft) -> dict[str, Point]:
    """Positions of nodes in local metres, by node_id. Raises InputError for what is no position."""
    raw: dict[str, Point] = {}
    for row in nodes:
        x, y = (row.number_of(name, -1e8, 1e8) for name in ("x_coord", "y_coord"))
        for name, value in (("x_coord", x), ("y_coord", y)):
            if value is None:
                raise row.fault(name, "is empty; give the node's position")
        name = row.required("node_id")
        if name in raw:
            raise row.fault("node_id", "is there twice; give each node its own")
        raw[name] = (x, y)  # type: ignore[assignment]
    crs = next((row.text("crs") for row in folder.rows("config.csv")), "")
    is_small = all(abs(x) <= 180 and abs(y) <= 90 for x, y in raw.values())
    if is_small and (_is_geographic(crs) or (not crs and _spread(raw) < 5)):
        draft.understood("coordinates in degrees, projected to local metres")
        return _rounded(projected(raw))
    factor = _crs_metres(crs)
    if factor is None:
        draft.guessed("unit of coordinates", f"metres; the coordinate system {crs!r} does not say" if crs else
                      "metres; no coordinate system is named")  # fmt: skip
    x0, y0 = (round(min(p[k] for p in raw.values())) for k in (0, 1))
    scale = factor or 1.0
    return _rounded({name: ((x - x0) * scale, (y - y0) * scale) for name, (x, y) in raw.items()})


def _rounded(place: dict[str, Point]) -> dict[str, Point]:
    """To centimetres, as they are written: two nodes at one place are seen now."""
    return {name: (round(x, 2), round(y, 2)) for name, (x, y) in place.items()}


def _is_geographic(crs: str) -> bool:
    return bool(re.search(r"4326|4269|4258|wgs ?84|longlat|degree", crs.lower()))


def _spread(raw: Mapping[str, Point]) -> float:
    """The larger side of the box around all nodes."""
    sides = zip(*raw.values(), strict=True)
    return max(max(side) - min(side) for side in sides)


def _crs_metres(crs: str) -> float | None:
    """Metres in a unit of a projected system, as pyproj knows it; None where it cannot be told."""
    if not crs or len(crs) > 2000:
        return None
    try:
        from pyproj import CRS
        from pyproj.exceptions import CRSError
    except ImportError:
        return None
    try:
        axes = CRS.from_user_input(int(crs) if crs.isdecimal() else crs).axis_info
    except CRSError:
        return None
    return float(axes[0].unit_conversion_factor) if axes and axes[0].direction in ("east", "north") else None


def units(folder: Folder, links: Sequence[Row], place: Mapping[str, Point], draft: Draft) -> Units:
    """Units of config.csv, or those of the geometry where they do not fit or are not named."""
    config = next(iter(folder.rows("config.csv")), None)
    said = {key: config.text(key) if config else "" for key in ("short_length", "long_length", "speed")}
    ratios = sorted(_ratios(links, place))
    long_m = _factor(METRES, said["long_length"])
    if ratios:
        middle = median(ratios)  # metres of distance per unit of length
        best, factor = min(_TRIED, key=lambda unit: abs(math.log(unit[1] / middle)))
        if long_m is None or not 1 / _FITS <= long_m / middle <= _FITS:
            what = f"config.csv says {said['long_length']!r}, " if said["long_length"] else ""
            draft.guessed("unit of link lengths", f"{best}: {what}lengths fit the nodes' distances so")
            long_m = factor
    speed = _factor(KMH, said["speed"])
    if speed is None:
        is_metric = (long_m or 1.0) in (1.0, 1000.0)
        speed = 1.0 if is_metric else 1.609344
        draft.guessed(
            "unit of speeds", "km/h, as lengths are metric" if is_metric else "mph, as lengths are not"
        )
    short = _factor(METRES, said["short_length"])
    return Units(short_m=short or (0.3048 if speed > 1.5 else 1.0), long_m=long_m or 1.0, speed_kmh=speed)


def _ratios(links: Sequence[Row], place: Mapping[str, Point]) -> list[float]:
    out = []
    for row in links:
        a, b = place.get(row.text("from_node_id")), place.get(row.text("to_node_id"))
        length = row.number_of("length", 0, 1e9)
        if a and b and length and (distance := math.dist(a, b)) > 0:
            out.append(distance / length)
    return out
