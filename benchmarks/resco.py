"""RESCO's six real scenarios in both engines: does the gain of a controller transfer to SUMO?

Each is imported from the PyPI wheel sumo-rl (fetched on first use), with its deployed plan and its
vehicles. One row per controller: mean travel time and delay (wished departure to arrival minus
free-flow time, all vehicles, the run drains) in the compiled engine and in SUMO, and beside it delay
as RESCO defines it, in SUMO: SUMO's time loss and the wait to enter, up to the end of the hour; who has
not entered by then has waited until then. Last, what the averages in RESCO's figure read (s, +-2).
Needs the extra ``sumo``.

    python benchmarks/resco.py [--scenarios cologne1,...] [--controllers deployed,...] [--minutes 60]
        [--sensors typical] [--workers 2] [--folder DIR] [--json]
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.bridges.sumo.engine import SumoEngine
from signalsim.engine.surface import Sums
from signalsim.errors import InputError
from signalsim.formats import reader, wheel
from signalsim.measures import evaluate
from signalsim.scenario.bring import bring
from signalsim.simulation import Run, simulate

WHEEL = "wheel:sumo-rl==1.4.5/sumo_rl/nets/RESCO"
# Ault & Sharon 2021, "Reinforcement Learning Benchmarks for Traffic Signal Control", averages read off
# the figure of delays: fixed time, max-pressure, the best that learned; s
FIGURE = {
    "cologne1": (57, 28, 27),
    "cologne3": (46, 91, 20),
    "cologne8": (64, 22, 22),
    "ingolstadt1": (39, 28, 20),
    "ingolstadt7": (91, 80, 31),
    "ingolstadt21": (133, 76, 68),
}
PLACE = {"deployed": 0, "max-pressure": 1}  # of a controller in the figure
CONTROLLERS = "deployed,max-pressure,split-reallocation"


class Case(NamedTuple):
    """One row of the table."""

    folder: str  # of the scenario
    controller: str
    sensors: str


class Losses(SumoEngine):
    """Keeps SUMO's own time losses when the run is over."""

    time_lost_s = np.zeros(0)

    def sums(self) -> Sums:
        self.time_lost_s = self.time_loss_s()
        return super().sums()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenarios", default=",".join(FIGURE))
    parser.add_argument("--controllers", default=CONTROLLERS)
    parser.add_argument("--minutes", type=float, default=60, help="of the hour; fewer make a short form")
    parser.add_argument("--sensors", default="typical")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="RESCO's scenario folders, instead of the wheel")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        try:
            folders = [
                import_one(name, given.folder, Path(made), given.minutes)
                for name in given.scenarios.split(",")
            ]
            cases = [
                Case(folder, controller, given.sensors)
                for folder, controller in product(folders, given.controllers.split(","))
            ]
            with multiprocessing.get_context("spawn").Pool(min(given.workers, len(cases))) as pool:
                rows = pool.map(measure, cases, chunksize=1)
        except InputError as error:
            sys.exit(f"resco.py: {error}")
    print(json.dumps(rows, indent=2) if given.json else table(rows))


def import_one(name: str, folder: Path | None, made: Path, minutes: float) -> str:
    """The scenario as a folder in ``made``. Raises InputError."""
    file = f"{name}/{name}.sumocfg"
    config = str(folder / file) if folder else str(wheel.fetch(f"{WHEEL}/{file}"))
    bring(config, lambda: reader("sumo")(name, config=config), made / name)
    if minutes < 60:
        toml = made / name / "scenario.toml"
        text = toml.read_text(encoding="utf-8")
        toml.write_text(text.replace("demand_s = 3600.0", f"demand_s = {60.0 * minutes}"), encoding="utf-8")
    return str(made / name)


def measure(case: Case) -> dict[str, Any]:
    """Both engines on one case."""
    losses: list[Losses] = []

    def sumo(built: Any, arrivals: Any, **options: Any) -> SumoEngine:
        losses[:] = [Losses(built, arrivals, **options)]
        return losses[0]

    ours = simulate(case.folder, case.controller, sensors=case.sensors)
    theirs = simulate(ours.built, case.controller, sensors=case.sensors, engine=sumo)
    name = Path(case.folder).name
    place = PLACE.get(case.controller)
    return {
        "scenario": name,
        "controller": case.controller,
        "vehicles": ours.totals.departed,
        "numba": summary(ours),
        "sumo": {
            **summary(theirs),
            "resco_delay_s": resco_delay_s(theirs, losses[0].time_lost_s),
            "times_real_time": theirs.sums.now_ms / 1000 / theirs.wall_s,
        },
        "resco_figure_s": FIGURE[name][place] if place is not None and name in FIGURE else None,
        "resco_best_learned_s": FIGURE[name][2] if name in FIGURE else None,
    }


def summary(run: Run) -> dict[str, float]:
    found = evaluate(run.sums)
    return {name: found[name] for name in ("mean_travel_time_s", "mean_delay_s", "unserved")}


def resco_delay_s(run: Run, time_lost_s: np.ndarray) -> float:
    """Mean time loss and wait to enter at the end of the demand window, s."""
    sums, end_ms = run.sums, round(1000 * (run.horizon.warm_up_s + run.horizon.demand_s))
    entered = (sums.enter_ms >= 0) & (sums.enter_ms < end_ms)
    waited_ms = np.where(entered, sums.enter_ms, end_ms) - sums.depart_ms
    return float((time_lost_s + waited_ms / 1000).mean())


def table(rows: list[dict[str, Any]]) -> str:
    """Fixed columns; '+n' behind a delay: so many vehicles had not arrived when the run was cut."""
    lines = [
        f"{'':13}{'':20}{'':>9}{'compiled engine':>24}{'SUMO':>24}{'delay as in RESCO':>20}{'best':>9}",
        f"{'scenario':13}{'controller':20}{'vehicles':>9}{'travel s':>11}{'delay s':>13}{'travel s':>11}"
        f"{'delay s':>13}{'here':>10}{'figure':>10}{'learned':>9}",
    ]
    for row in rows:
        cells = "".join(
            f"{row[engine]['mean_travel_time_s']:11.1f}"
            f"{_with_rest(row[engine]['mean_delay_s'], row[engine]['unserved']):>13}"
            for engine in ("numba", "sumo")
        )
        figure = "" if row["resco_figure_s"] is None else row["resco_figure_s"]
        lines.append(
            f"{row['scenario']:13}{row['controller']:20}{row['vehicles']:9d}{cells}"
            f"{row['sumo']['resco_delay_s']:10.1f}{figure:>10}{row['resco_best_learned_s'] or '':>9}"
        )
    return "\n".join(lines)


def _with_rest(delay_s: float, unserved: float) -> str:
    return f"{delay_s:.1f}" + (f" +{unserved:.0f}" if unserved else "")


if __name__ == "__main__":
    main()
