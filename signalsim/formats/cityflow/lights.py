"""Light phases of CityFlow as signal groups, stages and plans.

A road link that every phase shows (right turns, usually) has no lamp. A phase that shows no lamp is
the change interval between two others; CityFlow's own files hold it as phase 0. The interlock puts
it between any two stages, also where the file would switch at once.
"""

from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.cityflow.files import Intersection
from signalsim.formats.cityflow.layout import TURN, Layout
from signalsim.formats.draft import Draft
from signalsim.network import Defaults
from signalsim.signals.specs import GROUP, PLAN, STAGE

MIN_GREEN_S = 5.0
RESEARCH_GREEN_S = 25.0
RESEARCH_ORDER = (("EW", "thru"), ("NS", "thru"), ("EW", "left"), ("NS", "left"))
_AXIS = {"EB": "EW", "WB": "EW", "NB": "NS", "SB": "NS"}
_WORD = {"thru": "through", "left": "left", "right": "right", "uturn": "uturn"}
Lamps = frozenset[int]  # road links with a lamp that are green together


class Signal(NamedTuple):
    """The signal of one intersection."""

    node: Intersection
    where: str  # its place in the file
    lamps: Lamps
    stages: dict[Lamps, str]  # names, in the order of their first phase
    sequence: list[tuple[Lamps, float]]  # stage and green, s
    change_s: float | None  # None: the file has no phase for it

    def shows_together(self, a: int, b: int) -> bool:
        """Whether two road links are ever open at one time."""
        return not {a, b} <= self.lamps or any({a, b} <= stage for stage in self.stages)


def read_signals(layout: Layout) -> dict[str, Signal]:
    """Signals by intersection, of those that have a lamp. Raises InputError."""
    found = {}
    for i, node in enumerate(layout.net.intersections):
        if not node.virtual and node.trafficLight.lightphases:
            signal = _signal(layout, node, f"intersections[{i}].trafficLight.lightphases")
            if signal.lamps:
                found[node.id] = signal
    return found


def _signal(layout: Layout, node: Intersection, where: str) -> Signal:
    phases = [(frozenset(p.availableRoadLinks), p.time) for p in node.trafficLight.lightphases]
    always = frozenset.intersection(*(links for links, _ in phases))
    ever = frozenset[int]().union(*(links for links, _ in phases))
    for k, link in enumerate(node.roadLinks):
        if k not in ever:
            raise InputError(
                f"{layout.path}, {where}: no phase shows road link {k} ('{link.startRoad}' to "
                f"'{link.endRoad}'), so that nobody could take it; "
                "add it to a phase or take the road link away"
            )
    shown = [(links - always, time) for links, time in phases]
    sequence: list[tuple[Lamps, float]] = []
    for lamps, time in shown:
        if not lamps:
            continue
        if sequence and sequence[-1][0] == lamps:
            sequence[-1] = lamps, sequence[-1][1] + time
        else:
            sequence.append((lamps, time))
    names: dict[Lamps, str] = {}
    for lamps, _ in sequence:
        if lamps not in names:
            name = _stage_name(layout, node, lamps)
            names[lamps] = name if name not in names.values() else f"{name}-{len(names) + 1}"
    dark = [time for lamps, time in shown if not lamps]
    return Signal(node, where, ever - always, names, sequence, dark[0] if dark else None)


def _stage_name(layout: Layout, node: Intersection, lamps: Lamps) -> str:
    """EW-through, NS-left, WB-through-left and the like."""
    served = {(layout.approach(node.roadLinks[k]), TURN[node.roadLinks[k].type]) for k in lamps}
    sides, turns = {side for side, _ in served}, {turn for _, turn in served}
    if len(served) < len(sides) * len(turns):
        return "+".join(f"{side}-{_WORD[turn]}" for side, turn in sorted(served))
    axes = {_AXIS[side] for side in sides}
    side = axes.pop() if len(axes) == 1 and len(sides) == 2 else "+".join(sorted(sides))
    return "-".join([side, *(_WORD[turn] for turn in _WORD if turn in turns)])


def standard_stages(layout: Layout, signal: Signal) -> list[Lamps] | None:
    """The four stages of the research literature in its order; None where the signal lacks one."""
    found = []
    for axis, turn in RESEARCH_ORDER:
        lamps = frozenset(
            k
            for k in signal.lamps
            if (_AXIS[layout.approach(signal.node.roadLinks[k])], TURN[signal.node.roadLinks[k].type])
            == (axis, turn)
        )
        if lamps not in signal.stages:
            return None
        found.append(lamps)
    return found if frozenset().union(*found) == signal.lamps else None


def add_signals(
    draft: Draft, layout: Layout, signals: dict[str, Signal], speed_mps: float
) -> dict[tuple[str, int], str]:
    """Groups, stages and plans; the group of every road link with a lamp."""
    groups: dict[tuple[str, int], str] = {}
    for signal in signals.values():
        names, junction = layout.movement_ids(signal.node), layout.node_id[signal.node.id]
        yellow, all_red = _change(layout, signal, speed_mps)
        shortest = min(time for _, time in signal.sequence)
        for k in sorted(signal.lamps):
            groups[signal.node.id, k] = names[k]
            draft.add(
                GROUP,
                group_id=names[k],
                junction_id=junction,
                min_green_s=min(MIN_GREEN_S, shortest),
                yellow_s=yellow,
                all_red_s=all_red,
            )
        for lamps, stage in signal.stages.items():
            listed = " ".join(names[k] for k in sorted(lamps))
            draft.add(STAGE, junction_id=junction, stage_id=stage, group_ids=listed)
        _add_plan(draft, "deployed", junction, [(signal.stages[lamps], t) for lamps, t in signal.sequence])
    if signals:
        draft.section("control", deployed="deployed")
        _add_research_plan(draft, layout, signals)
        _report(draft, layout, signals, speed_mps)
    return groups


def _change(layout: Layout, signal: Signal, speed_mps: float) -> tuple[float | None, float | None]:
    """Yellow and all-red; None: by formula on loading."""
    if signal.change_s is None:
        return None, None
    if signal.change_s > 30:
        raise InputError(
            f"{layout.path}, {signal.where}: the phase without lamps lasts {signal.change_s:g} s; as the "
            "change interval between two others it may last 30 s, give it fewer or show a lamp"
        )
    yellow = max(min(signal.change_s, 10.0), _least_yellow(speed_mps))
    return yellow, max(signal.change_s - yellow, 0.0)


def _least_yellow(speed_mps: float) -> float:
    """Below this, loading refuses a yellow."""
    return round(Defaults().shortest_yellow_s(speed_mps), 2)


def _add_plan(draft: Draft, plan: str, junction: str, stages: list[tuple[str, float]]) -> None:
    for position, (stage, green) in enumerate(stages, 1):
        draft.add(
            PLAN,
            plan_id=plan,
            junction_id=junction,
            position=position,
            stage_id=stage,
            green_s=green,
            offset_s=0.0,
        )


def _add_research_plan(draft: Draft, layout: Layout, signals: dict[str, Signal]) -> None:
    standard = {name: standard_stages(layout, signal) for name, signal in signals.items()}
    missing = [layout.node_id[name] for name, stages in standard.items() if stages is None]
    if missing:
        draft.dropped(
            "plan 'fixedtime' of the research literature", "some junctions lack its four stages", missing
        )
        return
    for name, stages in standard.items():
        ids = [(signals[name].stages[lamps], RESEARCH_GREEN_S) for lamps in stages or ()]
        _add_plan(draft, "fixedtime", layout.node_id[name], ids)
    draft.guessed(
        "plan 'fixedtime'",
        "not in the file: the FixedTime of the research literature, 25 s green and the change interval for "
        "each of EW-through, NS-through, EW-left, NS-left (run it as deployed:plan=fixedtime)",
    )


def _report(draft: Draft, layout: Layout, signals: dict[str, Signal], speed_mps: float) -> None:
    draft.understood(
        f"{len(signals):,} signals; plan 'deployed' shows the file's light phases in their order, their "
        "times as green"
    )
    draft.guessed("minimum green", f"{MIN_GREEN_S:g} s, or the shortest phase of the junction if less")
    at_once = [
        layout.node_id[name]
        for name, signal in signals.items()
        if len(signal.sequence) > 1 and _dark_phases(signal) < len(signal.sequence)
    ]
    if at_once:
        draft.guessed(
            "change between phases that the file switches at once",
            "the interlock keeps the change interval there too, so that the cycle is longer than the file's",
            at_once,
        )
    unsaid = [layout.node_id[name] for name, signal in signals.items() if signal.change_s is None]
    if unsaid:
        draft.guessed(
            "change interval where no phase is dark", "yellow t + v/(2a), all-red (width + vehicle)/v", unsaid
        )
    least = _least_yellow(speed_mps)
    short = [layout.node_id[n] for n, s in signals.items() if s.change_s is not None and s.change_s < least]
    if short:
        draft.guessed("change interval shorter than braking takes", f"lengthened to {least:g} s", short)


def _dark_phases(signal: Signal) -> int:
    return sum(not signal.lamps & set(p.availableRoadLinks) for p in signal.node.trafficLight.lightphases)
