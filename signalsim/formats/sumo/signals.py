"""Rows of signal_group.csv, signal_stage.csv, signal_plan.csv and intergreen.csv."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from signalsim.formats.draft import Draft
from signalsim.formats.rings import Tables, bare_phases, lamps_of
from signalsim.formats.sumo.lights import Key
from signalsim.formats.sumo.requests import FORBIDDEN, Rule
from signalsim.formats.sumo.staging import Staged
from signalsim.formats.sumo.timing import Timing, timing
from signalsim.signals.specs import GROUP, INTERGREEN, PLAN, STAGE

PLAN_ID = "deployed"


@dataclass
class Signals:
    """What was written, and what was changed on the way, by node."""

    group_of: dict[Key, str] = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    longer: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)  # and how long nobody is served
    stays: list[str] = field(default_factory=list)  # groups that end and begin at once
    ringed: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)  # and phases without a lamp of their own


def name_groups(staged: Iterable[Staged]) -> dict[Key, str]:
    """The group of every movement with a lamp."""
    return {
        key: f"{one.head.node}.{g + 1}" for one in staged for g, keys in enumerate(one.groups) for key in keys
    }


def add_signals(
    draft: Draft,
    staged: Iterable[Staged],
    rules: Iterable[Rule],
    shortest_yellow_s: Callable[[Key], float],
    begin_s: float,
) -> Signals:
    """Groups, stages, intergreens and the plan of every signal. ``begin_s``: SUMO's clock at time 0."""
    out = Signals()
    apart: dict[Key, set[Key]] = {}
    for rule in rules:
        if rule.kind == FORBIDDEN:
            apart.setdefault(rule.first, set()).add(rule.second)
            apart.setdefault(rule.second, set()).add(rule.first)
    for one in staged:
        out.group_of |= name_groups([one])
        out.nodes.append(one.head.node)
        place = {key: g for g, keys in enumerate(one.groups) for key in keys}
        forbidden = {
            (place[a], place[b])
            for a in place
            for b in apart.get(a, ())
            if b in place and place[a] != place[b]
        }

        def shortest(group: int, one: Staged = one) -> float:
            return max(shortest_yellow_s(key) for key in one.groups[group])

        if one.head.rings is not None:
            add_rings(draft, one, forbidden, shortest, begin_s, out)
            continue
        times = timing(one, forbidden, shortest)
        _add(draft, one, times, begin_s)
        if times.raised:
            out.raised.append(one.head.node)
        if times.longer:
            out.longer.append(one.head.node)
        if times.dead_s:
            out.dead.append(f"{one.head.node}: {times.dead_s:g} s")
        out.stays += [f"{one.head.node}.{g + 1}" for g in one.interrupted]
    return out


def _add(draft: Draft, one: Staged, times: Timing, begin_s: float) -> None:
    node = one.head.node
    names = [f"{node}.{g + 1}" for g in range(len(one.groups))]
    for g, name in enumerate(names):
        draft.add(
            GROUP, group_id=name, junction_id=node, min_green_s=times.min_green_s[g],
            yellow_s=times.yellow_s[g], all_red_s=times.all_red_s[g],
        )  # fmt: skip
    width = len(str(len(one.stages)))
    stages = {stage: f"{k:0{width}d}" for k, stage in enumerate(one.stages, 1)}
    for stage, name in stages.items():
        listed = " ".join(names[g] for g in sorted(stage))
        draft.add(STAGE, junction_id=node, stage_id=name, group_ids=listed)
    for (a, b), seconds in sorted(times.intergreen_s.items()):
        draft.add(INTERGREEN, clearing_group_id=names[a], entering_group_id=names[b], intergreen_s=seconds)
    offset = (times.first_green_s + one.head.program.offset_s - begin_s) % times.cycle_s
    for k, (visit, green) in enumerate(zip(one.visits, times.green_s, strict=True), 1):
        draft.add(
            PLAN, plan_id=PLAN_ID, junction_id=node, position=k, stage_id=stages[visit.stage],
            green_s=green, offset_s=round(offset, 3) % times.cycle_s, cycle_s=times.cycle_s,
        )  # fmt: skip


def add_rings(
    draft: Draft,
    one: Staged,
    forbidden: Collection[tuple[int, int]],
    shortest_yellow_s: Callable[[int], float],
    begin_s: float,
    out: Signals,
) -> None:
    """The rows of a junction with a NEMA program. ``forbidden``: pairs of groups, both ways."""
    rings, node = one.head.rings, one.head.node
    assert rings is not None
    place = {key: g for g, key in enumerate(one.members)}
    without = bare_phases(rings, place)
    sets = rings.together()

    def is_apart(a: frozenset[int], b: frozenset[int]) -> bool:
        are_phases = not without and len(a) == len(b) == 1
        return (place[a], place[b]) in forbidden or (are_phases and not any(a | b <= s for s in sets))

    least = {key: shortest_yellow_s(g) for key, g in place.items()}
    lamps = lamps_of(rings, place, least, is_apart)
    if any(lamp.yellow_s > max(rings.phases[p].yellow_s for p in key) for key, lamp in lamps.lamps.items()):
        out.raised.append(node)
    shifted = replace(rings, offset_s=rings.offset_s - begin_s)
    tables = Tables(draft, node, shifted, lamps, lambda key: f"{node}.{place[key] + 1}")
    tables.add_groups()
    tables.add_stages()
    tables.add_intergreens()
    tables.add_plan()
    if without:
        out.bare.append(f"{node}: {', '.join(map(str, without))}")
    else:
        out.ringed.append(node)
        tables.add_phases()
