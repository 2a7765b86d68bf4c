"""Any scenario as a folder of GMNS 0.96, with this project's own columns and tables beside it.

Other programs read the specification's tables; this one reads its own and gets the scenario back whole.
"""

import csv
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from signalsim.errors import InputError
from signalsim.formats.gmns.own import CONFIG_FILE, COPIED, SCENARIO_FILE
from signalsim.formats.gmns.write_signals import signal_tables
from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals import SignalSystem

_COMPASS = ("EB", "NE", "NB", "NW", "WB", "SW", "SB", "SE")
_LETTER = {"left": "L", "thru": "T", "right": "R", "uturn": "U"}


def write(network: Network, signals: SignalSystem, source_folder: Path, folder: Path) -> None:
    """Write the scenario into the existing, empty ``folder``.

    ``source_folder``: where the scenario's own files lie; scenario.toml, intergreens and demand are
    taken from there. Raises InputError where one of them cannot be read.
    """
    config = _config(source_folder)
    point = config.get("control", {}).get("offset_point", "start_of_green")
    _table(folder / CONFIG_FILE, [_units(config)])
    _own_columns(folder, network.node, {})
    _own_columns(folder, network.link, {"directed": ["1"] * len(network.link)})
    _table(folder / "lane.csv", _lanes(network))
    _own_columns(folder, network.movement, _movement_columns(network))
    _own_columns(folder, network.conflict, {})
    for table in (signals.group_table, signals.stage_table, signals.plan_table):
        _own_columns(folder, table, {})
    for file, rows in signal_tables(network, signals, point):
        _table(folder / file, rows)
    _take_along(config, source_folder, folder)


def _config(source_folder: Path) -> dict[str, Any]:
    path = source_folder / SCENARIO_FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); export a scenario that loads") from None


def _units(config: dict[str, Any]) -> dict[str, str]:
    return {
        "dataset_name": str(config.get("name", "")), "short_length": "m", "long_length": "m", "speed": "km/h",
        "crs": "", "geometry_field_format": "wkt", "currency": "", "version_number": "0.96",
        "id_type": "string",
    }  # fmt: skip


def _take_along(config: dict[str, Any], source_folder: Path, folder: Path) -> None:
    """Own files as they are. The tables lie in the folder now, so nothing refers to a foreign file,
    and demand files lie beside scenario.toml.
    """
    demand = config.get("demand", {})
    for name in COPIED:
        if (source_folder / name).is_file():
            (folder / name).write_bytes((source_folder / name).read_bytes())
    changed = False
    files = {"counts": "counts.csv", "trips": "", "routes": "routes.csv", "stops": "stops.csv"}
    files["pedestrians"] = "pedestrians.csv"
    for key, usual in files.items():
        name = str(demand.get(key, usual))
        if name and (source_folder / name).is_file():
            flat = Path(name).name
            (folder / flat).write_bytes((source_folder / name).read_bytes())
            if flat != name:
                demand[key], changed = flat, True
    for key in ("format", "files"):
        changed |= config.get("source", {}).pop(key, None) is not None
    target = folder / SCENARIO_FILE
    if changed:
        target.write_text(tomli_w.dumps(config), encoding="utf-8")
    else:
        target.write_bytes((source_folder / SCENARIO_FILE).read_bytes())


def _own_columns(folder: Path, table: Table, more: Mapping[str, Sequence[str]]) -> None:
    """A table with the columns that hold more than defaults, and ``more`` that replace or follow them."""
    if not len(table):
        return
    columns: dict[str, Sequence[str]] = {}
    for column in table.spec.columns:
        cells = ["" if value == column.default else _cell(value) for value in table.data[column.name]]
        if column.required or any(cells):
            columns[column.name] = cells
    columns.update(more)
    names = list(columns)
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))
    _table(folder / table.spec.file, rows, names)


def _table(path: Path, rows: Iterable[dict[str, Any]], names: Sequence[str] = ()) -> None:
    """A CSV file; none where there are no rows."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(names or first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _cell(value: Any) -> str:
    """The shortest text that reads back as the same value; empty for NaN."""
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return ""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _lanes(network: Network) -> Iterator[dict[str, Any]]:
    """Every lane, bays included, under the name it has or one made of its link and number."""
    number, length = network.lane.numbers("lane_num"), network.lane.numbers("opt_length_m")
    named = {
        (int(link), int(number[i])): (network.lane.ids[i], _cell(length[i]))
        for i, link in enumerate(network.lane_link)
    }
    taken = set(network.lane.ids)
    for link, name in enumerate(network.link.ids):
        for n in network.lane_numbers(link):
            lane_id, metres = named.get((link, n), (f"{name}:{n}", ""))
            while (link, n) not in named and lane_id in taken:
                lane_id += "+"
            taken.add(lane_id)
            yield {
                "lane_id": lane_id,
                "link_id": name,
                "lane_num": n,
                "allowed_uses": "all",
                "opt_length_m": metres,
            }


def _movement_columns(network: Network) -> dict[str, list[str]]:
    """Columns of the specification that other programs need filled."""
    lanes = [network.movement_lanes(m) for m in range(len(network.movement))]
    control = zip(network.movement.texts("ctrl_type"), network.is_signalised, network.on_red, strict=True)
    heading = network.heading[network.movement_from]
    compass = [_COMPASS[round(h / (math.pi / 4)) % 8] for h in heading.tolist()]
    return {
        "start_ib_lane": [str(own[0]) for own in lanes],
        "end_ib_lane": [str(own[-1]) for own in lanes],
        "type": list(network.movement_type),
        "ctrl_type": [
            kind or ("signal_with_RTOR" if on_red else "signal" if lit else "no_control")
            for kind, lit, on_red in control
        ],
        "mvmt_code": [c + _LETTER[kind] for c, kind in zip(compass, network.movement_type, strict=True)],
    }
