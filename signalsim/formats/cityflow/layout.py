"""The geometry of a CityFlow road network: where lanes begin and end, how long they are.

CityFlow's lanes begin and end where the junctions do: a road between two junctions is shorter than
the way between their centres by both widths, and what is missing is the length of the lane links.
Its lanes lie to the right of the road's line, lane 0 first, which is therefore the leftmost.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Intersection, LaneLink, Road, RoadLink, RoadNet
from signalsim.formats.draft import plain_id

TURN = {"go_straight": "thru", "turn_left": "left", "turn_right": "right", "turn_u": "uturn"}
_COMPASS = ("EB", "NB", "WB", "SB")  # by quarter turns from east
_STEPS = 10  # pieces of a lane link that the file gives no points
XY = tuple[float, float]


class Layout:
    """A road network with what its parts imply for each other. Ids are the scenario's."""

    def __init__(self, path: Path, net: RoadNet) -> None:
        self.path, self.net = path, net
        self.roads = {road.id: road for road in net.roads}
        self.width = {node.id: 0.0 if node.virtual else node.width for node in net.intersections}
        self.junctions = [node for node in net.intersections if not node.virtual]
        self.node_id = _plain(path, "intersections", [node.id for node in net.intersections])
        self.link_id = _plain(path, "roads", [road.id for road in net.roads])

    @cached_property
    def used_lanes(self) -> dict[str, list[int]]:
        """Lanes by road that a road link starts from; all lanes of a road that none starts from."""
        used: dict[str, set[int]] = {}
        for node in self.junctions:
            for link in node.roadLinks:
                used.setdefault(link.startRoad, set()).update(lane.startLaneIndex for lane in link.laneLinks)
        return {name: sorted(used.get(name, range(len(road.lanes)))) for name, road in self.roads.items()}

    @cached_property
    def length_m(self) -> dict[str, float]:
        """By road, between the edges of its junctions. Raises InputError where nothing is left."""
        out = {}
        for i, road in enumerate(self.net.roads):
            whole = polyline_m([(point.x, point.y) for point in road.points])
            out[road.id] = whole - self.width[road.startIntersection] - self.width[road.endIntersection]
            if out[road.id] < 1:
                raise InputError(
                    f"{self.path}, roads[{i}].points: road '{road.id}' is {whole:g} m long and its "
                    f"junctions' widths leave {out[road.id]:g} m of it; give 1 m or more between them"
                )
        return out

    def approach(self, link: RoadLink) -> str:
        """EB, NB, WB or SB: where traffic of a road link is heading when it comes."""
        a, b = self.roads[link.startRoad].points[-2:]
        return _COMPASS[round(math.atan2(b.y - a.y, b.x - a.x) / (math.pi / 2)) % 4]

    def movement_ids(self, node: Intersection) -> list[str]:
        """A name for each road link: the road and the turn, with the road behind where several turn so."""
        names = [f"{self.link_id[link.startRoad]}:{TURN[link.type]}" for link in node.roadLinks]
        return [
            name if names.count(name) == 1 else f"{name}:{self.link_id[link.endRoad]}"
            for name, link in zip(names, node.roadLinks, strict=True)
        ]

    def lane_path(self, node: Intersection, link: RoadLink, lane: LaneLink) -> list[XY]:
        """The points of a lane link, as given or by CityFlow's curve between the lanes' ends."""
        if lane.points:
            return [(point.x, point.y) for point in lane.points]
        start, ahead = self._lane_end(self.roads[link.startRoad], lane.startLaneIndex, node)
        end, behind = self._lane_end(self.roads[link.endRoad], lane.endLaneIndex, node)
        reach = math.dist(start, end) / 2
        if reach < 5 <= node.width:
            reach = 5
        inner = (
            (start[0] + reach * ahead[0], start[1] + reach * ahead[1]),
            (end[0] - reach * behind[0], end[1] - reach * behind[1]),
        )
        return [_bezier(start, *inner, end, k / _STEPS) for k in range(_STEPS + 1)]

    def _lane_end(self, road: Road, lane: int, node: Intersection) -> tuple[XY, XY]:
        """(point, direction of travel) where a lane meets a junction."""
        is_end = road.endIntersection == node.id
        a, b = road.points[-2:] if is_end else road.points[:2]
        size = math.dist((a.x, a.y), (b.x, b.y)) or 1.0
        along = ((b.x - a.x) / size, (b.y - a.y) / size)
        *_, right_edge = accumulate(part.width for part in road.lanes[: lane + 1])
        right = right_edge - road.lanes[lane].width / 2
        back = -node.width if is_end else node.width
        at = b if is_end else a
        return (
            at.x + back * along[0] + right * along[1],
            at.y + back * along[1] - right * along[0],
        ), along


def _bezier(a: XY, b: XY, c: XY, d: XY, t: float) -> XY:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))
    return x, y


def polyline_m(points: Sequence[XY]) -> float:
    """Length of a line through points."""
    return sum(math.dist(a, b) for a, b in pairwise(points))


def _plain(path: Path, what: str, ids: Sequence[str]) -> dict[str, str]:
    """Ids as a scenario may have them; two that become one are refused."""
    first: dict[str, int] = {}
    for i, name in enumerate(ids):
        if plain_id(name) in first:
            raise InputError(
                f"{path}, {what}[{i}].id: '{name}' cannot be told from '{ids[first[plain_id(name)]]}' "
                "without blanks and unprintable characters; rename one"
            )
        first[plain_id(name)] = i
    return {name: plain_id(name) for name in ids}
