"""Rows of node.csv, link.csv, lane.csv, movement.csv and conflict.csv."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from signalsim.formats.draft import Draft
from signalsim.formats.sumo.discharge import Driver
from signalsim.formats.sumo.layout import Layout, Move
from signalsim.formats.sumo.lights import Key
from signalsim.formats.sumo.queues import Queues, flow_cell
from signalsim.formats.sumo.requests import ALL_WAY, Rule
from signalsim.network.specs import CONFLICT, LANE, LINK, MOVEMENT, NODE

SLOWEST_KMH, FASTEST_KMH = 5.0, 150.0  # of a link
SHORTEST_M, LONGEST_M = 0.1, 100_000.0
_PATH_M = (1.0, 200.0)
_ROOM = 1.1 * 1.001  # saturation flow needs a tenth more speed than standing cars leave room for


@dataclass
class Roads:
    """What was changed on the way, by link or movement."""

    slow: list[str] = field(default_factory=list)  # saturation flow lowered to what the speed allows
    clipped: list[str] = field(default_factory=list)  # speed or length out of range
    uneven: list[str] = field(default_factory=list)  # lanes of different speed
    split: list[str] = field(default_factory=list)  # movements that leave a lane out
    ends: list[str] = field(default_factory=list)  # links that end at a junction without going on


def add_roads(
    draft: Draft, layout: Layout, *, signals: Collection[str], begins: set[str], ends: set[str],
    driver: Driver,
) -> Roads:  # fmt: skip
    """Nodes, links and lanes. ``begins``, ``ends``: edges where trips do; ``signals``: nodes with lamps;
    ``driver``: in the queues.
    """
    roads = Roads()
    left, reached = {start for start, _ in layout.moves}, {end for _, end in layout.moves}
    busy = {move.node for move in layout.moves.values()}
    end_node = {}
    for name in layout.lanes:
        node = layout.edge(name).end
        end_node[name] = node if name in left or node not in busy else f"{node}~{name}"
        if end_node[name] != node:
            roads.ends.append(name)
    _add_nodes(draft, layout, end_node, signals)
    for name in layout.lanes:
        limit, length = layout.speed_mps(name), layout.length_m(name)
        speed_kmh = driver.cruising_mps(limit) * 3.6
        speed = min(max(speed_kmh, SLOWEST_KMH), FASTEST_KMH)
        kept = min(max(length, SHORTEST_M), LONGEST_M)
        if abs(speed - speed_kmh) > 1e-6 or kept != length:
            roads.clipped.append(name)
        if len({lane.speed_mps for lane in layout.lanes[name].values()}) > 1:
            roads.uneven.append(name)
        room = 1000 * speed / driver.spacing_m / _ROOM
        flow = driver.discharge(limit).saturation_pcuph
        if room < flow:
            roads.slow.append(name)
        draft.add(
            LINK,
            link_id=name,
            from_node_id=layout.edge(name).start,
            to_node_id=end_node[name],
            length=round(kept, 2),
            lanes=len(layout.lanes[name]),
            free_speed=round(speed, 6),
            name=layout.edge(name).name,
            opt_saturation_flow=flow_cell(min(room, flow)),
            opt_entry=1 if name in begins and name in reached else None,
            opt_exit=1 if name in ends and name in left else None,
        )
        for index, number in layout.numbers(name).items():
            draft.add(LANE, lane_id=layout.lanes[name][index].id, link_id=name, lane_num=number)
    return roads


def _add_nodes(draft: Draft, layout: Layout, end_node: Mapping[str, str], signals: Collection[str]) -> None:
    seen: dict[str, str] = {}  # node -> junction where it lies
    for name, end in end_node.items():
        edge = layout.edge(name)
        seen.setdefault(edge.start, edge.start)
        seen.setdefault(end, edge.end)
    for node, junction in seen.items():
        place = layout.net.junctions.get(junction)
        draft.add(
            NODE,
            node_id=node,
            x_coord=round(place.x, 2) if place else 0.0,
            y_coord=round(place.y, 2) if place else 0.0,
            ctrl_type="signal" if node in signals else None,
        )


def _control(layout: Layout, move: Move, has_signal: bool, goes_on_red: bool) -> str | None:
    """How a movement is controlled, where the file says more than who gives way to whom."""
    if has_signal:
        return "signal_with_RTOR" if goes_on_red else None
    if layout.net.junctions[move.node].type == ALL_WAY:
        return "stop_4_way"
    return "stop" if any(link.state == "s" and not link.light for link in move.links) else None


def add_movements(
    draft: Draft, layout: Layout, groups: Mapping[Key, str], on_red: Collection[Key], roads: Roads,
    queues: Queues,
) -> None:  # fmt: skip
    """Movements with their lanes, control, way across the junction, and how their queues leave.
    ``on_red``: those that may go on red after a stop.
    """
    numbers = {name: layout.numbers(name) for name in layout.lanes}
    for key, move in layout.moves.items():
        lanes = sorted({numbers[move.start][link.from_lane] for link in move.links})
        if lanes[-1] - lanes[0] + 1 != len(lanes):
            roads.split.append(move.id)
        path = min(max(move.path_m, _PATH_M[0]), _PATH_M[1])
        draft.add(
            MOVEMENT,
            mvmt_id=move.id,
            node_id=move.node,
            ib_link_id=move.start,
            ob_link_id=move.end,
            start_ib_lane=lanes[0],
            end_ib_lane=lanes[-1],
            type=move.turn,
            opt_signal_group_id=groups.get(key),
            ctrl_type=_control(layout, move, key in groups, key in on_red),
            opt_keep_clear=None if any(link.keeps_clear for link in move.links) else 0,
            opt_path_m=round(path, 2),
            **queues.cells(key),
        )


def add_conflicts(draft: Draft, layout: Layout, rules: list[Rule]) -> None:
    """Pairs of movements that meet."""
    for rule in rules:
        first, second = layout.moves[rule.first], layout.moves[rule.second]
        draft.add(CONFLICT, mvmt_id=first.id, other_mvmt_id=second.id, rule=rule.kind)
    draft.section("network", conflicts="as_listed")
