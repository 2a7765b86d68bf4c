"""What an engine must offer to be driven: the compiled one, the reference, a bridge to another simulator."""

from typing import Protocol

import numpy as np

from signalsim.engine.detectors import Cabinet, Detectors
from signalsim.engine.gridlock import Holdups
from signalsim.engine.surface import Sight, Sums, Totals


class Engine(Protocol):
    """Traffic and interlock. Times are int64 milliseconds of simulated time."""

    @property
    def now_ms(self) -> int: ...

    def advance(self, until_ms: int) -> None:
        """Handle everything with time < ``until_ms``."""

    def observe(self, *, lanes: bool = True, signals: bool = True) -> Sight:
        """The truth now; the arrays are reused by the next call. ``lanes`` False: what it tells of lanes,
        movements and sources may be old; ``signals`` False: what it tells of signals."""

    def cabinet(self, detectors: Detectors) -> Cabinet:
        """What detectors and lamps say now; the arrays are reused by the next call."""

    def next_stage(self) -> np.ndarray:
        """(n_junctions,) int32 local stage in force or being changed to: all that a plan asks for."""

    def request(self, stage: np.ndarray, switch_at_ms: np.ndarray) -> None:
        """Ask the interlock; (n_junctions,) int32 local stage, -1 nothing; (n_junctions,) int64."""

    def holdups(self) -> Holdups:
        """Why heads of lanes do not move, for finding gridlock; ``no_holdups`` where it is not known."""

    def records(self) -> np.ndarray:
        """All changes of state so far, ``engine.records.RECORD``."""

    def sums(self) -> Sums:
        """The integers that measures need."""

    def all_counted_arrived(self) -> bool:
        """Whether every counted vehicle has left the network: a run may end."""

    def totals(self) -> Totals:
        """Vehicles departed = arrived + inside + waiting, and moves."""
