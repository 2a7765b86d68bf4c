"""One loop that joins clock, engine, cameras and controller."""

from .run import Run, simulate
from .series import Series

__all__ = ["Run", "Series", "simulate"]
