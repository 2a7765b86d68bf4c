"""Stages that the conflicts of a junction allow, and the sequence of them that makes vehicles wait least.

Two kinds of stages are tried beside those that are there. *Open* ones show as many groups as the interlock
allows, turns that give way among them. *Protected* ones show as many as can go without anyone giving way.
Both are maximal cliques of a graph of groups, whose edges are the pairs that may be green together.

All sets of two to four stages that serve every group are compared by Webster's cycle, which is short where
lost time and critical ratios are small; the best of them, in every order that is safe, by the estimated
delay of the plan that Webster's method makes of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, permutations

import networkx as nx

from signalsim.signals.design import MAX_SUM, webster_cycle_s
from signalsim.signals.flows import stage_losses_s, stage_ratios
from signalsim.signals.model import Plan, SignalSystem
from signalsim.signals.planning import design_plan, least_cycle_s
from signalsim.signals.streams import streams
from signalsim.signals.traffic import Traffic
from signalsim.signals.waiting import served, waiting_alone

_MOST_STAGES = 4  # of a sequence
_MOST_CLIQUES, _MOST_CANDIDATES = 1000, 14  # found, and tried, of one junction
_FINALISTS = 12  # sequences that are designed in full
Stage = frozenset[int]  # groups


@dataclass(frozen=True)
class Staged:
    """``signals`` with the stages that are new; ``sequences``: local stages in order per junction;
    ``added``: junction -> its new local stages; ``kept``: junctions that keep theirs in any case."""

    signals: SignalSystem
    sequences: dict[int, tuple[int, ...]]
    added: dict[int, tuple[int, ...]]
    kept: tuple[int, ...]


def best_sequences(
    traffic: Traffic, deployed: Mapping[int, tuple[int, ...]], *, min_cycle_s: float, max_cycle_s: float
) -> Staged:
    """The sequence of least estimated delay at every junction; the deployed one where none is better, and
    where rings or pedestrians bind the stages to each other."""
    signals = traffic.signals
    kept = tuple(j for j in deployed if j in signals.rings or signals.walks[list(signals.groups_of(j))].any())
    limits = {"min_cycle_s": min_cycle_s, "max_cycle_s": max_cycle_s}
    chosen = {j: _best(traffic, j, order, limits) for j, order in deployed.items() if j not in kept}
    new = {
        j: [stage for stage in order if stage not in signals.stage_groups[j]] for j, order in chosen.items()
    }
    wide = with_stages(signals, new)
    place = [{groups: s for s, groups in enumerate(stages)} for stages in wide.stage_groups]
    found = {j: [signals.stage_groups[j][s] for s in order] for j, order in deployed.items()} | chosen
    return Staged(
        wide,
        {j: tuple(place[j][stage] for stage in order) for j, order in found.items()},
        {j: tuple(place[j][stage] for stage in stages) for j, stages in new.items() if stages},
        kept,
    )


def with_stages(signals: SignalSystem, new: Mapping[int, Iterable[Stage]]) -> SignalSystem:
    """Signals with more stages, which get the next free numbers for ids; plans are as they were."""
    names, members, place = list(signals.stages), list(signals.stage_groups), {}
    for j, stages in new.items():
        of = dict(zip(signals.stages[j], signals.stage_groups[j], strict=True))
        for stage in stages:
            number = len(of) + 1
            while str(number) in of:
                number += 1
            of[str(number)] = stage
        names[j] = tuple(sorted(of))
        members[j] = tuple(of[name] for name in names[j])
        place[j] = [names[j].index(name) for name in signals.stages[j]]
    plans = {
        name: {
            j: replace(plan, stages=tuple(place[j][s] for s in plan.stages)) if j in place else plan
            for j, plan in of_plan.items()
        }
        for name, of_plan in signals.plans.items()
    }
    return replace(signals, stages=tuple(names), stage_groups=tuple(members), plans=plans)


def possible_stages(signals: SignalSystem, junction: int) -> list[Stage]:
    """The stages of a junction, and behind them those that it lacks: open and protected ones, most groups
    first; ``_MOST_CANDIDATES`` in all unless more are there."""
    groups = list(signals.groups_of(junction))
    allowed = nx.Graph()
    allowed.add_nodes_from(groups)
    allowed.add_edges_from(combinations(groups, 2))
    allowed.remove_edges_from(map(tuple, signals.forbidden.tolist()))
    protected = allowed.copy()
    protected.remove_edges_from(_giving_way(signals, junction))
    there = list(dict.fromkeys(signals.stage_groups[junction]))
    cliques = {
        frozenset(clique)
        for graph in (allowed, protected)
        for clique in islice(nx.find_cliques(graph), _MOST_CLIQUES)
    }
    more = sorted(cliques - set(there), key=lambda stage: (-len(stage), sorted(stage)))
    return there + more[: max(0, _MOST_CANDIDATES - len(there))]


def is_safe(signals: SignalSystem, junction: int, order: Sequence[Stage]) -> bool:
    """Whether no change of a cyclic sequence surprises those who give way.

    Nobody may enter while one whom he gives way to, or who gives way to him, ends with no intergreen between
    them. Nobody who gives way may end while the other stays green: he takes it that both end, and clears in
    front of him (the yellow trap; FHWA Signal Timing Manual, 2008, ch. 4).
    """
    pairs = _giving_way(signals, junction)
    for old, new in zip(order, [*order[1:], *order[:1]], strict=True):
        for a, b in pairs:
            if {a, b} <= old and a not in new and b in new:
                return False
            for ends, enters in ((a, b), (b, a)):
                if ends in old - new and enters in new - old and (ends, enters) not in signals.intergreen_s:
                    return False
    return True


def protected(signals: SignalSystem, junction: int, sequence: Iterable[int]) -> Stage:
    """Groups that one of some local stages shows together with nobody whom they give way to."""
    pairs = _giving_way(signals, junction)
    shown = [signals.stage_groups[junction][s] for s in sequence]
    return frozenset(g for stage in shown for g in stage if not any(a == g and b in stage for a, b in pairs))


def _giving_way(signals: SignalSystem, junction: int) -> list[tuple[int, int]]:
    """Groups that may be green together, of which the first gives way to the second."""
    pairs = signals.movement_group[signals.live_yields].tolist()
    here = signals.groups_of(junction)
    return sorted({(a, b) for a, b in pairs if a != b and a in here and b in here})


def _best(traffic: Traffic, j: int, deployed: tuple[int, ...], limits: Mapping[str, float]) -> list[Stage]:
    """The stages of the best sequence, in order."""
    signals = traffic.signals
    stages = possible_stages(signals, j)
    groups = list(signals.stage_groups)
    groups[j] = tuple(stages)
    names = list(signals.stages)
    names[j] = tuple(map(str, range(len(stages))))
    wide = replace(traffic, signals=replace(signals, stages=tuple(names), stage_groups=tuple(groups)))
    first = tuple(stages.index(signals.stage_groups[j][s]) for s in deployed)
    ranked = sorted(_orders(wide, j, limits["max_cycle_s"]))
    best = min(
        [first, *(order for _, order in ranked[:_FINALISTS])],
        key=lambda order: round(_waiting(wide, j, order, limits), 9),
    )
    return [stages[s] for s in best]


def _orders(traffic: Traffic, j: int, max_cycle_s: float) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Webster's cycle (above the longest one, how far) and sequence, of each that serves all."""
    signals = traffic.signals
    stages = signals.stage_groups[j]
    every = frozenset(signals.groups_of(j))
    for size in range(2, _MOST_STAGES + 1):  # a signal that is green for ever is none
        for chosen in combinations(range(len(stages)), size):
            if frozenset[int]().union(*(stages[s] for s in chosen)) != every:
                continue
            orders = [
                (chosen[0], *rest)
                for rest in permutations(chosen[1:])
                if is_safe(signals, j, [stages[s] for s in (chosen[0], *rest)])
            ]
            if not orders:
                continue
            only = traffic.only({j: chosen})
            total = sum(stage_ratios(only, j))
            for order in orders:
                if least_cycle_s(signals, j, order) > max_cycle_s + 1e-6:
                    continue
                lost = sum(signals.changes_s(j, order)) + sum(stage_losses_s(only, j, order))
                over = max(0.0, total - MAX_SUM)
                yield webster_cycle_s(lost, min(total, MAX_SUM)) * (1 + 100 * over), order


def _waiting(traffic: Traffic, j: int, order: tuple[int, ...], limits: Mapping[str, float]) -> float:
    """Vehicles that wait on average, by estimate, under Webster's plan."""
    only = traffic.only({j: order})
    plan: Plan = design_plan(only, "webster", j, order, **limits)[0]
    cycle_s = only.signals.cycle_s(j, plan)
    which = streams(only, {j: cycle_s})
    serving = served(which, only.signals, {j: plan}, cycle_s, max(1, round(cycle_s)))
    return float(waiting_alone(which, which.at(j), serving, cycle_s, traffic.hours).sum())
