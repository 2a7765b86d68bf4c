"""A comparison made by hand: reports are tested without a simulation."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from signalsim.experiment import Comparison, Outcome
from signalsim.experiment.agreement import Agreement
from signalsim.measures import MEASURES
from signalsim.scenario import Horizon
from signalsim.simulation import Series

MEAN_DELAY_S = {"deployed": 60.0, "better": 40.0, "same": 60.0, "policies/my.py:Worse<b>": 90.0}


def hand_made(
    replications: int = 4, sensors: tuple[str, ...] = ("typical",), junctions: int = 3, **scenario: Any
) -> Comparison:
    """Delays as in MEAN_DELAY_S with a known spread; two stages per junction, green half the time."""
    rng = np.random.default_rng(5)
    traffic = rng.normal(0, 5, replications)
    outcomes = {}
    for preset in sensors:
        for name, delay in MEAN_DELAY_S.items():
            noise = rng.normal(0, 1, replications)
            noise -= noise.mean()
            outcomes[preset, name] = [
                _outcome(name, preset, r, delay + traffic[r] + noise[r], junctions)
                for r in range(replications)
            ]
    given = {
        "name": "by <hand>",
        "horizon": Horizon(warm_up_s=60, demand_s=600, drain_s=300),
        "warnings": ("a & b",),
        "signals": SimpleNamespace(
            junctions=tuple(f"J{i}" for i in range(junctions)), stages=(("EW", "2"),) * junctions
        ),
        "config": SimpleNamespace(
            description="A made-up place",
            source=SimpleNamespace(description="nobody <counted>", url="", licence=""),
        ),
    }
    return Comparison(
        scenario=SimpleNamespace(**{**given, **scenario}),  # type: ignore[arg-type]
        digest="0" * 64,
        controllers=tuple(MEAN_DELAY_S),
        baseline="deployed",
        replications=replications,
        seed=0,
        sensors=sensors,
        engine="numba",
        junctions=tuple(f"J{i}" for i in range(junctions)),
        n_lanes=12,
        agreement=Agreement(40, 99.5, 5.2, 0.5),
        outcomes=outcomes,
    )


def _outcome(name: str, preset: str, replication: int, delay: float, junctions: int) -> Outcome:
    values = dict.fromkeys(MEASURES, 1.0) | {"mean_delay_s": delay, "completed": 500.0, "unserved": 0.0}
    rows = 14 + replication
    queue = np.linspace(0, delay, rows).astype(np.int64)
    series = Series(
        t_s=60.0 * np.arange(1, rows + 1),
        queue_veh=queue,
        waiting_veh=queue // 2,
        inside_veh=2 * queue,
        green_share=np.full((rows, 2 * junctions), 0.45),
        first_stage=np.arange(0, 2 * junctions + 1, 2, dtype=np.int32),
    )
    return Outcome(
        key=f"{preset}/{name}/{replication}",
        controller=name,
        controller_repr=f"{name.title()}()",
        sensors=preset,
        replication=replication,
        values=values,
        vehicles={"departed": 500, "arrived": 500, "inside": 0, "waiting": 0},
        gridlocks=(),
        series=series,
        wall_s=0.1,
        cpu_s=0.1,
        moves=1000,
    )


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return hand_made()
