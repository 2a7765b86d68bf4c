"""This project beside UXsim (C++ engine) and SUMO (microscopic; mesoscopic with junction control).

The grids of ``grid.py`` at 70 % of their demand: same streets, vehicles, routes and fixed plan. From empty
streets to the end of ``--minutes``; every run is a process of its own, programs take turns, medians are
shown. A program whose first run takes more than a minute of CPU has that one only. Travel times are of
those who wish to depart in the second ten minutes and have arrived by the end. Needs the extra ``bench``.

    python -m benchmarks.peers [--sizes 4,10] [--minutes 40] [--repeats 3] [--programs ...] [--json]
"""

import argparse
import importlib.metadata
import json
import multiprocessing
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .case import FILL_S, WATCHED_S, Result, make
from .programs import AIMS, OURS, PROGRAMS, run

LONG_S = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="4,10", help="junctions along a side")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    names = [OURS, *(name for name in given.programs.split(",") if name != OURS)]
    if unknown := set(names) - set(PROGRAMS):
        parser.error(f"--programs: there is no {', '.join(sorted(unknown))}; give {', '.join(PROGRAMS)}")
    rows: list[dict[str, Any]] = []
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            export_s = alone(make, size, given.minutes, Path(folder))
            print(f"{size}x{size}: exported to SUMO in {export_s:.1f} CPU s", file=sys.stderr)
            found = compare(size, Path(folder), names, given.repeats)
        if not given.json:
            print(table(found), flush=True)
        rows += found
    if given.json:
        versions = {name: importlib.metadata.version(name) for name in ("uxsim", "libsumo", "numba")}
        print(json.dumps({"versions": versions, "rows": rows}, indent=1))


def alone(function: Any, *arguments: Any) -> Any:
    """The result of a function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def compare(size: int, folder: Path, names: list[str], repeats: int) -> list[dict[str, Any]]:
    """A row per program; ours once before the clock starts, which may compile."""
    alone(run, OURS, folder)
    results: dict[str, list[Result]] = {name: [] for name in names}
    for _ in range(repeats):
        for name, runs in results.items():
            if not runs or runs[0].run_cpu_s < LONG_S:
                runs.append(alone(run, name, folder))
    ours = _figures(results[OURS])
    return [
        {
            "grid": f"{size}x{size}",
            "program": name,
            "runs": len(runs),
            **(own := _figures(runs)),
            "ours_is_faster": ours["moves_per_cpu_s"] / own["moves_per_cpu_s"],
            "aim": AIMS.get(name),
            "end_to_end": own["whole_cpu_s"] / ours["whole_cpu_s"],
        }
        for name, runs in results.items()
    ]


def _figures(runs: list[Result]) -> dict[str, Any]:
    """Medians of times; the traffic is the same in every run."""
    first = runs[0]
    watched = (first.depart_s >= FILL_S) & (first.depart_s < FILL_S + WATCHED_S)
    travel = first.travel_s[watched]
    run_s = statistics.median(one.run_cpu_s for one in runs)
    return {
        "load_cpu_s": statistics.median(one.load_cpu_s for one in runs),
        "run_cpu_s": run_s,
        "whole_cpu_s": statistics.median(one.load_cpu_s + one.run_cpu_s for one in runs),
        "moves": first.moves,
        "moves_per_cpu_s": first.moves / run_s,
        "mean_travel_time_s": float(np.nanmean(travel)),
        "arrived_percent": 100 * float(np.isfinite(travel).mean()),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Fixed columns; 'x' says how many times as fast this project is, in the run and from start to end."""
    lines = [
        f"{'grid':8}{'program':12}{'load CPU s':>11}{'run CPU s':>11}{'moves':>10}{'M moves/CPU s':>15}"
        f"{'x run':>9}{'aim':>7}{'x in all':>9}{'travel s':>10}{'arrived %':>10}"
    ]
    for row in rows:
        aim = f"{row['aim']:.0f}" if row["aim"] else ""
        lines.append(
            f"{row['grid']:8}{row['program']:12}{row['load_cpu_s']:11.2f}{row['run_cpu_s']:11.3f}"
            f"{row['moves']:10d}{row['moves_per_cpu_s'] / 1e6:15.4f}{row['ours_is_faster']:9.1f}{aim:>7}"
            f"{row['end_to_end']:9.1f}{row['mean_travel_time_s']:10.1f}{row['arrived_percent']:10.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
