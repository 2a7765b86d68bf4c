"""Positions on the plane: degrees to local metres, lengths, lines in well-known text."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

EARTH_M = 6_371_008.8  # mean radius
Point = tuple[float, float]


def projected(degrees: Mapping[str, Point]) -> dict[str, Point]:
    """Local metres of (longitude, latitude): equirectangular about the middle (Snyder 1987, p. 90).

    Distances are true along the middle's parallel and every meridian; 50 km off to the north or south,
    east-west distances are wrong by about 1.4 % at 60 degrees of latitude, by 0.8 % at 45.
    """
    if not degrees:
        return {}
    west, east = min(x for x, _ in degrees.values()), max(x for x, _ in degrees.values())
    south, north = min(y for _, y in degrees.values()), max(y for _, y in degrees.values())
    x0, y0 = (west + east) / 2, (south + north) / 2
    scale = EARTH_M * math.pi / 180
    across = scale * math.cos(math.radians(y0))
    return {node: ((x - x0) * across, (y - y0) * scale) for node, (x, y) in degrees.items()}


def length_of(shape: Sequence[Point]) -> float:
    """Length of a line, in the unit of its points."""
    return sum(math.dist(a, b) for a, b in pairwise(shape))


def line(text: str) -> list[Point]:
    """Points of a LINESTRING in well-known text; none where there is no usable one."""
    if not text.strip().upper().startswith("LINESTRING"):
        return []
    points = []
    for pair in text[text.find("(") + 1 : text.rfind(")")].split(","):
        try:
            x, y = (float(part) for part in pair.split()[:2])
        except ValueError:
            return []
        points.append((x, y))
    return points if len(points) > 1 and all(abs(v) <= 1e8 for p in points for v in p) else []
