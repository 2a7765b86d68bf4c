"""A scenario as SUMO takes it: network, signal programs, vehicles and a configuration.

``sumo -c scenario.sumocfg`` runs the folder as it is.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from signalsim.demand import stop_positions_m
from signalsim.engine.tables import Arrivals
from signalsim.formats.sumo.export.lights import Programs, phases
from signalsim.formats.sumo.export.names import Names
from signalsim.formats.sumo.export.netconvert import NET, build_net
from signalsim.formats.sumo.export.own import write_own_programs
from signalsim.formats.sumo.export.plain import (
    connection_tags,
    connections,
    edges,
    nodes,
    signal_links,
)
from signalsim.formats.sumo.export.routes import write_routes
from signalsim.formats.sumo.export.xml import seconds, tag, write_xml
from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals import PlanArrays, SignalSystem

ROUTES, PROGRAMS, CONFIG = "routes.rou.xml", "tls.add.xml", "scenario.sumocfg"
TYPES = "vtypes.add.xml"
OWN_NET, OWN_TYPES = "sumo.net.xml", "sumo.vtypes.xml"  # in the folder of a scenario that came from SUMO
_STEPS_MS = (1000, 500)
_SHOWN = 5
_BETWEEN_STEPS = "changes of lamps between half seconds: up to 0.5 s early, without drift (--step-length 0.1)"


class Plans(NamedTuple):
    """All plans of a scenario by name, and which of them runs."""

    plans: Mapping[str, PlanArrays]
    active: str


def export_scenario(
    network: Network, signals: SignalSystem, plans: Plans, arrivals: Arrivals, end_s: float, folder: Path,
    stops: Table | None = None,
) -> list[str]:  # fmt: skip
    """Write everything into the existing ``folder``; returns what could not be carried, in sentences.

    ``end_s``: when the simulation ends at the latest, s. ``stops``: where they lie. Raises InputError
    where SUMO's netconvert is absent or refuses the network.
    """
    names = Names(network, plans.plans)
    write_net(network, signals, plans, names, folder)
    write_programs(network, signals, plans, names, folder / PROGRAMS)
    stop_m = stop_positions_m(stops, network)
    write_routes(network, arrivals, names.edges, folder / ROUTES, stop_m=stop_m)
    step_ms, is_exact = _step_ms(signals, plans)
    _write_config(folder, end_s, step_ms, [PROGRAMS] if signals.junctions else [])
    lost = _losses(network, signals, names) + _losses_of(arrivals)
    return lost if is_exact else [*lost, _BETWEEN_STEPS]


def export_beside(
    network: Network, source: Path, arrivals: Arrivals, begin_s: float, end_s: float, folder: Path,
    stops: Table | None = None, signals: SignalSystem | None = None, plans: Plans | None = None,
) -> list[str]:  # fmt: skip
    """The same for a scenario that came from SUMO, in the folder ``source``: links are edges, so the
    network stays as it is, with its own programs or, with ``signals`` and ``plans``, the active plan in
    their place, and its types of vehicles where they were kept.

    ``begin_s``: SUMO's time at simulated time 0, which its programs' offsets count on. Raises InputError.
    """
    (folder / NET).write_bytes((source / OWN_NET).read_bytes())
    types = source / OWN_TYPES
    if has_types := types.is_file():
        (folder / TYPES).write_bytes(types.read_bytes())
    write_routes(
        network, arrivals, [(name,) for name in network.link.ids], folder / ROUTES,
        stop_m=stop_positions_m(stops, network), begin_ms=round(1000 * begin_s), with_types=not has_types,
    )  # fmt: skip
    more = [TYPES] if has_types else []
    if signals is None or plans is None:
        _write_config(folder, end_s, _STEPS_MS[0], more, begin_s)
        return ["signals are the programs of the network's own file", *_losses_of(arrivals)]
    write_own_programs(
        network, signals, plans.plans[plans.active], Names(network, [plans.active]).program[plans.active],
        folder / NET, (round(1000 * begin_s), round(1000 * end_s)), folder / PROGRAMS,
    )  # fmt: skip
    step_ms, is_exact = _step_ms(signals, Plans({plans.active: plans.plans[plans.active]}, plans.active))
    _write_config(folder, end_s, step_ms, [*more, PROGRAMS], begin_s)
    return ["minimum greens and maximum reds: programs are fixed times", *_losses_of(arrivals),
            *([] if is_exact else [_BETWEEN_STEPS])]  # fmt: skip


def write_net(network: Network, signals: SignalSystem, plans: Plans, names: Names, folder: Path) -> Path:
    """Build folder/net.net.xml; its signals run the active plan, under a program name of no plan's."""
    found = connections(network, names)
    with tempfile.TemporaryDirectory() as name:
        plain = Path(name)
        write_xml(plain / "plain.nod.xml", "nodes", nodes(network, names, signals))
        write_xml(plain / "plain.edg.xml", "edges", edges(network, names))
        write_xml(plain / "plain.con.xml", "connections", connection_tags(network, names, signals, found))
        lines, programs = list[str](), Programs(signals, network.on_red)
        for j, links in enumerate(signal_links(network, signals, found)):
            tl = names.node[int(signals.junction_node[j])]
            plan, own = plans.plans[plans.active], names.program_in_net
            lines.append(programs.program(plan, j, links, id_=tl, program_id=own))
            lines += [
                tag("connection", from_=c.from_edge, to=c.to_edge, fromLane=c.from_lane, toLane=c.to_lane,
                    tl=tl, linkIndex=k)
                for k, c in enumerate(links)
            ]  # fmt: skip
        write_xml(plain / "plain.tll.xml", "tlLogics", lines)
        return build_net(plain, folder, drive_right=network.drive_right)


def write_programs(network: Network, signals: SignalSystem, plans: Plans, names: Names, path: Path) -> None:
    """All plans as tlLogic under their names. SUMO runs what it loads last: the active one is last."""
    links = signal_links(network, signals, connections(network, names))
    programs = Programs(signals, network.on_red)
    order = sorted(plans.plans, key=lambda name: (name == plans.active, name))
    lines = [
        programs.program(
            plans.plans[name], j, links[j],
            id_=names.node[int(signals.junction_node[j])], program_id=names.program[name],
        )
        for name in order
        for j in range(len(signals.junctions))
    ]  # fmt: skip
    write_xml(path, "additional", lines)


def _step_ms(signals: SignalSystem, plans: Plans) -> tuple[int, bool]:
    """A second where all lamps change on the second, else half of one; and whether they all change at a
    step. SUMO changes a lamp in the step that its time falls into, so those that follow do not shift.
    """
    times = [int(offset) for plan in plans.plans.values() for offset in plan.offset_ms]
    for plan in plans.plans.values():
        times += [p.duration_ms for j in range(len(signals.junctions)) for p in phases(signals, plan, j)]
    for step in _STEPS_MS:
        if all(t % step == 0 for t in times):
            return step, True
    return _STEPS_MS[-1], False


def _write_config(
    folder: Path, end_s: float, step_ms: int, additional: list[str], begin_s: float = 0.0
) -> None:
    files = [tag("net-file", value=NET), tag("route-files", value=ROUTES)]
    files += [tag("additional-files", value=",".join(additional))] if additional else []
    begin, end = (seconds(round(1000 * time)) for time in (begin_s, begin_s + end_s))
    times = {"begin": begin, "end": end, "step-length": seconds(step_ms)}
    lines = [
        tag("input", *files),
        tag("time", *(tag(name, value=value) for name, value in times.items())),
        tag("processing", tag("time-to-teleport", value=-1)),
        tag("report", tag("xml-validation", value="never")),  # needs no SUMO_HOME and no connection
    ]
    write_xml(folder / CONFIG, "configuration", lines)


def _losses(network: Network, signals: SignalSystem, names: Names) -> list[str]:
    """What SUMO's files have no place for."""
    out = [
        "saturation flows, lost times, gaps and jam spacing: SUMO's own drivers decide",
        "minimum greens and maximum reds: programs are fixed times",
    ]
    lengths = {(link, length) for (link, _), length in network.bays.items()}
    if len(lengths) > len(names.mouth):
        out.append("bays of one link are as long as its longest")
    told = [*signals.junction_node, *network.movement_node[network.is_minor]]
    if not np.isin(network.movement_node, told).all():
        out.append("who gives way at junctions without signals or signs: SUMO's own rule")
    if names.changed:
        rest = f" and {len(names.changed) - _SHOWN:,} more" if len(names.changed) > _SHOWN else ""
        out.append(f"ids that SUMO refuses: {', '.join(names.changed[:_SHOWN])}{rest}")
    return out


def _losses_of(arrivals: Arrivals) -> list[str]:
    """What SUMO's vehicles do otherwise."""
    losses = (
        ("emergency vehicles pass no queue: SUMO has its bluelight device for that", arrivals.siren),
        ("pedestrians and their crossings", arrivals.pedestrian_ms >= 0),
    )
    return [what for what, who in losses if who.any()]
