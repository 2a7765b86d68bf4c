"""One scenario, one controller, one replication in one engine, and what a validation needs of it."""

import multiprocessing
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from signalsim.bridges.sumo.engine import SumoEngine
from signalsim.engine.records import Kind
from signalsim.measures import evaluate
from signalsim.simulation import Run, simulate

OURS, SUMO, GREEN_SUMO = "numba", "sumo", "sumo, all lamps green"


class Task(NamedTuple):
    """What is to run; equal tasks give equal results."""

    folder: str  # of the scenario
    controller: str = "deployed"
    engine: str = OURS
    replication: int = 0
    crossings: bool = False  # times at stop lines are wanted


class Result(NamedTuple):
    """What is kept of a run."""

    travel_s: float  # wished departure to arrival, mean of counted vehicles
    delay_s: float
    unserved: float
    driving_s: float  # entry to arrival, mean of those that arrived
    freeflow_s: float  # of the same vehicles, by the engine's tables
    link_vehicles: np.ndarray  # (n_links,) counted vehicles that left it
    link_delay_s: np.ndarray  # (n_links,) mean delay at its end, 0 where nobody left
    crossings: np.ndarray  # (n, 2) int64: time in ms, lane; empty if not wanted
    link_of_lane: np.ndarray
    cpu_s: float


class _Green:
    """Lamps that are all green, whatever the interlock says: for vehicles that are alone."""

    def __init__(self, lamps: Any) -> None:
        self._states = {light.id: "G" * len(light.movements) for light in lamps.lights}

    def changes(self, aspect: np.ndarray) -> dict[str, str]:
        """All of them, once."""
        states, self._states = self._states, {}
        return states


class GreenSumo(SumoEngine):
    """SUMO with every lamp green."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._lamps: Any = _Green(self._lamps)


def run(task: Task) -> Result:
    """Simulate. Raises InputError."""
    engine: Any = GreenSumo if task.engine == GREEN_SUMO else task.engine
    record = "full" if task.crossings else "sums"
    begun = time.process_time()
    done = simulate(task.folder, task.controller, replication=task.replication, engine=engine, record=record)
    return _result(done, time.process_time() - begun)


def _result(done: Run, cpu_s: float) -> Result:
    sums, index = done.sums, done.built.index
    found = evaluate(sums)
    arrived = sums.counted & (sums.arrive_ms >= 0)
    out = index.lane_at_stop
    vehicles, delay_ms = (
        np.bincount(index.lane_link[out], weights=values[out], minlength=len(index.links))
        for values in (sums.lane_crossed, sums.lane_delay_ms)
    )
    return Result(
        travel_s=found["mean_travel_time_s"],
        delay_s=found["mean_delay_s"],
        unserved=found["unserved"],
        driving_s=float((sums.arrive_ms - sums.enter_ms)[arrived].mean() / 1000),
        freeflow_s=float(sums.freeflow_ms[arrived].mean() / 1000),
        link_vehicles=vehicles,
        link_delay_s=delay_ms / 1000 / np.maximum(vehicles, 1),
        crossings=_crossings(done.records),
        link_of_lane=index.lane_link,
        cpu_s=cpu_s,
    )


def _crossings(records: np.ndarray | None) -> np.ndarray:
    if records is None:
        return np.zeros((0, 2), np.int64)
    rows = records[records["kind"] == Kind.CROSS]
    return np.stack([rows["t_ms"], rows["place"]], axis=1).astype(np.int64)


def run_all(tasks: Sequence[Task], workers: int) -> dict[Task, Result]:
    """All tasks on so many processes, the slow ones first. Raises InputError of the first that fails."""
    order = sorted(dict.fromkeys(tasks), key=lambda task: task.engine == OURS)
    begun, found = time.perf_counter(), {}
    with multiprocessing.get_context("spawn").Pool(min(workers, len(order)) or 1) as pool:
        for task, result in zip(order, pool.imap(run, order, chunksize=1), strict=True):
            found[task] = result
            if sys.stderr.isatty():
                print(
                    f"\r{len(found)} of {len(order)} runs after {time.perf_counter() - begun:.0f} s",
                    end="", file=sys.stderr,
                )  # fmt: skip
    return found
