"""Groups, stages and a plan of a draft from the timings of a GMNS folder."""

from collections.abc import Mapping, Sequence

from signalsim.formats.complete import CYCLE_S, shares, signals_of, with_lamps
from signalsim.formats.draft import Draft
from signalsim.formats.gmns.phases import Phase, Timing
from signalsim.network import Network, conflicts
from signalsim.network.specs import CONFLICT, MOVEMENT
from signalsim.signals.model import group_speed_mps
from signalsim.signals.specs import GROUP, PLAN, STAGE

Pair = tuple[str, str]  # ids of movements


def usable(network: Network, timing: Mapping[str, Timing]) -> tuple[list[str], dict[Pair, str]]:
    """Nodes whose stages keep apart what crosses and serve all their movements, and pairs (permitted,
    protected) that cross and are green together: there the first gives way, as the folder says. A
    node where nothing conflicts is not among them.
    """
    met = conflicts(with_lamps(network, list(timing)))
    names = network.movement.ids
    busy = set(network.movement_node[met.foes[:, 0]].tolist())
    crossing: dict[str, list[Pair]] = {}
    for a, b in met.forbidden.tolist():
        node = network.node.ids[network.movement_node[a]]
        crossing.setdefault(node, []).append((names[a], names[b]))
    all_of: dict[str, set[str]] = {}
    for m, node in enumerate(network.movement_node.tolist()):
        all_of.setdefault(network.node.ids[node], set()).add(names[m])
    good: list[str] = []
    ruled: dict[Pair, str] = {}
    for node, found in sorted(timing.items()):
        served = set().union(*(phase.moves for stage in found.stages for phase in stage))
        own: dict[Pair, str] = {}
        fits = all_of[node] <= served and len(found.stages) > 1 and network.node.index[node] in busy
        for stage in found.stages:
            green = set().union(*(phase.moves for phase in stage))
            soft = green - set().union(*(phase.moves - phase.permitted for phase in stage))
            for a, b in crossing.get(node, ()):
                if a in green and b in green:
                    fits &= (a in soft) != (b in soft)
                    own[(a, b) if a in soft else (b, a)] = "yield"
        if fits:
            good.append(node)
            ruled |= own
    return good, ruled


def add_timings(
    draft: Draft, nodes: Sequence[str], timing: Mapping[str, Timing], ruled: Mapping[Pair, str]
) -> None:
    """Rows of groups, stages and right of way of these nodes."""
    rows = {name: i for i, name in enumerate(draft.column(MOVEMENT, "mvmt_id"))}
    group_of = draft.column(MOVEMENT, "opt_signal_group_id")
    for (a, b), rule in sorted(ruled.items()):
        draft.add(CONFLICT, mvmt_id=a, other_mvmt_id=b, rule=rule)
    for node in nodes:
        found = timing[node]
        shown: dict[frozenset[int], list[str]] = {}
        phases = {phase.number: phase for stage in found.stages for phase in stage}
        for move in sorted(set().union(*(phase.moves for phase in phases.values()))):
            numbers = frozenset(n for n, phase in phases.items() if move in phase.moves)
            shown.setdefault(numbers, []).append(move)
        names = {numbers: f"{node}." + "+".join(map(str, sorted(numbers))) for numbers in shown}
        for numbers, moves in shown.items():
            draft.add(GROUP, group_id=names[numbers], junction_id=node,
                      min_green_s=_min_green([phases[n] for n in numbers]))  # fmt: skip
            for move in moves:
                group_of[rows[move]] = names[numbers]
        for k, stage in enumerate(found.stages):
            own = {phase.number for phase in stage}
            groups = sorted(name for numbers, name in names.items() if numbers & own)
            draft.add(STAGE, junction_id=node, stage_id=f"{k + 1:02d}", group_ids=" ".join(groups))


def _min_green(phases: Sequence[Phase]) -> float | None:
    given = [phase.min_green_s for phase in phases if phase.min_green_s]
    return min(max(min(given), 1.0), 120.0) if given else None


def add_times(
    draft: Draft, source: str, nodes: Sequence[str], timing: Mapping[str, Timing], plan: str
) -> None:
    """Yellow, all-red and the plan of these nodes. ``clearance`` is yellow and all-red in one number:
    the yellow by formula comes first, the rest is all-red.
    """
    if not nodes:
        return
    _add_clearances(draft, source, nodes, timing)
    _, signals = signals_of(draft, source)
    scaled = []
    for node in nodes:
        found = timing[node]
        j = signals.junctions.index(node)
        count = len(found.stages)
        order = [(found.first + k) % count for k in range(count)]
        changes = signals.changes_s(j, tuple(order))
        given = [_stage_green(found.stages, k) for k in order]
        cycle = found.cycle_s or CYCLE_S
        if abs(sum(given) + sum(changes) - cycle) > 0.05:
            scaled.append(node)
        least = [round(10 * signals.stage_min_green_s(j, s)) for s in order]
        greens = shares(round(10 * (cycle - sum(changes))), given, least)
        total = round(sum(greens) / 10 + sum(changes), 3)
        for k, (s, green) in enumerate(zip(order, greens, strict=True)):
            draft.add(PLAN, plan_id=plan, junction_id=node, position=k + 1, stage_id=signals.stages[j][s],
                      green_s=green / 10, offset_s=found.offset_s, cycle_s=total)  # fmt: skip
    if scaled:
        rule = (
            f"in proportion to those of the folder, in its cycle (else {CYCLE_S:g} s), where phases that "
            "run together have unlike times or an actuated signal has only the longest"
        )
        draft.guessed("greens", rule, scaled)


def _stage_green(stages: Sequence[Sequence[Phase]], k: int) -> float:
    """Green of the longest phase that is green in this stage only."""
    elsewhere = {phase.number for n, stage in enumerate(stages) if n != k for phase in stage}
    return max((p.green_s for p in stages[k] if p.number not in elsewhere), default=0.0) or 1.0


def _add_clearances(draft: Draft, source: str, nodes: Sequence[str], timing: Mapping[str, Timing]) -> None:
    network, signals = signals_of(draft, source)
    yellow, all_red = draft.column(GROUP, "yellow_s"), draft.column(GROUP, "all_red_s")
    clearance = {
        (node, phase.number): phase.clearance_s
        for node in nodes for stage in timing[node].stages for phase in stage
    }  # fmt: skip
    formula = []
    for row, name in enumerate(draft.column(GROUP, "group_id")):
        g = signals.groups.index(name)
        node = signals.junctions[signals.group_junction[g]]
        if node not in timing or node not in nodes:
            continue
        numbers = map(int, name[len(node) + 1 :].split("+"))
        given = [c for n in numbers if (c := clearance[node, n]) is not None]
        speed = group_speed_mps(network, signals.movements_of_group[g])
        if not given or max(given) < network.defaults.shortest_yellow_s(speed):
            formula.append(name)
            continue
        yellow[row] = min(round(max(given), 1), float(signals.yellow_s[g]), 10.0)
        all_red[row] = min(round(max(given) - yellow[row], 1), 20.0)
    draft.guessed("yellow", "by formula where the clearance has room for it; the rest of it is all-red")
    if formula:
        draft.guessed(
            "yellow and all-red", "by formula, as the clearance is missing or too short to brake", formula
        )
