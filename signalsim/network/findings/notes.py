"""What loading allows and a look at the network should know, one small function each."""

from collections.abc import Iterator

import numpy as np

from signalsim.errors import InputError
from signalsim.network.conflicts import are_equals, conflicts, given_rules
from signalsim.network.csvfile import Fault
from signalsim.network.model import Network


def _name(net: Network, link: int) -> str:
    return f"{net.link.path}, row {net.link.row[link]}: link '{net.link.ids[link]}'"


def find_short(net: Network) -> Iterator[Fault]:
    """Links, bays, and what is left of a link before its bays, where not one standing car fits."""
    longest_bay: dict[int, float] = {}
    for (link, number), length in net.bays.items():
        longest_bay[link] = max(longest_bay.get(link, 0.0), length)
        if length < (car := 1 / net.jam_pcupm[link]):
            yield net.link.remark(
                link,
                f"{net.lane.path}: bay {number} of link '{net.link.ids[link]}' ({length:g} m) is shorter "
                f"than a standing car with its gap ({car:g} m), for which the simulation makes room; "
                "lengthen it, or leave it out",
                f"bay {number}",
            )
    for i, length in enumerate(net.length_m.tolist()):
        car = 1 / net.jam_pcupm[i]
        if length < car:
            yield net.link.remark(
                i,
                f"{_name(net, i)} ({length:g} m) is shorter than a standing car with its gap ({car:g} m), "
                "for which the simulation makes room; join it with the next link",
                "length",
            )
        elif 0 < length - longest_bay.get(i, 0.0) < car:
            yield net.link.remark(
                i,
                f"{_name(net, i)} has {length - longest_bay.get(i, 0.0):g} m left before its bays, less than "
                f"a standing car with its gap ({car:g} m); make the bays full lanes, or shorter",
                "opt_length_m",
            )


def find_loose_ends(net: Network) -> Iterator[Fault]:
    """Links that end where other roads go on, though no movement does there: routes end on them."""
    busy = set(net.movement_node.tolist())  # there it is an error
    loose = np.flatnonzero(~net.has_outbound & (net.link.numbers("opt_exit") == 0))
    for i, others in _at_nodes(net, loose, net.link_to, net.link_from):
        node = int(net.link_to[i])
        if others and node not in busy:
            yield net.link.remark(
                i,
                f"{_name(net, i)} ends at node '{net.node.ids[node]}', where link "
                f"'{net.link.ids[others[0]]}' goes on but no movement does, so routes end here; add the "
                "movement, if vehicles can pass",
                "link_id",
            )


def find_loose_starts(net: Network) -> Iterator[Fault]:
    """Links that begin where other roads arrive, though no movement leads to them: vehicles begin there."""
    loose = np.flatnonzero(~net.has_inbound & (net.link.numbers("opt_entry") == 0))
    for i, others in _at_nodes(net, loose, net.link_from, net.link_to):
        if others:
            node = net.node.ids[net.link_from[i]]
            yield net.link.remark(
                i,
                f"{_name(net, i)} begins at node '{node}', where link '{net.link.ids[others[0]]}' arrives, "
                "but no movement leads to it, so it is an entry of the network; add the movement, if "
                "vehicles can pass",
                "link_id",
            )


def _at_nodes(
    net: Network, links: np.ndarray, own_end: np.ndarray, other_end: np.ndarray
) -> Iterator[tuple[int, list[int]]]:
    """For each of ``links`` those of other roads that have their ``other_end`` at its ``own_end``."""
    there: dict[int, list[int]] = {}
    for k, node in enumerate(other_end.tolist()):
        there.setdefault(node, []).append(k)
    for i in links.tolist():
        road = {int(net.link_from[i]), int(net.link_to[i])}
        near = there.get(int(own_end[i]), [])
        yield i, [k for k in near if {int(net.link_from[k]), int(net.link_to[k])} != road]


def find_parts(net: Network) -> Iterator[Fault]:
    """Parts of the network that no road joins to the largest one, told at their first link."""
    part = np.arange(len(net.node))

    def root(node: int) -> int:
        while part[node] != node:
            part[node] = part[part[node]]
            node = int(part[node])
        return node

    for a, b in zip(net.link_from.tolist(), net.link_to.tolist(), strict=True):
        part[max(root(a), root(b))] = min(root(a), root(b))
    members: dict[int, list[int]] = {}
    for i, node in enumerate(net.link_from.tolist()):
        members.setdefault(root(node), []).append(i)
    largest = max(members.values(), key=len)
    for links in members.values():
        if links is not largest:
            more = f" and {len(links) - 1} more" if len(links) > 1 else ""
            yield net.link.remark(
                links[0],
                f"{_name(net, links[0])}{more}: no road joins them to the other {len(net.link) - len(links)} "
                "links; fine for a network in parts, else add what joins them",
                "part",
            )


def find_lonely_nodes(net: Network) -> Iterator[Fault]:
    """Nodes where no link begins or ends."""
    used = np.zeros(len(net.node), bool)
    used[net.link_from] = used[net.link_to] = True
    for i in np.flatnonzero(~used).tolist():
        yield net.node.remark(
            i,
            f"{net.node.path}, row {net.node.row[i]}: no link begins or ends at node '{net.node.ids[i]}'; "
            "take it away, or add its links",
        )


def check_conflict_list(net: Network) -> Iterator[InputError]:
    """The rules of conflict.csv are about two movements of one node, each pair once."""
    if not len(net.conflict):
        return
    try:
        conflicts(net)
    except InputError as error:
        yield error


def _nodes_with_conflicts(net: Network) -> set[int]:
    try:
        foes = conflicts(net).foes
    except InputError:  # told by check_conflict_list, and nothing can be said
        return set(net.movement_node.tolist())
    return set(net.movement_node[foes.ravel()].tolist())


def find_idle_signals(net: Network) -> Iterator[Fault]:
    """Signals at a node where no two movements conflict, and nodes marked as signals without any."""
    group = net.movement.texts("opt_signal_group_id")
    signalised = {int(node) for node, name in zip(net.movement_node, group, strict=True) if name}
    for node in sorted(signalised - _nodes_with_conflicts(net)) if signalised else ():
        yield net.node.remark(
            node,
            f"{net.node.path}, row {net.node.row[node]}: node '{net.node.ids[node]}' has signals, but none "
            "of its movements conflict; take the signals away, or add the movements that are missing",
        )
    for node, kind in enumerate(net.node.texts("ctrl_type")):
        if kind == "signal" and node not in signalised:
            yield net.node.remark(
                node,
                f"{net.node.path}, row {net.node.row[node]}: node '{net.node.ids[node]}' is marked as a "
                "signal, but none of its movements has a signal group, so all are always open; give them "
                "groups, or leave ctrl_type empty",
            )


def find_equals(net: Network) -> Iterator[Fault]:
    """Nodes where nothing but the order of ids says who of two movements without signals gives way."""
    if net.conflicts_as_listed:
        return
    try:
        given, found = given_rules(net), conflicts(net)
    except InputError:  # told by check_conflict_list
        return
    at: dict[int, list[tuple[int, int]]] = {}
    for own, other in found.yields.tolist():
        if (min(own, other), max(own, other)) not in given and are_equals(net, own, other):
            at.setdefault(int(net.movement_node[own]), []).append((own, other))
    for node, pairs in sorted(at.items()):
        own, other = (net.movement.ids[movement] for movement in pairs[0])
        more = f", and {len(pairs) - 1} more pairs likewise" if len(pairs) > 1 else ""
        yield net.node.remark(
            node,
            f"{net.node.path}, row {net.node.row[node]}: at node '{net.node.ids[node]}' movement '{own}' "
            f"gives way to '{other}' by the order of their ids{more}; give the minor road's a ctrl_type in "
            f"{net.movement.path.name} (yield or stop), stop_4_way to all, or rules in conflict.csv",
        )


def find_all_way_nodes(net: Network) -> Iterator[Fault]:
    """Nodes marked as all-way stops whose movements say otherwise."""
    marked = {
        node for node, kind in enumerate(net.node.texts("ctrl_type")) if kind in ("4_stop", "stop_4_way")
    }
    at: dict[int, list[int]] = {}
    for movement in np.flatnonzero(~net.all_way & ~net.is_signalised).tolist() if marked else ():
        at.setdefault(int(net.movement_node[movement]), []).append(movement)
    for node in sorted(marked & at.keys()):
        yield net.node.remark(
            node,
            f"{net.node.path}, row {net.node.row[node]}: node '{net.node.ids[node]}' is marked as an all-way "
            f"stop, but movement '{net.movement.ids[at[node][0]]}' is not part of one; give ctrl_type "
            f"stop_4_way to its movements in {net.movement.path.name}, or leave the node's empty",
        )
