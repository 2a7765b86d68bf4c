"""The deployed plan of a UTDF network: a sequence of stages with the rings' splits."""

from itertools import pairwise

from signalsim.errors import InputError
from signalsim.formats.complete import signals_of
from signalsim.formats.draft import Draft
from signalsim.formats.utdf.lights import Lights, group_name, shown_groups
from signalsim.formats.utdf.rings import Switch, switches
from signalsim.signals import SignalSystem
from signalsim.signals.specs import GROUP, PLAN

_SHORTEST_S = 0.1  # of a green that a plan may have
_EXACT_S = 0.05


def add_plans(draft: Draft, lights: Lights, source: str) -> None:
    """The plan ``deployed`` of every junction; what it cannot show as the file has it is reported."""
    if not lights.key:
        return
    _, system = signals_of(draft, source)
    off: dict[str, float] = {}
    for node in system.junctions:
        junction = _Junction(lights, node, system)
        junction.add_plan(draft)
        early, late = junction.inexactness()
        if max(early, late) > _EXACT_S:
            off[node] = max(early, late)
        if late > _EXACT_S:
            _lower_min_green(draft, node)
    if off:
        draft.guessed(
            "splits that are not exactly those of the file",
            "a group that ends with several phases has the longest of their changes, and one that stays "
            "green while one of its phases clears keeps nobody waiting",
            [f"{node}: greens begin up to {late:.1f} s off" for node, late in off.items()],
        )
    draft.section("control", deployed="deployed", offset_reference="midnight")


class _Junction:
    """A junction's changes in the order of its cycle."""

    def __init__(self, lights: Lights, node: str, system: SignalSystem) -> None:
        self.lights, self.node, self.system = lights, node, system
        self.controller = lights.controllers[node]
        self.j = system.junctions.index(node)
        self.group = {name: g for g, name in enumerate(system.groups)}
        self.stage = {groups: s for s, groups in enumerate(system.stage_groups[self.j])}
        self.changes = self._on_time(switches(self.controller))

    def _stage_of(self, change: Switch) -> int | None:
        names = shown_groups(self.lights, self.node, change.phases)
        return self.stage.get(frozenset(self.group[name] for name in names))

    def _on_time(self, changes: list[Switch]) -> list[Switch]:
        """Where nothing clears before what begins (a left turn that stays green as a permitted one when
        its own phase ends), the change comes when what begins is due.
        """
        found = []
        for before, after in pairwise([*changes[-1:], *changes]):
            old, new = self._stage_of(before), self._stage_of(after)
            if after.begins_s is not None and old is not None and new is not None:
                shown = self.system.stage_groups[self.j]
                if not shown[old] - shown[new]:
                    after = after._replace(at_s=after.begins_s)
            found.append(after)
        return found

    def _order(self) -> list[tuple[float, int]]:
        """(end of the green before, stage); changes that show nothing new are left out."""
        order: list[tuple[float, int]] = []
        for change in self.changes:
            stage = self._stage_of(change)
            if stage is not None and (not order or order[-1][1] != stage):
                order.append((change.at_s, stage))
        if len(order) > 1 and order[0][1] == order[-1][1]:
            order = order[1:]
        if order:
            return order
        every = Switch(0.0, frozenset(self.controller.phases), None)
        return [(0.0, self._stage_of(every) or 0)]

    def add_plan(self, draft: Draft) -> None:
        """Rows of the plan: each stage is green from when its last group is to when the next change is."""
        order, cycle = self._order(), self.controller.cycle_s
        names = self.system.stages[self.j]
        starts = [
            end + self.system.interstage_s(self.j, order[k - 1][1], stage)
            for k, (end, stage) in enumerate(order)
        ]
        first = min(range(len(order)), key=lambda k: (starts[k] + _EXACT_S) % cycle)
        offset = round((self.controller.offset_s + starts[first]) % cycle, 3)
        for position in range(1, len(order) + 1):
            k = (first + position - 1) % len(order)
            until = order[k + 1][0] if k + 1 < len(order) else order[0][0] + cycle
            green = round(until - starts[k], 3)
            if green < _SHORTEST_S:
                raise InputError(
                    f"{self.lights.utdf.path}, [Phases]: at node '{self.node}' stage "
                    f"{names[order[k][1]]} would be green for {green:g} s between the "
                    "changes of its rings; lengthen a split"
                )
            draft.add(
                PLAN, plan_id="deployed", junction_id=self.node, position=position,
                stage_id=names[order[k][1]], green_s=green, offset_s=offset,
            )  # fmt: skip

    def inexactness(self) -> tuple[float, float]:
        """The most, in s, by which a green begins before, and after, its phase does."""
        cycle, early, late = self.controller.cycle_s, 0.0, 0.0
        keys = {self.group[group_name(self.node, key)]: key for key in self.lights.keys_of(self.node)}
        steps = list(pairwise([*self.changes[-1:], *self.changes]))
        for old, new in steps:
            for entering, key in keys.items():
                if not key & new.phases or key & old.phases:
                    continue
                due = min((self.controller.start_s[p] - new.at_s) % cycle for p in key & new.phases)
                wait = 0.0  # until the last conflicting group has cleared
                for before, after in steps:
                    for clearing, other in keys.items():
                        if other & before.phases and not other & after.phases:
                            intergreen = self.system.intergreen_s.get((clearing, entering), 0.0)
                            wait = max(wait, intergreen - (new.at_s - after.at_s) % cycle)
                early, late = max(early, due - wait), max(late, wait - due)
        return early, late


def _lower_min_green(draft: Draft, node: str) -> None:
    """Minimum greens that fit the plan's shortest stage, where its greens begin late."""
    greens = zip(draft.column(PLAN, "junction_id"), draft.column(PLAN, "green_s"), strict=True)
    shortest = min(green for junction, green in greens if junction == node)
    least = draft.column(GROUP, "min_green_s")
    for row, junction in enumerate(draft.column(GROUP, "junction_id")):
        if junction == node:
            least[row] = max(min(least[row], shortest), 1.0)
