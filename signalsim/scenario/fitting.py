"""From a scenario and its counts to a new scenario whose demand is fitted to them."""

import csv
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from signalsim.counts import CountTable, load_counts
from signalsim.counts.corrected import corrected_rows
from signalsim.counts.quality.record import Record
from signalsim.counts.saturation import Saturated
from signalsim.counts.write import write_rows
from signalsim.demand.fitting import Fitted, whole_vehicles
from signalsim.demand.specs import ROUTES, TRIPS
from signalsim.network import Network
from signalsim.scenario.counting import counts_of, network_of
from signalsim.scenario.reference import Opened, open_scenario, whole_folder
from signalsim.scenario.schema import DRAWS

COUNTS_NAME = "counts.csv"


@dataclass(frozen=True)
class Source:
    """What a fit begins with. Times in ms."""

    opened: Opened
    network: Network
    counts: CountTable
    start_ms: int  # simulated time 0, UTC
    window_ms: tuple[int, int]  # after it
    queues: tuple[Record, Sequence[Saturated]] | None = None  # saturated counts, replaced in ``counts``
    is_bound: np.ndarray | None = None  # (n,) rows of the counts that demand was at least

    @property
    def routes_file(self) -> Path | None:
        """The scenario's own routes, where it has a file of them."""
        folder, name = self.opened.file.parent, self.opened.config.demand.routes
        found = [path for path in (folder / name, self.opened.tables / name) if path.is_file()]
        return found[0] if found else None


def read_source(scenario: Path, counts: Path | None) -> Source:
    """A scenario's network and counts; ``counts``: a file in place of its own. Raises InputError."""
    opened = open_scenario(scenario)
    network, config = network_of(opened), opened.config
    begin = round(1000 * config.horizon.warm_up_s)
    return Source(
        opened=opened,
        network=network,
        counts=load_counts(counts or counts_of(opened), network),
        start_ms=config.start_ms,
        window_ms=(begin, begin + round(1000 * config.horizon.demand_s)),
    )


def write_fitted(source: Source, fitted: Fitted, end: str, seed: int, folder: Path) -> int:
    """Write a whole scenario with the trips of one end of a fit into the existing ``folder``.

    Returns the number of vehicles.
    """
    share = source.opened.config.demand.heavy_share
    vehicles = whole_vehicles(fitted.flow[end], fitted.edges_ms, seed, share)
    copy_scenario(source, folder, end, {"trips": TRIPS.file, "routes": ROUTES.file})
    if source.queues is None:
        shutil.copyfile(source.counts.path, folder / _counts_name(source))
    else:
        zone = source.opened.config.start_local.tzinfo
        write_rows(corrected_rows(*source.queues, zone), folder / _counts_name(source))
    ids = fitted.candidates.ids
    names = source.network.link.ids
    used = np.unique(vehicles.route)
    _write(
        folder / ROUTES.file,
        ("route_id", "link_ids"),
        ((ids[r], " ".join(names[link] for link in fitted.candidates.links_of(r))) for r in used.tolist()),
    )
    rows = zip(vehicles.depart_ms.tolist(), vehicles.is_heavy.tolist(), vehicles.route.tolist(), strict=True)
    _write(
        folder / TRIPS.file,
        ("vehicle_id", "depart_s", "class", "route_id"),
        (
            (f"v{k:06d}", f"{depart / 1000:.3f}", "heavy" if heavy else "car", ids[route])
            for k, (depart, heavy, route) in enumerate(rows)
        ),
    )
    return len(vehicles.route)


def copy_scenario(source: Source, folder: Path, end: str, demand: dict[str, str]) -> None:
    """Everything but counts, trips and routes; ``demand``: settings of that section in place of those that
    say how vehicles are drawn, or which are listed.
    """
    file, tables, config = source.opened
    own = {config.demand.trips, config.demand.routes, config.demand.counts, TRIPS.file, ROUTES.file}
    with whole_folder(file.parent, tables) as whole:
        for path in sorted([*whole.glob("*.csv"), *tables.glob("sumo.*")]):
            if path.name not in own:
                shutil.copyfile(path, folder / path.name)
        settings: dict[str, Any] = tomllib.loads((whole / "scenario.toml").read_text(encoding="utf-8"))
    kept = settings.get("demand", {})
    gone = DRAWS | {"trips", "routes", "counts"} if "trips" in demand else {"trips", "routes", "counts"}
    settings["demand"] = {k: v for k, v in kept.items() if k not in gone} | demand
    settings["demand"]["counts"] = _counts_name(source)
    settings["name"] = f"{config.name}, fitted" + ("" if end == "best" else f", {end} end")
    settings["description"] = f"{config.description} Demand fitted to counts.".strip()
    (folder / "scenario.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")


def _counts_name(source: Source) -> str:
    return f"counts{source.counts.path.suffix}" if source.counts.path.suffix else COUNTS_NAME


def _write(path: Path, header: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
