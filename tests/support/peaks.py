"""A saturated peak, simulated: scenarios/crossing with a busier main road, counted at its stop lines."""

import csv
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from signalsim.counts.quality import Record, record_of
from signalsim.counts.saturation import Saturated, find_saturated
from signalsim.counts.table import read_count_rows
from signalsim.demand import sample
from signalsim.experiment.take_counts import take_counts, write_counts
from signalsim.network import Network
from signalsim.scenario import build, load
from signalsim.scenario.capacity import capacities_vph
from signalsim.scenario.reference import open_scenario

Course = Callable[[float], float]  # hour -> share of the peak
BEGIN = datetime(2024, 5, 14, 7, tzinfo=ZoneInfo("Europe/Berlin"))
STEP_S = 300
HEAD = "camera_id,interval_start,interval_end,link_id,movement_id,vehicle_class,count,quality"


def bump(middle_h: float = 1.5, width_h: float = 0.6, low: float = 0.4) -> Course:
    """A flat-topped peak over a quiet level."""
    return lambda h: low + (1 - low) * float(np.exp(-(((h - middle_h) / width_h) ** 4)))


def double(gap_h: float = 0.9, low: float = 0.45) -> Course:
    """Two peaks, the second a little lower."""
    first, second = bump(1.2, 0.3, 0.0), bump(1.2 + gap_h, 0.3, 0.0)
    return lambda h: low + (1 - low) * max(first(h), 0.9 * second(h))


@dataclass(frozen=True)
class Peak:
    """A record of stop-line counts, the truth of its second hour, and what was found."""

    record: Record
    network: Network
    true: int  # vehicles of the link that wished to depart in the second hour
    found: list[Saturated]
    file: Path

    @property
    def over(self) -> tuple[float, float, float, float | None]:
        """(counted, demand, low, high) of the only queue, in the second hour."""
        (one,) = self.found
        return one.over(12, min(24, self.record.m))


def write_peak(
    scenarios: Path, folder: Path, link: str, factor: float, own: Course, others: Course | None = None,
    hours: int = 4,
) -> Path:  # fmt: skip
    """A scenario whose ``link`` has ``factor`` times its peak, all others 0.8 times."""
    shutil.copytree(scenarios / "crossing", folder)
    hour: dict[tuple[str, str, str], int] = defaultdict(int)
    with (folder / "counts.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hour[row["camera_id"], row["link_id"], row["movement_id"]] += int(row["count"])
    times = [(BEGIN + timedelta(seconds=STEP_S * k)).isoformat() for k in range(12 * hours + 1)]
    with (folder / "counts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD.split(","))
        for (camera, of, movement), n in hour.items():
            scale, course = (factor, own) if of == link else (0.8, others or own)
            level = np.array([scale * course(k / 12) * n / 12 for k in range(12 * hours)])
            for k, count in enumerate(np.diff(np.round(np.cumsum(level)), prepend=0).astype(int).tolist()):
                writer.writerow([camera, *times[k : k + 2], of, movement, "all", count, "good"])
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    for old, new in (
        ("07:55:00", "07:00:00"), ("warm_up_s = 300", "warm_up_s = 0"), ("drain_s = 1800", "drain_s = 3600"),
        ("demand_s = 3600", f"demand_s = {3600 * hours}"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return folder


def count_peak(folder: Path, link: str, seed: int, file: Path, cut_h: int | None = None) -> Peak:
    """Count a simulated peak at stop lines alone, to its ``cut_h``-th hour, and look for saturation."""
    scenario = load(folder)
    built, network = build(scenario), scenario.network
    write_counts(take_counts(built, interval_s=STEP_S, seed=seed), scenario, file)
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    at, until = rows[0].index("movement_id"), (BEGIN + timedelta(hours=cut_h or 99)).isoformat()
    begin = rows[0].index("interval_start")
    kept = [row for k, row in enumerate(rows) if not k or (row[at] and row[begin] < until)]
    file.write_text("\n".join(",".join(row) for row in kept) + "\n", encoding="utf-8")
    record = record_of(read_count_rows(file))
    arrivals = sample(built, seed)
    own = arrivals.route_link[arrivals.route] == network.link.index[link]
    hour = (arrivals.depart_ms >= 3_600_000) & (arrivals.depart_ms < 7_200_000)
    capacity = capacities_vph(open_scenario(folder), record, network)
    found = find_saturated(record, network, capacity)
    return Peak(record, network, int((own & hour).sum()), found, file)
