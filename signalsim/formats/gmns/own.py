"""What of this project lies in a GMNS folder that it wrote."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signalsim.errors import InputError
from signalsim.formats.complete import DEMAND_S, DRAIN_S, WARM_UP_S
from signalsim.formats.draft import Draft
from signalsim.formats.gmns.rows import Folder, Row
from signalsim.network.csvfile import shown, unreadable

CONFIG_FILE = "config.csv"
SCENARIO_FILE = "scenario.toml"
RINGS = ("signal_phase.csv", "signal_overlap.csv", "signal_split.csv", "detector.csv")
COPIED = ("signal_schedule.csv", "intergreen.csv", "crossing.csv", *RINGS)
SIGNALS = ("signal_group.csv", "signal_stage.csv", "signal_plan.csv", *COPIED)
_MAX_BYTES = 1 << 20
TABLES = ("node.csv", "link.csv", "lane.csv", "movement.csv", "conflict.csv", *SIGNALS)


def own_signals(draft: Draft, folder: Folder) -> bool:
    """Take this project's signal tables along as they are; whether the folder has any."""
    if folder.file(SIGNALS[0]) is None:
        return False
    for name in (*SIGNALS, "conflict.csv"):
        if (found := folder.file(name)) is not None:
            draft.files[name] = found
    draft.understood(f"signal tables of this project, as they are: {', '.join(sorted(draft.files))}")
    return True


def own_demand(draft: Draft, folder: Folder) -> bool:
    """Take this project's trips or counts along as they are; whether the folder has any.

    Simulated time begins so long before the first count as the warm-up lasts.
    """
    trips, routes, counts = (folder.file(name) for name in ("trips.csv", "routes.csv", "counts.csv"))
    if trips is not None and routes is not None and _has(folder, "trips.csv", "vehicle_id"):
        draft.files |= {"trips.csv": trips, "routes.csv": routes}
        if (stops := folder.file("stops.csv")) is not None:
            draft.files["stops.csv"] = stops
        draft.section("demand", trips="trips.csv", routes="routes.csv")
    elif counts is not None and _has(folder, "counts.csv", "camera_id"):
        draft.files["counts.csv"] = counts
        first = min(_time(row) for row in folder.rows("counts.csv"))
        draft.config["start"] = first - timedelta(seconds=WARM_UP_S)
        draft.section("horizon", warm_up_s=WARM_UP_S, demand_s=DEMAND_S, drain_s=DRAIN_S)
    else:
        return False
    draft.understood("demand of this project, as it is")
    return True


def _has(folder: Folder, name: str, column: str) -> bool:
    found = folder.rows(name)
    return bool(found) and column in found[0].cells


def _time(row: Row) -> datetime:
    try:
        instant = datetime.fromisoformat(row.text("interval_start"))
    except ValueError:
        instant = datetime(1, 1, 1)
    if instant.tzinfo is None or not 1970 < instant.year <= 2200:
        raise row.fault(
            "interval_start", "is no ISO 8601 time with offset; write it like 2024-05-14T08:00:00+02:00"
        )
    return instant.astimezone(UTC)


def own_draft(name: str, folder: Folder) -> Draft:
    """A folder of this project's tables: files as they are, settings under the new name."""
    path = folder.file(SCENARIO_FILE)
    assert path is not None
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES:,} bytes; keep data in CSV files beside it")
        config = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply; a scenario has one level of sections") from None
    except ValueError as error:
        raise InputError(
            f"{path}: not valid TOML ({' '.join(str(error).split())[:120]}); correct it"
        ) from None
    for section in ("demand", "source"):
        if not isinstance(config.get(section, {}), dict):
            raise InputError(f"{path}, field '{section}': is no section; write [{section}]")
    draft = Draft(name, description="", time_zone="UTC", start="2000-01-01T00:00:00")
    draft.config = {**config, "name": name}
    for key in ("format", "files"):
        draft.config.get("source", {}).pop(key, None)
    for file in TABLES:
        if (found := folder.file(file)) is not None:
            draft.files[file] = found
    for file in ("node.csv", "link.csv", "movement.csv"):
        if file not in draft.files:
            raise InputError(f"{folder.path}: has no {file}; a scenario needs it")
    demand = config.get("demand", {})
    wanted = {"counts": "counts.csv", "trips": "", "routes": "routes.csv", "stops": "stops.csv"}
    wanted["pedestrians"] = "pedestrians.csv"
    for key, usual in wanted.items():
        file = demand.get(key, usual)
        if not isinstance(file, str) or file != Path(file).name:
            raise InputError(f"{path}, field 'demand.{key}' = {shown(file)}: give a file of this folder")
        if file and (folder.path / file).is_file():
            draft.files[file] = folder.path / file
    draft.understood(f"a scenario of this project: {', '.join(sorted(draft.files))}, as they are")
    return draft
