"""Decisions once more in a process of its own without compilation: ``python -m signalsim.testing.replay``.

Reads a pickle of what a policy was shown (``Recording``) and writes what it asks for on that.
"""

import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.control.base import Request, make_request
from signalsim.sensing.observation import Observation


class Recording(NamedTuple):
    """A controller, told so that another process can make it, and what its policy was shown."""

    scenario: str
    module: str  # of the class; where it is a file of the user's, its name means nothing elsewhere
    file: str
    name: str
    text: str  # repr
    shown: list[tuple[Observation, np.ndarray]]


def asked(policy: Any, shown: list[tuple[Observation, np.ndarray]]) -> list[Request]:
    """What a policy asks for, in turn."""
    answers = []
    for seen, due in shown:
        request = make_request(len(seen.stage))
        policy.decide(seen, due, request)
        answers.append(request)
    return answers


def without_compilation(recording: Recording, folder: Path) -> list[Request]:
    """The answers of another process, whose kernels are plain Python. AssertionError: it failed."""
    given, answer = folder / "shown.pickle", folder / "asked.pickle"
    given.write_bytes(pickle.dumps(recording))
    found = subprocess.run(
        [sys.executable, "-m", "signalsim.testing.replay", str(given), str(answer)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    if found.returncode != 0:
        last = (found.stderr.strip().splitlines() or ["no message"])[-1]
        raise AssertionError(f"{recording.text}: without compilation it fails: {last}")
    answers: list[Request] = pickle.loads(answer.read_bytes())
    return answers


def _controller(recording: Recording) -> Any:
    if recording.module.startswith("signalsim."):
        kind = getattr(importlib.import_module(recording.module), recording.name)
    else:
        from signalsim.control.lookup import look_up

        kind = type(look_up(f"{recording.file}:{recording.name}"))
    return eval(recording.text, {recording.name: kind})


def main() -> None:
    from signalsim.control import prepare
    from signalsim.scenario import build, load

    recording: Recording = pickle.loads(Path(sys.argv[1]).read_bytes())
    policy = prepare(_controller(recording), build(load(recording.scenario)))
    Path(sys.argv[2]).write_bytes(pickle.dumps(asked(policy, recording.shown)))


if __name__ == "__main__":
    main()
