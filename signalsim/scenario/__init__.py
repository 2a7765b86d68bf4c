"""What a user writes: a folder with scenario.toml and tables. ``load`` checks it, ``build`` packs it."""

from signalsim.scenario.build import Built, build
from signalsim.scenario.index import Index
from signalsim.scenario.load import Scenario, load
from signalsim.scenario.outages import with_outages
from signalsim.scenario.schema import Horizon, ScenarioConfig, json_schema

__all__ = [
    "Built",
    "Horizon",
    "Index",
    "Scenario",
    "ScenarioConfig",
    "build",
    "json_schema",
    "load",
    "with_outages",
]
