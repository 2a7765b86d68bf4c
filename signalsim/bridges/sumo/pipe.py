"""A process in which libsumo runs, one for each simulation.

libsumo holds one simulation per process, and a second one in the same process does not always repeat
the first with the same seed: which of two turners goes first may hang on where they lie in memory. A
fresh process gives the same vehicles each time, and several simulations can run at once.
"""

import contextlib
import importlib.util
import os
import pickle
import subprocess
import sys
import weakref
from typing import Any

from signalsim.errors import InputError

_CHILD = "signalsim.bridges.sumo.child"
_PATIENCE_S = 10.0


class Pipe:
    """Calls methods of ``child.World`` in the other process.

    Raises InputError where libsumo is not installed; whatever a method raises there is raised here.
    """

    def __init__(self) -> None:
        if importlib.util.find_spec("libsumo") is None:
            raise InputError(
                "engine 'sumo': needs libsumo, which is not installed: pip install 'signalsim[sumo]'"
            )
        self._process = subprocess.Popen(
            [sys.executable, "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        self.close = weakref.finalize(self, _end, self._process)

    def tell(self, method: str, *arguments: Any) -> None:
        """Call it and go on at once; an exception comes with the next ``ask``."""
        self._send((method, arguments, False))

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call it and wait for the answer."""
        self._send((method, arguments, True))
        try:
            done, answer = pickle.load(self._process.stdout)  # type: ignore[arg-type]
        except EOFError:
            raise self._gone() from None
        if not done:
            raise answer
        return answer

    def _send(self, call: tuple[str, tuple[Any, ...], bool]) -> None:
        try:
            pickle.dump(call, self._process.stdin)  # type: ignore[arg-type]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except (BrokenPipeError, ValueError):
            raise self._gone() from None

    def _gone(self) -> RuntimeError:
        return RuntimeError("SUMO's process has ended; a run that was closed cannot go on")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The other process ends when nobody can write to it any more."""
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(BrokenPipeError):
            stream.close()  # type: ignore[union-attr]
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
