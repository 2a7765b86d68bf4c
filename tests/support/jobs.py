"""Jobs for processes of their own, which import this module: results, what is raised, a death."""

import os
import time

from signalsim.experiment.processes import shared


class UnsendableError(Exception):
    """Cannot be made anew from its message."""

    def __init__(self, needed: str, also: str) -> None:
        super().__init__(needed)


def work(job: int) -> tuple[int, str, int]:
    """The job, what all have, and who did it."""
    if job < 0:
        raise ValueError("negative")
    if job == 99:
        raise UnsendableError("what", "ever")
    if job == 100:
        os._exit(1)
    time.sleep(0.2 if job == 0 else 0)
    return job, shared(), os.getpid()
