"""Table ``street``: every shipped scenario as streets are run (``asstreet``), against the best fixed timing.

Fixed timing (``deployed``) is searched by simulation as ``signalsim plan --method optimised`` does, on
traffic of its own; adaptive controllers with cameras ``typical`` meet it on traffic that it was not tuned on,
and set out from it if they set out from the plan in the street. Wanted: intervals below zero everywhere.
"""

from collections.abc import Iterator

import numpy as np

from signalsim.engine.surface import Sums
from signalsim.experiment import compare
from signalsim.experiment.plan_methods import starting_plans
from signalsim.experiment.plan_search import Budget, search_plan
from signalsim.measures import evaluate_pedestrians
from signalsim.scenario import build, load
from signalsim.simulation import simulate

from .asstreet import as_street
from .common import FIXED, LIMITS, SCENARIOS, Claim, Form, Row, markdown, rows, shown, with_plan

SHIPPED = ("crossing", "hangzhou", "cologne8", "ingolstadt21")
SENSORS = "typical"
REPLICATIONS, QUICK_REPLICATIONS = 10, 3
RUNS, QUICK_RUNS = 1000, 100  # of search; a budget in seconds would give another plan each time


def measure(form: Form) -> Iterator[Row]:
    """A row per scenario and controller."""
    for name in SHIPPED[:1] if form.quick else SHIPPED:
        scenario = as_street(load(SCENARIOS / name), form.made / f"street-{name}")
        built, seed = build(scenario), scenario.config.seed
        budget = Budget(0, QUICK_RUNS if form.quick else RUNS)
        search = search_plan(built, starting_plans(built, **LIMITS), budget, seed=seed, workers=form.workers)
        planned = with_plan(scenario, search.plans, form.made / f"planned-{name}")
        found = compare(
            planned,
            [FIXED, *form.controllers],
            baseline=FIXED,
            replications=QUICK_REPLICATIONS if form.quick else REPLICATIONS,
            seed=seed,
            sensors=SENSORS,
            workers=form.workers,
        )
        built = build(planned)
        for row in rows(found, [FIXED], set=name, crossings=len(scenario.signals.crossings)):
            run = simulate(built, row["controller"], seed=seed, sensors=SENSORS)
            yield row | {
                **evaluate_pedestrians(run.sums),  # these of the first replication
                "longest_pedestrian_delay_s": _longest_wait_s(run.sums),
            }


def _longest_wait_s(sums: Sums) -> float:
    """Of those who came in the demand window; whoever has not set off has waited until the end."""
    waited_ms = np.where(sums.walk_ms < 0, sums.now_ms, sums.walk_ms) - sums.pedestrian_ms
    return float(waited_ms[sums.pedestrian_counted].max(initial=0)) / 1000


def claims(found: list[Row]) -> list[Claim]:
    """The upper end of each controller's interval, where it is worst."""
    return [
        Claim(
            f"{controller} against fixed timing, upper end on its worst scenario, %",
            0,
            max(row["percent"][FIXED][2] for row in found if row["controller"] == controller),
        )
        for controller in dict.fromkeys(row["controller"] for row in found if row["percent"])
    ]


def text(found: list[Row]) -> str:
    """Delay of fixed timing in s, differences to it in %; a column per scenario. On foot: mean, longest."""
    names = list(dict.fromkeys(row["set"] for row in found))
    by = {(row["controller"], row["set"]): row for row in found}
    body = [
        [controller, *(_cell(by[controller, name]) for name in names)]
        for controller in dict.fromkeys(row["controller"] for row in found)
    ]
    return markdown(["controller", *names], body)


def _cell(row: Row) -> str:
    bad = f", {row['gridlocks']:.0f} gridlocks" if row["gridlocks"] else ""
    bad += f", {row['unserved']:.0f} unserved" if row["unserved"] else ""
    one = shown(row["percent"].get(FIXED))
    walk = ""
    if "mean_pedestrian_delay_s" in row:
        walk = f", on foot {row['mean_pedestrian_delay_s']:.0f}, {row['longest_pedestrian_delay_s']:.0f} s"
    return (f"{one} %" if one else f"{row['mean_delay_s']:.1f} s") + walk + bad
