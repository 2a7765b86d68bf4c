"""SUMO: a network with its signal programs, and routes, trips, flows or counts -> a scenario."""

from collections.abc import Sequence
from datetime import timedelta

from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.sumo.counts import EPOCH, Counts, add_counts, read_counts
from signalsim.formats.sumo.demand import add_trips, fleet_of, write_types
from signalsim.formats.sumo.detectors import add_detectors
from signalsim.formats.sumo.files import Files, find
from signalsim.formats.sumo.layout import Layout
from signalsim.formats.sumo.lights import Key, read_heads
from signalsim.formats.sumo.net import Program, read_net, read_programs
from signalsim.formats.sumo.queues import Queues
from signalsim.formats.sumo.report import tell_roads, tell_signals
from signalsim.formats.sumo.requests import rules as meeting
from signalsim.formats.sumo.roads import add_conflicts, add_movements, add_roads
from signalsim.formats.sumo.routing import Trips, make_trips
from signalsim.formats.sumo.signals import add_signals
from signalsim.formats.sumo.staging import Staged, stage
from signalsim.formats.sumo.traffic import Traffic
from signalsim.formats.sumo.vehicles import read_traffic
from signalsim.network import Defaults

NET_FILE = "sumo.net.xml"  # the network as it was, in the scenario folder: --engine sumo runs it


def read(
    name: str,
    *,
    net: str | None = None,
    config: str | None = None,
    routes: str | Sequence[str] = (),
    plans: str | Sequence[str] = (),
    counts: str | Sequence[str] = (),
) -> Draft:
    """The scenario that files of SUMO make. Raises InputError."""
    files = find(net, config, _listed(routes), _listed(plans), _listed(counts))
    layout = Layout(read_net(files.net))
    programs = _programs(files, layout.net.programs)
    traffic = read_traffic(files.routes + files.additional, files.end_s)
    heads = read_heads(layout, programs)
    never = [key for head in heads.heads.values() for key in stage(head).never]
    layout.remove(never)
    counted = read_counts(files.counts)
    begin_s = _begin_s(files, traffic, counted)
    trips = make_trips(layout, traffic, begin_s, files.end_s)
    back = layout.unused_turnarounds(trips.used)
    layout.remove(back)
    pruned = layout.prune(trips.begins, trips.ends)
    idle = layout.idle_lanes()
    left = (head.only(layout.moves) for head in heads.heads.values())
    staged = {head.node: stage(head) for head in left if head.moves}
    lit = {node: one for node, one in staged.items() if one.is_signal}

    draft = _draft(name, files, begin_s)
    draft.section("network", driving_side="left" if layout.net.left_hand else "right")
    fleet = fleet_of(traffic, trips)
    fleet.tell(draft)
    rules = list(meeting(layout, lambda node, a, b: _together(lit.get(node), a, b)))
    defaults = Defaults(**draft.config["defaults"])
    roads = add_roads(
        draft, layout, signals=lit, begins=trips.begins, ends=trips.ends,
        driver=fleet.driver,
    )  # fmt: skip
    signals = add_signals(
        draft, lit.values(), rules,
        lambda key: _shortest_yellow_s(layout, defaults, key), begin_s,
    )  # fmt: skip
    queues = Queues(layout, rules, fleet.driver, fleet.kind.length_m)
    draft.section("defaults", left_sneakers=queues.waiting_inside)
    on_red = {key for one in lit.values() for key in one.head.on_red}
    add_movements(draft, layout, signals.group_of, on_red, roads, queues)
    add_conflicts(draft, layout, rules)
    add_detectors(draft, {node: one.head for node, one in lit.items()})
    tell_roads(draft, layout, roads, never=never, back=back, pruned=pruned, idle=idle)
    tell_signals(draft, layout, heads, staged, signals)
    _add_demand(draft, files, layout, traffic, trips, counted, begin_s)
    write_types(draft, fleet)
    draft.files[NET_FILE] = files.net
    draft.inputs = files.all
    return draft


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _programs(files: Files, own: dict[str, list[Program]]) -> dict[str, list[Program]]:
    """Programs of the network, and behind them those of other files, which so replace them."""
    out = {light: list(programs) for light, programs in own.items()}
    for path in files.additional + files.plans:
        for light, programs in read_programs(path).items():
            out.setdefault(light, []).extend(programs)
    return out


def _together(staged: Staged | None, a: Key, b: Key) -> bool:
    if staged is None:
        return True
    return not {a, b} <= set(staged.head.moves) or staged.shows_together(a, b)


def _shortest_yellow_s(layout: Layout, defaults: Defaults, key: Key) -> float:
    return defaults.shortest_yellow_s(layout.speed_mps(key[0]))


def _begin_s(files: Files, traffic: Traffic, counted: Counts) -> float:
    """SUMO's clock at simulated time 0: the first count, else as configured, else five minutes full
    before the first vehicle.
    """
    if counted.rows:
        return counted.begin_s
    if files.begin_s is not None:
        return files.begin_s
    return min((v.depart_s for v in traffic.vehicles), default=0.0) // 300 * 300


def _draft(name: str, files: Files, begin_s: float) -> Draft:
    start = EPOCH + timedelta(seconds=begin_s)
    draft = Draft(
        name,
        description=f"SUMO network {files.net.name}.",
        time_zone="UTC",
        start=start.isoformat(timespec="milliseconds"),
    )
    draft.guessed("date and time zone", "the files have none; second 0 of SUMO is 2000-01-01 00:00 UTC")
    draft.section("source", description=f"SUMO network {files.net.name}")
    return draft


def _add_demand(
    draft: Draft,
    files: Files,
    layout: Layout,
    traffic: Traffic,
    trips: Trips,
    counted: Counts,
    begin_s: float,
) -> None:
    if counted.rows:
        add_counts(draft, layout, counted)
        if traffic.vehicles:
            draft.dropped(f"{len(traffic.vehicles):,} vehicles of route files", "the counts are the demand")
    elif traffic.vehicles:
        add_trips(draft, layout, traffic, trips, begin_s, files.end_s)
    elif files.routes:
        why = f" ({'; '.join(sorted(traffic.dropped))})" if traffic.dropped else ""
        raise InputError(
            f"{files.routes[0]}: holds no vehicle that can be simulated{why}; give other routes, or none to "
            "have volumes assumed"
        )
    else:
        from signalsim.formats.complete import add_demand, network_of

        add_demand(draft, network_of(draft, str(files.net)), {})
