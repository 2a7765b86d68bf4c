"""The two JSON files of CityFlow, as far as they are used: their form, and that their ids are known."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from signalsim.formats.jsonfile import fault, read_json

MAX_TIME_S = 604_000  # a scenario's demand window is at most a week
MAX_LANES = 16  # at one stop line

Id = Annotated[str, Field(min_length=1, max_length=80)]
Metres = Annotated[float, Field(ge=-1e7, le=1e7)]
Lane = Annotated[int, Field(ge=0, lt=MAX_LANES)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, extra="ignore")


class Point(_Part):
    x: Metres
    y: Metres


class RoadLane(_Part):
    width: Annotated[float, Field(gt=0, le=50)]
    maxSpeed: Annotated[float, Field(gt=0, le=1000)]  # noqa: N815  (the names are the file's)


class Road(_Part):
    id: Id
    startIntersection: Id  # noqa: N815
    endIntersection: Id  # noqa: N815
    points: Annotated[list[Point], Field(min_length=2, max_length=10_000)]
    lanes: Annotated[list[RoadLane], Field(min_length=1, max_length=MAX_LANES)]


class LaneLink(_Part):
    startLaneIndex: Lane  # noqa: N815
    endLaneIndex: Lane  # noqa: N815
    points: Annotated[list[Point], Field(max_length=200)] = []


class RoadLink(_Part):
    type: Literal["go_straight", "turn_left", "turn_right", "turn_u"]
    startRoad: Id  # noqa: N815
    endRoad: Id  # noqa: N815
    laneLinks: Annotated[list[LaneLink], Field(min_length=1, max_length=MAX_LANES**2)]  # noqa: N815


class LightPhase(_Part):
    time: Annotated[float, Field(ge=1, le=600)]
    availableRoadLinks: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=1000)]  # noqa: N815


class TrafficLight(_Part):
    lightphases: Annotated[list[LightPhase], Field(max_length=64)] = []


class Intersection(_Part):
    id: Id
    point: Point
    virtual: bool
    width: Annotated[float, Field(ge=0, le=200)] = 0.0
    roadLinks: Annotated[list[RoadLink], Field(max_length=300)] = []  # noqa: N815
    trafficLight: TrafficLight = TrafficLight()  # noqa: N815


class RoadNet(_Part):
    intersections: Annotated[list[Intersection], Field(min_length=1)]
    roads: Annotated[list[Road], Field(min_length=1)]


class Vehicle(_Part):
    length: Annotated[float, Field(ge=1, le=40)]
    minGap: Annotated[float, Field(ge=0, le=20)]  # noqa: N815
    maxSpeed: Annotated[float, Field(ge=1, le=100)]  # noqa: N815
    headwayTime: Annotated[float, Field(ge=0, le=10)]  # noqa: N815
    usualPosAcc: Annotated[float, Field(ge=0.1, le=20)] = 2.0  # noqa: N815
    usualNegAcc: Annotated[float, Field(ge=0.1, le=20)] = 4.5  # noqa: N815


class Flow(_Part):
    vehicle: Vehicle
    route: Annotated[list[Id], Field(min_length=1, max_length=10_000)]
    interval: Annotated[float, Field(gt=0, le=1e9)]
    startTime: Annotated[float, Field(ge=0, le=MAX_TIME_S)] = 0.0  # noqa: N815
    endTime: Annotated[float, Field(ge=-1, le=MAX_TIME_S)] = -1.0  # noqa: N815


_ROADNET, _FLOW = TypeAdapter(RoadNet), TypeAdapter(list[Flow])


def read_roadnet(path: Path) -> RoadNet:
    """A road network whose ids are unique and known. Raises InputError."""
    net = read_json(path, _ROADNET, "a CityFlow road network")
    crossing = {item.id: i for i, item in enumerate(net.intersections)}
    road = {item.id: i for i, item in enumerate(net.roads)}
    _check_unique(path, "intersections", [item.id for item in net.intersections], crossing)
    _check_unique(path, "roads", [item.id for item in net.roads], road)
    for i, item in enumerate(net.roads):
        for end in ("startIntersection", "endIntersection"):
            if getattr(item, end) not in crossing:
                raise fault(
                    path, f"roads[{i}].{end}", getattr(item, end), "is no intersection; give the id of one"
                )
    for i, node in enumerate(net.intersections):
        if not node.virtual:
            _check_road_links(path, f"intersections[{i}]", node, net.roads, road)
            _check_phases(path, f"intersections[{i}]", node)
    return net


def _check_unique(path: Path, what: str, ids: Iterable[str], last: dict[str, int]) -> None:
    for i, name in enumerate(ids):
        if last[name] != i:
            raise fault(path, f"{what}[{last[name]}].id", name, f"is also that of {what}[{i}]; rename one")


def _check_road_links(
    path: Path, where: str, node: Intersection, roads: list[Road], index: dict[str, int]
) -> None:
    seen: dict[tuple[str, str], int] = {}
    for k, link in enumerate(node.roadLinks):
        here = f"{where}.roadLinks[{k}]"
        for end, joins in (("startRoad", "endIntersection"), ("endRoad", "startIntersection")):
            name = getattr(link, end)
            if name not in index:
                raise fault(path, f"{here}.{end}", name, "is no road; give the id of one")
            if getattr(roads[index[name]], joins) != node.id:
                what = "end" if end == "startRoad" else "begin"
                raise fault(
                    path,
                    f"{here}.{end}",
                    name,
                    f"does not {what} at intersection '{node.id}'; give one that does",
                )
        lanes = len(roads[index[link.startRoad]].lanes), len(roads[index[link.endRoad]].lanes)
        for n, lane in enumerate(link.laneLinks):
            for side, number, have in (
                ("startLaneIndex", lane.startLaneIndex, lanes[0]),
                ("endLaneIndex", lane.endLaneIndex, lanes[1]),
            ):
                if number >= have:
                    raise fault(
                        path, f"{here}.laneLinks[{n}].{side}", number,
                        f"is no lane of the road; give 0 to {have - 1}",
                    )  # fmt: skip
        pair = (link.startRoad, link.endRoad)
        if pair in seen:
            raise fault(
                path, f"{here}.endRoad", link.endRoad,
                f"is joined with the same start by roadLinks[{seen[pair]}]; keep one",
            )  # fmt: skip
        seen[pair] = k


def _check_phases(path: Path, where: str, node: Intersection) -> None:
    for p, phase in enumerate(node.trafficLight.lightphases):
        for n, k in enumerate(phase.availableRoadLinks):
            if k >= len(node.roadLinks):
                raise fault(
                    path, f"{where}.trafficLight.lightphases[{p}].availableRoadLinks[{n}]", k,
                    f"is no road link of this intersection; it has {len(node.roadLinks)}, counted from 0",
                )  # fmt: skip


def read_flow(path: Path, roads: set[str]) -> list[Flow]:
    """The entries of a flow file, whose routes name known roads. Raises InputError."""
    flows = read_json(path, _FLOW, "a CityFlow flow file")
    for i, flow in enumerate(flows):
        for k, road in enumerate(flow.route):
            if road not in roads:
                raise fault(
                    path, f"[{i}].route[{k}]", road, "is no road of the road network; give the id of one"
                )
        if -1 < flow.endTime < flow.startTime:
            raise fault(
                path,
                f"[{i}].endTime",
                flow.endTime,
                f"lies before startTime ({flow.startTime:g}); give a later one",
            )
    return flows
