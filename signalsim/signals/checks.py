"""What must be true of the signals of a scenario, one small function each.

Each yields everything that it finds: ``check_*`` what is wrong, ``warn_*`` what should be known.
"""

from collections.abc import Iterator

import numpy as np

from signalsim.network import Network
from signalsim.network.csvfile import Fault
from signalsim.network.tables import Table
from signalsim.signals.crossing_checks import (
    check_leads,
    check_walks_apart,
    warn_calls,
    warn_clearance,
)
from signalsim.signals.greens import needed_greens_s
from signalsim.signals.model import SignalSystem, group_speed_mps
from signalsim.signals.ring_checks import check_walk_groups, ring_faults
from signalsim.signals.rows import TOLERANCE_S, plans_with_rows, remark, stage_fault, stage_row


def check_stages_exist(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    for j, stages in enumerate(signals.stage_groups):
        if not stages:
            name = signals.junctions[j]
            yield remark(
                signals, network, j,
                f"{signals.stage_table.path}: junction '{name}' has no stage; add its stages",
            )  # fmt: skip
        for s, groups in enumerate(stages):
            if not groups:
                row = stage_row(signals, j, s)
                yield signals.stage_table.fault(
                    row, "group_ids", "names no group; a stage shows green to at least one"
                )


def check_conflicting_greens(signals: SignalSystem, network: Network, pairs: np.ndarray) -> Iterator[Fault]:
    """No stage shows green to movements that cross (and no group holds two that do)."""
    movement = network.movement.ids
    for a, b in pairs.tolist():
        group_a, group_b = signals.movement_group[[a, b]].tolist()
        if group_a < 0 or group_b < 0:
            continue
        if group_a == group_b:
            yield network.movement.fault(
                b, "opt_signal_group_id",
                f"is also the group of movement '{movement[a]}', which it crosses; give each its own group",
            )  # fmt: skip
            continue
        junction = int(signals.group_junction[group_a])
        for s, groups in enumerate(signals.stage_groups[junction]):
            if group_a in groups and group_b in groups:
                yield stage_fault(
                    signals, junction, s,
                    f"shows conflicting greens: movements '{movement[a]}' (group {signals.groups[group_a]}) "
                    f"and '{movement[b]}' (group {signals.groups[group_b]}) cross; "
                    "put them into different stages, or into one ring",
                )  # fmt: skip


def check_every_group_served(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    for g, name in enumerate(signals.groups):
        j = int(signals.group_junction[g])
        if not any(g in groups for groups in signals.stage_groups[j]):
            if signals.walks[g]:
                whom = f"crossing '{signals.crossings.table.ids[signals.crossings.of_group(g)[0]]}'"
            else:
                whom = f"movement '{network.movement.ids[signals.movements_of_group[g][0]]}'"
            yield remark(
                signals, network, j,
                f"{signals.stage_table.path}: no stage of junction '{signals.junctions[j]}' serves {whom} "
                f"(group '{name}'); add '{name}' to the group_ids of a stage",
            )  # fmt: skip


def check_yellow(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """Yellow is not below what the hardest braking that any code counts on would need; between that
    and the formula's value it is a note (streets and files of other simulators have such yellows).
    """
    for g in np.flatnonzero(~signals.walks).tolist():
        name, speed = signals.groups[g], group_speed_mps(network, signals.movements_of_group[g])
        need, rule = network.defaults.yellow_s(speed), network.defaults.yellow_rule
        if signals.yellow_s[g] < network.defaults.shortest_yellow_s(speed) - TOLERANCE_S:
            yield signals.group_table.fault(
                int(signals.group_row[g]), "yellow_s",
                f"is too short for group '{name}' at {speed * 3.6:.3g} km/h: {rule} gives {need:.1f} s; "
                "give at least that",
            )  # fmt: skip


def check_intergreens(signals: SignalSystem, table: Table) -> Iterator[Fault]:
    """An intergreen that is given is not below the clearing group's yellow and all-red."""
    number = {name: g for g, name in enumerate(signals.groups)}
    for i in range(len(table)):
        names = table.texts("clearing_group_id")[i], table.texts("entering_group_id")[i]
        g = number[names[0]]
        yellow, all_red = float(signals.yellow_s[g]), float(signals.all_red_s[g])
        if table.numbers("intergreen_s")[i] < yellow + all_red - TOLERANCE_S:
            yield table.fault(
                i, "intergreen_s",
                f"is too short an intergreen from '{names[0]}' to '{names[1]}': yellow {yellow:g} s and "
                f"all-red {all_red:g} s of the clearing group need {yellow + all_red:g} s; give that or more",
            )  # fmt: skip


def check_plan_cycles(signals: SignalSystem) -> Iterator[Fault]:
    """A stated cycle has room for lost time and minimum greens."""
    stated = signals.plan_table.numbers("cycle_s")
    for rows, j, plan in plans_with_rows(signals):
        lost = sum(signals.plan_changes_s(j, plan))
        least = sum(max(need, 0.0) for need in needed_greens_s(signals, j, plan))
        for i in rows:
            if stated[i] < lost + least - TOLERANCE_S:
                yield signals.plan_table.fault(
                    i,
                    "cycle_s",
                    f"is shorter than lost time and minimum greens: intergreens {lost:g} s and minimum "
                    f"greens {least:g} s need {lost + least:g} s; give that or more",
                )


def check_plan_changes(signals: SignalSystem) -> Iterator[Fault]:
    """A change that a plan gives is not longer than its intergreens: the greens would begin before."""
    for rows, j, plan in plans_with_rows(signals):
        for i, given, usual in zip(rows, plan.change_s, signals.changes_s(j, plan.stages), strict=True):
            if given > usual + TOLERANCE_S:
                yield signals.plan_table.fault(
                    i, "change_s", f"is longer than the intergreens ask for ({usual:g} s); give at most that"
                )


def check_plan_greens(signals: SignalSystem) -> Iterator[Fault]:
    """Every green of a plan, over all stages in a row that show it, keeps the minimum of its group."""
    for rows, j, plan in plans_with_rows(signals):
        for i, green, need in zip(rows, plan.green_s, needed_greens_s(signals, j, plan), strict=True):
            if green < need - TOLERANCE_S:
                yield signals.plan_table.fault(
                    i, "green_s", f"is below the minimum green of the stage ({need:g} s); give that or more"
                )


def check_plan_sums(signals: SignalSystem) -> Iterator[Fault]:
    """A stated cycle is the sum of greens and changes."""
    stated = signals.plan_table.numbers("cycle_s")
    for rows, j, plan in plans_with_rows(signals):
        actual, lost = signals.cycle_s(j, plan), sum(signals.plan_changes_s(j, plan))
        for i in rows:
            if abs(stated[i] - actual) > TOLERANCE_S:
                yield signals.plan_table.fault(
                    i,
                    "cycle_s",
                    f"does not add up: greens {sum(plan.green_s):g} s and intergreens {lost:g} s make "
                    f"{actual:g} s; correct a green or the cycle",
                )


def check_plans_complete(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """A plan covers every junction and serves every group there."""
    for name, plans in signals.plans.items():
        for j, junction in enumerate(signals.junctions):
            if j not in plans:
                yield remark(
                    signals, network, j,
                    f"{signals.plan_table.path}: plan '{name}' has no row for junction '{junction}'; add it",
                )  # fmt: skip
                continue
            served = frozenset[int]().union(*(signals.stage_groups[j][s] for s in plans[j].stages))
            for g in signals.groups_of(j):
                if g not in served:
                    yield remark(
                        signals, network, j,
                        f"{signals.plan_table.path}: plan '{name}' never serves group '{signals.groups[g]}' "
                        f"of junction '{junction}'; add a stage with it",
                    )  # fmt: skip


def check_max_red(signals: SignalSystem) -> Iterator[Fault]:
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
        if walks := [g for g in groups if signals.walks[g]]:  # as ``engine.footways.longest_turn_ms``
            lead = max((s for (p, _), s in signals.lead_s.items() if p in walks), default=0.0)
            turn += lead + max(change, max(float(signals.yellow_s[g]) for g in walks))
        need = 2 * (len(limited) + 1) * turn
        for g in limited:
            if signals.max_red_s[g] < need:
                yield signals.group_table.fault(
                    int(signals.group_row[g]),
                    "max_red_s",
                    f"cannot be kept: {len(limited)} group(s) with a longest red, served in turn after a "
                    f"minimum green and an intergreen ({turn:g} s), need {need:g} s; give that or more, or 0",
                )


def warn_all_red(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """Yellow and all-red below what the formulas give."""
    for g in np.flatnonzero(~signals.walks).tolist():
        name, speed = signals.groups[g], group_speed_mps(network, signals.movements_of_group[g])
        need = network.defaults.yellow_s(speed) + network.defaults.all_red_s(speed)
        have = float(signals.yellow_s[g] + signals.all_red_s[g])
        if have < need - TOLERANCE_S:
            row = int(signals.group_row[g])
            yield signals.group_table.remark(
                row,
                f"{signals.group_table.path}, row {signals.group_table.row[row]}: "
                f"group '{name}' clears in {have:g} s; yellow and all-red by formula are {need:.1f} s",
            )


def warn_open_movements(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """A left turn or through movement without a lamp at a junction with signals: always open."""
    junctions = set(network.movement_node[signals.movement_group >= 0].tolist())
    kinds = network.movement.texts("type")
    for m in np.flatnonzero(signals.movement_group < 0).tolist():
        if int(network.movement_node[m]) in junctions and kinds[m] in ("left", "thru"):
            yield network.movement.remark(
                m,
                f"{network.movement.path}, row {network.movement.row[m]}: movement "
                f"'{network.movement.ids[m]}' ({kinds[m]}) has no signal group at a junction with signals "
                "and is always open",
            )


def faults(signals: SignalSystem, network: Network, pairs: np.ndarray, intergreens: Table) -> Iterator[Fault]:
    """All that is wrong. ``pairs``: movements that may never go at one time."""
    without_stages = list(check_stages_exist(signals, network))
    yield from without_stages
    if without_stages:  # what follows counts on stages with groups
        return
    for rings in signals.rings.values():
        yield from check_walk_groups(rings, signals.walks, signals.phase_table)
    yield from check_conflicting_greens(signals, network, pairs)
    yield from check_walks_apart(signals, network)
    yield from check_every_group_served(signals, network)
    yield from check_yellow(signals, network)
    yield from check_leads(signals)
    yield from check_intergreens(signals, intergreens)
    yield from check_plan_cycles(signals)
    yield from check_plan_changes(signals)
    yield from check_plan_greens(signals)
    yield from check_plans_complete(signals, network)
    yield from check_plan_sums(signals)
    yield from check_max_red(signals)
    yield from ring_faults(signals.rings, signals.split_table)


def notes(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """All that is allowed but should be known."""
    yield from warn_clearance(signals)
    yield from warn_calls(signals)
    yield from warn_all_red(signals, network)
    yield from warn_open_movements(signals, network)


def check_signals(
    signals: SignalSystem, network: Network, pairs: np.ndarray, intergreens: Table
) -> tuple[str, ...]:
    """Run every check; the warnings. Raises InputError at the first thing that is wrong."""
    for fault in faults(signals, network, pairs, intergreens):
        raise fault
    return tuple(map(str, notes(signals, network)))
