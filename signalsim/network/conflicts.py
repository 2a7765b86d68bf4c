"""Which movements may not, or only with priority, use a junction at one time.

A rule for a pair (a, b): FREE, YIELD (a gives way to b) or FORBIDDEN. The user's conflict.csv
wins. Pairs that it does not list are free where the scenario says that it lists all; elsewhere the
rule follows from positions and turns:

* movements from one link, or whose paths neither cross nor merge, are free;
* movements that merge are free where each has lanes of its own behind the junction: as given by
  start_ob_lane, or a right turn beside another movement where there are lanes enough for both;
* a left turn (or turn back) gives way to what comes against it;
* a movement without a signal gives way to those with one;
* two without a signal: the turn gives way to the through movement, left to right, else the later id;
* a right turn gives way where it only merges;
* all else that crosses is forbidden.
"""

from collections.abc import Iterator

import numpy as np

from signalsim.network.geometry import are_opposed, paths_cross
from signalsim.network.model import Network

FREE, YIELD, FORBIDDEN = "free", "yield", "forbidden"
_RANK = {"thru": 0, "right": 1, "left": 2, "uturn": 3}


def _merge_freely(net: Network, a: int, b: int) -> bool:
    """Whether two movements into one link end in lanes of their own: by the lanes that are given,
    else where one turns right (into the outer lanes) and there are lanes for both.
    """
    starts, ends = net.movement.numbers("start_ob_lane"), net.movement.numbers("end_ob_lane")
    if starts[a] and starts[b]:
        last_a, last_b = max(ends[a], starts[a]), max(ends[b], starts[b])
        return bool(last_a < starts[b] or last_b < starts[a])
    if "right" not in (net.movement_role[a], net.movement_role[b]):
        return False
    lanes = int(net.link.numbers("lanes")[net.movement_to[a]])
    return len(net.movement_lanes(a)) + len(net.movement_lanes(b)) <= lanes


def _touch(net: Network, a: int, b: int) -> str:
    """'cross', 'merge' or '' for two movements of one junction."""
    from_a, from_b = net.movement_from[a], net.movement_from[b]
    to_a, to_b = net.movement_to[a], net.movement_to[b]
    if from_a == from_b:
        return ""
    if to_a == to_b:
        return "" if _merge_freely(net, a, b) else "merge"
    heading = net.heading
    crossing = paths_cross(
        heading[from_a] + np.pi,
        heading[to_a],
        heading[from_b] + np.pi,
        heading[to_b],
        net.drive_right,
    )
    return "cross" if crossing else ""


def _is_turn_against(net: Network, a: int, b: int) -> bool:
    """Whether ``a`` turns left across or into what comes against it in ``b``."""
    kinds = net.movement_role
    opposed = are_opposed(net.heading[net.movement_from[a]], net.heading[net.movement_from[b]])
    return opposed and kinds[a] in ("left", "uturn") and kinds[b] in ("thru", "right")


def _give_way(net: Network, a: int, b: int, touch: str) -> tuple[int, int] | None:
    """(who gives way, to whom), or None where the pair is forbidden."""
    for first, second in ((a, b), (b, a)):
        if _is_turn_against(net, first, second):
            signalled = net.movement.texts("opt_signal_group_id")
            if not (signalled[first] and not signalled[second]):
                return first, second
    group = net.movement.texts("opt_signal_group_id")
    if bool(group[a]) != bool(group[b]):
        return (b, a) if group[a] else (a, b)
    kinds = net.movement_role
    if not group[a]:
        return (a, b) if (_RANK[kinds[a]], a) > (_RANK[kinds[b]], b) else (b, a)
    if touch == "merge" and (kinds[a] == "right") != (kinds[b] == "right"):
        return (a, b) if kinds[a] == "right" else (b, a)
    return None


def _given(net: Network) -> dict[tuple[int, int], tuple[str, int, int]]:
    """The user's rules by unordered pair."""
    rules: dict[tuple[int, int], tuple[str, int, int]] = {}
    first = net.conflict.lookup("mvmt_id", net.movement, "movement")
    other = net.conflict.lookup("other_mvmt_id", net.movement, "movement")
    for i, (a, b, rule) in enumerate(zip(first, other, net.conflict.texts("rule"), strict=True)):
        if a == b or net.movement_node[a] != net.movement_node[b]:
            raise net.conflict.fault(i, "other_mvmt_id", "is not another movement of the same node; give one")
        key = (min(int(a), int(b)), max(int(a), int(b)))
        if key in rules:
            raise net.conflict.fault(
                i, "other_mvmt_id", "has a rule with that movement already; keep one row"
            )
        rules[key] = (rule, int(a), int(b))
    return rules


def conflicts(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """All conflicts of a network: yields (k, 2) int32 of (movement, movement with priority over it),
    and forbidden (k, 2) int32 of pairs, lower position first; both sorted.
    """
    given = _given(net)
    rules = given.values() if net.conflicts_as_listed else _all_rules(net, given)
    yields: list[tuple[int, int]] = []
    forbidden: list[tuple[int, int]] = []
    for rule, first, second in rules:
        if rule == YIELD:
            yields.append((first, second))
        elif rule == FORBIDDEN:
            forbidden.append((min(first, second), max(first, second)))
    shape = (-1, 2)
    return (
        np.array(sorted(yields), np.int32).reshape(shape),
        np.array(sorted(forbidden), np.int32).reshape(shape),
    )


def _all_rules(
    net: Network, given: dict[tuple[int, int], tuple[str, int, int]]
) -> Iterator[tuple[str, int, int]]:
    """The rule of every pair of movements of a node, the user's where there is one."""
    by_node: dict[int, list[int]] = {}
    for movement, node in enumerate(net.movement_node.tolist()):
        by_node.setdefault(node, []).append(movement)
    for movements in by_node.values():
        for i, a in enumerate(movements):
            for b in movements[i + 1 :]:
                yield given.get((a, b)) or _rule(net, a, b)


def _rule(net: Network, a: int, b: int) -> tuple[str, int, int]:
    touch = _touch(net, a, b)
    if not touch:
        return FREE, a, b
    way = _give_way(net, a, b, touch)
    return (FORBIDDEN, a, b) if way is None else (YIELD, *way)
