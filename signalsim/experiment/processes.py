"""Jobs shared among processes that none of their faults can leave hanging."""

import multiprocessing
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from signalsim.errors import InputError

_sent: list[bytes] = []  # in a worker process: what all jobs share, as it came


def shared() -> Any:
    """What all jobs share, unpickled anew; to be asked in a worker process."""
    return pickle.loads(_sent[0])


class Processes:
    """``number`` fresh processes (a fork would copy threads in the middle of something) to which what all
    jobs share is sent once, pickled; none survives the block.

    A pipe to each, and no thread: executors and pools have threads and locks of their own, which at a
    Ctrl-C wait for ever, or complain, when a process is killed in the middle of something.
    """

    def __init__(self, number: int, what: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []
        with _interrupts_held(self.end):
            for _ in range(number):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, what), daemon=True)
                process.start()
                theirs.close()  # now its end is seen here
                self._processes.append(process)
                self._pipes.append(ours)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End them at once, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for pipe in self._pipes:
            pipe.close()

    def map(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        """``function`` of each job, in their order; which process does what changes nothing.

        Raises InputError where a process ended by itself, as when memory is short; and what ``function``
        raises. To be read to its end before the next call.
        """
        left = iter(enumerate(jobs))
        working: dict[Any, int] = {}
        found: dict[int, Any] = {}

        def occupy(pipe: Connection) -> None:
            for number, job in left:
                with _ends_noticed():
                    pipe.send((function, job))
                working[pipe] = number
                return

        for pipe in self._pipes:
            occupy(pipe)
        for number in range(len(jobs)):
            while number not in found:
                ready: list[Any] = wait(list(working))
                for pipe in ready:
                    with _ends_noticed():
                        well, result = pipe.recv()
                    if not well:
                        raise result
                    found[working.pop(pipe)] = result
                    occupy(pipe)
            yield found.pop(number)


@contextmanager
def _ends_noticed() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError):
        raise InputError(
            "a process that simulates ended before its run was over; is there memory enough? Free some, or "
            "compare fewer controllers at a time"
        ) from None


def _serve(pipe: Connection, what: bytes) -> None:
    """Jobs until the other end of the pipe is gone. The one who answers Ctrl-C is the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr  # stdout is for results; what a user's controller prints is none
    _sent[:] = [what]
    with suppress(EOFError, ConnectionError):
        while True:
            function, job = pipe.recv()
            pipe.send_bytes(_answer(function, job))


def _answer(function: Callable[[Any], Any], job: Any) -> bytes:
    """The result, or what was raised, with the place where it happened."""
    try:
        return pickle.dumps((True, function(job)))
    except Exception as error:
        where = traceback.format_exc()
        error.add_note(f"In a process of its own:\n{where}")
        try:
            pickle.loads(packed := pickle.dumps((False, error)))
        except Exception:  # whatever an exception of a user's raises that cannot be pickled
            return pickle.dumps((False, RuntimeError(where)))
        return packed


@contextmanager
def _interrupts_held(give_up: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and the wish to end wait for the end of the block, and never reach the processes that are
    started in it; ``give_up`` is called before they take their course.

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
        if signal.getsignal(number) != signal.SIG_IGN  # as in the background of a shell
    }
    try:
        with _masked_for_children():
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if held:
            give_up()
            signal.raise_signal(held[0])


@contextmanager
def _masked_for_children() -> Iterator[None]:
    """Processes started in the block hear neither Ctrl-C nor the wish to end: it is for their parent to
    end them."""
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
