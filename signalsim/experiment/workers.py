"""Many runs, on one core or several; which core does what changes nothing in the results."""

import copy
import multiprocessing
import pickle
import signal
import sys
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
    sent = _sendable(setup) if processes > 1 and left_s > _PAYS_S else None
    if sent is not None:
        with _pool(processes, sent) as outcomes:
            for task, outcome in zip(rest, outcomes(rest), strict=True):
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


_sent: list[bytes] = []  # in a worker process: the set-up as it came ...
_shared: list[Setup | None] = []  # ... and unpickled, None if that was not possible here


def _begin(setup: bytes) -> None:
    """Nothing that may fail: a process that ends here would be replaced for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr  # stdout is for results; what a user's controller prints is none
    _sent[:] = [setup]


def _run_shared(task: Task) -> Outcome | None:
    """One run; None where a controller's class is not to be had in this process."""
    if not _shared:
        try:
            _shared.append(pickle.loads(_sent[0]))
        except (ImportError, AttributeError):
            _shared.append(None)
    return None if _shared[0] is None else _run(task, _shared[0])


@contextmanager
def _pool(processes: int, setup: bytes) -> Iterator[Callable[[list[Task]], Iterator[Outcome | None]]]:
    """Fresh processes (a fork would copy threads in the middle of something); none survives the block.

    The one who answers Ctrl-C is this process.
    """
    pool = None
    try:
        with _interrupts_held():
            pool = multiprocessing.get_context("spawn").Pool(processes, _begin, (setup,))
        running = pool
        yield lambda tasks: running.imap(_run_shared, tasks)
    finally:
        if pool is not None:
            pool.terminate()
            pool.join()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block, and never reaches the processes that are started in it.

    They inherit the mask. To start them takes up to a second each, too long for a Ctrl-C to be lost.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows: they ignore it once they have begun
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when it is started later it lifts the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
