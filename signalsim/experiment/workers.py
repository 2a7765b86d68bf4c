"""Many runs, on one core or several; which core does what changes nothing in the results."""

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from signalsim.scenario import Built
from signalsim.simulation import simulate

from .outcome import Outcome, reduce_run

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
    if processes > 1 and left_s > _PAYS_S and _can_be_sent(setup):
        with _pool(processes, setup) as outcomes:
            for task, outcome in zip(rest, outcomes(rest), strict=True):
                found.append(outcome)
                report(task)
    else:
        for task in rest:
            found.append(_run(task, setup))
            report(task)
    return found


def _run(task: Task, setup: Setup, on_compile: Callable[[], None] | None = None) -> Outcome:
    run = simulate(
        setup.built,
        setup.controllers[task.controller],
        seed=setup.seed,
        replication=task.replication,
        engine=setup.engine,
        sensors=task.sensors,
        record="sums",
        on_compile=on_compile,
    )
    return reduce_run(run, task.controller, setup.digest)


def _can_be_sent(setup: Setup) -> bool:
    """False for a controller object whose class lives where another process cannot import it."""
    try:
        pickle.dumps(setup.controllers)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return not any(type(c).__module__ == "__main__" for c in setup.controllers.values())


_shared: list[Setup] = []  # in a worker process: its set-up


def _begin(setup: Setup) -> None:
    _shared[:] = [setup]


def _run_shared(task: Task) -> Outcome:
    return _run(task, _shared[0])


@contextmanager
def _pool(processes: int, setup: Setup) -> Iterator[Callable[[list[Task]], Iterator[Outcome]]]:
    """Fresh processes (a fork would copy threads in the middle of something); none survives the block.

    They start with Ctrl-C ignored and inherit that: the one who answers it is this process.
    """
    on_interrupt = signal.getsignal(signal.SIGINT)
    settable = _may_set_signals()
    if settable:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pool = multiprocessing.get_context("spawn").Pool(processes, _begin, (setup,))
    finally:
        if settable:
            signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda tasks: pool.imap(_run_shared, tasks)
    finally:
        pool.terminate()
        pool.join()


def _may_set_signals() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()
