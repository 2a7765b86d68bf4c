"""A metropolis on one core: 17,000 signals, 68,000 cameras, one rush hour, every junction under control.

    python -m benchmarks.metropolis [--size 134] [--controllers max-pressure] [--out FOLDER] [--json]

The scenario is made once (two minutes) and kept in --out, where any command can use it. Loading and
compilation are timed apart from the run; memory is the peak of the whole process.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .city import make_city
from .flows import make_traffic
from .write import write_city

SIZE, SEED = 134, 1
_MOVES_PER_SIGNAL = 1000.0  # links entered in the hour: 20 million in the whole city


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=SIZE, help="junctions along one side")
    parser.add_argument("--controllers", default="max-pressure")
    parser.add_argument("--out", type=Path, help="folder of the scenario, made if it is not there")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = given.out or Path(f"metropolis-{given.size}")
    if not (folder / "scenario.toml").is_file():
        make(given.size, folder)
    rows = [measure(folder, name) for name in given.controllers.split(",")]
    if given.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            ", ".join(
                f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
                for name, value in row.items()
            )
        )


def make(size: int, folder: Path, seed: int = SEED) -> None:
    """Write the scenario of a city of about ``size`` x ``size`` junctions."""
    print(f"making {folder}: a city of about {size * size:,} junctions", file=sys.stderr)
    city = make_city(size, size, seed)
    traffic = make_traffic(city, _MOVES_PER_SIGNAL * len(city.x_m), seed)
    folder.mkdir(parents=True)
    write_city(city, traffic, folder, f"metropolis-{size}")


def measure(folder: Path, controller: str) -> dict[str, Any]:
    """One run: its size, CPU seconds of each part, memory, and how the traffic fared."""
    from signalsim.measures import evaluate
    from signalsim.scenario import build, load
    from signalsim.simulation import simulate

    start = time.process_time()
    built = build(load(folder))
    cameras = int((np.bincount(built.tables.movement["from_link"]) > 0).sum())
    loaded = time.process_time() - start
    run = simulate(built, controller)
    measures = evaluate(run.sums)
    return {
        "controller": controller,
        "signals": len(built.index.junctions),
        "cameras": cameras,
        "vehicles": int(run.totals.departed),
        "moves": int(run.moves),
        "load_cpu_s": round(loaded, 1),
        "run_cpu_s": round(run.cpu_s, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "mean_delay_s": round(float(measures["mean_delay_s"]), 1),
        "unserved": int(measures["unserved"]),
    }


if __name__ == "__main__":
    main()
