"""GMNS, the General Modeling Network Specification 0.96: folders of CSV tables, in and out.

A folder that this project wrote comes back whole: its own tables and scenario.toml are taken as they
are. Of others' folders the network and the signal tables are read, deviations of the published samples
included; what is missing is made by the rules of ``complete``.
"""

from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.complete import add_demand, add_plan, add_signals, network_of
from signalsim.formats.draft import Draft
from signalsim.formats.gmns.control import add_control, collect, tell_control
from signalsim.formats.gmns.own import SCENARIO_FILE, own_demand, own_draft, own_signals
from signalsim.formats.gmns.phases import Timings, timings
from signalsim.formats.gmns.plans import add_times, add_timings, usable
from signalsim.formats.gmns.rings import add_rings, ringed
from signalsim.formats.gmns.roads import network
from signalsim.formats.gmns.rows import Folder
from signalsim.formats.roads import draw, prune
from signalsim.formats.wheel import resolve
from signalsim.network import Network

PLAN_ID = "deployed"


def read(name: str, *, source: str) -> Draft:
    """A draft of the folder ``source``. Raises InputError."""
    folder = Folder(Path(resolve(source)))
    if folder.file(SCENARIO_FILE):
        return own_draft(name, folder)
    draft = Draft(
        name, description=f"Imported from GMNS ({folder.path.name})", time_zone="UTC",
        start="2024-05-14T07:50:00",
    )  # fmt: skip
    found = network(folder, draft)
    if not found.roads:
        raise InputError(f"{folder.path}: link.csv has no link for cars; check facility_type and lanes")
    roads, moves, dropped = prune(found.roads, found.moves)
    if not moves:
        raise InputError(
            f"{folder.path}: no link leads from an entry to an exit; check link.csv and movement.csv"
        )
    if dropped:
        draft.dropped("links", "no entry reaches them or they lead to no exit", dropped)
    kept = {move.id for move in moves}
    found.move_of = {own: move for own, move in found.move_of.items() if move.id in kept}
    is_own = own_signals(draft, folder)
    if not is_own:
        for move in moves:
            move.more.pop("opt_signal_group_id", None)
    lit = {move.node for move in moves} & found.lit
    timing = Timings() if is_own else timings(folder, found)
    lit |= timing.by_node.keys()
    for node in lit:
        found.nodes.setdefault(node, {})["ctrl_type"] = "signal"
    control = collect(moves, found.all_way - lit, draft)
    draw(draft, found.place, roads, moves, found.nodes)
    add_control(draft, control)
    draft.understood(f"{len(roads):,} links and {len(moves):,} movements")
    graph = network_of(draft, source)
    if not is_own:
        _signals(draft, source, graph, timing, lit, control)
    tell_control(draft)
    if not own_demand(draft, folder):
        add_demand(draft, graph, {road.id: road.kind for road in roads})
    return draft


def _signals(
    draft: Draft, source: str, graph: Network, timing: Timings, lit: set[str], control: dict[str, str]
) -> None:
    """Signals by the folder's phases where they fit, else by the conflicts."""
    rings, first = ringed(graph, timing.by_node)
    staged = {node: one for node, one in timing.by_node.items() if node not in rings}
    good, ruled = usable(graph, staged) if staged else ([], {})
    add_rings(draft, graph, rings, first)
    add_timings(draft, good, timing.by_node, ruled)
    if good or rings:
        draft.understood(
            f"signals with phases and a plan: {len(good) + len(rings):,} (ring pairs are stages)"
        )
    if bad := sorted(staged.keys() - set(good)):
        draft.dropped(
            "phases",
            "nothing conflicts, a movement has no green, or movements that cross are green together",
            bad,
        )
    if timing.other_plans:
        draft.dropped(
            "plans of other times", "the plan of Tuesday 08:00 is taken, else the first", timing.other_plans
        )
    made = add_signals(draft, graph, sorted(lit - set(good) - rings.keys()))
    add_control(draft, control)
    add_times(draft, source, good, timing.by_node, PLAN_ID)
    add_plan(draft, source, made, PLAN_ID)
