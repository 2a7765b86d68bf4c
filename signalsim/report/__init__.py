"""Figures and one self-contained HTML page from a comparison. Reads results, never a simulation."""

from .engines import write_engines
from .folder import write_comparison, write_run

__all__ = ["write_comparison", "write_engines", "write_run"]
