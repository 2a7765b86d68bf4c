"""What controllers may know: cameras that see part of the truth, and the estimator behind them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from signalsim.scenario.cameras import PRESETS, Camera, preset

if TYPE_CHECKING:
    from .observation import Observation
    from .sensors import Sensors

__all__ = ["PRESETS", "Camera", "Observation", "Sensors", "preset"]

_HOMES = {"Observation": "observation", "Sensors": "sensors"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'signalsim.sensing' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
