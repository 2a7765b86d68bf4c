"""Many runs, on one core or several; which core does what changes nothing in the results."""

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

from signalsim.scenario import Built
from signalsim.simulation import simulate

from .outcome import Outcome, reduce_run
from .processes import Processes, shared

_PAYS_S = 4.0  # seconds of work left from which on starting processes pays


class Task(NamedTuple):
    """One run."""

    controller: str
    sensors: str
    replication: int


class Setup(NamedTuple):
    """What all runs share; sent to each process once. ``controllers``: name -> what ``simulate`` takes."""

    built: Built
    controllers: dict[str, Any]
    digest: str
    seed: int
    engine: str


def run_all(
    tasks: list[Task],
    setup: Setup,
    workers: int,
    progress: Callable[[int, int, str], None] | None,
    on_compile: Callable[[], None] | None,
) -> list[Outcome]:
    """The outcomes of ``tasks``, in their order.

    The first replication runs here: it compiles whatever is not compiled yet, once, and shows how
    long a run takes. The rest goes to processes if they are wanted and there is enough to do.
    """
    found: list[Outcome] = []
    first = sum(task.replication == tasks[0].replication for task in tasks)

    def report(task: Task) -> None:
        if progress:
            progress(len(found), len(tasks), task.controller)

    for task in tasks[:first]:
        found.append(_run(task, setup, on_compile))
        report(task)
    rest = tasks[first:]
    left_s = sum(outcome.wall_s for outcome in found) / len(found) * len(rest)
    processes = min(workers, len(rest))
    sent = _sendable(setup) if processes > 1 and left_s > _PAYS_S else None
    if sent is not None:
        with Processes(processes, sent) as others:
            for task, outcome in zip(rest, others.map(_run_shared, rest), strict=True):
                found.append(outcome if outcome is not None else _run(task, setup))
                report(task)
    else:
        for task in rest:
            found.append(_run(task, setup))
            report(task)
    return found


def _run(task: Task, setup: Setup, on_compile: Callable[[], None] | None = None) -> Outcome:
    run = simulate(
        setup.built,
        _fresh(setup.controllers[task.controller]),
        seed=setup.seed,
        replication=task.replication,
        engine=setup.engine,
        sensors=task.sensors,
        record="sums",
        on_compile=on_compile,
    )
    return reduce_run(run, task.controller, setup.digest)


def _fresh(controller: Any) -> Any:
    """A copy, so that nothing which a controller keeps in itself goes from one run to the next."""
    try:
        return copy.deepcopy(controller)
    except Exception:  # whatever an object of a user's that cannot be copied raises
        return controller


def _sendable(setup: Setup) -> bytes | None:
    """The set-up pickled; None if a controller's class lives where another process cannot import it."""
    if any(type(controller).__module__ == "__main__" for controller in setup.controllers.values()):
        return None
    try:
        return pickle.dumps(setup)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


_shared: list[Setup | None] = []  # in a worker process: the set-up, None if it cannot be unpickled there


def _run_shared(task: Task) -> Outcome | None:
    """One run; None where a controller's class is not to be had in this process."""
    if not _shared:
        try:
            _shared.append(shared())
        except (ImportError, AttributeError):
            _shared.append(None)
    return None if _shared[0] is None else _run(task, _shared[0])
