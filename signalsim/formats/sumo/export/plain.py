"""The road graph as netconvert's plain XML: nodes, edges, connections, signal links.

SUMO numbers lanes from the kerb, this project from the left.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from signalsim.formats.sumo.export.names import Names
from signalsim.formats.sumo.export.xml import tag
from signalsim.network import Network
from signalsim.signals import SignalSystem


class Connection(NamedTuple):
    """From a lane to a lane; ``movement`` -1: at the mouth of bays, within a link."""

    movement: int
    from_edge: str
    from_lane: int
    to_edge: str
    to_lane: int


def nodes(network: Network, names: Names, signals: SignalSystem) -> Iterator[str]:
    """Nodes, and one at every mouth of bays on the straight line between a link's ends."""
    x, y = network.node.numbers("x_coord"), network.node.numbers("y_coord")
    lit = set(signals.junction_node.tolist())
    on_red, all_way, stops, signed = (
        set(network.movement_node[which].tolist())
        for which in (network.on_red, network.all_way, network.must_stop, network.is_minor)
    )
    for i, name in enumerate(names.node):
        if i in lit:
            kind = {"type": "traffic_light_right_on_red" if i in on_red else "traffic_light", "tl": name}
        elif i in all_way:
            kind = {"type": "allway_stop"}
        else:  # of signs, the edges' priorities say which road has them
            kind = {"type": "priority_stop" if i in stops else "priority"}
            kind |= {"rightOfWay": "edgePriority"} if i in signed else {}
        yield tag("node", id=name, x=_text(x[i]), y=_text(y[i]), **kind)
    for link, name in names.mouth.items():
        a, b = network.link_from[link], network.link_to[link]
        part = 1 - mouth_m(network, link) / network.length_m[link]
        place = {"x": _text(x[a] + part * (x[b] - x[a])), "y": _text(y[a] + part * (y[b] - y[a]))}
        yield tag("node", id=name, **place, type="priority")


def edges(network: Network, names: Names) -> Iterator[str]:
    """Edges with our lengths and speeds, whatever their ends' positions say. Of priority 0, which is a
    minor road's, are those that end at a sign.
    """
    lanes = network.link.numbers("lanes")
    signed = set(network.movement_from[network.is_minor].tolist())
    for link, length in enumerate(network.length_m.tolist()):
        ends = names.node[network.link_from[link]], names.node[network.link_to[link]]
        common: dict[str, object] = {
            "priority": 0 if link in signed else 1,
            "speed": _text(network.speed_mps[link]),
        }
        if link not in names.mouth:
            yield _edge(names.first_edge(link), *ends, lanes[link], length, common)
            continue
        mouth, bay = names.mouth[link], mouth_m(network, link)
        at_stop = len(network.lane_numbers(link))
        above = length - bay - crossing_m(network, link)
        yield _edge(names.first_edge(link), ends[0], mouth, lanes[link], above, common)
        yield _edge(names.last_edge(link), mouth, ends[1], at_stop, bay, common)


def _edge(name: str, begin: str, end: str, lanes: int, length: float, common: dict[str, object]) -> str:
    return tag("edge", id=name, from_=begin, to=end, numLanes=int(lanes), length=_text(length), **common)


def mouth_m(network: Network, link: int) -> float:
    """Where the longest bay of a link begins, m before the stop line."""
    return max(network.bays[link, n] for n in network.lane_numbers(link) if (link, n) in network.bays)


def crossing_m(network: Network, link: int) -> float:
    """Length of the way across the node at a mouth, which SUMO wants to have one, m."""
    return min(1.0, (float(network.length_m[link]) - mouth_m(network, link)) / 2)


def connections(network: Network, names: Names) -> list[Connection]:
    """Every movement lane by lane, in the order of movements; then the mouths of bays."""
    out = []
    for m, (a, b) in enumerate(
        zip(network.movement_from.tolist(), network.movement_to.tolist(), strict=True)
    ):
        own, there = network.lane_numbers(a), _full_lanes(network, b)
        for n, to in zip(network.movement_lanes(m), _target_lanes(network, m), strict=True):
            from_lane = _index(network, own, n)
            out.append(
                Connection(m, names.last_edge(a), from_lane, names.first_edge(b), _index(network, there, to))
            )
    for link in names.mouth:
        above, own = _full_lanes(network, link), network.lane_numbers(link)
        for n in own:
            beside = min(max(n, 1), above[-1])
            first, last = names.edges[link]
            out.append(
                Connection(-1, first, _index(network, above, beside), last, _index(network, own, n))
            )  # fmt: skip
    return out


def _full_lanes(network: Network, link: int) -> list[int]:
    return list(range(1, int(network.link.numbers("lanes")[link]) + 1))


def _index(network: Network, numbers: list[int], number: int) -> int:
    """SUMO's index of one of an edge's lanes, which are given from the left."""
    from_left = numbers.index(number)
    return len(numbers) - 1 - from_left if network.drive_right else from_left


def _target_lanes(network: Network, m: int) -> list[int]:
    """The lane behind the junction of each of a movement's lanes, so that its paths do not cross: turns
    keep to their side, who goes straight on keeps the lane as far as there is one.
    """
    given = int(network.movement.numbers("start_ob_lane")[m])
    targets = _full_lanes(network, int(network.movement_to[m]))
    if given:
        last = int(network.movement.numbers("end_ob_lane")[m]) or given
        targets = [n for n in targets if given <= n <= last]
    lanes = network.movement_lanes(m)
    spare = len(targets) - len(lanes)
    kind = network.movement_type[m]
    if kind == "uturn":
        kind = "left" if network.drive_right else "right"
    skip = {"left": 0, "right": spare}.get(kind, min(max(lanes[0], 1) - targets[0], spare))
    return [targets[min(max(skip + i, 0), len(targets) - 1)] for i in range(len(lanes))]


def connection_tags(
    network: Network, names: Names, signals: SignalSystem, found: list[Connection]
) -> Iterator[str]:
    """Connections, links that lead nowhere, and who gives way to whom while both are green.

    Elsewhere netconvert decides who gives way, by signs where there are any: all its junctions without
    signals hang together, and right of way that was given for some pairs of them makes vehicles wait for
    each other for ever.
    """
    link_of = {names.first_edge(link): link for link in names.mouth}
    keeps_clear = network.keeps_clear
    for c in found:
        ends = {"from_": c.from_edge, "to": c.to_edge, "fromLane": c.from_lane, "toLane": c.to_lane}
        if c.movement < 0:
            ends["length"] = _text(crossing_m(network, link_of[c.from_edge]))
        elif not keeps_clear[c.movement]:
            ends["keepClear"] = "false"
        yield tag("connection", **ends)
    for link in np.flatnonzero(~network.has_outbound).tolist():
        yield tag("connection", from_=names.last_edge(link))
    for m, other in signals.live_yields.tolist():
        if signals.movement_group[m] >= 0 and signals.movement_group[other] >= 0:
            first, last = _ends(network, names, other), _ends(network, names, m)
            yield tag("prohibition", prohibitor=first, prohibited=last)


def _ends(network: Network, names: Names, m: int) -> str:
    a, b = int(network.movement_from[m]), int(network.movement_to[m])
    return f"{names.last_edge(a)}->{names.first_edge(b)}"


def signal_links(network: Network, signals: SignalSystem, found: list[Connection]) -> list[list[Connection]]:
    """Per junction its connections in the order of their link index."""
    junction = {int(node): j for j, node in enumerate(signals.junction_node)}
    out: list[list[Connection]] = [[] for _ in signals.junctions]
    for c in found:
        j = junction.get(int(network.movement_node[c.movement])) if c.movement >= 0 else None
        if j is not None:
            out[j].append(c)
    return out


def _text(number: float) -> str:
    return f"{float(number):.10g}"
