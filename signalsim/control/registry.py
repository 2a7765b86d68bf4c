"""The table of controllers that come with the package; nothing is loaded before it is asked for."""

from typing import Any

CONTROLLERS: dict[str, str] = {
    "deployed": "signalsim.control.deployed:Deployed",
    "uniform": "signalsim.control.uniform:Uniform",
    "webster": "signalsim.control.webster:Webster",
    "coordinated": "signalsim.control.coordinated:Coordinated",
    "actuated": "signalsim.control.actuated:Actuated",
    "split-reallocation": "signalsim.control.split_reallocation:SplitReallocation",
    "scats-like": "signalsim.control.scats:ScatsLike",
    "scoot-like": "signalsim.control.scoot:ScootLike",
    "max-pressure": "signalsim.control.max_pressure:MaxPressure",
    "perimeter": "signalsim.control.perimeter:Perimeter",
    "self-organising": "signalsim.control.self_organising:SelfOrganising",
    "rolling-horizon": "signalsim.control.rolling_horizon:RollingHorizon",
    "rollout": "signalsim.control.rollout:Rollout",
}


def get(spec: Any) -> Any:
    """A controller from ``name``, ``name:parameter=value,...`` or ``FILE.py:CLASS``.

    Anything that is no text is taken to be a controller and handed back. Raises InputError.
    """
    if not isinstance(spec, str):
        return spec
    from .lookup import look_up

    return look_up(spec)
