"""Moves per CPU second of the compiled engine on grids of signalised junctions.

A move is a vehicle entering a link. Fixed 90 s cycles, each junction with its own offset; the grid
is filled for ten minutes before the clock starts, so that it is not an empty one that is measured.

    python benchmarks/speed.py [--sizes 4,10,30,50] [--repeats 5] [--json]
"""

import argparse
import json
import statistics
import time

import numpy as np
from grid import FixedCycle, make_demand, make_grid

from signalsim.engine.compiled import CompiledEngine

WARM_UP_S, MEASURED_S, STEP_S = 600, 1800, 5
ENTRY_VEH_H = {4: 1000, 10: 950, 30: 940, 50: 920}  # busiest approaches at 60 to 65 % of capacity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="4,10,30,50")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [measure(int(size), given.repeats) for size in given.sizes.split(",")]
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
    load = ENTRY_VEH_H.get(size, 800)
    arrivals = make_demand(tables, turns, load, (WARM_UP_S + MEASURED_S) / 3600, seed=1)
    rates = []
    for repeat in range(repeats + 1):
        engine = CompiledEngine(tables, arrivals, count_from_ms=0, count_to_ms=1 << 40)
        plan = FixedCycle(size * size)
        _run(engine, plan, 0, WARM_UP_S)
        moves, events, start = engine.totals().moves, engine.events, time.process_time()
        crossed = engine.observe().lane_out.copy()
        _run(engine, plan, WARM_UP_S, WARM_UP_S + MEASURED_S)
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


def _run(engine: CompiledEngine, plan: FixedCycle, start_s: int, end_s: int) -> None:
    for now in range(start_s, end_s, STEP_S):
        engine.request(*plan.ask(now * 1000, STEP_S))
        engine.advance((now + STEP_S) * 1000)


def _capacity() -> float:
    """Vehicles a second and lane: 40 of 90 s green, start-up loss and end gain 2 s each."""
    return 40 / 90 / 1.895


if __name__ == "__main__":
    main()
