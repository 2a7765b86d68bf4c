"""Many runs, on one core or several; which core does what changes nothing in the results."""

import copy
import multiprocessing
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, NamedTuple

from signalsim.errors import InputError
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
        with _in_processes(rest, processes, sent) as outcomes:
            for task, outcome in zip(rest, outcomes, strict=True):
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
    """Nothing that may fail: a process that ends here ends all the others."""
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
def _in_processes(tasks: list[Task], processes: int, setup: bytes) -> Iterator[Iterator[Outcome | None]]:
    """The outcomes from fresh processes (a fork would copy threads in the middle of something); none
    survives the block. The one who answers Ctrl-C is this process.

    An executor, not a ``multiprocessing.Pool``: that one waits for ever for a lock that was held by a
    process which was told to end while it sent a result.

    Raises InputError where a process ended by itself, as when memory is short.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(processes, context, _begin, (setup,))
    others = {process.pid for process in multiprocessing.active_children()}
    try:
        with _interrupts_held():
            outcomes = executor.map(_run_shared, tasks)
        yield outcomes
    except BrokenProcessPool:
        raise InputError(
            "a process that simulates ended before its run was over; is there memory enough? Free some, or "
            "compare fewer controllers at a time"
        ) from None
    finally:
        end_processes(executor, {p.pid for p in multiprocessing.active_children()} - others)


def end_processes(executor: ProcessPoolExecutor, pids: set[int | None]) -> None:
    """End an executor and its processes at once.

    Its thread is told first: one that finds the processes dead while it believes in their work complains
    about runs that were called off meanwhile, with a traceback on the screen.
    """
    executor.shutdown(wait=False, cancel_futures=True)
    ended = [process for process in multiprocessing.active_children() if process.pid in pids]
    for process in ended:
        process.kill()
    for process in ended:
        process.join()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C and the wish to end wait for the end of the block, and never reach the processes that are
    started in it.

    They inherit the mask. To start them takes up to a second each, too long for a Ctrl-C to be lost. The
    mask alone does not do: a signal may go to another thread, and Python would act on it here.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not this thread's business
        return
    held: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: held.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with _masked_for_children():
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if held:
            signal.raise_signal(held[0])


@contextmanager
def _masked_for_children() -> Iterator[None]:
    """Processes started in the block hear neither Ctrl-C nor the wish to end: it is for their parent to
    end them, and one that ends while the parent still hands it its work would leave the parent waiting.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows: they ignore Ctrl-C once they have begun
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # when it is started later it lifts the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
