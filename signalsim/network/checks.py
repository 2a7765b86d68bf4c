"""What must be true of a network, one small function each.

Each yields everything that it finds: ``check_*`` what is wrong, ``warn_*`` what is allowed but should
be known. Loading raises the first that is wrong; ``findings`` lists all, with more notes of its own.
"""

from collections.abc import Callable, Iterator

import numpy as np

from signalsim.errors import InputError
from signalsim.network.conflicts import conflicts
from signalsim.network.csvfile import Fault
from signalsim.network.model import Network
from signalsim.network.specs import SIGNALS

MAX_SLOT_LOSS = 0.03
MAX_FEEDERS = 60  # lanes into one link: what the engine takes
MAX_LANES = 16  # at one stop line: what the engine takes


def check_not_empty(net: Network) -> Iterator[InputError]:
    for table in (net.node, net.link, net.movement):
        if not len(table):
            yield InputError(f"{table.path}: has a header but no rows; a network needs at least one")


def check_link_ends(net: Network) -> Iterator[Fault]:
    """A link joins two different nodes at different positions."""
    x, y = net.node.numbers("x_coord"), net.node.numbers("y_coord")
    for i, (a, b) in enumerate(zip(net.link_from, net.link_to, strict=True)):
        if a == b:
            yield net.link.fault(i, "to_node_id", "is also where the link begins; give another node")
        elif x[a] == x[b] and y[a] == y[b]:
            yield net.link.fault(
                i, "to_node_id", f"lies where node '{net.node.ids[a]}' lies; give them different positions"
            )


def check_kinematics(net: Network) -> Iterator[Fault]:
    """The backward wave s/(kappa - s/v) must exist and stay below the free speed."""
    s = net.saturation_pcuph / 3600
    room = net.jam_pcupm - s / net.speed_mps
    for i in np.flatnonzero(room <= s / net.speed_mps * 0.1).tolist():
        need = 1.1 * s[i] / net.jam_pcupm[i] * 3.6
        yield net.link.remark(
            i,
            f"{net.link.path}, row {net.link.row[i]}, column 'free_speed': {net.speed_mps[i] * 3.6:.4g} km/h "
            f"is too slow for {net.saturation_pcuph[i]:.4g} pcu/h/lane; give {need:.0f} km/h or more, "
            "or a lower opt_saturation_flow",
            "free_speed",
        )


def check_lanes(net: Network) -> Iterator[Fault]:
    """Lane numbers are unique per link, bays have a length shorter than their link."""
    seen: dict[tuple[int, int], int] = {}
    number, length = net.lane.numbers("lane_num"), net.lane.numbers("opt_length_m")
    for i, link in enumerate(net.lane_link):
        place = (int(link), int(number[i]))
        if number[i] == 0:
            yield net.lane.fault(
                i, "lane_num", "is no lane; full lanes count from 1, left-turn bays from -1 down"
            )
        elif place in seen:
            yield net.lane.fault(i, "lane_num", f"is there twice (row {net.lane.row[seen[place]]}); keep one")
        elif place in net.bays and np.isnan(length[i]):
            yield net.lane.fault(i, "opt_length_m", "is empty for a turn bay; give its length in m")
        elif place in net.bays and length[i] >= net.length_m[link]:
            yield net.lane.fault(
                i,
                "opt_length_m",
                f"is not shorter than its link ({net.length_m[link]:g} m); make it a full lane",
            )
        seen.setdefault(place, i)
    for link in sorted({int(link) for link in net.lane_link}):
        if len(net.lane_numbers(link)) > MAX_LANES:
            yield net.link.remark(
                link, f"{net.lane.path}: link '{net.link.ids[link]}' has over {MAX_LANES} lanes; split it"
            )


def check_movement_ends(net: Network) -> Iterator[Fault]:
    """A movement's links meet at its node, and no two movements join the same links."""
    seen: dict[tuple[int, int], int] = {}
    for i in range(len(net.movement)):
        node, a, b = net.movement_node[i], net.movement_from[i], net.movement_to[i]
        name = net.node.ids[node]
        if net.link_to[a] != node:
            yield net.movement.fault(i, "ib_link_id", f"does not end at node '{name}'; give a link that does")
        elif net.link_from[b] != node:
            yield net.movement.fault(
                i, "ob_link_id", f"does not begin at node '{name}'; give a link that does"
            )
        elif (a, b) in seen:
            other = net.movement.ids[seen[a, b]]
            yield net.movement.fault(i, "ob_link_id", f"is served by movement '{other}' already; keep one")
        seen.setdefault((a, b), i)


def check_movement_lanes(net: Network) -> Iterator[Fault]:
    """Every movement starts from lanes that its link has, the first before the last."""
    first, last = net.movement.numbers("start_ib_lane"), net.movement.numbers("end_ib_lane")
    for i in range(len(net.movement)):
        link = int(net.movement_from[i])
        numbers = net.lane_numbers(link)
        have = f"link '{net.link.ids[link]}' has {', '.join(str(n) for n in numbers)}"
        absent = [
            column
            for column, number in (("start_ib_lane", first[i]), ("end_ib_lane", last[i]))
            if number and number not in numbers
        ]
        if absent:
            yield net.movement.fault(i, absent[0], f"is no lane of the movement's link; {have}")
        elif not net.movement_lanes(i):
            yield net.movement.fault(
                i, "start_ib_lane", f"leaves movement '{net.movement.ids[i]}' without a lane; {have}"
            )


def check_lane_use(net: Network) -> Iterator[Fault]:
    """A lane that leads to a junction serves a movement there."""
    used: dict[int, set[int]] = {}
    for i in range(len(net.movement)):
        used.setdefault(int(net.movement_from[i]), set()).update(net.movement_lanes(i))
    for link, lanes in used.items():
        for idle in (n for n in net.lane_numbers(link) if n not in lanes):
            yield net.link.remark(
                link,
                f"{net.movement.path}: lane {idle} of link '{net.link.ids[link]}' serves no movement; "
                "widen a movement's start_ib_lane/end_ib_lane or take the lane away",
            )


def check_control(net: Network) -> Iterator[Fault]:
    """What a movement obeys: a signal has a group, a sign has none."""
    kinds, groups = net.movement.texts("ctrl_type"), net.movement.texts("opt_signal_group_id")
    for i, (kind, group) in enumerate(zip(kinds, groups, strict=True)):
        if kind in SIGNALS and not group:
            yield net.movement.fault(
                i,
                "ctrl_type",
                "needs a signal group; give one in opt_signal_group_id, or a control without signals",
            )
        elif kind and kind not in SIGNALS and group:
            yield net.movement.fault(
                i,
                "ctrl_type",
                f"is no control of a movement with a signal group ('{group}'); give one of "
                f"{', '.join(SIGNALS)}, or take the group away",
            )


def check_all_way_stops(net: Network) -> Iterator[Fault]:
    """Of the movements without signals that meet at a node all are of its all-way stop, or none."""
    if not net.all_way.any():
        return
    try:
        foes = conflicts(net).foes
    except InputError:  # of conflict.csv, told where that is read
        return
    lone: dict[int, int] = {}
    for pair in foes[~net.is_signalised[foes].any(axis=1)].tolist():
        own, other = sorted(pair, key=lambda m: bool(net.all_way[m]))
        if net.all_way[own] != net.all_way[other]:
            lone.setdefault(own, other)
    for own, other in sorted(lone.items()):
        yield net.movement.fault(
            own,
            "ctrl_type",
            f"meets movement '{net.movement.ids[other]}' of an all-way stop; give stop_4_way to all "
            f"movements of node '{net.node.ids[net.movement_node[own]]}' that have no signal, or to none",
        )


def check_feeders(net: Network) -> Iterator[Fault]:
    """Not too many lanes lead into one link."""
    feeding = np.zeros(len(net.link), np.int64)
    for i, link in enumerate(net.movement_to):
        feeding[link] += len(net.movement_lanes(i))
    for crowded in np.flatnonzero(feeding > MAX_FEEDERS).tolist():
        yield net.link.fault(
            crowded,
            "link_id",
            f"is fed by {feeding[crowded]} lanes; more than {MAX_FEEDERS} cannot merge, split the junction",
        )


def _reached(net: Network, start: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Links reached from ``start`` (bool) along the pairs a -> b."""
    order = np.argsort(a, kind="stable")
    first = np.searchsorted(a[order], np.arange(len(net.link) + 1))
    reached = start.copy()
    stack = list(np.flatnonzero(start))
    while stack:
        link = stack.pop()
        for k in order[first[link] : first[link + 1]]:
            if not reached[b[k]]:
                reached[b[k]] = True
                stack.append(b[k])
    return reached


def check_reachable(net: Network) -> Iterator[Fault]:
    """Every link can be reached from an entry of the network, and leads to an exit."""
    forward = _reached(net, net.is_origin, net.movement_from, net.movement_to)
    for i in np.flatnonzero(~forward).tolist():
        yield net.link.fault(
            i, "link_id", "cannot be reached from any entry link; add the movement that leads to it"
        )
    back = _reached(net, net.is_exit, net.movement_to, net.movement_from)
    for i in np.flatnonzero(~back).tolist():
        yield net.link.fault(
            i, "link_id", "leads to no exit of the network; add a movement that leads on from it"
        )


def check_exits_are_last(net: Network) -> Iterator[Fault]:
    """A link that ends at a junction with movements has one of its own, else its traffic vanishes there."""
    busy = set(net.movement_node.tolist())
    for i in np.flatnonzero(~net.has_outbound).tolist():
        if int(net.link_to[i]) in busy:
            node = net.node.ids[net.link_to[i]]
            yield net.link.fault(
                i, "link_id", f"ends at junction '{node}' but no movement leads on from it; add one"
            )


def _slot_loss(length_m: float, jam_pcupm: float) -> float:
    """Share of a lane's storage that whole half-car slots cost."""
    exact = 2 * length_m * jam_pcupm
    return float(1 - np.floor(exact + 1e-9) / exact)


def warn_slot_loss(net: Network) -> Iterator[Fault]:
    """Storage in whole half-car slots costs short links and bays capacity."""
    for i, length in enumerate(net.length_m.tolist()):
        if (loss := _slot_loss(length, net.jam_pcupm[i])) > MAX_SLOT_LOSS:
            yield net.link.remark(
                i,
                f"{net.link.path}, row {net.link.row[i]}: link '{net.link.ids[i]}' is short ({length:g} m): "
                f"whole slots cost {100 * loss:.1f} % of its storage",
                "length",
            )
    for (link, number), length in net.bays.items():
        if (loss := _slot_loss(length, net.jam_pcupm[link])) > MAX_SLOT_LOSS:
            yield net.link.remark(
                link,
                f"{net.lane.path}: bay {number} of link '{net.link.ids[link]}' is short ({length:g} m): "
                f"whole slots cost {100 * loss:.1f} % of its storage",
                f"bay {number}",
            )


# (kind, function); the order is that in which loading checks
CHECKS: tuple[tuple[str, Callable[[Network], Iterator[InputError]]], ...] = (
    ("empty-table", check_not_empty),
    ("zero-length-link", check_link_ends),
    ("speed-too-low", check_kinematics),
    ("lane-list", check_lanes),
    ("movement-ends", check_movement_ends),
    ("movement-without-lanes", check_movement_lanes),
    ("lane-without-movement", check_lane_use),
    ("too-many-feeders", check_feeders),
    ("control", check_control),
    ("control", check_all_way_stops),
    ("dead-end", check_exits_are_last),
    ("unreachable", check_reachable),
)
WARNINGS: tuple[tuple[str, Callable[[Network], Iterator[Fault]]], ...] = (("lost-to-slots", warn_slot_loss),)


def check_network(net: Network) -> tuple[str, ...]:
    """Run every check; the warnings. Raises InputError at the first thing that is wrong."""
    for _, check in CHECKS:
        for fault in check(net):
            raise fault
    return tuple(str(remark) for _, warn in WARNINGS for remark in warn(net))
