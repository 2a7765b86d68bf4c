"""Which movements may not, or only with priority, use a junction at one time.

A rule for a pair (a, b): FREE, YIELD (a gives way to b), FORBIDDEN, APART (forbidden, though their
paths do not meet) or IN_TURN (both of an all-way stop: who came first goes first). The user's
conflict.csv wins. Pairs that it does not list are free where the scenario says that it lists all;
elsewhere the rule follows from positions, turns and control:

* movements from one link, or whose paths neither cross nor merge, are free;
* movements that merge are free where each has lanes of its own behind the junction: as given by
  start_ob_lane, or a right turn beside another movement where there are lanes enough for both;
* of two without a signal, who has a yield or stop sign gives way to who has none;
* a left turn (or turn back) gives way to what comes against it;
* a movement without a signal gives way to those with one;
* two without a signal: the turn gives way to the through movement, left to right, else the later id;
* a right turn gives way where it only merges;
* all else that crosses is forbidden.

Two movements of an all-way stop that are not free take turns, whatever the rule would be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from signalsim.network.geometry import are_opposed, paths_cross
from signalsim.network.model import Network

FREE, YIELD, FORBIDDEN, APART, IN_TURN = "free", "yield", "forbidden", "apart", "in_turn"
_RANK = {"thru": 0, "right": 1, "left": 2, "uturn": 3}
Ruled = tuple[str, int, int]  # rule, movement, movement; of a yield the first gives way
Given = dict[tuple[int, int], Ruled]  # by pair, lower position first


@dataclass(frozen=True)
class Conflicts:
    """All conflicts of a network, as sorted (k, 2) int32 of movements."""

    yields: np.ndarray  # movement, movement with priority over it
    forbidden: np.ndarray  # never at one time; lower position first
    foes: np.ndarray  # paths that cross or merge, whatever the rule; lower position first


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
    has_signal, is_minor = net.is_signalised, net.is_minor
    if not (has_signal[a] or has_signal[b]) and is_minor[a] != is_minor[b]:
        return (a, b) if is_minor[a] else (b, a)
    for first, second in ((a, b), (b, a)):
        if _is_turn_against(net, first, second) and not (has_signal[first] and not has_signal[second]):
            return first, second
    if has_signal[a] != has_signal[b]:
        return (b, a) if has_signal[a] else (a, b)
    kinds = net.movement_role
    if not has_signal[a]:
        return (a, b) if (_RANK[kinds[a]], a) > (_RANK[kinds[b]], b) else (b, a)
    if touch == "merge" and (kinds[a] == "right") != (kinds[b] == "right"):
        return (a, b) if kinds[a] == "right" else (b, a)
    return None


def are_equals(net: Network, a: int, b: int) -> bool:
    """Whether nothing but the order of ids says who of two movements without signals gives way."""
    kinds = net.movement_role
    if net.is_signalised[[a, b]].any() or net.is_minor[a] != net.is_minor[b] or net.all_way[[a, b]].all():
        return False
    against = _is_turn_against(net, a, b) or _is_turn_against(net, b, a)
    return _RANK[kinds[a]] == _RANK[kinds[b]] and not against


def given_rules(net: Network) -> Given:
    """The user's rules by unordered pair. Raises InputError."""
    rules: Given = {}
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


def conflicts(net: Network) -> Conflicts:
    """All conflicts of a network. Raises InputError where conflict.csv is wrong."""
    given = given_rules(net)
    rules = given.values() if net.conflicts_as_listed else _all_rules(net, given)
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in (YIELD, FORBIDDEN, APART, IN_TURN)}
    for rule, first, second in rules:
        if rule == FREE:
            continue
        if net.all_way[first] and net.all_way[second] and rule != APART:
            rule = IN_TURN
        in_order = rule == YIELD or first < second
        found[rule].append((first, second) if in_order else (second, first))
    meeting = [(min(pair), max(pair)) for pair in found[YIELD]] + found[FORBIDDEN] + found[IN_TURN]
    return Conflicts(_pairs(found[YIELD]), _pairs(found[FORBIDDEN] + found[APART]), _pairs(meeting))


def _pairs(rows: Iterable[tuple[int, int]]) -> np.ndarray:
    return np.array(sorted(rows), np.int32).reshape(-1, 2)


def _all_rules(net: Network, given: Given) -> Iterator[Ruled]:
    """The rule of every pair of movements of a node, the user's where there is one."""
    by_node: dict[int, list[int]] = {}
    for movement, node in enumerate(net.movement_node.tolist()):
        by_node.setdefault(node, []).append(movement)
    for movements in by_node.values():
        for i, a in enumerate(movements):
            for b in movements[i + 1 :]:
                yield given.get((a, b)) or _rule(net, a, b)


def _rule(net: Network, a: int, b: int) -> Ruled:
    touch = _touch(net, a, b)
    if not touch:
        return FREE, a, b
    way = _give_way(net, a, b, touch)
    return (FORBIDDEN, a, b) if way is None else (YIELD, *way)
