"""One run reduced to what a comparison keeps, and the key that names its result."""

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from signalsim import __version__
from signalsim.engine.surface import Totals
from signalsim.measures import evaluate
from signalsim.simulation import Gridlock, Run, Series

KEY_VERSION = 3  # of what a key is made of and of what a run's result holds


@dataclass(frozen=True)
class Outcome:
    """What is left of one run.

    ``key``: the name of this result: same key, same values.
    ``values``: every measure by name. ``vehicles``: departed, arrived, inside, waiting.
    ``series``: queues over time; green shares are kept of replication 0 only.
    """

    key: str
    controller: str
    controller_repr: str
    sensors: str
    replication: int
    values: dict[str, float]
    vehicles: dict[str, int]
    gridlocks: tuple[Gridlock, ...]
    series: Series
    wall_s: float
    cpu_s: float
    moves: int


def result_key(run: Run, digest: str) -> str:
    """sha256 over all that decides a run's result; any change of input or program gives another key."""
    parts = [
        KEY_VERSION,
        __version__,
        digest,
        run.controller,
        run.controller_source,
        int(run.seed),
        int(run.replication),
        run.sensors,
        run.engine,
    ]
    if run.engine == "sumo":  # another SUMO drives otherwise
        parts.append(version("libsumo"))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def reduce_run(run: Run, name: str, digest: str) -> Outcome:
    """Measures and series of a run, its big arrays dropped."""
    totals = run.totals
    return Outcome(
        key=result_key(run, digest),
        controller=name,
        controller_repr=run.controller,
        sensors=run.sensors,
        replication=run.replication,
        values=evaluate(run.sums),
        vehicles=vehicles(totals),
        gridlocks=run.gridlocks,
        series=run.series if run.replication == 0 else _without_green(run.series),
        wall_s=run.wall_s,
        cpu_s=run.cpu_s,
        moves=int(run.moves),
    )


def _without_green(series: Series) -> Series:
    """Shares of thousands of junctions in many replications would fill the memory, and nobody draws them."""
    nothing = np.zeros((len(series.t_s), 0))
    return replace(series, green_share=nothing, first_stage=np.zeros_like(series.first_stage))


def vehicles(totals: Totals) -> dict[str, int]:
    """The identity departed = arrived + inside + waiting as four numbers."""
    return {name: int(getattr(totals, name)) for name in ("departed", "arrived", "inside", "waiting")}
