"""Peak memory of a whole process that loads and runs a grid, and what a vehicle and a lane take of it.

Each grid, with forty minutes of listed vehicles, is a process of its own: interpreter, Numba, loading and
all. Bytes per vehicle: arrivals, their routes and what the engine keeps of them; per lane: everything else
of the engine but its timing wheel.

    python benchmarks/memory.py [--sizes 10,30,50] [--json]
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

FILL_S, COUNTED_S = 600, 1800
AIM_MB = {50: 500}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="10,30,50")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [measure(int(size)) for size in given.sizes.split(",")]
    if given.json:
        print(json.dumps(rows))
        return
    heads = ("grid", "lanes", "vehicles", "links/route", "bytes/lane", "bytes/vehicle", "peak MB", "aim")
    print("".join(f"{head:>14}" for head in heads))
    for row in rows:
        cells = (row["links_per_route"], row["bytes_per_lane"], row["bytes_per_vehicle"], row["peak_mb"])
        counts = f"{row['grid']:>14}{row['lanes']:14d}{row['vehicles']:14d}"
        print(counts + "".join(f"{cell:14.0f}" for cell in cells) + f"{row['aim_mb'] or '':>14}")


def measure(size: int) -> dict[str, Any]:
    """One grid, written in one process and run in another: a peak is handed down to children, so this one
    has to stay small."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "grid"
        alone(write, size, folder)
        found = alone(run, folder)
    return {"grid": f"{size}x{size}", **found, "aim_mb": AIM_MB.get(size)}


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def write(size: int, folder: Path) -> None:
    """The grid as a scenario."""
    from benchmarks.gridcity import write_grid

    write_grid(size, folder, FILL_S, COUNTED_S)


def run(folder: Path) -> dict[str, Any]:
    """Load, simulate, and only then look at what was needed."""
    from signalsim.simulation import simulate

    done = simulate(folder)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    per_lane, per_vehicle = bytes_each(done.built.tables, done.arrivals)
    return {
        "lanes": len(done.built.tables.lane_slots),
        "vehicles": len(done.arrivals.depart_ms),
        "links_per_route": len(done.arrivals.route_movement) / len(done.arrivals.route_link),
        "bytes_per_lane": per_lane,
        "bytes_per_vehicle": per_vehicle,
        "peak_mb": peak_mb,
    }


def bytes_each(tables: Any, arrivals: Any) -> tuple[float, float]:
    """Bytes per lane and per vehicle: what the engine holds for one vehicle, and what the others add."""
    first = int(arrivals.route[0])
    route = slice(arrivals.route_start[first], arrivals.route_start[first + 1])
    one = arrivals._replace(
        route=arrivals.route[:1] * 0,
        route_link=arrivals.route_link[first : first + 1],
        route_start=arrivals.route_start[first : first + 2] - arrivals.route_start[first],
        route_movement=arrivals.route_movement[route],
        route_dwell_ms=arrivals.route_dwell_ms[route],
        **{name: getattr(arrivals, name)[:1] for name in ("depart_ms", "pace", "size", "siren")},
    )
    few, everybody = held_bytes(tables, one), held_bytes(tables, arrivals)
    return few / len(tables.lane_slots), (everybody - few) / (len(arrivals.depart_ms) - 1)


def held_bytes(tables: Any, arrivals: Any) -> int:
    """Bytes of the arrays of a run, without the wheel's; those that two parts share count once."""
    from signalsim.engine.state import arrays, make_state, make_trips

    state = make_state(tables, arrivals, 0, 1)
    parts = (tables, state, make_trips(tables, arrivals), arrivals)
    held = {array.__array_interface__["data"][0]: array.nbytes for part in parts for array in arrays(part)}
    return sum(held.values()) - sum(array.nbytes for array in state.wheel)


if __name__ == "__main__":
    main()
