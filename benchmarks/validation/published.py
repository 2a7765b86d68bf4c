"""CityFlow's data sets: travel times published for CityFlow itself, and their excess over free flow."""

import math
from collections.abc import Iterator
from pathlib import Path

from benchmarks import cityflow
from benchmarks.validation.measures import PUBLISHED, within
from benchmarks.validation.plan import HELD_OUT
from benchmarks.validation.table import Row, skipped


def rows(data: Path) -> Iterator[Row]:
    """Fixed times and max-pressure on every set that has a published figure."""
    published = cityflow.read_published(data.parent / "published.csv")
    for name in dict.fromkeys(name for name, _ in published) or ("CityFlow's data sets",):
        if not (data / name).is_dir():
            yield skipped(HELD_OUT, name, f"{data}: not there; they have no licence, give --cityflow FOLDER")
            continue
        built = cityflow.built_set(data, name)
        for controller in (cityflow.PLANNED, "webster", cityflow.ADAPTIVE):
            found = cityflow.measure(built, name, controller, "omniscient", published)
            theirs, free = found["published_s"], found["freeflow_s"]
            case = f"{name}, {controller.partition(':')[0]}"
            yield _row(case, "travel time", found["att_paper_s"], theirs)
            yield _row(case, "its excess over free flow", found["att_paper_s"] - free, theirs - free)


def _row(case: str, measure: str, ours: float, theirs: float) -> Row:
    return Row(HELD_OUT, case, measure, "s", ours, theirs, math.nan, "±15 %", within(ours, theirs, PUBLISHED))
