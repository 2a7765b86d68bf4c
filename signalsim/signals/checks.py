"""What must be true of the signals of a scenario, one small function each."""

from collections.abc import Iterator

import numpy as np

from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals.model import Plan, SignalSystem, group_speed_mps

_TOLERANCE_S = 0.05


def _stage_row(signals: SignalSystem, junction: int, stage: int) -> int:
    """Position of a stage in its table."""
    names = zip(signals.stage_table.texts("junction_id"), signals.stage_table.texts("stage_id"), strict=True)
    return list(names).index((signals.junctions[junction], signals.stages[junction][stage]))


def check_stages_exist(signals: SignalSystem) -> None:
    for j, stages in enumerate(signals.stage_groups):
        if not stages:
            raise InputError(
                f"{signals.stage_table.path}: junction '{signals.junctions[j]}' has no stage; add its stages"
            )
        for s, groups in enumerate(stages):
            if not groups:
                row = _stage_row(signals, j, s)
                raise signals.stage_table.fault(
                    row, "group_ids", "names no group; a stage shows green to at least one"
                )


def check_conflicting_greens(signals: SignalSystem, network: Network, pairs: np.ndarray) -> None:
    """No stage shows green to movements that cross (and no group holds two that do)."""
    movement = network.movement.ids
    for a, b in pairs.tolist():
        group_a, group_b = signals.movement_group[[a, b]].tolist()
        if group_a < 0 or group_b < 0:
            continue
        if group_a == group_b:
            raise network.movement.fault(
                b, "opt_signal_group_id",
                f"is also the group of movement '{movement[a]}', which it crosses; give each its own group",
            )  # fmt: skip
        junction = int(signals.group_junction[group_a])
        for s, groups in enumerate(signals.stage_groups[junction]):
            if group_a in groups and group_b in groups:
                raise signals.stage_table.fault(
                    _stage_row(signals, junction, s), "group_ids",
                    f"shows conflicting greens: movements '{movement[a]}' (group {signals.groups[group_a]}) "
                    f"and '{movement[b]}' (group {signals.groups[group_b]}) cross; "
                    "put them into different stages",
                )  # fmt: skip


def check_every_group_served(signals: SignalSystem, network: Network) -> None:
    for g, name in enumerate(signals.groups):
        j = int(signals.group_junction[g])
        if not any(g in groups for groups in signals.stage_groups[j]):
            movement = network.movement.ids[signals.movements_of_group[g][0]]
            raise InputError(
                f"{signals.stage_table.path}: no stage of junction '{signals.junctions[j]}' serves movement "
                f"'{movement}' (group '{name}'); add '{name}' to the group_ids of a stage"
            )


def check_yellow(signals: SignalSystem, network: Network) -> None:
    """Yellow is not below t + v/(2a) of the group's fastest approach."""
    for g, name in enumerate(signals.groups):
        speed = group_speed_mps(network, signals.movements_of_group[g])
        need = network.defaults.yellow_s(speed)
        if signals.yellow_s[g] < need - _TOLERANCE_S:
            raise signals.group_table.fault(
                int(signals.group_row[g]), "yellow_s",
                f"is too short for group '{name}' at {speed * 3.6:.3g} km/h: t + v/(2a) gives {need:.1f} s; "
                "give at least that",
            )  # fmt: skip


def check_intergreens(signals: SignalSystem, network: Network, table: Table) -> None:
    """An intergreen that is given is not below the clearing group's yellow and all-red."""
    number = {name: g for g, name in enumerate(signals.groups)}
    for i in range(len(table)):
        names = table.texts("clearing_group_id")[i], table.texts("entering_group_id")[i]
        g = number[names[0]]
        yellow, all_red = float(signals.yellow_s[g]), float(signals.all_red_s[g])
        if table.numbers("intergreen_s")[i] < yellow + all_red - _TOLERANCE_S:
            raise table.fault(
                i, "intergreen_s",
                f"is too short an intergreen from '{names[0]}' to '{names[1]}': yellow {yellow:g} s and "
                f"all-red {all_red:g} s of the clearing group need {yellow + all_red:g} s; give that or more",
            )  # fmt: skip


def _plan_rows(signals: SignalSystem) -> Iterator[tuple[int, int, Plan]]:
    """(row position, junction, plan) of every row of the plan table."""
    number = {name: j for j, name in enumerate(signals.junctions)}
    table = signals.plan_table
    names = zip(table.texts("plan_id"), table.texts("junction_id"), strict=True)
    for i, (name, junction) in enumerate(names):
        yield i, number[junction], signals.plans[name][number[junction]]


def check_plan_cycles(signals: SignalSystem) -> None:
    """A stated cycle has room for lost time and minimum greens."""
    stated = signals.plan_table.numbers("cycle_s")
    for i, j, plan in _plan_rows(signals):
        lost = sum(signals.changes_s(j, plan.stages))
        least = sum(signals.stage_min_green_s(j, s) for s in plan.stages)
        if stated[i] < lost + least - _TOLERANCE_S:
            raise signals.plan_table.fault(
                i,
                "cycle_s",
                f"is shorter than lost time and minimum greens: intergreens {lost:g} s and minimum greens "
                f"{least:g} s need {lost + least:g} s; give that or more",
            )


def check_plan_greens(signals: SignalSystem) -> None:
    """Every green of a plan keeps the minimum of its stage."""
    table = signals.plan_table
    for i, j, _ in _plan_rows(signals):
        stage = signals.stages[j].index(table.texts("stage_id")[i])
        need = signals.stage_min_green_s(j, stage)
        if table.numbers("green_s")[i] < need - _TOLERANCE_S:
            raise table.fault(
                i, "green_s", f"is below the minimum green of the stage ({need:g} s); give that or more"
            )


def check_plan_sums(signals: SignalSystem) -> None:
    """A stated cycle is the sum of greens and intergreens."""
    stated = signals.plan_table.numbers("cycle_s")
    for i, j, plan in _plan_rows(signals):
        actual = signals.cycle_s(j, plan)
        if abs(stated[i] - actual) > _TOLERANCE_S:
            lost = sum(signals.changes_s(j, plan.stages))
            raise signals.plan_table.fault(
                i,
                "cycle_s",
                f"does not add up: greens {sum(plan.green_s):g} s and intergreens {lost:g} s make "
                f"{actual:g} s; correct a green or the cycle",
            )


def check_plans_complete(signals: SignalSystem) -> None:
    """A plan covers every junction and serves every group there."""
    for name, plans in signals.plans.items():
        for j, junction in enumerate(signals.junctions):
            if j not in plans:
                raise InputError(
                    f"{signals.plan_table.path}: plan '{name}' has no row for junction '{junction}'; add it"
                )
            served = frozenset[int]().union(*(signals.stage_groups[j][s] for s in plans[j].stages))
            for g in signals.groups_of(j):
                if g not in served:
                    raise InputError(
                        f"{signals.plan_table.path}: plan '{name}' never serves group '{signals.groups[g]}' "
                        f"of junction '{junction}'; add a stage with it"
                    )


def check_max_red(signals: SignalSystem) -> None:
    """A guaranteed longest red is one that the interlock can keep.

    It serves overdue groups one after another; the worst case is that all limited groups of the
    junction fall due at once behind a change that has just begun, twice.
    """
    for j in range(len(signals.junctions)):
        groups = signals.groups_of(j)
        limited = [g for g in groups if signals.max_red_s[g] > 0]
        if not limited:
            continue
        change = max((signals.intergreen_s.get((a, b), 0.0) for a in groups for b in groups), default=0.0)
        turn = change + max(float(signals.min_green_s[g]) for g in groups)
        need = 2 * (len(limited) + 1) * turn
        for g in limited:
            if signals.max_red_s[g] < need:
                raise signals.group_table.fault(
                    int(signals.group_row[g]),
                    "max_red_s",
                    f"cannot be kept: {len(limited)} group(s) with a longest red, served in turn after a "
                    f"minimum green and an intergreen ({turn:g} s), need {need:g} s; give that or more, or 0",
                )


def warn_all_red(signals: SignalSystem, network: Network) -> Iterator[str]:
    """Yellow and all-red below what the formulas give."""
    for g, name in enumerate(signals.groups):
        speed = group_speed_mps(network, signals.movements_of_group[g])
        need = network.defaults.yellow_s(speed) + network.defaults.all_red_s(speed)
        have = float(signals.yellow_s[g] + signals.all_red_s[g])
        if have < need - _TOLERANCE_S:
            yield (
                f"{signals.group_table.path}, row {signals.group_table.row[signals.group_row[g]]}: "
                f"group '{name}' clears in {have:g} s; yellow and all-red by formula are {need:.1f} s"
            )


def warn_open_movements(signals: SignalSystem, network: Network) -> Iterator[str]:
    """A left turn or through movement without a lamp at a junction with signals: always open."""
    junctions = set(network.movement_node[signals.movement_group >= 0].tolist())
    kinds = network.movement.texts("type")
    for m in np.flatnonzero(signals.movement_group < 0).tolist():
        if int(network.movement_node[m]) in junctions and kinds[m] in ("left", "thru"):
            yield (
                f"{network.movement.path}, row {network.movement.row[m]}: movement "
                f"'{network.movement.ids[m]}' ({kinds[m]}) has no signal group at a junction with signals "
                "and is always open"
            )


def check_signals(
    signals: SignalSystem, network: Network, pairs: np.ndarray, intergreens: Table
) -> tuple[str, ...]:
    """Run every check; the warnings. ``pairs``: movements that may never go at one time."""
    check_stages_exist(signals)
    check_conflicting_greens(signals, network, pairs)
    check_every_group_served(signals, network)
    check_yellow(signals, network)
    check_intergreens(signals, network, intergreens)
    check_plan_cycles(signals)
    check_plan_greens(signals)
    check_plans_complete(signals)
    check_plan_sums(signals)
    check_max_red(signals)
    return (*warn_all_red(signals, network), *warn_open_movements(signals, network))
