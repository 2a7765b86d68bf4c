"""Plans as programs of the traffic lights that SUMO's own network has.

A light of SUMO may join several junctions of ours, each with a plan of its own: its program shows them
all, over as many cycles as it takes until they stand to each other as at the beginning.
"""

import math
from bisect import bisect_right
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from signalsim.errors import InputError
from signalsim.formats.sumo.export.lights import Phase, Programs, phases
from signalsim.formats.sumo.export.plain import Connection
from signalsim.formats.sumo.export.xml import write_xml
from signalsim.formats.sumo.net import Net, read_net
from signalsim.network import Network
from signalsim.signals import PlanArrays, SignalSystem

NOTHING = -1  # no movement of ours


class Light(NamedTuple):
    """A traffic light: its links by index, and the junctions that it shows."""

    id: str
    links: list[Connection]
    junctions: tuple[int, ...]


def write_own_programs(
    network: Network,
    signals: SignalSystem,
    plan: PlanArrays,
    program_id: str,
    net: Path,
    horizon_ms: tuple[int, int],
    path: Path,
) -> None:
    """A plan as tlLogic for every light of the network file ``net`` that shows a junction of ours.

    ``horizon_ms``: SUMO's time at simulated time 0, and how long is simulated. What is no movement of ours
    stays red; one without a signal is never red.
    """
    programs = Programs(signals, network.on_red)
    lines = []
    for light in lights(network, signals, read_net(net)):
        offset_ms, shown = joined(signals, plan, light.junctions, horizon_ms[1])
        begin_ms = horizon_ms[0] + offset_ms
        lines.append(programs.logic(shown, begin_ms, light.links, id_=light.id, program_id=program_id))
    write_xml(path, "additional", lines)


def lights(network: Network, signals: SignalSystem, net: Net) -> list[Light]:
    """The lights of a network that show a junction of ours. Raises InputError where one of them has no
    program in it, which says how many links it has."""
    ends = zip(network.movement_from.tolist(), network.movement_to.tolist(), strict=True)
    movement = {(network.link.ids[a], network.link.ids[b]): m for m, (a, b) in enumerate(ends)}
    links: dict[str, dict[int, Connection]] = {}
    for one in net.connections:
        if one.light:
            m = movement.get((one.start, one.end), NOTHING)
            own = Connection(m, one.start, one.from_lane, one.end, one.to_lane)
            places = links.setdefault(one.light, {})
            if one.light_index not in places or places[one.light_index].movement == NOTHING:
                places[one.light_index] = own
    found = []
    for name, places in sorted(links.items()):
        groups = {int(signals.movement_group[c.movement]) for c in places.values() if c.movement != NOTHING}
        junctions = sorted({int(signals.group_junction[g]) for g in groups if g >= 0})
        if not junctions:
            continue
        if not net.programs.get(name):
            raise InputError(f"{net.path}: traffic light '{name}' has no tlLogic; add one")
        width = len(net.programs[name][-1].phases[0].state)
        none = [Connection(NOTHING, "", k, "", k) for k in range(max([width, *(k + 1 for k in places)]))]
        found.append(Light(name, [places.get(k, one) for k, one in enumerate(none)], tuple(junctions)))
    return found


def joined(
    signals: SignalSystem, plan: PlanArrays, junctions: tuple[int, ...], longest_ms: int
) -> tuple[int, list[Phase]]:
    """(offset to simulated time 0, phases) of what some junctions show together; not longer than
    ``longest_ms``."""
    own = [phases(signals, plan, j) for j in junctions]
    offsets = [int(plan.offset_ms[j]) for j in junctions]
    if len(own) == 1:
        return offsets[0], own[0]
    cycles = [int(plan.cycle_ms[j]) for j in junctions]
    length = min(math.lcm(*cycles), longest_ms)
    begins = [[0, *accumulate(phase.duration_ms for phase in one[:-1])] for one in own]
    cuts = {0, length}
    for starts, offset, cycle in zip(begins, offsets, cycles, strict=True):
        cuts.update(
            (start + offset) % cycle + n * cycle for start in starts for n in range(-(-length // cycle))
        )
    times = sorted(t for t in cuts if t <= length)
    shown = []
    for at, following in pairwise(times):
        aspects: dict[int, str] = {}
        for one, starts, offset, cycle in zip(own, begins, offsets, cycles, strict=True):
            aspects |= one[bisect_right(starts, (at - offset) % cycle) - 1].aspects
        shown.append(Phase(following - at, aspects))
    return 0, shown
