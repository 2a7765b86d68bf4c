"""Signal groups and stages of a UTDF network, from its phases.

Movements that are green in the same phases share a group. What the rings and barriers keep apart
is kept apart by conflict.csv as well, so that the interlock's changes are the controller's. Stages
are all sets of phases that may be green together, one of each ring, and those that the plan passes
through where one ring reaches a barrier before another.
"""

import math
from collections import defaultdict
from itertools import combinations

from signalsim.formats.complete import network_of
from signalsim.formats.draft import Draft
from signalsim.formats.rings import Key, Lamps, Tables, lamps_of
from signalsim.formats.utdf.approaches import SIGNAL, Approach, Group
from signalsim.formats.utdf.rings import Controller, read_controllers
from signalsim.formats.utdf.sections import Utdf
from signalsim.formats.utdf.streets import movement_id, node_types
from signalsim.network import Defaults, conflicts
from signalsim.network.specs import CONFLICT, MOVEMENT

_RANK = {"thru": 0, "right": 1, "left": 2, "uturn": 3}
# of the check of yellows on loading: reaction time, deceleration, and the hardest that may be set, m/s2
_REACTION_S, _USUAL = Defaults().yellow_reaction_s, Defaults().hardest_deceleration
_HARDEST = 9.0


class Lights:
    """The controllers of a file and what each movement obeys."""

    def __init__(self, utdf: Utdf, approaches: dict[str, Approach]) -> None:
        self.utdf = utdf
        self.controllers: dict[str, Controller] = {}  # by node
        for controller in read_controllers(utdf):
            for node in controller.nodes:
                self.controllers.setdefault(node, controller)
        types = node_types(utdf)
        self.controllers = {n: c for n, c in self.controllers.items() if types[n] == SIGNAL}
        self.dark = [n for n, kind in types.items() if kind == SIGNAL and n not in self.controllers]
        self.free: set[str] = set()  # channelised right turns
        self.unserved: list[str] = []  # movements that no phase serves
        self.key: dict[str, Key] = {}  # phases by movement
        self._keys: dict[str, set[Key]] = defaultdict(set)  # the same by node
        self.lamps: dict[str, Lamps] = {}  # by node
        self.lengthened: list[str] = []  # groups whose yellow no vehicle could keep
        for approach in approaches.values():
            if approach.node in self.controllers:
                self._assign(approach)

    def _assign(self, approach: Approach) -> None:
        controller = self.controllers[approach.node]
        own = {group.code: phases_of(group) & frozenset(controller.phases) for group in approach.groups}
        for group in approach.groups:
            name = movement_id(approach, group)
            if group.turn in ("R", "R2") and (group.whole("Right Channeled", 0, 9) or 0) in (1, 2, 3):
                self.free.add(name)
                continue
            if group.number("Phase1", -1, 64) == -1:  # uncontrolled
                continue
            phases = own[group.code]
            for other in approach.groups:
                if not phases and set(other.slots) & set(group.slots):
                    phases = own[other.code]
            if phases:
                self.key[name] = phases
                self._keys[approach.node].add(phases)
            else:
                self.unserved.append(name)

    def group_id(self, movement: str) -> str:
        """The group of a movement: its node and its phases, as 1:P5+P2."""
        return group_name(movement.split(":")[0], self.key[movement])

    def tables(self, draft: Draft, node: str) -> Tables:
        """What writes the node's rows."""
        return Tables(
            draft, node, self.controllers[node], self.lamps[node], lambda key: group_name(node, key), "P"
        )

    @property
    def groups(self) -> dict[str, str]:
        """Signal group by movement."""
        return {movement: self.group_id(movement) for movement in self.key}

    def keys_of(self, node: str) -> set[Key]:
        """The phases of each group of a node."""
        return self._keys[node]


def phases_of(group: Group) -> Key:
    """All phases that give a turn green, protected or permitted."""
    found = set()
    for kind in ("Phase", "PermPhase"):
        for k in range(1, 5):
            number = group.whole(f"{kind}{k}", -1, 64)
            if number and number > 0:
                found.add(number)
    return frozenset(found)


def group_name(node: str, phases: Key) -> str:
    return f"{node}:" + "+".join(f"P{p}" for p in sorted(phases))


def add_signals(draft: Draft, lights: Lights, approaches: dict[str, Approach], source: str) -> None:
    """Groups, stages and conflicts."""
    if not lights.key:
        return
    speeds: dict[str, float] = defaultdict(float)
    for approach in approaches.values():
        for group in approach.groups:
            name = movement_id(approach, group)
            if name in lights.key:
                g = lights.group_id(name)
                speeds[g] = max(speeds[g], (approach.speed_kmh or 50.0) / 3.6)
    _add_groups(draft, lights, speeds)
    for node in lights.controllers:
        tables = lights.tables(draft, node)
        tables.add_stages()
        tables.add_intergreens()
    _add_conflicts(draft, lights, source)
    _report(draft, lights)


def _add_groups(draft: Draft, lights: Lights, speeds: dict[str, float]) -> None:
    """Groups with the times of the phases that end them; yellows as in the file, if at all possible."""
    braking: dict[str, float] = {}  # m/s2 that a group's yellow asks for at its approach's speed
    for node, controller in lights.controllers.items():
        least = {
            key: math.ceil(10 * (_REACTION_S + speeds[group_name(node, key)] / (2 * _HARDEST))) / 10
            for key in lights.keys_of(node)
        }
        lights.lamps[node] = lamps_of(controller, lights.keys_of(node), least)
        lights.tables(draft, node).add_groups()
        for key, lamp in lights.lamps[node].lamps.items():
            name = group_name(node, key)
            braking[name] = speeds[name] / (2 * (lamp.yellow_s - _REACTION_S))
            shown = max(controller.phases[p].yellow_s for p in key)
            if shown < least[key]:
                lights.lengthened.append(f"{name}: {shown:g} to {least[key]:g} s")
    hard = [name for name, needed in braking.items() if needed > _USUAL]
    if hard:
        hardest = math.ceil(100 * max(braking.values())) / 100
        draft.section("defaults", hardest_deceleration=min(hardest, _HARDEST))
        draft.guessed(
            "yellows that are short for the speed of their approach",
            f"taken as they are, for turns brake before; "
            f"what is refused as too short is set to {hardest:g} m/s2",
            hard,
        )


def _add_conflicts(draft: Draft, lights: Lights, source: str) -> None:
    """Forbid what rings and barriers keep apart; where the file shows paths together that cross, one
    gives way.
    """
    by_node: dict[str, list[str]] = defaultdict(list)
    for movement in lights.key:
        by_node[movement.split(":")[0]].append(movement)
    kinds = dict(zip(draft.column(MOVEMENT, "mvmt_id"), draft.column(MOVEMENT, "type"), strict=True))
    crossing, meeting = _crossing(draft, source)
    eased = []
    for node, movements in by_node.items():
        sets = lights.controllers[node].together()
        for a, b in combinations(movements, 2):
            together = any(lights.key[a] & phases and lights.key[b] & phases for phases in sets)
            if not together:
                rule = "forbidden" if frozenset((a, b)) in meeting else "apart"
                draft.add(CONFLICT, mvmt_id=a, other_mvmt_id=b, rule=rule)
            elif frozenset((a, b)) in crossing:
                first, second = sorted((a, b), key=lambda m: -_RANK[kinds[m]])
                draft.add(CONFLICT, mvmt_id=first, other_mvmt_id=second, rule="yield")
                eased.append(f"{first} to {second}")
    if eased:
        draft.guessed("movements that cross and that the phases show together", "one gives way", eased)


def _crossing(draft: Draft, source: str) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """Pairs of movements that the rules by geometry never show together, and all whose paths meet."""
    network = network_of(draft, source)
    ids, found = network.movement.ids, conflicts(network)
    forbidden, foes = (
        {frozenset((ids[a], ids[b])) for a, b in pairs.tolist()} for pairs in (found.forbidden, found.foes)
    )
    return forbidden, foes


def _report(draft: Draft, lights: Lights) -> None:
    controllers = {c.node: c for c in lights.controllers.values()}
    splits = sum(len(c.phases) for c in controllers.values())
    draft.understood(
        f"{len(controllers):,} controllers with {splits:,} phases at {len(lights.controllers):,} nodes; plan "
        "'deployed' has their splits, offsets from midnight"
    )
    off = [
        f"{c.node}: {c.cycle_s:g} s" for c in controllers.values()
        if c.stated_cycle_s is not None and abs(c.stated_cycle_s - c.cycle_s) > 0.05
    ]  # fmt: skip
    if off:
        draft.guessed("cycles that are not the sum of the splits", "the sum", off)
    if uneven := [c.node for c in controllers.values() if c.uneven]:
        draft.guessed(
            "rings of different length within a barrier", "the last phase of the shorter waits", uneven
        )
    if lights.lengthened:
        draft.guessed("yellows in which nobody could stop", "lengthened", lights.lengthened)
    if lights.dark:
        draft.guessed("nodes with signals but no phases", "no signals", lights.dark)
    if lights.unserved:
        draft.guessed(
            "movements that no phase serves", "no signal group: always open, giving way", lights.unserved
        )
