"""Intersections, roads and road links of CityFlow as nodes, links and movements."""

from collections.abc import Iterable
from itertools import pairwise

from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Road, RoadLink
from signalsim.formats.cityflow.layout import TURN, Layout, polyline_m
from signalsim.formats.cityflow.vehicles import FIRST_S, TURN_MPS, Profile
from signalsim.formats.draft import Draft
from signalsim.network.specs import LINK, MOVEMENT, NODE

Groups = dict[tuple[str, int], str]  # (intersection, road link) -> signal group


def add_roads(
    draft: Draft, layout: Layout, vehicles: Profile, signalised: set[str], ends: tuple[set[str], set[str]]
) -> None:
    """Nodes and links.

    ``signalised``: intersections with lamps; ``ends``: roads on which a route begins, and ends.
    """
    for node in layout.net.intersections:
        draft.add(
            NODE,
            node_id=layout.node_id[node.id],
            x_coord=node.point.x,
            y_coord=node.point.y,
            ctrl_type="signal" if node.id in signalised else None,
        )
    joined = [(link.startRoad, link.endRoad) for node in layout.junctions for link in node.roadLinks]
    left, reached = {start for start, _ in joined}, {end for _, end in joined}
    for road in layout.net.roads:
        draft.add(
            LINK,
            link_id=layout.link_id[road.id],
            from_node_id=layout.node_id[road.startIntersection],
            to_node_id=layout.node_id[road.endIntersection],
            length=round(layout.length_m[road.id], 3),
            lanes=len(layout.used_lanes[road.id]),
            free_speed=_speed_kmh(layout, road, vehicles),
            opt_saturation_flow=vehicles.saturation_pcuph,
            opt_entry=1 if road.id in ends[0] and road.id in reached else None,
            opt_exit=1 if road.id in ends[1] and road.id in left else None,
        )
    _report_roads(draft, layout)


def _speed_kmh(layout: Layout, road: Road, vehicles: Profile) -> float:
    limit = sum(lane.maxSpeed for lane in road.lanes) / len(road.lanes)
    speed = min(limit, vehicles.speed_mps) * 3.6
    if not 5 <= speed <= 150:
        raise InputError(
            f"{layout.path}, roads[{layout.net.roads.index(road)}].lanes: maxSpeed {limit:g} m/s, with "
            f"vehicles of {vehicles.speed_mps:g} m/s, gives {speed:.4g} km/h; give 1.4 to 41.6 m/s"
        )
    return round(speed, 6)


def _report_roads(draft: Draft, layout: Layout) -> None:
    net = layout.net
    draft.understood(
        f"{len(layout.junctions):,} junctions, {len(net.intersections) - len(layout.junctions):,} ends of "
        f"the network (virtual intersections), {len(net.roads):,} roads as links from junction edge to edge"
    )
    idle = [
        f"{layout.link_id[road.id]}: lane {k}"
        for road in net.roads
        for k in range(len(road.lanes))
        if k not in layout.used_lanes[road.id]
    ]
    if idle:
        draft.dropped("lanes that no road link starts from", "nobody can leave them", idle)
    mixed = [layout.link_id[road.id] for road in net.roads if len({lane.maxSpeed for lane in road.lanes}) > 1]
    if mixed:
        draft.guessed("speed of roads whose lanes differ", "the mean of the lanes", mixed)


def add_movements(draft: Draft, layout: Layout, vehicles: Profile, groups: Groups) -> None:
    """Movements with their lanes, their way across the junction and their discharge.

    A road link that ``groups`` does not name has no lamp and is always open.
    """
    split: list[str] = []
    clipped: list[str] = []
    for node in layout.junctions:
        for k, (name, link) in enumerate(zip(layout.movement_ids(node), node.roadLinks, strict=True)):
            before = _lanes(layout, link.startRoad, [lane.startLaneIndex for lane in link.laneLinks])
            behind = _lanes(layout, link.endRoad, [lane.endLaneIndex for lane in link.laneLinks])
            if any(b - a > 1 for lanes in (before, behind) for a, b in pairwise(lanes)):
                split.append(name)
            is_part = 0 < len(behind) < len(layout.used_lanes[link.endRoad])
            ways = [polyline_m(layout.lane_path(node, link, lane)) for lane in link.laneLinks]
            way = sum(ways) / len(ways)
            path_m = min(max(way, 1.0), 200.0)
            if abs(path_m - way) > 0.5:
                clipped.append(name)
            draft.add(
                MOVEMENT,
                mvmt_id=name,
                node_id=layout.node_id[node.id],
                ib_link_id=layout.link_id[link.startRoad],
                ob_link_id=layout.link_id[link.endRoad],
                start_ib_lane=before[0],
                end_ib_lane=before[-1],
                start_ob_lane=behind[0] if is_part else None,
                end_ob_lane=behind[-1] if is_part else None,
                type=TURN[link.type],
                opt_signal_group_id=groups.get((node.id, k)),
                opt_saturation_flow=vehicles.saturation_pcuph,
                opt_first_headway_s=FIRST_S,
                opt_second_headway_s=vehicles.second_headway_s,
                opt_end_gain_s=0.0,
                opt_path_m=round(path_m, 3),
                opt_speed_kmh=_crossing_kmh(layout, link, vehicles),
                opt_gap_s=round(vehicles.gap_s(path_m), 2),
                opt_follow_s=vehicles.headway_s,
            )
    _report_movements(draft, vehicles, split, clipped)


def _lanes(layout: Layout, road: str, indices: Iterable[int]) -> list[int]:
    """Our lane numbers of CityFlow's lane indices, sorted; lanes that were dropped have none."""
    number = {lane: n for n, lane in enumerate(layout.used_lanes[road], 1)}
    return sorted({number[k] for k in indices if k in number})


def _crossing_kmh(layout: Layout, link: RoadLink, vehicles: Profile) -> float:
    speed = _speed_kmh(layout, layout.roads[link.startRoad], vehicles)
    return speed if link.type == "go_straight" else min(speed, round(TURN_MPS * 3.6, 3))


def _report_movements(draft: Draft, vehicles: Profile, split: list[str], clipped: list[str]) -> None:
    number = len(draft.column(MOVEMENT, "mvmt_id"))
    draft.understood(f"{number:,} road links as movements; CityFlow's lane 0 is our lane 1, the leftmost")
    h = vehicles.headway_s
    draft.understood(
        f"discharge from a standing queue: first vehicle at {FIRST_S:g} s, n-th at 0.9 + {h:g} n s; the "
        "light between two stages serves turns without a lamp only, so its end gain is 0"
    )
    if not vehicles.is_measured:
        draft.guessed(
            "discharge and spacing",
            f"from the mean vehicle ({vehicles.kinds} kinds), n-th at 0.9 + h n s with h = headwayTime + "
            "length / maxSpeed + 0.1 s, as measured on vehicles of 5 m, 2.5 m gap, 2 s and 11.11 m/s",
        )
    draft.guessed(
        "critical gap of movements that give way",
        "the time that their way across takes from a standstill, because CityFlow lets go who is there "
        f"first; follow-up time {h:g} s, the headway",
    )
    draft.guessed("speed of turns", f"{TURN_MPS * 3.6:.0f} km/h, a constant of CityFlow's program")
    if split:
        draft.guessed("lanes of movements that leave one out", "the range from first to last", split)
    if clipped:
        draft.guessed("way across the junction", "held within 1 to 200 m", clipped)
