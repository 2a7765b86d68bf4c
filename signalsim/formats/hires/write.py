"""A run as a folder: the log, the two tables of its numbers, and what is approximate about it."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.counts.parquet import arrow
from signalsim.engine.tables import Tables
from signalsim.errors import InputError
from signalsim.store import new_folder

from .detectors import detector_events
from .events import TICK_MS
from .phases import phase_events
from .readme import README
from .site import Numbers, Site

FORMATS = ("csv", "parquet")
COLUMNS = ("TimeStamp", "DeviceId", "EventId", "Parameter")
PHASES, DETECTORS = "phases.csv", "detectors.csv"
PHASE_COLUMNS = ("DeviceId", "Phase", "Group")
DETECTOR_COLUMNS = ("DeviceId", "Phase", "Parameter", "Function", "Link", "Lane", "Distance_m")
OPTION = "--log"  # what names the folder on the command line
LOG_FILES = frozenset({"log.csv", "log.parquet", PHASES, DETECTORS, "README.md"})


def log_events(
    tables: Tables, numbers: Numbers, records: np.ndarray, size: np.ndarray, end_ms: int
) -> np.ndarray:
    """(n,) EVENT of a whole run, by tick and junction, phases before detectors.

    ``records``: full; ``size``: (n_vehicles,) slots, as in the engine's Arrivals. Ticks count from
    simulated time 0.
    """
    phases = phase_events(tables.signals, numbers.phase, records, end_ms)
    detectors = detector_events(tables, numbers, records, size, end_ms)
    detectors = detectors[np.lexsort((detectors["parameter"], detectors["tick"]))]
    found = np.concatenate((phases, detectors))
    return found[np.lexsort((np.arange(len(found)), found["junction"], found["tick"]))]


def write_log(
    folder: Path, events: np.ndarray, site: Site, devices: tuple[str, ...], start: datetime, form: str = "csv"
) -> None:
    """Write ``folder``: log.csv or log.parquet, phases.csv, detectors.csv, README.md; all or nothing.

    ``devices``: ids by junction; ``start``: simulated time 0 as the controllers' clocks show it, of which
    the zone is left out. Raises InputError for a folder that holds anything but an earlier log, and for
    Parquet without its package.
    """
    check_format(form)
    with new_folder(folder, LOG_FILES, OPTION) as part:
        _WRITERS[form](part / f"log.{form}", _stamps(events, start), events, devices)
        _write_table(part / PHASES, PHASE_COLUMNS, site.phases)
        _write_table(part / DETECTORS, DETECTOR_COLUMNS, site.detectors)
        (part / "README.md").write_text(README, encoding="utf-8")


def check_format(form: str) -> None:
    """Raises InputError for a format that is not there."""
    if form not in FORMATS:
        raise InputError(f"--log-format {form}: there are {' and '.join(FORMATS)}")
    if form == "parquet":
        arrow("--log-format parquet")


def _stamps(events: np.ndarray, start: datetime) -> np.ndarray:
    """(n,) datetime64[ms] of the controllers' clocks; they are not put forward or back during a run."""
    begin = np.datetime64(start.replace(tzinfo=None), "ms")
    return begin + (events["tick"] * TICK_MS).astype("timedelta64[ms]")


def _write_csv(path: Path, stamps: np.ndarray, events: np.ndarray, devices: tuple[str, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        texts = np.datetime_as_string(stamps, unit="ms").tolist()
        numbers = (events[name].tolist() for name in ("junction", "code", "parameter"))
        writer.writerows(
            (f"{text[:10]} {text[11:21]}", devices[j], code, parameter)
            for text, j, code, parameter in zip(texts, *numbers, strict=True)
        )


def _write_parquet(path: Path, stamps: np.ndarray, events: np.ndarray, devices: tuple[str, ...]) -> None:
    pa = arrow("--log-format parquet")
    device = pa.array(np.array(devices or ("",), object)[events["junction"]], pa.string())
    columns = [
        pa.array(stamps.astype("datetime64[us]")),
        device,
        pa.array(events["code"].astype(np.int64)),
        pa.array(events["parameter"].astype(np.int64)),
    ]
    pa.parquet.write_table(pa.table(columns, names=list(COLUMNS)), path)


_WRITERS = {"csv": _write_csv, "parquet": _write_parquet}


def _write_table(path: Path, columns: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
