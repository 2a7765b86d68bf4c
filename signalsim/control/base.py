"""What a controller is.

A controller is a frozen dataclass of its parameters in surface units. It has one of

- ``prepare(built) -> Policy``: compiled, decides for all due junctions in one call;
- ``decide(view) -> stage``: plain Python, one junction at a time (see ``plain.py``).
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from signalsim.sensing.observation import Observation

SOONEST_MS = 100  # no junction decides again sooner than this


class Request(NamedTuple):
    """What is asked of the interlock, for all junctions; a policy fills the rows that are due."""

    stage: np.ndarray  # (n_junctions,) int32 local, -1: nothing asked
    switch_at_ms: np.ndarray  # (n_junctions,) int64, when the stage in force should end
    next_decision_ms: np.ndarray  # (n_junctions,) int64, when to ask this junction again


class Policy(Protocol):
    """A controller at work on one network: its parameters as arrays, and its state."""

    needs_sensing: bool  # False: cameras' counts and the estimator need not be simulated for it
    # A policy that acts on calls has ``detectors`` as well (``engine.detectors.Detectors``): what it is
    # wired to, whose state it finds in ``observation.calls``.

    def decide(self, observation: Observation, due: np.ndarray, request: Request) -> None:
        """Fill ``request`` for the junctions in ``due`` (int32 indices, ascending)."""


@runtime_checkable
class Controller(Protocol):
    """A compiled controller. ``built`` is a scenario's ``Built``."""

    def prepare(self, built: Any) -> Policy: ...


def make_request(n_junctions: int) -> Request:
    """An empty request: nothing asked, everyone due at once."""
    return Request(
        stage=np.full(n_junctions, -1, np.int32),
        switch_at_ms=np.zeros(n_junctions, np.int64),
        next_decision_ms=np.zeros(n_junctions, np.int64),
    )
