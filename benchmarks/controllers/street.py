"""Table ``street``: every shipped scenario as streets are run (``asstreet``), against the best fixed timing.

Fixed timing is searched by simulation on traffic of its own (as ``signalsim plan --method optimised``);
adaptive controllers with cameras ``typical`` meet it on traffic that it was not tuned on. Wanted: an interval
below zero on every scenario.
"""

from collections.abc import Iterator

import numpy as np

from signalsim.control.given import Given
from signalsim.engine.surface import Sums
from signalsim.experiment import compare
from signalsim.experiment.plan_methods import starting_plans
from signalsim.experiment.plan_search import Budget, search_plan
from signalsim.measures import evaluate_pedestrians
from signalsim.scenario import build, load
from signalsim.simulation import simulate

from .asstreet import as_street
from .common import LIMITS, SCENARIOS, Claim, Form, Row, markdown, rows, shown

SHIPPED = ("crossing", "hangzhou", "cologne8", "ingolstadt21")
SENSORS = "typical"
REPLICATIONS, QUICK_REPLICATIONS = 10, 3
SECONDS, QUICK_RUNS = 60.0, 100
FIXED = "Given"  # as ``compare`` calls it
OPTIMISED = "optimised"


def measure(form: Form) -> Iterator[Row]:
    """A row per scenario and controller."""
    for name in SHIPPED[:1] if form.quick else SHIPPED:
        scenario = as_street(load(SCENARIOS / name), form.made / f"street-{name}")
        built, seed = build(scenario), scenario.config.seed
        budget = Budget(0, QUICK_RUNS) if form.quick else Budget(SECONDS)
        search = search_plan(built, starting_plans(built, **LIMITS), budget, seed=seed, workers=form.workers)
        found = compare(
            scenario,
            [Given(search.plans), *form.controllers],
            baseline=FIXED,
            replications=QUICK_REPLICATIONS if form.quick else REPLICATIONS,
            seed=seed,
            sensors=SENSORS,
            workers=form.workers,
        )
        for row in rows(found, [FIXED], set=name, crossings=len(scenario.signals.crossings)):
            is_plan = row["controller"] == FIXED
            run = simulate(
                built, Given(search.plans) if is_plan else row["controller"], seed=seed, sensors=SENSORS
            )
            yield row | {
                "controller": OPTIMISED if is_plan else row["controller"],
                "percent": {} if is_plan else {OPTIMISED: row["percent"][FIXED]},
                **evaluate_pedestrians(run.sums),  # these of the first replication
                "longest_pedestrian_delay_s": _longest_wait_s(run.sums),
            }


def _longest_wait_s(sums: Sums) -> float:
    """Of those who came in the demand window; whoever has not set off has waited until the end."""
    waited_ms = np.where(sums.walk_ms < 0, sums.now_ms, sums.walk_ms) - sums.pedestrian_ms
    return float(waited_ms[sums.pedestrian_counted].max(initial=0)) / 1000


def claims(found: list[Row]) -> list[Claim]:
    """The upper end of the interval of the best controller, scenario by scenario."""
    return [
        Claim(
            f"best adaptive on {name} against optimised, upper end, %",
            0,
            min(row["percent"][OPTIMISED][2] for row in found if row["set"] == name and row["percent"]),
        )
        for name in dict.fromkeys(row["set"] for row in found)
    ]


def text(found: list[Row]) -> str:
    """Delay of ``optimised`` in s, differences to it in %; a column per scenario. On foot: mean, longest."""
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
    one = shown(row["percent"].get(OPTIMISED))
    walk = ""
    if "mean_pedestrian_delay_s" in row:
        walk = f", on foot {row['mean_pedestrian_delay_s']:.0f}, {row['longest_pedestrian_delay_s']:.0f} s"
    return (f"{one} %" if one else f"{row['mean_delay_s']:.1f} s") + walk + bad
