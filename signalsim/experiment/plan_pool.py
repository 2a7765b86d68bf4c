"""Simulations of plans, on one core or several, for a search that does not know the next one yet."""

import os
import pickle
from collections.abc import Sequence
from typing import Any

from signalsim.control.given import Given
from signalsim.measures import evaluate
from signalsim.signals import Plan
from signalsim.simulation import simulate

from .processes import Processes, shared

Job = tuple[dict[int, Plan], int]  # plans, replication
_built: list[Any] = []  # in a worker process, once unpickled: (scenario, seed, measure)


def value_of(built: Any, seed: int, measure: str, job: Job) -> float:
    """The measure of one run of a plan."""
    plans, replication = job
    run = simulate(built, Given(plans), seed=seed, replication=replication, sensors="perfect")
    return float(evaluate(run.sums)[measure])


def _value(job: Job) -> float:
    if not _built:
        _built.append(shared())
    built, seed, measure = _built[0]
    return value_of(built, seed, measure, job)


class Pool:
    """Runs jobs; which process does what changes nothing in the results. Processes start with the first
    job that ``workers`` > 1 would share, and none survives the block."""

    def __init__(self, built: Any, seed: int, measure: str, workers: int = 0) -> None:
        self._what = built, seed, measure
        self._workers = workers or os.cpu_count() or 1
        self._processes: Processes | None = None
        self.runs = 0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        if self._processes is not None:
            self._processes.end()

    def values(self, jobs: Sequence[Job]) -> list[float]:
        """The measure of each job, in their order. Raises InputError where a process ended by itself."""
        self.runs += len(jobs)
        if self._workers == 1 or len(jobs) < 2 or self.runs == len(jobs):  # the first ones compile, here
            return [value_of(*self._what, job) for job in jobs]
        if self._processes is None:
            self._processes = Processes(self._workers, pickle.dumps(self._what))
        return list(self._processes.map(_value, jobs))
