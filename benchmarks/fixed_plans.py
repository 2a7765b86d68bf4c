"""Every fixed plan of a scenario on traffic that none was tuned on: a fair chance for fixed times.

Plans: the deployed one, those designed on the scenario's counts by formulas, and ``optimised``, searched
by simulation from the best of them on other samples of traffic. Each runs the same held-back samples
(common random numbers). Mean delay with its 95 % interval over samples, and of ``optimised`` the paired
difference to the best of the others there, which is the best by hindsight.

    python -m benchmarks.fixed_plans [SCENARIO ...] [--seconds 300 | --runs N] [--replications 200] [--json]
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control.given import Given
from signalsim.control.registry import get
from signalsim.experiment.plan_methods import design, starting_plans
from signalsim.experiment.plan_search import Budget, search_plan
from signalsim.experiment.plan_stages import any_stages
from signalsim.experiment.statistics import interval, paired_difference
from signalsim.measures import evaluate
from signalsim.scenario import build, load
from signalsim.scenario.planned import write_planned
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S
from signalsim.simulation import simulate

HERE = Path(__file__).parent.parent / "scenarios"
SHIPPED = ("crossing", "hangzhou", "cologne8", "ingolstadt21")
ANY = "any stages"  # by Webster; not the best of the others, which have the deployed stages
CONTROLLERS = ("deployed", "uniform", "webster", "coordinated")
LIMITS = {"min_cycle_s": MIN_CYCLE_S, "max_cycle_s": MAX_CYCLE_S}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="*", type=Path, default=[HERE / name for name in SHIPPED])
    parser.add_argument("--seconds", type=float, default=300.0, help="of search by simulation")
    parser.add_argument("--runs", type=int, default=0, help="of search, instead of seconds: repeatable")
    parser.add_argument("--replications", type=int, default=200, help="held-back samples")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    budget = Budget(0 if given.runs else given.seconds, given.runs)
    found = []
    for path in given.scenarios:
        found.append(measure(path, budget, given.replications, given.workers))
        if not given.json:
            print(table(found[-1]), flush=True)
    if given.json:
        print(json.dumps(found, indent=2))


def measure(path: Path, budget: Budget, replications: int, workers: int) -> dict[str, Any]:
    """Delays of all fixed plans of a scenario."""
    built = build(load(path))
    seed = built.scenario.config.seed
    starts = starting_plans(built, **LIMITS)
    search = search_plan(built, starts, budget, seed=seed, workers=workers)
    runs: dict[str, tuple[Any, Any]] = {name: (built, get(name)) for name in CONTROLLERS}
    with tempfile.TemporaryDirectory() as folder:
        if built.scenario.counts is not None:
            runs["time-of-day"] = by_day(built, Path(folder))
        runs["optimised"] = built, Given(search.plans)
        free = any_stages(built, **LIMITS)
        runs[ANY] = free.built, Given(free.plans)
        delays = {name: delays_s(*run, seed, replications) for name, run in runs.items()}
    best = min(
        (name for name in delays if name not in ("optimised", ANY)),
        key=lambda name: float(delays[name].mean()),
    )
    difference = paired_difference(delays["optimised"], delays[best])
    ends = (difference.mean, difference.low, difference.high)
    return {
        "scenario": built.scenario.name,
        "replications": replications,
        "search": {
            "start": search.start,
            "runs": search.runs,
            "is_start": search.plans == starts[search.start],
        },
        "plans": {
            name: {"mean_delay_s": one.mean, "ci95": [one.low, one.high]}
            for name, one in ((name, interval(values)) for name, values in delays.items())
        },
        "best_other": best,
        "optimised_percent": [100 * value / float(delays[best].mean()) for value in ends],
    }


def by_day(built: Any, folder: Path) -> tuple[Any, Any]:
    """The scenario with plans by the time of day, and the controller that follows them."""
    name = "time-of-day"
    planned = design(built, name, name, **LIMITS)
    write_planned(built.scenario, planned.plans, folder, (name, planned.schedule))
    return build(load(folder)), get(f"deployed:plan={name}")


def delays_s(built: Any, controller: Any, seed: int, replications: int) -> np.ndarray:
    """(replications,) mean delay of each sample of traffic; ``plan`` tunes on others."""
    runs = (
        simulate(built, controller, seed=seed, replication=k, sensors="perfect") for k in range(replications)
    )
    return np.array([evaluate(run.sums)["mean_delay_s"] for run in runs])


def table(found: dict[str, Any]) -> str:
    """A line per plan, and the verdict on ``optimised``."""
    search = found["search"]
    lines = [
        f"{found['scenario']}, {found['replications']} held-back samples; {search['runs']:,} runs of search"
    ]
    for name, row in found["plans"].items():
        low, high = row["ci95"]
        lines.append(f"  {name:14}{row['mean_delay_s']:8.1f} s  ({low:.1f} ... {high:.1f})")
    mean, low, high = found["optimised_percent"]
    kept = ", which is its start" if search["is_start"] else f", begun with {search['start']}"
    lines.append(
        f"  optimised{kept}: {mean:+.2f} % ({low:+.2f} ... {high:+.2f}) against {found['best_other']}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
