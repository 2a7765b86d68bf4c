"""Reading a stream of camera events: line crossings as JSON lines into counts, CPU seconds and peak memory.

    python benchmarks/count_events.py [--millions 10] [--json]

The file (a quarter of a kilobyte an event: 50 cameras with four lines, a week) is made first, in a folder
that is gone afterwards, and is not counted. Needs the extra 'fast'. CPU seconds are those of the command
``signalsim counts convert``, start included; seconds by the clock depend on who else uses the machine.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

_BATCH = 200_000
_WEEK_MS = 7 * 24 * 3600 * 1000
_EVENT = (
    '{"crossingLineEvent":{"class":"%s","direction":"%s","lineId":"l%d","lineName":"N%d","timestamp":"%sZ",'
    '"trackId":%d},"node":{"id":"n%d"},"stream":{"id":"s%d","name":"cam%d"},"version":"5.0",'
    '"uuid":"00000000-0000-0000-0000-%012d"}\n'
)
_MAP = 'interval_s = 900\n[places]\n"N0" = "A"\n"N1" = "B"\n"N2" = "C"\n"N3" = "D"\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--millions", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        row = measure(Path(made), round(1e6 * given.millions))
    if given.json:
        print(json.dumps(row))
        return
    print(
        f"{row['events']:,} events, {row['megabytes']:,} MB: {row['cpu_s']:.1f} CPU seconds, "
        f"{row['wall_s']:.1f} s by the clock, {row['peak_memory_mb']:,} MB of memory; "
        f"{row['counted']:,} vehicles counted"
    )


def measure(folder: Path, n: int) -> dict[str, Any]:
    """Make ``n`` events, convert them, and say what it took."""
    events, guide, out = folder / "events.jsonl", folder / "map.toml", folder / "counts.csv"
    guide.write_text(_MAP, encoding="utf-8")
    write_events(events, n)
    command = [sys.executable, "-m", "signalsim", "counts", "convert", events, "--map", guide, "--out", out]
    begin = time.perf_counter()
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, used = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    with out.open(encoding="utf-8") as file:
        next(file)
        counted = sum(int(line.split(",")[6] or 0) for line in file)
    return {
        "events": n,
        "megabytes": events.stat().st_size // 1_000_000,
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": wall,
        "peak_memory_mb": used.ru_maxrss // 1024,
        "counted": counted,
    }


def write_events(path: Path, n: int) -> None:
    """Crossings in the order of their times, at random else."""
    draw = np.random.default_rng(1)
    time_ms = np.sort(draw.integers(0, _WEEK_MS, n)).astype("timedelta64[ms]")
    stamps = np.datetime64("2024-05-13T00:00:00.000") + time_ms
    kinds, ways = ("car", "truck", "bus", "car"), ("in", "out")
    with path.open("w", encoding="utf-8") as file:
        for first in range(0, n, _BATCH):
            some = np.datetime_as_string(stamps[first : first + _BATCH]).tolist()
            size = len(some)
            columns = [draw.integers(0, high, size).tolist() for high in (50, 4, 2, 4)]
            file.write(
                "".join(
                    _EVENT % (kinds[kind], ways[way], line, line, stamp, k, camera, camera, camera, k)
                    for k, (stamp, camera, line, way, kind) in enumerate(
                        zip(some, *columns, strict=True), first
                    )
                )
            )


if __name__ == "__main__":
    main()
