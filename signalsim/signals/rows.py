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


def remark(signals: SignalSystem, network: Network, junction: int, message: str) -> Fault:
    """A sentence about a junction as a whole."""
    return network.node.remark(int(signals.junction_node[junction]), message)


def plan_rows(signals: SignalSystem) -> Iterator[tuple[int, int, Plan]]:
    """(row position, junction, plan) of every row of the plan table."""
    number = {name: j for j, name in enumerate(signals.junctions)}
    table = signals.plan_table
    names = zip(table.texts("plan_id"), table.texts("junction_id"), strict=True)
    for i, (name, junction) in enumerate(names):
        yield i, number[junction], signals.plans[name][number[junction]]
