"""When cameras fail: where that is in the network, and how the command line says it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.csvfile import shown
from signalsim.scenario.sensors import OutageConfig
from signalsim.signals import SignalSystem

if TYPE_CHECKING:
    from signalsim.scenario.load import Scenario

_NO_CAMERAS = "has no cameras; name a signalised junction, or a link that leads to one"
_OUTAGE = re.compile(r"\s*(\d+\.?\d*)\s*-\s*(\d+\.?\d*)\s*(?::(.*))?", re.ASCII)


def with_outages(scenario: "Scenario", outages: Sequence[str]) -> "Scenario":
    """The scenario with further outages: ``BEGIN-END`` or ``BEGIN-END:ID,…``, seconds after simulated
    time 0 and the junctions or links whose cameras fail; without an id, all. Raises InputError.
    """
    if not outages:
        return scenario
    sensors = scenario.config.sensors
    found = [*sensors.outages, *(_read(text, scenario) for text in outages)]
    config = scenario.config.model_copy(update={"sensors": sensors.model_copy(update={"outages": found})})
    return replace(scenario, config=config, changed="\n".join([*scenario.changed.splitlines(), *outages]))


def check_outages(scenario: "Scenario") -> None:
    """Every place of an outage has cameras. Raises InputError with file and field."""
    for number, outage in enumerate(scenario.config.sensors.outages):
        for field, name in _without_cameras(outage, scenario):
            raise InputError(
                f"{scenario.path / 'scenario.toml'}, field 'sensors.outages.{number}.{field}': {shown(name)} "
                f"{_NO_CAMERAS}"
            )


def unseen_links(outage: OutageConfig, network: Network, signals: SignalSystem) -> np.ndarray:
    """(n_links,) bool: links whose cameras are out."""
    if not outage.nodes and not outage.links:
        return np.isin(network.link_to, signals.junction_node)
    nodes = [signals.junction_node[signals.junctions.index(name)] for name in outage.nodes]
    out = np.isin(network.link_to, nodes)
    out[[network.link.index[name] for name in outage.links]] = True
    return out


def _without_cameras(outage: OutageConfig, scenario: "Scenario") -> Iterator[tuple[str, str]]:
    """Field and id of all places that no camera looks at."""
    junctions, link = set(scenario.signals.junctions), scenario.network.link
    yield from (("nodes", name) for name in outage.nodes if name not in junctions)
    watched = np.isin(scenario.network.link_to, scenario.signals.junction_node)
    yield from (
        ("links", name) for name in outage.links if name not in link.index or not watched[link.index[name]]
    )


def _read(text: str, scenario: "Scenario") -> OutageConfig:
    """An outage as the command line says it; an id is that of a junction or of a link."""
    match = _OUTAGE.fullmatch(text)
    if not match or not float(match[1]) < float(match[2]):
        raise InputError(
            f"--outage {text!r}: is no time; write BEGIN-END or BEGIN-END:ID,ID in seconds, such as "
            "600-1200:C"
        )
    ids = [name.strip() for name in (match[3] or "").split(",") if name.strip()]
    junctions, links = set(scenario.signals.junctions), scenario.network.link.index
    for name in ids:
        if name in junctions and name in links:
            raise InputError(
                f"--outage {text!r}: {shown(name)} is a junction and a link; say which in scenario.toml, "
                "[[sensors.outages]], by nodes or links"
            )
    nodes, of_links = ([n for n in ids if (n in links) is wanted] for wanted in (False, True))
    outage = OutageConfig(begin_s=float(match[1]), end_s=float(match[2]), nodes=nodes, links=of_links)
    for _, name in _without_cameras(outage, scenario):
        raise InputError(f"--outage {text!r}: {shown(name)} {_NO_CAMERAS}")
    return outage
