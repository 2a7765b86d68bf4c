"""What the commands on count files need of a scenario: its network, without its counts and signals."""

import difflib
from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.counts.guide import Guide, Place
from signalsim.network import Network, load_network
from signalsim.network.csvfile import shown
from signalsim.network.tables import Table
from signalsim.scenario.reference import Opened, open_scenario


def network_of(opened: Opened) -> Network:
    """The network of a scenario. Raises InputError."""
    return load_network(
        opened.tables,
        opened.config.network_defaults,
        drive_right=opened.config.network.drive_right,
        conflicts_as_listed=opened.config.network.conflicts == "as_listed",
    )


def counts_of(opened: Opened) -> Path:
    """The count file of a scenario: in its folder, else among imported tables. Raises InputError for none."""
    folder, name = opened.file.parent, opened.config.demand.counts
    for path in (folder / name, opened.tables / name):
        if path.is_file():
            return path
    raise InputError(f"{opened.file}, field 'demand.counts' = '{name}': no such file; give the counts")


def check_guide(guide: Guide, guide_path: Path | None, scenario: Path) -> None:
    """Every link and movement that a map names is in the scenario's network. Raises InputError."""
    network = network_of(open_scenario(scenario))
    for name, value in guide.places.items():
        place = Place(link=value) if isinstance(value, str) else value
        if not place.link:
            continue
        link = _known(guide_path, name, place.link, network.link, "link")
        if place.movement:
            movement = _known(guide_path, name, place.movement, network.movement, "movement")
            own = network.link.ids[network.movement_from[movement]]
            if network.movement_from[movement] != link:
                raise InputError(
                    f"{guide_path}, place {shown(name)}: movement {shown(place.movement)} starts from link "
                    f"{shown(own)}, not from {shown(place.link)}; correct one of them"
                )


def _known(path: Path | None, place: str, id: str, table: Table, what: str) -> int:
    if id in table.index:
        return table.index[id]
    near = difflib.get_close_matches(id, table.ids, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(table.ids[:12])} …"
    raise InputError(f"{path}, place {shown(place)}: {shown(id)} is no {what} of {table.path.name}; {hint}")
