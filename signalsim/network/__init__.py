"""The road graph: nodes, links, lanes, movements and their conflicts. Tables are canonical."""

from dataclasses import replace
from pathlib import Path

from signalsim.network.checks import check_network
from signalsim.network.conflicts import Conflicts, conflicts
from signalsim.network.defaults import DEFAULTS, Defaults
from signalsim.network.model import Network, read_network
from signalsim.network.regions import REGIONS

__all__ = ["DEFAULTS", "REGIONS", "Conflicts", "Defaults", "Network", "conflicts", "load_network"]


def load_network(
    folder: Path | str,
    defaults: Defaults | None = None,
    *,
    drive_right: bool = True,
    conflicts_as_listed: bool = False,
) -> Network:
    """The checked network of a folder with node.csv, link.csv, movement.csv and, if wanted, lane.csv
    and conflict.csv. ``network.warnings`` says what is allowed but should be known. Raises InputError.
    """
    network = read_network(Path(folder), defaults or Defaults(), drive_right, conflicts_as_listed)
    return replace(network, warnings=check_network(network))
