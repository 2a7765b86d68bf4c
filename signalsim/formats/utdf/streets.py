"""Nodes, links, lanes and movements of a UTDF network as tables of the scenario."""

from collections import defaultdict

from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.utdf.approaches import (
    BEND,
    EXTERNAL,
    ROUNDABOUT,
    SIGNAL,
    TURNS,
    UNSIGNALISED,
    Approach,
    Group,
)
from signalsim.formats.utdf.sections import Utdf
from signalsim.network.specs import LANE, LINK, MOVEMENT, NODE

_TYPES = {
    SIGNAL: "signals",
    EXTERNAL: "ends",
    BEND: "bends",
    UNSIGNALISED: "unsignalised",
    ROUNDABOUT: "roundabouts",
}
_START_UP_S = 2.0  # with an end gain of 2 s: Synchro's lost time is yellow + all-red + its adjustment
_SPEEDS_KMH, _FLOWS = (5.0, 150.0), (300.0, 3600.0)
HEAVY_PCU = 2.0


def node_types(utdf: Utdf) -> dict[str, int]:
    """Type of every node; the sections' ids are checked."""
    return {node: row.whole("TYPE", 0, 4) or 0 for node, row in utdf.nodes.items()}


def movement_id(approach: Approach, group: Group) -> str:
    return f"{approach.node}:{group.code}"


def add_nodes(draft: Draft, utdf: Utdf, signalised: set[str]) -> None:
    """Nodes with their positions in metres."""
    types = node_types(utdf)
    for node, row in utdf.nodes.items():
        x, y = row.number("X", -1e7, 1e7), row.number("Y", -1e7, 1e7)
        if x is None or y is None:
            raise row.fault("X" if x is None else "Y", "is empty; every node needs a position")
        draft.add(
            NODE, node_id=node, x_coord=round(x * utdf.metre, 2), y_coord=round(y * utdf.metre, 2),
            name=row.text("DESCRIPTION"), ctrl_type="signal" if node in signalised else None,
        )  # fmt: skip
    counted = [f"{sum(k == t for k in types.values()):,} {name}" for t, name in _TYPES.items()]
    draft.understood(
        f"{len(types):,} nodes ({', '.join(counted)}), lengths in {'m' if utdf.is_metric else 'feet'}"
    )
    round_ones = [node for node, kind in types.items() if kind == ROUNDABOUT]
    if round_ones:
        draft.guessed("roundabouts", "junctions without signals, right of way by the turns", round_ones)


def add_links(draft: Draft, approaches: dict[str, Approach]) -> None:
    """Links and their turn bays."""
    bays = 0
    for approach in approaches.values():
        lanes = approach.lanes if approach.groups else max(approach.listed_lanes, 1)
        speed = approach.speed_kmh
        draft.add(
            LINK, link_id=approach.id, from_node_id=approach.up, to_node_id=approach.node,
            length=round(approach.length_m, 2), lanes=lanes, name=approach.name,
            free_speed=None if speed is None else round(min(max(speed, _SPEEDS_KMH[0]), _SPEEDS_KMH[1]), 3),
        )  # fmt: skip
        for number, length in sorted(approach.bays.items()):
            draft.add(
                LANE, lane_id=f"{approach.id}:{number}", link_id=approach.id, lane_num=number,
                opt_length_m=round(length, 2),
            )  # fmt: skip
            bays += 1
    draft.understood(f"{len(approaches):,} links with {bays:,} lanes in turn bays (Storage, StLanes)")
    draft.guessed("length of links", "the Distance of [Links], which is between nodes")
    notes = [note for approach in approaches.values() for note in approach.notes]
    if notes:
        draft.guessed("lanes that cannot be had as written", "as told", notes)
    if slow := [a.id for a in approaches.values() if a.speed_kmh is None]:
        draft.guessed("speed of links without one", "50 km/h", slow)


def add_movements(
    draft: Draft, utdf: Utdf, approaches: dict[str, Approach], groups: dict[str, str], free: set[str]
) -> None:
    """Movements with their lanes and saturation flows.

    ``groups``: signal group by movement; ``free``: channelised right turns, which have none.
    """
    for approach in approaches.values():
        for group in approach.groups:
            name = movement_id(approach, group)
            slots = [approach.numbers[slot] for slot in group.slots]
            kind = TURNS[group.turn]
            draft.add(
                MOVEMENT, mvmt_id=name, node_id=approach.node, ib_link_id=approach.id,
                ob_link_id=f"{approach.node}-{group.dest}", start_ib_lane=slots[0], end_ib_lane=slots[-1],
                type=kind, ctrl_type=_control(group) if name in groups else None,
                opt_signal_group_id=groups.get(name),
                opt_keep_clear=0 if group.number("Enter Blocked", 0, 100) else None,
                opt_saturation_flow=_saturation(approach, group),
                opt_start_up_loss_s=_start_up(group),
                opt_speed_kmh=_turning_kmh(utdf, group) if kind != "thru" else None,
            )  # fmt: skip
    _add_bends(draft, utdf, approaches)
    number = len(draft.column(MOVEMENT, "mvmt_id"))
    draft.understood(f"{number:,} movements, lanes shared as the codes of Shared say")
    if on_red := draft.column(MOVEMENT, "ctrl_type").count("signal_with_RTOR"):
        draft.understood(f"right turns that may go on red after a stop (Allow RTOR): {on_red:,}")
    if entering := draft.column(MOVEMENT, "opt_keep_clear").count(0):
        draft.understood(f"movements that do not keep their junction clear (Enter Blocked): {entering:,}")
    draft.understood("saturation flows: SatFlow per lane, back to cars by the share of heavy vehicles")
    if free:
        draft.guessed("channelised right turns", "no signal group: always open, giving way", sorted(free))


def _control(group: Group) -> str | None:
    """Whether a right turn with a signal may go on red, where the file says so."""
    allowed = group.whole("Allow RTOR", 0, 9) if TURNS[group.turn] == "right" else None
    return None if allowed is None else "signal_with_RTOR" if allowed else "signal"


def _saturation(approach: Approach, group: Group) -> float | None:
    """SatFlow per lane of the group that owns the lanes, in passenger cars."""
    owner = group if group.own else next(
        (g for g in approach.groups if g.own and set(group.slots) & set(g.slots)), group
    )  # fmt: skip
    flow = owner.number("SatFlow", 0, 50_000)
    if not flow or not owner.own:
        return None
    heavy = (owner.number("HeavyVehicles", 0, 100) or 0) / 100
    per_lane = flow / owner.own * (1 + heavy * (HEAVY_PCU - 1))
    return round(per_lane, 1) if _FLOWS[0] <= per_lane <= _FLOWS[1] else None


def _start_up(group: Group) -> float | None:
    adjust = group.number("Lost Time Adjust", -60, 60)
    return min(max(_START_UP_S + adjust, 0.0), 10.0) if adjust else None


def _turning_kmh(utdf: Utdf, group: Group) -> float | None:
    speed = group.number("Turning Speed", 0, 150)
    return max(round(speed * utdf.kmh, 2), 3.0) if speed else None


def _add_bends(draft: Draft, utdf: Utdf, approaches: dict[str, Approach]) -> None:
    """At nodes without lane groups every link leads on to the other links, back excepted."""
    arriving: dict[str, list[Approach]] = defaultdict(list)
    leaving: dict[str, list[Approach]] = defaultdict(list)
    for approach in approaches.values():
        arriving[approach.node].append(approach)
        leaving[approach.up].append(approach)
    joined = []
    for node, kind in node_types(utdf).items():
        inward, outward = arriving[node], leaving[node]
        if kind == EXTERNAL or any(a.groups for a in inward):
            continue
        for a in inward:
            for b in outward:
                if b.node != a.up:
                    draft.add(
                        MOVEMENT, mvmt_id=f"{node}:{a.direction}>{b.node}", node_id=node, ib_link_id=a.id,
                        ob_link_id=b.id,
                    )  # fmt: skip
        joined.append(node)
    if joined:
        draft.guessed(
            "turns at nodes without lane groups", "every link leads on to all others but back", joined
        )


def check_distinct(utdf: Utdf, approaches: dict[str, Approach]) -> None:
    """A turn of an approach has a destination of its own."""
    for approach in approaches.values():
        seen: dict[str, str] = {}
        for group in approach.groups:
            if group.dest in seen:
                raise InputError(
                    f"{utdf.path}, [Lanes], Dest Node of '{approach.node}': {group.code} and "
                    f"{seen[group.dest]} both lead to '{group.dest}'; "
                    "give each its own or add their lanes and volumes up"
                )
            seen[group.dest] = group.code
