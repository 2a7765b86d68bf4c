"""The crossing with left turns that give way, in a plan of two stages."""

import csv
import shutil
from pathlib import Path


def two_stages(crossing: Path, folder: Path, lefts: float = 1.0) -> Path:
    """A copy of the scenario ``crossing``, which is ``folder``; ``lefts``: factor on left turns from the main
    road."""
    shutil.copytree(crossing, folder)
    (folder / "signal_stage.csv").write_text("junction_id,stage_id,group_ids\nC,1,E EL W WL\nC,2,N S\n")
    (folder / "signal_plan.csv").write_text(
        "plan_id,junction_id,position,stage_id,green_s,offset_s,cycle_s\n"
        "deployed,C,1,1,43,0,80\ndeployed,C,2,2,27,0,80\n"
    )
    with (folder / "counts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["movement_id"] in ("E_left", "W_left"):
            row["count"] = str(round(lefts * int(row["count"])))
    with (folder / "counts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder
