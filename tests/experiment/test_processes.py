"""Processes that share jobs: order, what is raised in them, their deaths, and Ctrl-C."""

import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator

import pytest
from support.jobs import work

from signalsim.errors import InputError
from signalsim.experiment.processes import Processes, _interrupts_held


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes(2, pickle.dumps("all have this")) as found:
        yield found
    assert not multiprocessing.active_children()


def test_results_come_in_the_order_of_the_jobs(processes: Processes) -> None:
    for _ in range(2):
        found = list(processes.map(work, range(20)))
        assert [job for job, *_ in found] == list(range(20))
        assert {what for _, what, _ in found} == {"all have this"}
        assert len({pid for *_, pid in found} - {os.getpid()}) == 2
    assert not list(processes.map(work, []))


def test_what_is_raised_there_is_raised_here(processes: Processes) -> None:
    with pytest.raises(ValueError, match="negative") as caught:
        list(processes.map(work, [1, -1]))
    assert "in work" in caught.value.__notes__[0]


def test_what_cannot_be_sent_is_raised_in_words(processes: Processes) -> None:
    with pytest.raises(RuntimeError, match="UnsendableError"):
        list(processes.map(work, [99]))


def test_the_death_of_a_process_is_noticed(processes: Processes) -> None:
    with pytest.raises(InputError, match="ended before its run was over"):
        list(processes.map(work, [1, 2, 100, 3, 4]))


def test_they_end_in_the_middle_of_their_work(processes: Processes) -> None:
    with pytest.raises(KeyboardInterrupt):
        for _ in processes.map(work, [1] * 100_000):
            raise KeyboardInterrupt


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals are held on POSIX only")
def test_a_ctrl_c_while_processes_start_comes_afterwards() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), _interrupts_held(lambda: steps.append("given up")):
        signal.raise_signal(signal.SIGINT)
        steps.append("started")
    assert steps == ["started", "given up"]
