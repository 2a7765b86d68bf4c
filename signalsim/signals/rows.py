"""Where the checks of signals find what they speak of."""

from collections.abc import Iterator

from signalsim.network import Network
from signalsim.network.csvfile import Fault
from signalsim.signals.model import Plan, SignalSystem

TOLERANCE_S = 0.05  # of times that are given to a tenth of a second


def stage_row(signals: SignalSystem, junction: int, stage: int) -> int:
    """Position of a stage in its table."""
    names = zip(signals.stage_table.texts("junction_id"), signals.stage_table.texts("stage_id"), strict=True)
    return list(names).index((signals.junctions[junction], signals.stages[junction][stage]))


def stage_fault(signals: SignalSystem, junction: int, stage: int, remedy: str) -> Fault:
    """The error of what a stage shows; of one that rings make, at the first of its phases."""
    names = zip(signals.stage_table.texts("junction_id"), signals.stage_table.texts("stage_id"), strict=True)
    if (signals.junctions[junction], signals.stages[junction][stage]) in names:
        return signals.stage_table.fault(stage_row(signals, junction, stage), "group_ids", remedy)
    groups = signals.stage_groups[junction][stage]
    row = next(p.row for p in signals.rings[junction].phases if p.group in groups)
    return signals.phase_table.fault(row, "phase_num", remedy)


def remark(signals: SignalSystem, network: Network, junction: int, message: str) -> Fault:
    """A sentence about a junction as a whole."""
    return network.node.remark(int(signals.junction_node[junction]), message)


def plans_with_rows(signals: SignalSystem) -> Iterator[tuple[list[int], int, Plan]]:
    """(rows of the plan table in the plan's order, junction, plan) of every plan of a junction."""
    number = {name: j for j, name in enumerate(signals.junctions)}
    table = signals.plan_table
    rows: dict[tuple[str, str], list[int]] = {}
    for i, key in enumerate(zip(table.texts("plan_id"), table.texts("junction_id"), strict=True)):
        rows.setdefault(key, []).append(i)
    position = table.numbers("position")
    for (name, junction), own in rows.items():
        j = number[junction]
        yield sorted(own, key=position.__getitem__), j, signals.plans[name][j]
