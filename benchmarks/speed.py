"""Moves per CPU second of the compiled engine on grids of signalised junctions.

A move is a vehicle entering a link. Fixed 90 s cycles, each junction with its own offset; the grid
is filled for ten minutes before the clock starts, so that it is not an empty one that is measured.

With ``--controllers`` whole runs of the same grids as scenarios instead, clock, cameras (``typical``) and
estimator included: the deployed plan and the controllers named take turns, and the last column says how much
longer a move takes than under the plan.

    python benchmarks/speed.py [--sizes 4,10,30,50] [--controllers max-pressure] [--repeats 5] [--json]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.grid import ENTRY_VEH_H, USUAL_VEH_H, FixedCycle, make_demand, make_grid
from benchmarks.gridcity import write_grid
from signalsim.engine.compiled import CompiledEngine
from signalsim.scenario import build, load
from signalsim.simulation import simulate

WARM_UP_S, MEASURED_S, STEP_S = 600, 1800, 5
FIXED = "deployed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="4,10,30,50")
    parser.add_argument("--controllers", help="whole runs under these, beside the deployed plan")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.controllers:
        names = [FIXED, *given.controllers.split(",")]
        runs = [row for size in sizes for row in measure_runs(size, names, given.repeats)]
        print(json.dumps(runs) if given.json else run_table(runs))
        return
    rows = [measure(size, given.repeats) for size in sizes]
    if given.json:
        print(json.dumps(rows))
        return
    heads = ("grid", "vehicles", "moves", "events/move", "busiest v/c", "M moves/CPU s")
    print("".join(f"{head:>14}" for head in heads))
    for row in rows:
        cells = (row["events_per_move"], row["busiest"], row["moves_per_cpu_s"] / 1e6)
        counts = f"{row['grid']:>14}{row['vehicles']:14d}{row['moves']:14d}"
        print(counts + "".join(f"{cell:14.2f}" for cell in cells))


def measure(size: int, repeats: int) -> dict:
    """Median over repeats of moves per CPU second on one grid."""
    tables, turns = make_grid(size)
    entry = ENTRY_VEH_H.get(size, USUAL_VEH_H)
    arrivals = make_demand(tables, turns, entry, (WARM_UP_S + MEASURED_S) / 3600, seed=1)
    rates = []
    for repeat in range(repeats + 1):
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=1 << 40)
        plan = FixedCycle(size * size)
        _run(engine, _requests(plan, 0, WARM_UP_S))
        requests = _requests(plan, WARM_UP_S, WARM_UP_S + MEASURED_S)
        moves, events, start = engine.totals().moves, engine.events, time.process_time()
        crossed = engine.observe().lane_out.copy()
        _run(engine, requests)
        if repeat:  # the first one compiles or loads
            rates.append((engine.totals().moves - moves) / (time.process_time() - start))
    moves, events = engine.totals().moves - moves, engine.events - events
    flow = (engine.observe().lane_out - crossed).reshape(-1, 2).sum(1) / MEASURED_S  # two lanes a link
    return {
        "grid": f"{size}x{size}",
        "vehicles": len(arrivals.depart_ms),
        "moves": moves,
        "events_per_move": events / moves,
        "busiest": float(flow[np.unique(tables.group_lane) // 2].max() / (2 * _capacity())),
        "moves_per_cpu_s": statistics.median(rates),
    }


def _requests(plan: FixedCycle, start_s: int, end_s: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(end of the step ms, stage, switch) of each step: what the plan works out is not the engine's work."""
    return [((now + STEP_S) * 1000, *plan.ask(now * 1000, STEP_S)) for now in range(start_s, end_s, STEP_S)]


def _run(engine: CompiledEngine, requests: list[tuple[int, np.ndarray, np.ndarray]]) -> None:
    for end_ms, stage, switch_ms in requests:
        engine.request(stage, switch_ms)
        engine.advance(end_ms)


def measure_runs(size: int, names: list[str], repeats: int) -> list[dict]:
    """Medians over repeats of whole runs, a row per controller; the first is what the others are held
    against."""
    with tempfile.TemporaryDirectory() as folder:
        write_grid(size, Path(folder) / "grid", WARM_UP_S, MEASURED_S)
        built = build(load(Path(folder) / "grid"))
    runs = [{name: simulate(built, name) for name in names} for _ in range(repeats + 1)][1:]
    rate = {name: statistics.median(turn[name].moves / turn[name].cpu_s for turn in runs) for name in names}
    return [
        {
            "grid": f"{size}x{size}",
            "controller": name,
            "moves": runs[0][name].moves,
            "moves_per_cpu_s": rate[name],
            "longer_percent": 100 * (rate[names[0]] / rate[name] - 1),
        }
        for name in names
    ]


def run_table(rows: list[dict]) -> str:
    """Fixed columns."""
    lines = [f"{'grid':>8}  {'controller':20}{'moves':>10}{'M moves/CPU s':>15}{'longer %':>10}"]
    lines += [
        f"{row['grid']:>8}  {row['controller']:20}{row['moves']:10d}{row['moves_per_cpu_s'] / 1e6:15.2f}"
        f"{row['longer_percent']:10.0f}"
        for row in rows
    ]
    return "\n".join(lines)


def _capacity() -> float:
    """Vehicles a second and lane: 40 of 90 s green, start-up loss and end gain 2 s each."""
    return 40 / 90 / 1.895


if __name__ == "__main__":
    main()
