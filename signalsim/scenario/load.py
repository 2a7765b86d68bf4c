"""A scenario folder, read and checked."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from signalsim.counts import CountTable, PedestrianCounts, load_counts, load_pedestrians
from signalsim.demand import Demand, TripTable, load_trips, prepare, prepare_trips, with_pedestrians
from signalsim.errors import InputError
from signalsim.network import Network, load_network
from signalsim.network.csvfile import check_file, shown
from signalsim.network.tables import Table
from signalsim.scenario.detectors import read_detectors
from signalsim.scenario.outages import check_outages
from signalsim.scenario.reference import open_scenario
from signalsim.scenario.schema import DRAWS, Horizon, ScenarioConfig
from signalsim.signals import SignalSystem, load_signals

TABLES = (
    "node.csv", "link.csv", "lane.csv", "movement.csv", "conflict.csv",
    "signal_group.csv", "signal_stage.csv", "signal_plan.csv", "signal_schedule.csv", "intergreen.csv",
    "signal_phase.csv", "signal_overlap.csv", "signal_split.csv", "detector.csv", "crossing.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """Everything a user wrote, checked. Made by ``load``."""

    name: str
    path: Path  # the folder
    tables_path: Path  # the folder with its tables: the same, or where an import by reference is kept
    network: Network
    signals: SignalSystem
    counts: CountTable | None  # None: trips are listed, and nothing to hold them against
    trips: TripTable | None
    pedestrians: PedestrianCounts | None  # None: nobody counted them
    config: ScenarioConfig
    detectors: Table  # detector.csv; without rows: those of the cameras
    changed: str = ""  # what was changed after loading, in words

    @property
    def horizon(self) -> Horizon:
        """Warm-up, demand window and drain, in seconds from simulated time 0."""
        return self.config.horizon

    @cached_property
    def demand(self) -> Demand:
        """Entries and turning shares, or trips, and pedestrians; ``signalsim.demand.sample`` makes vehicles
        and people of them."""
        crossings = self.signals.crossings.table.ids
        return with_pedestrians(self._vehicles(), self.pedestrians, crossings, self.config.start_ms)

    def _vehicles(self) -> Demand:
        times = {
            "start_ms": self.config.start_ms,
            "warm_up_ms": round(1000 * self.horizon.warm_up_s),
            "demand_ms": round(1000 * self.horizon.demand_s),
        }
        if self.trips is not None:
            return prepare_trips(self.trips, self.network, self.counts, **times)
        assert self.counts is not None  # what ``load`` sees to
        return prepare(
            self.counts,
            self.network,
            **times,
            mode=self.config.demand.mode,
            heavy_share=self.config.demand.heavy_share,
            max_links=self.config.demand.max_links,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is allowed but should be known."""
        return self.network.warnings + self.signals.warnings + self.demand.warnings

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the scenario was read from, sorted."""
        tables = {self.tables_path / name for name in TABLES if (self.tables_path / name).is_file()}
        demand = {self.counts.path} if self.counts is not None else set()
        if self.trips is not None:
            demand |= {self.trips.path, self.trips.routes_path}
            demand |= {self.trips.stops.path} if len(self.trips.stops) else set()
        demand |= {self.pedestrians.path} if self.pedestrians is not None else set()
        return tuple(sorted({self.path / "scenario.toml"} | tables | demand))

    def digest(self) -> str:
        """SHA-256, hexadecimal, over names and bytes of all input files, and what was changed since."""
        digest = hashlib.sha256(self.changed.encode())
        for file in self.files:
            raw = file.read_bytes()
            digest.update(f"{file.name} {len(raw)}\n".encode() + raw)
        return digest.hexdigest()


def _inside(folder: Path, tables: Path, config: ScenarioConfig, field: str, what: str) -> Path:
    """The file that a field of [demand] names: in the scenario folder, else among imported tables."""
    name = getattr(config.demand, field)
    path = folder / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise InputError(
            f"{folder / 'scenario.toml'}, field 'demand.{field}' = '{name}': leads out of the "
            f"scenario folder; put the {what} file into it"
        )
    return path if os.path.lexists(path) or not os.path.lexists(tables / name) else tables / name


def _load_counts(folder: Path, tables: Path, config: ScenarioConfig, network: Network) -> CountTable | None:
    """The counts; with trips they may be absent, unless scenario.toml names them."""
    path = _inside(folder, tables, config, "counts", "count")
    is_optional = config.demand.trips and "counts" not in config.demand.model_fields_set
    return None if is_optional and not os.path.lexists(path) else load_counts(path, network)


def _load_trips(folder: Path, tables: Path, config: ScenarioConfig, network: Network) -> TripTable | None:
    if not config.demand.trips:
        return None
    names = {"trips": "trip", "routes": "route", "stops": "stop"}
    trips, routes, stops = (_inside(folder, tables, config, *of) for of in names.items())
    if "stops" in config.demand.model_fields_set:
        check_file(stops, "give a file that is there, or leave 'demand.stops' out")
    return load_trips(trips, routes, stops, network)


def _load_pedestrians(
    folder: Path, tables: Path, config: ScenarioConfig, signals: SignalSystem, network: Network
) -> PedestrianCounts | None:
    """The counts of pedestrians; they may be absent, unless scenario.toml names them."""
    path = _inside(folder, tables, config, "pedestrians", "pedestrian count")
    if "pedestrians" not in config.demand.model_fields_set and not os.path.lexists(path):
        return None
    return load_pedestrians(path, signals.crossings.table, network)


def _check_draws(config: ScenarioConfig, file: Path) -> None:
    """What says how vehicles are drawn from counts has no place beside listed trips."""
    given = config.demand.model_fields_set if config.demand.trips else set()
    for field in sorted(given & DRAWS):
        raise InputError(
            f"{file}, field 'demand.{field}' = {shown(getattr(config.demand, field))}: says how vehicles "
            f"are drawn from counts, and those of {config.demand.trips} are listed; remove it, or 'trips'"
        )


def _check_counts_in_time(counts: CountTable, config: ScenarioConfig, file: Path) -> None:
    """Some count lies in the demand window, else start and counts do not belong together."""
    start = config.start_ms + round(1000 * config.horizon.warm_up_s)
    end = start + round(1000 * config.horizon.demand_s)
    if not ((counts.end_ms > start) & (counts.start_ms < end)).any():
        zone = config.start_local.tzinfo
        window, counted = (
            " to ".join(datetime.fromtimestamp(ms / 1000, zone).isoformat() for ms in span)
            for span in ((start, end), (counts.start_ms.min(initial=0), counts.end_ms.max(initial=0)))
        )
        raise InputError(
            f"{file}, field 'start' = '{config.start_local.isoformat()}': the demand window is {window}, "
            f"the counts of {counts.path.name} are from {counted}; correct start, or column 'interval_start'"
        )


def _check_plan(signals: SignalSystem, config: ScenarioConfig, file: Path) -> None:
    names = [*signals.plans, *signals.schedules]
    if signals.junctions and config.control.deployed not in names:
        have = ", ".join(names) or "none"
        raise InputError(
            f"{file}, field 'control.deployed' = '{config.control.deployed}': is no plan of "
            f"{signals.plan_table.path.name}; it has: {have}"
        )


def load(path: Path | str) -> Scenario:
    """Read and check a scenario: a folder, or the scenario.toml in it.

    Raises InputError (one line: file, row or field, value, what would be right).
    """
    file, tables, config = open_scenario(path)
    folder = file.parent
    _check_draws(config, file)
    network = load_network(
        tables,
        config.network_defaults,
        drive_right=config.network.drive_right,
        conflicts_as_listed=config.network.conflicts == "as_listed",
    )
    signals = load_signals(tables, network)
    counts = _load_counts(folder, tables, config, network)
    if counts is not None:
        _check_counts_in_time(counts, config, file)
    trips = _load_trips(folder, tables, config, network)
    _check_plan(signals, config, file)
    people = _load_pedestrians(folder, tables, config, signals, network)
    detectors = read_detectors(tables, network)
    scenario = Scenario(
        config.name, folder, tables, network, signals, counts, trips, people, config, detectors
    )
    check_outages(scenario)
    return scenario
