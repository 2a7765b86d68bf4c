"""A scenario folder, read and checked."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from signalsim.counts import CountTable, load_counts
from signalsim.demand import Demand, prepare
from signalsim.errors import InputError
from signalsim.network import Network, load_network
from signalsim.scenario.schema import Horizon, ScenarioConfig
from signalsim.scenario.toml import read_config
from signalsim.signals import SignalSystem, load_signals

TABLES = (
    "node.csv", "link.csv", "lane.csv", "movement.csv", "conflict.csv",
    "signal_group.csv", "signal_stage.csv", "signal_plan.csv", "intergreen.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """Everything a user wrote, checked. Made by ``load``."""

    name: str
    path: Path  # the folder
    network: Network
    signals: SignalSystem
    counts: CountTable
    config: ScenarioConfig

    @property
    def horizon(self) -> Horizon:
        """Warm-up, demand window and drain, in seconds from simulated time 0."""
        return self.config.horizon

    @cached_property
    def demand(self) -> Demand:
        """Entries and turning shares; ``signalsim.demand.sample`` draws vehicles from them."""
        return prepare(
            self.counts,
            self.network,
            start_ms=self.config.start_ms,
            warm_up_ms=round(1000 * self.horizon.warm_up_s),
            demand_ms=round(1000 * self.horizon.demand_s),
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
        tables = [self.path / name for name in TABLES if (self.path / name).is_file()]
        return tuple(sorted([self.path / "scenario.toml", self.counts.path, *tables]))

    def digest(self) -> str:
        """SHA-256, hexadecimal, over names and bytes of all input files."""
        digest = hashlib.sha256()
        for file in self.files:
            raw = file.read_bytes()
            digest.update(f"{file.name} {len(raw)}\n".encode() + raw)
        return digest.hexdigest()


def _counts_path(folder: Path, config: ScenarioConfig) -> Path:
    path = folder / config.demand.counts
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise InputError(
            f"{folder / 'scenario.toml'}, field 'demand.counts' = '{config.demand.counts}': leads out of the "
            "scenario folder; put the count file into it"
        )
    return path


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
    if signals.junctions and config.control.deployed not in signals.plans:
        have = ", ".join(signals.plans) or "none"
        raise InputError(
            f"{file}, field 'control.deployed' = '{config.control.deployed}': is no plan of "
            f"{signals.plan_table.path.name}; it has: {have}"
        )


def load(path: Path | str) -> Scenario:
    """Read and check a scenario: a folder, or the scenario.toml in it.

    Raises InputError (one line: file, row or field, value, what would be right).
    """
    path = Path(path)
    file = path if path.name == "scenario.toml" else path / "scenario.toml"
    folder = file.parent
    config = read_config(file)
    network = load_network(
        folder, config.network_defaults, drive_right=config.network.driving_side == "right"
    )
    signals = load_signals(folder, network)
    counts = load_counts(_counts_path(folder, config), network)
    _check_counts_in_time(counts, config, file)
    _check_plan(signals, config, file)
    return Scenario(config.name, folder, network, signals, counts, config)
