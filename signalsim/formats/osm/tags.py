"""What OpenStreetMap's tags say about lanes, speeds and turns, and what is assumed where they do not.

``DEFAULTS`` holds, per class of road (``highway=``), lanes of one direction and free speed in km/h.
They are assumptions for streets in towns; ramps (``_link``) have one lane and 50 km/h.
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from signalsim.formats.roads import HIGHEST_KMH, LOWEST_KMH, MAX_LANES

DEFAULTS = {
    "motorway": (2, 120.0), "trunk": (2, 80.0), "primary": (1, 50.0), "secondary": (1, 50.0),
    "tertiary": (1, 50.0), "unclassified": (1, 50.0), "residential": (1, 30.0), "living_street": (1, 20.0),
    "road": (1, 50.0),
}  # fmt: skip
LINK_DEFAULT = (1, 50.0)
KEPT = frozenset(DEFAULTS) | {
    f"{kind}_link" for kind in ("motorway", "trunk", "primary", "secondary", "tertiary")
}
TAGS = (
    "highway", "name", "ref", "oneway", "junction", "access", "vehicle", "motor_vehicle", "area", "lanes",
    "lanes:forward", "lanes:backward", "lanes:both_ways", "turn:lanes", "turn:lanes:forward",
    "turn:lanes:backward", "maxspeed", "maxspeed:forward", "maxspeed:backward", "driving_side",
)  # fmt: skip
_NO_CARS = {
    "no",
    "private",
    "agricultural",
    "forestry",
    "emergency",
    "delivery",
    "customers",
    "permit",
    "military",
}
_ZONES = {"urban": 50.0, "rural": 100.0, "living_street": 20.0, "walk": 20.0, "motorway": 130.0}
_SPEED = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(mph|km/h|kmh|kph|knots)?", re.ASCII)
_LEFT, _RIGHT = ("left", "slight_left", "sharp_left", "reverse"), ("right", "slight_right", "sharp_right")
Tags = Mapping[str, str]


class Way(NamedTuple):
    """A direction of a way: what the tags mean for it."""

    kind: str
    lanes: int
    lanes_assumed: bool
    speed_kmh: float
    speed_assumed: bool
    arrows: tuple[frozenset[str], ...] | None


def values(text: str) -> list[str]:
    """The values of a tag: osmnx merges ways into lists, people write semicolons."""
    text = text.strip()
    if text.startswith("[") and len(text) < 2000:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
        return [str(value) for value in found] if isinstance(found, list) else []
    return [part.strip() for part in text.split(";") if part.strip()]


def kind_of(tags: Tags) -> str:
    """The class of road; of several the first in the order of the table."""
    order = [*DEFAULTS, *sorted(KEPT - DEFAULTS.keys())]
    found = [kind for kind in values(tags.get("highway", "")) if kind in KEPT]
    return min(found, key=order.index, default="")


def is_for_cars(tags: Tags) -> bool:
    """Whether the way is a road of the network that everybody may drive on."""
    if not kind_of(tags) or tags.get("area") == "yes":
        return False
    rule = next((tags[key] for key in ("motor_vehicle", "vehicle", "access") if tags.get(key)), "yes")
    return not set(values(rule)) & _NO_CARS


def direction(tags: Tags) -> int:
    """1: one way as drawn, -1: one way against it, 0: both ways."""
    oneway = tags.get("oneway", "").lower()
    if oneway in ("-1", "reverse"):
        return -1
    implied = tags.get("junction") in ("roundabout", "circular") or kind_of(tags) == "motorway"
    return 1 if oneway in ("yes", "true", "1") or (implied and oneway not in ("no", "false", "0")) else 0


def way(tags: Tags, forward: bool, both_ways: bool) -> Way:
    """Lanes, speed and arrows of a way in one direction; ``both_ways``: it has the other as well."""
    kind = kind_of(tags)
    usual_lanes, usual_speed = DEFAULTS.get(kind, LINK_DEFAULT)
    side = "forward" if forward else "backward"
    arrows = _arrows(tags.get(f"turn:lanes:{side}") or ("" if both_ways else tags.get("turn:lanes", "")))
    lanes = _lanes(tags, side, both_ways) or (len(arrows) if arrows else None)
    speed = _speed(tags.get(f"maxspeed:{side}") or tags.get("maxspeed", ""))
    count = min(lanes or usual_lanes, MAX_LANES)
    return Way(
        kind=kind,
        lanes=count,
        lanes_assumed=lanes is None,
        speed_kmh=min(max(speed or usual_speed, LOWEST_KMH), HIGHEST_KMH),
        speed_assumed=speed is None,
        arrows=arrows if arrows and len(arrows) == count else None,
    )


def _count(text: str) -> int | None:
    """A number of lanes; the smallest where a merged road has several."""
    found = [float(v) for v in values(text) if re.fullmatch(r"\d{1,2}(\.\d+)?", v, re.ASCII)]
    return max(1, math.floor(min(found))) if found and min(found) >= 0.5 else None


def _lanes(tags: Tags, side: str, both_ways: bool) -> int | None:
    """Lanes of one direction: as tagged for it, else all or half of the sum (rounded down)."""
    own, total = _count(tags.get(f"lanes:{side}", "")), _count(tags.get("lanes", ""))
    if own or total is None or not both_ways:
        return own or total
    other = _count(tags.get("lanes:backward" if side == "forward" else "lanes:forward", ""))
    shared = _count(tags.get("lanes:both_ways", "")) or 0
    return max(1, total - shared - other if other else (total - shared) // 2)


def _speed(text: str) -> float | None:
    """km/h; the lowest where a merged road has several; None where nothing is said or understood."""
    found = []
    for value in values(text):
        match = _SPEED.fullmatch(value.lower())
        if value.lower() == "none":
            found.append(HIGHEST_KMH)
        elif match:
            factor = {"mph": 1.609344, "knots": 1.852}.get(match[2] or "", 1.0)
            found.append(round(float(match[1]) * factor, 1))
        elif value.lower().split(":")[-1] in _ZONES:  # walk, DE:urban, …
            found.append(_ZONES[value.lower().split(":")[-1]])
    usable = [speed for speed in found if speed > 0]
    return min(usable, default=None)


def _arrows(text: str) -> tuple[frozenset[str], ...] | None:
    """turn:lanes as turns per lane from the left; None where there are none or ways were merged."""
    if not text or text.startswith("[") or len(text) > 500:
        return None
    lanes = [frozenset(_side(arrow.strip()) for arrow in lane.split(";")) - {""} for lane in text.split("|")]
    return tuple(lanes) if len(lanes) <= MAX_LANES else None


def _side(arrow: str) -> str:
    if arrow in _LEFT:
        return "left"
    if arrow in _RIGHT:
        return "right"
    return "thru" if arrow == "through" else ""


def bays_of(before: int, at_stop: Sequence[frozenset[str]] | None, lanes: int) -> tuple[int, int]:
    """Bays to the left and to the right where ``before`` lanes widen to ``lanes`` at the stop line:
    lanes for left turns only come first, the rest is to the right.
    """
    more = lanes - before
    left = 0
    while at_stop is not None and left < more and at_stop[left] == frozenset({"left"}):
        left += 1
    return left, more - left
