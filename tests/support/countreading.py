"""Count files put into a folder and read, for the tests of their readers."""

from pathlib import Path

import pytest

from signalsim.errors import InputError
from signalsim.formats.counts import Converted, count_rows, read_counts, read_guide
from support.countfiles import SAMPLES, SWARM, Sample, swarm_line

ALL = pytest.mark.parametrize("sample", SAMPLES, ids=[Path(sample.name).name for sample in SAMPLES])


def put(sample: Sample, folder: Path) -> tuple[Path, Path]:
    """The sample's file and map in a folder."""
    file, guide = folder / sample.name, folder / "map.toml"
    file.write_text(sample.content, encoding="utf-8")
    guide.write_text(sample.guide, encoding="utf-8")
    return file, guide


def read(sample: Sample, folder: Path) -> Converted:
    file, guide = put(sample, folder)
    return read_counts(file, "", read_guide(guide), guide)


def table(found: Converted) -> list[tuple[str, str, str, str, str, int | None]]:
    return [(row[0], row[1], *row[3:7]) for row in count_rows(found)]


def refused(sample: Sample, folder: Path) -> str:
    with pytest.raises(InputError) as error:
        read(sample, folder)
    return str(error.value)


def swarm(times: list[str], guide: str = "", kind: str = "car") -> Sample:
    lines = "".join(swarm_line(f"2024-05-14T{time}Z", kind) + "\n" for time in times)
    return SWARM._replace(content=lines, guide=f'interval_s = 600\n{guide}\n[places]\n"N" = "N"\n')


def steady(first: int, last: int, step: int = 20) -> list[str]:
    return [f"{t // 3600:02}:{t // 60 % 60:02}:{t % 60:02}" for t in range(first, last, step)]
