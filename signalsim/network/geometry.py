"""Directions at a junction, from node positions: bearings, turns, whose paths cross."""

import math

STRAIGHT = math.radians(40)  # up to here off the straight line is "thru"
BACK = math.radians(170)  # from here on it is a turn back
_SIDE = 1e-3  # rad: half the angle between a leg's two carriageways
_FULL = 2 * math.pi


def turn_type(heading_in: float, heading_out: float) -> str:
    """The turn between two headings (radians, counter-clockwise from east)."""
    turn = (heading_out - heading_in + math.pi) % _FULL - math.pi
    if abs(turn) <= STRAIGHT:
        return "thru"
    if abs(turn) >= BACK:
        return "uturn"
    return "left" if turn > 0 else "right"


def are_opposed(heading_a: float, heading_b: float) -> bool:
    """Whether two approaches face each other, within 50 degrees."""
    return abs((heading_b - heading_a) % _FULL - math.pi) <= math.radians(50)


def paths_cross(in_a: float, out_a: float, in_b: float, out_b: float, drive_right: bool = True) -> bool:
    """Whether the paths of two movements between different legs cross inside the junction.

    Arguments are the bearings, from the junction's centre, of the leg each comes from and goes to.
    On a circle around the junction a path is a chord; two chords cross when their ends alternate.
    Where one drives on the right, traffic comes in on the counter-clockwise side of its leg.
    """
    side = _SIDE if drive_right else -_SIDE
    start, end = in_a + side, out_a - side

    def between(angle: float) -> bool:
        return 0 < (angle - start) % _FULL < (end - start) % _FULL

    return between(in_b + side) != between(out_b - side)
