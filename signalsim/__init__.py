"""Adaptive traffic signals in simulation, fed by camera counts, compared with a fair fixed-time plan.

    import signalsim

    scenario = signalsim.load("scenarios/crossing")
    run = signalsim.simulate(scenario, "max-pressure", seed=1)
    signalsim.MEASURES["mean_delay_s"](run.sums)
    signalsim.compare(scenario, ["deployed", "max-pressure"], replications=5).to_json()

Importing this package costs nothing: each name below loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signalsim.control import CONTROLLERS
    from signalsim.errors import InputError
    from signalsim.experiment import compare
    from signalsim.measures import MEASURES
    from signalsim.scenario import load
    from signalsim.simulation import simulate

__version__ = "0.1.0"

__all__ = ["CONTROLLERS", "MEASURES", "InputError", "__version__", "compare", "load", "simulate"]

_HOMES = {
    "load": "signalsim.scenario",
    "simulate": "signalsim.simulation",
    "compare": "signalsim.experiment",
    "CONTROLLERS": "signalsim.control",
    "MEASURES": "signalsim.measures",
    "InputError": "signalsim.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'signalsim' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
