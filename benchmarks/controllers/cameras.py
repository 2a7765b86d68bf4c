"""Table ``cameras``: what each adaptive controller does with which cameras, on a shipped network.

Delay and stops per vehicle; the queue of the worst lane group that is not exceeded in 95 % of the time, and
the delay at the stop line of the worst movement, both of the whole demand window; means over the same
replications for all. ``us_per_junction`` is the CPU time of a decision as ``benchmarks.kernel`` takes it.
"""

import multiprocessing
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.gridcity import write_grid
from benchmarks.loop import decision_us
from signalsim.experiment import tables_of
from signalsim.measures import evaluate
from signalsim.scenario import build, load
from signalsim.scenario.cameras import PRESETS
from signalsim.simulation import simulate

from .common import SCENARIOS, Form, Row, markdown

SCENARIO, REPLICATIONS = "hangzhou", 5
QUICK_SCENARIO, QUICK_REPLICATIONS, QUICK_PRESETS = "crossing", 1, ("omniscient", "typical")
GRID, QUICK_GRID = 32, 4  # junctions on a side, all of which decide at once
GRID_LOAD, GRID_S = 0.8, 900
LEAST_VEH = 10  # of a movement, for its mean delay to say something
MEASURES = ("mean_delay_s", "stops_per_vehicle", "queue_p95_veh", "worst_movement_delay_s")


class Task(NamedTuple):
    """One run."""

    scenario: str
    controller: str
    sensors: str
    replication: int


def measure(form: Form) -> Iterator[Row]:
    """A row per controller and preset."""
    name, presets = (QUICK_SCENARIO, QUICK_PRESETS) if form.quick else (SCENARIO, tuple(PRESETS))
    replications = QUICK_REPLICATIONS if form.quick else REPLICATIONS
    tasks = [
        Task(name, controller, sensors, k)
        for controller in form.controllers
        for sensors in presets
        for k in range(replications)
    ]
    cost = _costs(form)
    with multiprocessing.get_context("spawn").Pool(form.workers) as pool:
        found = pool.imap(_run, tasks, chunksize=replications)
        for task in tasks[::replications]:
            values = np.array([next(found) for _ in range(replications)])
            yield {
                "set": name,
                "controller": task.controller,
                "sensors": task.sensors,
                **dict(zip(MEASURES, values.mean(axis=0).tolist(), strict=True)),
                "us_per_junction": cost[task.controller],
            }


def _run(task: Task) -> list[float]:
    """The values of MEASURES."""
    built = build(load(SCENARIOS / task.scenario))
    run = simulate(
        built,
        task.controller,
        seed=built.scenario.config.seed,
        replication=task.replication,
        sensors=task.sensors,
        record="full",
    )
    found, tables = evaluate(run.sums), tables_of(run)
    movements, groups = (
        {name: column[table["period"] == "all"] for name, column in table.items()}
        for table in (tables["movements"], tables["lane_groups"])
    )
    busy = movements["demand_veh"] >= LEAST_VEH
    return [
        found["mean_delay_s"],
        found["stops_per_vehicle"],
        float(np.nanmax(groups["queue_p95_veh"])),
        float(np.nanmax(movements["delay_s"][busy])),
    ]


def _costs(form: Form) -> dict[str, float]:
    """Controller -> µs per junction and decision, one after the other in this process."""
    folder, size = form.made / "grid-of-cameras", QUICK_GRID if form.quick else GRID
    write_grid(size, folder, 0, GRID_S, GRID_LOAD)
    built = build(load(folder))
    return {name: decision_us(built, name) for name in form.controllers}


def text(found: list[Row]) -> str:
    """Seconds, vehicles, microseconds."""
    return markdown(
        ["controller", "cameras", "delay s", "stops", "95 % queue", "worst movement s", "µs a decision"],
        [
            [
                row["controller"], row["sensors"], f"{row['mean_delay_s']:.1f}",
                f"{row['stops_per_vehicle']:.2f}", f"{row['queue_p95_veh']:.0f}",
                f"{row['worst_movement_delay_s']:.0f}", f"{row['us_per_junction']:.2f}",
            ]
            for row in found
        ],
    )  # fmt: skip
