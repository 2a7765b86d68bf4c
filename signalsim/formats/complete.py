"""Signals, a plan and demand for a draft that has a road network and lacks them, by stated rules."""

import math
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from signalsim.counts.spec import COUNTS
from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.network import Defaults, Network, conflicts, load_network
from signalsim.network.specs import MOVEMENT, NODE
from signalsim.signals import SignalSystem, load_signals
from signalsim.signals.specs import GROUP, PLAN, STAGE
from signalsim.signals.stages import Staging, Turn, staging

CYCLE_S = 90.0
WARM_UP_S, DEMAND_S, DRAIN_S = 600, 3600, 3600

# Vehicles an hour and lane that enter, where nothing was counted: assumptions of this project, of a
# busy but not saturated hour; links (ramps) of a class have half of its volume.
VOLUMES = {
    "motorway": 900, "trunk": 500, "primary": 350, "secondary": 250, "tertiary": 150,
    "unclassified": 80, "residential": 50, "living_street": 20,
}  # fmt: skip
USUAL_VOLUME = 150  # of a road without a class


def network_of(draft: Draft, source: str) -> Network:
    """The draft's network, checked. Raises InputError that names ``source``."""
    with tempfile.TemporaryDirectory() as scratch:
        draft.write(Path(scratch))
        try:
            return load_network(Path(scratch), **_options(draft))
        except InputError as error:
            raise _told(error, source, scratch) from None


def signals_of(draft: Draft, source: str) -> tuple[Network, SignalSystem]:
    """The draft's network and signals, checked. Raises InputError that names ``source``."""
    with tempfile.TemporaryDirectory() as scratch:
        draft.write(Path(scratch))
        try:
            network = load_network(Path(scratch), **_options(draft))
            return network, load_signals(Path(scratch), network)
        except InputError as error:
            raise _told(error, source, scratch) from None


def _options(draft: Draft) -> dict[str, Any]:
    given = draft.config.get("network", {})
    return {
        "defaults": Defaults(**draft.config.get("defaults", {})),
        "drive_right": given.get("driving_side", "right") == "right",
        "conflicts_as_listed": given.get("conflicts", "by_geometry") == "as_listed",
    }


def _told(error: InputError, source: str, scratch: str) -> InputError:
    told = str(error).replace(f"{scratch}/", "")
    return InputError(f"{source}: what was read from it is no network that can be simulated: {told}")


def with_lamps(network: Network, nodes: Collection[str]) -> Network:
    """The network as it is when all movements of these nodes have signals: right of way depends on it."""
    lit = {network.node.index[node] for node in nodes}
    groups = tuple(
        name if node in lit else ""
        for name, node in zip(network.movement.ids, network.movement_node.tolist(), strict=True)
    )
    table = replace(network.movement, data={**network.movement.data, "opt_signal_group_id": groups})
    return replace(network, movement=table)


def design(
    network: Network, nodes: Collection[str], heading: Mapping[str, float] | None = None
) -> dict[str, tuple[list[int], Staging]]:
    """Movements and staging of every one of these nodes, by the rules of ``signals.stages``.

    ``heading``: direction of links at their ends, radians; where none is given, from node to node.
    """
    lit = with_lamps(network, nodes)
    met = conflicts(lit)
    node_of = network.movement_node
    members: dict[int, list[int]] = {network.node.index[node]: [] for node in sorted(nodes)}
    for movement, node in enumerate(node_of.tolist()):
        if node in members:
            members[node].append(movement)
    given_way: dict[int, list[tuple[int, int]]] = {node: [] for node in members}
    apart: dict[int, list[tuple[int, int]]] = {node: [] for node in members}
    for pairs, found in ((met.yields, given_way), (met.forbidden, apart)):
        for a, b in pairs.tolist():
            if int(node_of[a]) in found:
                found[int(node_of[a])].append((a, b))
    out = {}
    for node, own in members.items():
        at = {movement: k for k, movement in enumerate(own)}
        local = [[(at[a], at[b]) for a, b in found[node]] for found in (given_way, apart)]
        out[network.node.ids[node]] = own, staging([_turn(network, m, heading or {}) for m in own], *local)
    return out


def _turn(network: Network, movement: int, heading: Mapping[str, float]) -> Turn:
    link = int(network.movement_from[movement])
    name = network.link.ids[link]
    return Turn(
        approach=name,
        role=network.movement_role[movement],
        heading=heading.get(name, float(network.heading[link])),
        lanes=frozenset(network.movement_lanes(movement)),
    )


def add_signals(
    draft: Draft, network: Network, nodes: Collection[str], heading: Mapping[str, float] | None = None
) -> list[str]:
    """Rows of signal_group.csv and signal_stage.csv for these nodes, and the groups of movement.csv.

    A node where one stage serves all (a pedestrian crossing, a merge without conflict) gets none.
    Returns the nodes that have signals now.
    """
    rows = {name: i for i, name in enumerate(draft.column(MOVEMENT, "mvmt_id"))}
    group_of = draft.column(MOVEMENT, "opt_signal_group_id")
    taken = set(draft.column(GROUP, "group_id"))
    lit: list[str] = []
    single: set[str] = set()
    for node, (movements, found) in design(network, nodes, heading).items():
        if len(found.stages) < 2:
            single.add(node)
            continue
        lit.append(node)
        names = []
        for members in found.groups:
            name = _group_name(network, movements, members, taken)
            names.append(name)
            draft.add(GROUP, group_id=name, junction_id=node)
            for k in members:
                group_of[rows[network.movement.ids[movements[k]]]] = name
        for k, stage in enumerate(found.stages):
            draft.add(
                STAGE, junction_id=node, stage_id=str(k + 1), group_ids=" ".join(names[g] for g in stage)
            )
    if lit:
        draft.guessed(
            f"groups and stages of {len(lit):,} signals",
            "facing approaches go together, left turns with lanes of their own have a protected stage, "
            "others give way; nothing that crosses is green together; yellow and all-red by formula (ITE)",
            lit,
        )
    if single:
        control, names = draft.column(NODE, "ctrl_type"), draft.column(NODE, "node_id")
        for i, node in enumerate(names):
            control[i] = None if node in single else control[i]
        draft.dropped("signals", "nothing conflicts there that could be kept apart", sorted(single))
    return lit


def _group_name(network: Network, movements: list[int], members: tuple[int, ...], taken: set[str]) -> str:
    own = [movements[k] for k in members]
    link = network.link.ids[network.movement_from[own[0]]]
    kinds = {network.movement_type[m] for m in own}
    name = "_".join(link.split())
    if kinds <= {"left", "uturn"}:
        name += ".left"
    unique, k = name, 1
    while unique in taken:
        unique, k = f"{name}.{k}", k + 1
    taken.add(unique)
    return unique


def add_plan(draft: Draft, source: str, junctions: Collection[str], plan: str = "deployed") -> None:
    """A plan of equal greens for these junctions: a cycle of 90 s, longer where minimum greens need it."""
    if not junctions:
        return
    _, signals = signals_of(draft, source)
    longer = []
    for j, junction in enumerate(signals.junctions):
        if junction not in junctions:
            continue
        stages = signals.stages[j]
        order = sorted(range(len(stages)), key=lambda s: (len(stages[s]), stages[s]))  # 1, 2, …, 10
        lost = sum(signals.changes_s(j, tuple(order)))
        least = [round(10 * signals.stage_min_green_s(j, s)) for s in order]
        tenths = round(10 * (CYCLE_S - lost))
        greens = shares(tenths, [1.0] * len(order), least)
        if sum(greens) > tenths:
            longer.append(junction)
        cycle = round(sum(greens) / 10 + lost, 3)
        for k, s in enumerate(order):
            draft.add(PLAN, plan_id=plan, junction_id=junction, position=k + 1,
                      stage_id=stages[s], green_s=greens[k] / 10, offset_s=0, cycle_s=cycle)  # fmt: skip
    draft.guessed(
        f"plan '{plan}' of {len(junctions):,} signals",
        f"equal greens in a cycle of {CYCLE_S:g} s, no offsets; replace it by the plan of the street",
        junctions,
    )
    if longer:
        draft.guessed("longer cycles", "minimum greens and intergreens do not fit into the cycle", longer)


def shares(total: int, weights: Sequence[float], least: Sequence[int]) -> list[int]:
    """Whole parts of ``total`` in proportion to positive weights, none below its least; what does not
    go evenly goes to the first. Where the least values need more than ``total``, they are the parts.
    """
    fixed: set[int] = set()
    while True:
        free = [k for k in range(len(weights)) if k not in fixed]
        room = total - sum(least[k] for k in fixed)
        weight = sum(weights[k] for k in free)
        part = {k: math.floor(room * weights[k] / weight) for k in free}
        for k in free[: max(room - sum(part.values()), 0)]:
            part[k] += 1
        low = {k for k in free if part[k] < least[k]}
        if not low:
            return [part.get(k, least[k]) for k in range(len(weights))]
        fixed |= low
        if len(fixed) == len(weights):
            return list(least)


def add_demand(draft: Draft, network: Network, kinds: Mapping[str, str]) -> None:
    """Counts of one assumed hour for every entry, by the class of its road and its lanes."""
    zone = ZoneInfo(draft.config["time_zone"])
    begin = datetime.fromisoformat(str(draft.config["start"])).replace(tzinfo=zone) + timedelta(
        seconds=WARM_UP_S
    )
    end = begin + timedelta(seconds=DEMAND_S)
    draft.section("horizon", warm_up_s=WARM_UP_S, demand_s=DEMAND_S, drain_s=DRAIN_S)
    lanes = network.link.numbers("lanes")
    entries = [i for i in range(len(network.link)) if network.is_origin[i]]
    for i in entries:
        link = network.link.ids[i]
        draft.add(
            COUNTS, camera_id=f"assumed {link}", link_id=link,
            interval_start=begin.isoformat(), interval_end=end.isoformat(),
            count=round(volume(kinds.get(link, "")) * int(lanes[i])), quality="good",
        )  # fmt: skip
    table = ", ".join(f"{kind} {value}" for kind, value in VOLUMES.items())
    draft.guessed(
        f"volumes of {len(entries):,} entries, replace them by your counts",
        f"vehicles an hour and lane by class of road ({table}, ramps half, others {USUAL_VOLUME}); "
        "turning shares by default",
    )


def volume(kind: str) -> float:
    """Assumed vehicles an hour and lane of a class of road."""
    plain = kind.removesuffix("_link")
    return VOLUMES.get(plain, USUAL_VOLUME) / (2 if plain != kind else 1)
