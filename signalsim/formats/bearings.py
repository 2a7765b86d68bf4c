"""Right of way by the directions that roads really have at a junction.

The network's own rule takes a road's direction from the positions of its two nodes. A curved road comes
in differently; where that changes who crosses or faces whom, conflict.csv says so, pair by pair.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from signalsim.formats.complete import with_lamps
from signalsim.formats.draft import Draft
from signalsim.formats.roads import Road
from signalsim.network import Network, conflicts
from signalsim.network.specs import CONFLICT

Pair = tuple[int, int]


def add_bearings(draft: Draft, network: Network, roads: Iterable[Road], lit: Collection[str]) -> int:
    """Rows of conflict.csv for pairs whose rule changes with the roads' bearings; returns their number."""
    lamps = with_lamps(network, lit)
    by_id = {road.id: road for road in roads}
    arrives = np.array([by_id[name].arrives for name in network.link.ids])
    leaves = np.array([by_id[name].leaves for name in network.link.ids])
    straight = _rules(lamps)
    rules: dict[Pair, tuple[str, int, int]] = {}
    for batch in _batches(network):
        heading = np.where(batch[network.link_to], arrives, network.heading)
        heading = np.where(batch[network.link_from], leaves, heading)
        view = replace(lamps)
        vars(view)["heading"] = heading  # in place of the cached one, which goes from node to node
        rules |= {pair: rule for pair, rule in _rules(view).items() if batch[network.movement_node[pair[0]]]}
    names = network.movement.ids
    count = 0
    for pair in sorted(straight.keys() | rules.keys()):
        if straight.get(pair) != (rule := rules.get(pair)):
            kind, a, b = rule or ("free", *pair)
            draft.add(CONFLICT, mvmt_id=names[a], other_mvmt_id=names[b], rule=kind)
            count += 1
    return count


def _rules(network: Network) -> dict[Pair, tuple[str, int, int]]:
    """Pairs that are not free: who gives way to whom, or forbidden (of an all-way stop: in turn)."""
    found = conflicts(network)
    out = {(a, b): ("forbidden", a, b) for a, b in found.foes.tolist()}
    return out | {(min(a, b), max(a, b)): ("yield", a, b) for a, b in found.yields.tolist()}


def _batches(network: Network) -> Iterator[np.ndarray]:
    """(n_nodes,) bool: nodes of which no two are joined by a link, until every node was in one."""
    near: list[set[int]] = [set() for _ in range(len(network.node))]
    for a, b in zip(network.link_from.tolist(), network.link_to.tolist(), strict=True):
        near[a].add(b)
        near[b].add(a)
    colour: list[int] = []
    for node, others in enumerate(near):
        used = {colour[other] for other in others if other < node}
        colour.append(next(c for c in range(len(others) + 1) if c not in used))
    for c in range(max(colour, default=-1) + 1):
        yield np.array(colour) == c
