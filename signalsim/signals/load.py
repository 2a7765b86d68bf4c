"""Reading the signal tables of a scenario folder."""

import difflib
from dataclasses import replace
from pathlib import Path

import numpy as np

from signalsim.network import Conflicts, Network, conflicts
from signalsim.network.tables import Table, read_optional
from signalsim.signals.checks import check_signals
from signalsim.signals.model import MAX_GROUPS, Plan, SignalSystem, group_speed_mps
from signalsim.signals.schedule import read_schedules
from signalsim.signals.specs import GROUP, INTERGREEN, PLAN, SCHEDULE, STAGE


def _movement_groups(network: Network, groups: dict[str, int], group_node: list[int]) -> np.ndarray:
    """(n_movements,) int32 group of every movement; each is of the movement's own junction."""
    out = np.full(len(network.movement), -1, np.int32)
    for i, name in enumerate(network.movement.texts("opt_signal_group_id")):
        if not name:
            continue
        if name not in groups:
            near = difflib.get_close_matches(name, groups, 1)
            hint = f"; did you mean '{near[0]}'?" if near else "; add it there"
            raise network.movement.fault(
                i, "opt_signal_group_id", f"is no signal group of {GROUP.file}{hint}"
            )
        out[i] = groups[name]
        if group_node[out[i]] != network.movement_node[i]:
            other = network.node.ids[group_node[out[i]]]
            raise network.movement.fault(
                i, "opt_signal_group_id", f"hangs at junction '{other}'; give a group of this movement's node"
            )
    return out


def _stages(
    table: Table, junctions: dict[str, int], groups: dict[str, int], group_junction: np.ndarray
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[frozenset[int], ...], ...]]:
    """Names and groups of the stages per junction, sorted by name."""
    found: list[dict[str, frozenset[int]]] = [{} for _ in junctions]
    for i in range(len(table)):
        junction = junctions.get(table.texts("junction_id")[i])
        if junction is None:
            raise table.fault(
                i, "junction_id", f"has no signal group in {GROUP.file}; give a signalised node"
            )
        name, members = table.texts("stage_id")[i], table.texts("group_ids")[i].split()
        if name in found[junction]:
            raise table.fault(i, "stage_id", "is there twice at this junction; give each stage its own name")
        for member in members:
            if member not in groups or group_junction[groups[member]] != junction:
                there = ", ".join(name for name, g in groups.items() if group_junction[g] == junction)
                raise table.fault(
                    i,
                    "group_ids",
                    f"names '{member}', which is no signal group of this junction; it has {there}",
                )
        found[junction][name] = frozenset(groups[member] for member in members)
    names = tuple(tuple(sorted(stages)) for stages in found)
    return names, tuple(tuple(found[j][name] for name in row) for j, row in enumerate(names))


def _plans(
    table: Table, junctions: dict[str, int], stages: tuple[tuple[str, ...], ...]
) -> dict[str, dict[int, Plan]]:
    """Plan id -> junction -> plan; positions give the order."""
    rows: dict[tuple[str, int], dict[int, int]] = {}
    for i in range(len(table)):
        junction = junctions.get(table.texts("junction_id")[i])
        if junction is None:
            raise table.fault(i, "junction_id", "is no signalised junction; give one of signal_group.csv")
        stage = table.texts("stage_id")[i]
        if stage not in stages[junction]:
            raise table.fault(
                i,
                "stage_id",
                f"is no stage of this junction; {STAGE.file} has {', '.join(stages[junction]) or 'none'}",
            )
        places = rows.setdefault((table.texts("plan_id")[i], junction), {})
        position = int(table.numbers("position")[i])
        if position in places:
            raise table.fault(i, "position", "is there twice in this plan; number the stages 1, 2, …")
        places[position] = i
    plans: dict[str, dict[int, Plan]] = {}
    for (name, junction), places in sorted(rows.items()):
        order = [places[position] for position in sorted(places)]
        offsets = table.numbers("offset_s")[order]
        for i in order:
            if table.numbers("offset_s")[i] != offsets[0]:
                raise table.fault(
                    i, "offset_s", f"differs from {offsets[0]:g} above; one junction has one offset"
                )
        plans.setdefault(name, {})[junction] = Plan(
            stages=tuple(stages[junction].index(table.texts("stage_id")[i]) for i in order),
            green_s=tuple(float(table.numbers("green_s")[i]) for i in order),
            offset_s=float(offsets[0]),
        )
    return plans


def _forbidden(
    movement_group: np.ndarray, found: Conflicts, stage_groups: tuple[tuple[frozenset[int], ...], ...]
) -> np.ndarray:
    """(k, 2) groups never green together: those with crossing movements, and those of which one would
    give way to the other but that no stage shows together (protected turns: the interlock must keep
    them apart as well).
    """
    together = {(a, b) for stages in stage_groups for stage in stages for a in stage for b in stage if a < b}
    out: set[tuple[int, int]] = set()
    for pairs, is_yield in ((found.forbidden, False), (found.yields, True)):
        for a, b in movement_group[pairs.reshape(-1)].reshape(-1, 2).tolist():
            pair = (min(a, b), max(a, b))
            if a >= 0 and b >= 0 and a != b and not (is_yield and pair in together):
                out.add(pair)
    return np.array(sorted(out), np.int32).reshape(-1, 2)


def _intergreens(
    table: Table, groups: dict[str, int], forbidden: np.ndarray, yellow: np.ndarray, all_red: np.ndarray
) -> dict[tuple[int, int], float]:
    """Yellow and all-red of the clearing group, unless intergreen.csv gives the pair another."""
    out = {
        (a, b): float(yellow[a] + all_red[a]) for pair in forbidden.tolist() for a, b in (pair, pair[::-1])
    }
    for i in range(len(table)):
        pair = []
        for column in ("clearing_group_id", "entering_group_id"):
            name = table.texts(column)[i]
            if name not in groups:
                raise table.fault(
                    i, column, f"is no signal group of {GROUP.file}; add it there or correct the id"
                )
            pair.append(groups[name])
        key = (pair[0], pair[1])
        if key not in out:
            raise table.fault(
                i,
                "entering_group_id",
                "does not conflict with the clearing group, so no intergreen applies; remove it",
            )
        out[key] = float(table.numbers("intergreen_s")[i])
    return out


def load_signals(folder: Path | str, network: Network) -> SignalSystem:
    """The checked signals of a scenario folder: signal_group.csv, signal_stage.csv, signal_plan.csv and,
    if wanted, intergreen.csv. All may be absent where no node is signalised. Raises InputError.
    """
    system, pairs, intergreens = read_signals(Path(folder), network)
    return replace(system, warnings=check_signals(system, network, pairs, intergreens))


def read_signals(folder: Path, network: Network) -> tuple[SignalSystem, np.ndarray, Table]:
    """The signals with their references resolved, not yet checked; (k, 2) movements that may never go at
    one time; and the table of intergreens. Raises InputError.
    """
    group_table, stage_table = (read_optional(folder / spec.file, spec) for spec in (GROUP, STAGE))
    plan_table, intergreen_table = (read_optional(folder / spec.file, spec) for spec in (PLAN, INTERGREEN))
    node_of_row = group_table.lookup("junction_id", network.node, "node")
    order = sorted(
        range(len(group_table)), key=lambda i: (network.node.ids[node_of_row[i]], group_table.ids[i])
    )
    nodes = sorted({int(node) for node in node_of_row})
    junctions = {network.node.ids[node]: j for j, node in enumerate(nodes)}
    groups = {group_table.ids[i]: g for g, i in enumerate(order)}
    group_junction = np.searchsorted(nodes, node_of_row[order]).astype(np.int32)
    movement_group = _movement_groups(network, groups, [int(node_of_row[i]) for i in order])
    members: list[list[int]] = [[] for _ in order]
    for movement, group in enumerate(movement_group):
        if group >= 0:
            members[group].append(movement)
    for g, row in enumerate(members):
        if not row:
            raise group_table.fault(
                order[g],
                "group_id",
                "controls no movement; name it in movement.csv, column opt_signal_group_id",
            )
    for j, size in enumerate(np.bincount(group_junction, minlength=len(nodes))):
        if size > MAX_GROUPS:
            first = order[int(np.argmax(group_junction == j))]
            raise group_table.fault(first, "junction_id", f"has over {MAX_GROUPS} signal groups; merge some")

    def filled(column: str, default: list[float]) -> np.ndarray:
        given = group_table.numbers(column)[order]
        return np.where(np.isnan(given), default, given)

    speeds = [group_speed_mps(network, tuple(row)) for row in members]
    defaults = network.defaults
    yellow = filled("yellow_s", [round(max(defaults.yellow_s(v), 3.0), 1) for v in speeds])
    all_red = filled("all_red_s", [round(defaults.all_red_s(v), 1) for v in speeds])
    stages, stage_groups = _stages(stage_table, junctions, groups, group_junction)
    plans = _plans(plan_table, junctions, stages)
    found = conflicts(network)
    forbidden = _forbidden(movement_group, found, stage_groups)
    system = SignalSystem(
        group_table=group_table,
        stage_table=stage_table,
        plan_table=plan_table,
        junctions=tuple(junctions),
        junction_node=np.array(nodes, np.int32),
        groups=tuple(groups),
        group_junction=group_junction,
        group_row=np.array(order, np.int64),
        movement_group=movement_group,
        min_green_s=filled("min_green_s", [defaults.min_green_s] * len(order)),
        yellow_s=yellow,
        all_red_s=all_red,
        max_red_s=group_table.numbers("max_red_s")[order],
        stages=stages,
        stage_groups=stage_groups,
        yields=found.yields,
        foes=found.foes,
        forbidden=forbidden,
        intergreen_s=_intergreens(intergreen_table, groups, forbidden, yellow, all_red),
        plans=plans,
        schedules=read_schedules(read_optional(folder / SCHEDULE.file, SCHEDULE), junctions, plans),
    )
    return system, found.forbidden, intergreen_table
