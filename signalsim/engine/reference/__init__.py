"""The oracle: the same model in plain SimPy, written to be read, not to be fast."""

from .engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
