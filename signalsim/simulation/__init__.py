"""One loop that joins clock, engine, cameras and controller."""

from .actors import Watch
from .run import ENGINES, Run, simulate
from .series import Series

__all__ = ["ENGINES", "Run", "Series", "Watch", "simulate"]
