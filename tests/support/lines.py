"""A scenario with bus lines: the crossing with listed trips and stops instead of counts."""

import csv
import shutil
from pathlib import Path

DRAWN = 'counts = "counts.csv"\nmode = "sampled"\nheavy_share = 0.04'
TABLES: dict[str, list[list[object]]] = {
    "stops.csv": [
        ["stop_id", "link_id", "dwell_s", "position_m"],
        ["a", "N_in", 20, 50], ["b", "N_in", 10, 200], ["c", "S_out", 30, ""], ["x", "W_in", 5, ""],
    ],
    "routes.csv": [
        ["route_id", "link_ids", "stop_ids"],
        ["bus", "N_in S_out", "a b c"], ["ew", "E_in W_out", ""], ["ns", "N_in S_out", ""],
        ["we", "W_in E_out", "x"],
    ],
    "trips.csv": [
        ["vehicle_id", "depart_s", "class", "route_id"],
        ["b1", 400, "bus", "bus"], ["b2", 500, "bus", "bus"], ["b3", 520, "bus", "we"],
        ["e", 600, "emergency", "bus"], ["l", 450, "heavy", "ew"], ["p", 300, "car", "ns"],
        ["q", 700, "car", "ns"],
    ],
}  # fmt: skip


def make_line(crossing: Path, folder: Path) -> Path:
    """A copy of the shipped crossing with those tables, and an empty section [defaults]."""
    shutil.copytree(crossing, folder, dirs_exist_ok=True)
    (folder / "counts.csv").unlink()
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    assert DRAWN in text
    text = text.replace(DRAWN, 'trips = "trips.csv"').replace("[source]", "[defaults]\n\n[source]")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    for file, rows in TABLES.items():
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    return folder
