"""What must be true, or should be known, of crossings and their signals; see ``checks``."""

from collections.abc import Iterator

from signalsim.network import Network
from signalsim.network.csvfile import Fault
from signalsim.signals.crossings import groups_met
from signalsim.signals.model import SignalSystem
from signalsim.signals.rows import TOLERANCE_S, plans_with_rows, stage_fault


def check_walks_apart(signals: SignalSystem, network: Network) -> Iterator[Fault]:
    """No stage lets pedestrians walk into vehicles that do not give way to them."""
    for walk, group, x, m, gives_way in groups_met(signals.crossings, network, signals.movement_group):
        j = int(signals.group_junction[walk])
        for s, groups in enumerate(signals.stage_groups[j]):
            if walk in groups and group in groups and not gives_way:
                yield stage_fault(
                    signals, j, s,
                    f"shows conflicting greens: crossing '{signals.crossings.table.ids[x]}' (group "
                    f"{signals.groups[walk]}) lies in the way of movement '{network.movement.ids[m]}' (group "
                    f"{signals.groups[group]}); put them into different stages",
                )  # fmt: skip


def check_leads(signals: SignalSystem) -> Iterator[Fault]:
    """A lead is shorter than the walk."""
    for x, lead in enumerate(signals.crossings.lead_s.tolist()):
        walk = float(signals.min_green_s[signals.crossings.group[x]]) if lead else 0.0
        if lead and lead >= walk:
            yield signals.crossings.table.fault(x, "lead_s", f"is not shorter than the walk ({walk:g} s)")


def warn_clearance(signals: SignalSystem) -> Iterator[Fault]:
    """A clearance in which pedestrians do not get across."""
    for x, need in enumerate(signals.crossings.clearance_s.tolist()):
        g = int(signals.crossings.group[x])
        have = float(signals.yellow_s[g] + signals.all_red_s[g]) if g >= 0 else need
        if have < need - TOLERANCE_S:
            table = signals.crossings.table
            yield table.remark(
                x,
                f"{table.path}, row {table.row[x]}: group '{signals.groups[g]}' clears in {have:g} s; "
                f"crossing '{table.ids[x]}' takes {need:.1f} s at {signals.crossings.speed_mps[x]:g} m/s",
            )


def warn_calls(signals: SignalSystem) -> Iterator[Fault]:
    """A stage of a plan that a called walk makes longer."""
    for rows, j, plan in plans_with_rows(signals):
        for i, stage, green in zip(rows, plan.stages, plan.green_s, strict=True):
            for g in sorted(signals.stage_groups[j][stage]):
                need = signals.group_green_s(j, stage, g)
                if signals.has_button[g] and green < need - TOLERANCE_S:
                    yield signals.plan_table.remark(
                        i,
                        f"{signals.plan_table.path}, row {signals.plan_table.row[i]}: a call of group "
                        f"'{signals.groups[g]}' makes the green of {green:g} s longer: its walk and "
                        f"clearance need {need:g} s",
                    )
