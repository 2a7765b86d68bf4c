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
from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.signals import SignalSystem
from signalsim.signals.model import Plan

ALL_DAY = "11111111_0000_2359"  # Sunday to Saturday and holidays
_POINTS = {
    "start_of_green": "begin_of_green",
    "end_of_green": "begin_of_yellow",
    "end_of_yellow": "begin_of_red",
}
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
    _table(folder / "signal_controller.csv", [{"controller_id": j} for j in signals.junctions])
    _table(folder / "signal_timing_plan.csv", _plans(signals))
    _table(folder / "signal_timing_phase.csv", _phases(signals))
    _table(folder / "signal_phase_mvmt.csv", _phase_movements(network, signals))
    _table(folder / "signal_coordination.csv", _coordination(signals, point))
    _table(folder / "signal_detector.csv", _detectors(network, signals))
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


def _each_plan(signals: SignalSystem) -> Iterator[tuple[str, int, Plan]]:
    """(timing_plan_id, junction, plan) of every plan."""
    for name, plans in signals.plans.items():
        for j, plan in sorted(plans.items()):
            yield f"{name}:{signals.junctions[j]}", j, plan


def _plans(signals: SignalSystem) -> Iterator[dict[str, Any]]:
    for name, j, plan in _each_plan(signals):
        yield {
            "timing_plan_id": name, "controller_id": signals.junctions[j], "timeday_id": "",
            "time_day": ALL_DAY, "cycle_length": _cell(round(signals.cycle_s(j, plan), 3)),
        }  # fmt: skip


def _phases(signals: SignalSystem) -> Iterator[dict[str, Any]]:
    """A phase per stage of a plan, in one ring with a barrier behind each: greens are fixed times.

    ``clearance``: from the end of its green to the start of the next, which is the longest yellow and
    all-red of the groups that end (or what intergreen.csv gives).
    """
    for name, j, plan in _each_plan(signals):
        changes = signals.changes_s(j, plan.stages)
        for k, (green, change) in enumerate(zip(plan.green_s, changes, strict=True)):
            yield {
                "timing_phase_id": f"{name}:{k + 1}", "timing_plan_id": name, "signal_phase_num": k + 1,
                "min_green": _cell(green), "max_green": _cell(green), "extension": "",
                "clearance": _cell(round(change, 3)), "walk_time": "", "ped_clearance": "",
                "ring": 1, "barrier": k + 1, "position": 1,
            }  # fmt: skip


def _phase_movements(network: Network, signals: SignalSystem) -> Iterator[dict[str, Any]]:
    """What is green in a phase; permitted where it gives way to what is green with it."""
    gives_way: dict[int, set[int]] = {}
    for a, b in signals.live_yields.tolist():
        gives_way.setdefault(a, set()).add(b)
    count = 0
    for name, j, plan in _each_plan(signals):
        for k, stage in enumerate(plan.stages):
            green = sorted(m for g in signals.stage_groups[j][stage] for m in signals.movements_of_group[g])
            for m in green:
                count += 1
                yields = not gives_way.get(m, set()).isdisjoint(green)
                yield {
                    "signal_phase_mvmt_id": count, "timing_phase_id": f"{name}:{k + 1}",
                    "mvmt_id": network.movement.ids[m], "link_id": "",
                    "protection": "permitted" if yields else "protected",
                }  # fmt: skip


def _coordination(signals: SignalSystem, point: str) -> Iterator[dict[str, Any]]:
    """Offsets of the first phase, not negative as the specification has them."""
    for k, (name, j, plan) in enumerate(_each_plan(signals)):
        yield {
            "coordination_id": k + 1, "timing_plan_id": name, "controller_id": signals.junctions[j],
            "coord_contr_id": "", "coord_phase": 1, "coord_ref_to": _POINTS.get(point, "begin_of_green"),
            "offset": _cell(round(plan.offset_s % signals.cycle_s(j, plan), 3)),
        }  # fmt: skip


def _detectors(network: Network, signals: SignalSystem) -> Iterator[dict[str, Any]]:
    """The cameras: one per approach with signals, from the stop line to where its view begins."""
    view = network.defaults.camera_view_m
    phase: dict[int, int] = {}
    for _, j, plan in _each_plan(signals):
        for k, stage in enumerate(plan.stages):
            for g in signals.stage_groups[j][stage]:
                for m in signals.movements_of_group[g]:
                    phase.setdefault(int(network.movement_from[m]), k + 1)
    for link, number in sorted(phase.items()):
        lanes = network.lane_numbers(link)
        node = network.node.ids[network.link_to[link]]
        yield {
            "detector_id": f"camera {network.link.ids[link]}", "controller_id": node,
            "signal_phase_num": number, "link_id": network.link.ids[link], "start_lane": lanes[0],
            "end_lane": lanes[-1], "ref_node_id": node, "det_zone_lr": 0, "det_zone_front": 0,
            "det_zone_back": _cell(-min(view, float(network.length_m[link]))), "det_type": "camera",
        }  # fmt: skip
