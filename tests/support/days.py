"""Three days of counts of 16 junctions, simulated once, minute by minute; and ways to spoil them."""

import csv
import shutil
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from signalsim.counts.quality import Key, Record
from signalsim.counts.spec import COUNTS
from signalsim.experiment.take_counts import take_counts
from signalsim.network import Network
from signalsim.network.tables import Table
from signalsim.scenario import build, load

DAYS = 3
ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2018, 4, 16, tzinfo=ZONE)
# Share of the counted peak hour by hour of the day: two peaks, quiet nights
PROFILE = (.12, .08, .06, .06, .08, .2, .5, .9, 1, .8, .7, .72,
           .75, .72, .75, .8, .9, 1, .95, .7, .5, .4, .3, .2)  # fmt: skip


@dataclass(frozen=True)
class Days:
    """Counts by minute. Cameras stand at the junctions' approaches and are called like their links."""

    network: Network
    keys: tuple[Key, ...]
    minute: np.ndarray  # (n, minutes) float64

    def record(self, step: int = 5, minute: np.ndarray | None = None) -> Record:
        """The counts in intervals of ``step`` minutes."""
        minute = self.minute if minute is None else minute
        count = minute.reshape(len(self.keys), -1, step).sum(axis=2)
        data = {column.name: () for column in COUNTS.columns}
        table = Table(COUNTS, Path("days.csv"), data, np.zeros(0, np.int64), {})
        row = np.where(np.isnan(count), -1, 0)
        no = np.zeros(count.shape, bool)
        start = round(FIRST.timestamp() * 1000)
        return Record(table, self.keys, start, 60_000 * step, count, row, no, 0, ())

    def of(self, camera: str) -> np.ndarray:
        """Positions of a camera's series."""
        return np.array([k for k, key in enumerate(self.keys) if key.camera == camera])

    @property
    def inner(self) -> list[str]:
        """Cameras on links between two junctions, which have neighbours on both sides."""
        origin = self.network.is_origin
        links = {key.link for key in self.keys if key.movement}
        return sorted(link for link in links if not origin[self.network.link.index[link]])

    @property
    def busy(self) -> list[int]:
        """Series with over five vehicles in five minutes on average."""
        return np.flatnonzero(self.minute.mean(axis=1) > 1).tolist()


def write_days(scenarios: Path, folder: Path, days: int = DAYS, factor: float = 1.0) -> Path:
    """scenarios/hangzhou with its counted hour stretched over days."""
    shutil.copytree(scenarios / "hangzhou", folder)
    total: dict[tuple[str, str, str], float] = defaultdict(float)
    with (folder / "counts.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            total[row["camera_id"], row["link_id"], row["movement_id"]] += float(row["count"])
    with (folder / "counts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["camera_id", "link_id", "movement_id", "interval_start", "interval_end", "count"])
        for hour in range(24 * days):
            times = [(FIRST + timedelta(hours=hour + k)).isoformat() for k in (0, 1)]
            for names, count in total.items():
                writer.writerow([*names, *times, round(factor * count * PROFILE[hour % 24])])
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    start = ("2018-04-16T07:50:00", "2018-04-15T23:50:00")
    for old, new in (start, ("demand_s = 3600", f"demand_s = {86_400 * days}")):
        assert old in text
        text = text.replace(old, new)
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return folder


def simulate_days(folder: Path) -> Days:
    scenario = load(folder)
    counted = take_counts(build(scenario), interval_s=60, seed=1)
    net = scenario.network
    keys, rows = [], []
    for k, movement in enumerate(net.movement.ids):
        link = net.link.ids[net.movement_from[k]]
        keys.append(Key(link, link, movement, "all"))
        rows.append(counted.movement[:, k])
    order = sorted(range(len(keys)), key=keys.__getitem__)
    minute = np.array(rows, float)[order]
    return Days(net, tuple(keys[k] for k in order), minute)


def shifted(days: Days, camera: str, minutes: int, first: int = 0) -> np.ndarray:
    """The counts where one camera's clock is fast by so many minutes from minute ``first`` on."""
    out = days.minute.copy()
    for k in days.of(camera):
        late = np.roll(out[k], minutes)
        if minutes > 0:
            late[:minutes] = np.nan
        elif minutes < 0:
            late[minutes:] = np.nan
        out[k, first:] = late[first:]
    return out


def drifting(days: Days, camera: str, minutes_per_day: float) -> np.ndarray:
    """The counts where one camera's clock gains so many minutes a day, from right at the beginning."""
    out = days.minute.copy()
    true = np.arange(out.shape[1])
    seen = np.round(true * (1 + minutes_per_day / 1440)).astype(int)
    for k in days.of(camera):
        moved = np.zeros(out.shape[1] + 2000)
        np.add.at(moved, seen.clip(0, len(moved) - 1), days.minute[k])
        out[k] = moved[: out.shape[1]]
    return out


def with_count(record: Record, count: np.ndarray) -> Record:
    return replace(record, count=count)
