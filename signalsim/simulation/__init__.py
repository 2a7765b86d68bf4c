"""One loop that joins clock, engine, cameras and controller."""

from .actors import Watch
from .gridlock import Gridlock
from .run import ENGINES, Run, simulate
from .series import Series

__all__ = ["ENGINES", "Gridlock", "Run", "Series", "Watch", "simulate"]
