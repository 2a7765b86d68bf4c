"""Table ``oversaturation``: half an hour of more than any fixed plan can serve, and what is left of it.

Demand is steady at 70 % of the largest at which Webster's plan keeps every movement's degree of saturation at
1 or below, then 120 % of it for half an hour, then 70 % again. Fixed timing (``deployed``) is the better of
Webster's and the coordinated plan, designed on that largest demand and simulated on it. Recovery: from the
end of the peak until vehicles standing at stop lines and waiting to enter are, over five minutes, no more
than they once were over five minutes before the peak; cameras ``typical``. A circle of lanes that wait for
each other is a gridlock; signals that hold a green in which nobody can move show as ``unserved`` and
``not_recovered``. On ingolstadt21 fixed timing itself does not recover, so it is no case here.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from signalsim.control.coordinated import coordinated_design
from signalsim.control.plans import designed_plan, plain_plans
from signalsim.demand import Demand
from signalsim.demand.model import MIXED, EntryCells
from signalsim.experiment import Outcome, compare
from signalsim.experiment.plan_methods import held_back
from signalsim.scenario import Scenario, build, load
from signalsim.signals import Plan

from .common import (
    FIXED,
    LIMITS,
    SCENARIOS,
    Claim,
    Form,
    Row,
    factor_of,
    markdown,
    rows,
    shown,
    with_demand,
    with_horizon,
    with_plan,
)

NAMES, QUICK_NAMES = ("crossing", "hangzhou", "cologne8"), ("crossing",)
SENSORS = "typical"
REPLICATIONS, QUICK_REPLICATIONS = 5, 2
USUAL, PEAK = 0.7, 1.2
WARM_UP_S, BEFORE_S, PEAK_S, AFTER_S, DRAIN_S = 600.0, 1800.0, 1800.0, 5400.0, 1800.0
MEAN_OF_MIN = 5


def measure(form: Form) -> Iterator[Row]:
    """A row per network and controller."""
    for name in QUICK_NAMES if form.quick else NAMES:
        scenario = load(SCENARIOS / name)
        factor = factor_of(scenario, scenario.demand, 1.0)
        plans = _fixed(_scenario(scenario, factor, (1, 1, 1)))
        planned = with_plan(scenario, plans, form.made / f"oversaturated-{name}")
        found = compare(
            _scenario(planned, factor, (USUAL, PEAK, USUAL)),
            [FIXED, *form.controllers],
            baseline=FIXED,
            replications=QUICK_REPLICATIONS if form.quick else REPLICATIONS,
            sensors=SENSORS,
            workers=form.workers,
        )
        for row in rows(found, [FIXED], set=name, demand_factor=factor):
            minutes = [_recovery_min(outcome) for outcome in found.outcomes[SENSORS, row["controller"]]]
            known = [one for one in minutes if one is not None]
            yield row | {
                "recovery_min": float(np.mean(known)) if known else None,
                "not_recovered": len(minutes) - len(known),
            }


def _scenario(scenario: Scenario, factor: float, levels: tuple[float, float, float]) -> Scenario:
    """The scenario with a steady demand before, in and after the peak, over its own mean."""
    lasting = BEFORE_S + PEAK_S + AFTER_S
    timed = with_horizon(scenario, WARM_UP_S, lasting, DRAIN_S)
    ends_s = np.cumsum([0, WARM_UP_S + BEFORE_S, PEAK_S, AFTER_S])
    return with_demand(timed, _steps(scenario.demand, factor, levels, (1000 * ends_s).astype(np.int64)))


def _steps(demand: Demand, factor: float, levels: tuple[float, ...], ends_ms: np.ndarray) -> Demand:
    cells, (begin, end) = demand.entries, demand.window_ms
    part = np.clip(np.minimum(cells.end_ms, end) - np.maximum(cells.start_ms, begin), 0, None)
    vehicles = np.bincount(cells.link, cells.vehicles * part / (cells.end_ms - cells.start_ms))
    link = np.flatnonzero(vehicles)
    steps = len(levels)
    of = np.tile(np.arange(steps), len(link))
    entries = EntryCells(
        link=np.repeat(link, steps).astype(np.int32),
        kind=np.full(len(of), MIXED, np.int32),
        start_ms=ends_ms[of],
        end_ms=ends_ms[of + 1],
        vehicles=np.repeat(factor * vehicles[link], steps)
        * np.array(levels)[of] * (ends_ms[of + 1] - ends_ms[of]) / (end - begin),
        is_counted=np.ones(len(of), bool),
    )  # fmt: skip
    window = round(1000 * WARM_UP_S), int(ends_ms[-1])
    return replace(
        demand,
        entries=entries,
        counted=factor * demand.counted * (window[1] - window[0]) / (end - begin),
        window_ms=window,
        end_ms=window[1],
    )


def _fixed(scenario: Scenario) -> dict[int, Plan]:
    """The better plan, by simulation, where the largest demand lasts."""
    built = build(scenario)
    plans = {
        "webster": plain_plans(designed_plan(built, "webster", **LIMITS)),
        "coordinated": coordinated_design(built, **LIMITS).plans,
    }
    found = held_back(built, plans, "webster", scenario.config.seed, 2)
    return plans[min(plans, key=lambda name: found.mean_delay_s[name])]


def _recovery_min(outcome: Outcome) -> float | None:
    """Minutes; None: not within the run."""
    series = outcome.series
    standing = series.queue_veh + series.waiting_veh
    mean = np.convolve(standing, np.ones(MEAN_OF_MIN) / MEAN_OF_MIN)[: len(standing)]  # of the last minutes
    peak_s = WARM_UP_S + BEFORE_S
    before = mean[(series.t_s > WARM_UP_S + 60 * MEAN_OF_MIN) & (series.t_s <= peak_s)].max()
    after = series.t_s >= peak_s + PEAK_S
    well = np.flatnonzero(after & (mean <= before))
    return float(series.t_s[well[0]] - peak_s - PEAK_S) / 60 if len(well) else None


def claims(found: list[Row]) -> list[Claim]:
    """Gridlocks, and runs that do not recover, beyond those of fixed timing."""
    fixed = {row["set"]: row for row in found if row["controller"] == FIXED}
    return [
        Claim(
            f"{controller}: {what} beyond those of fixed timing",
            0,
            sum(
                max(0, row[field] - fixed[row["set"]][field])
                for row in found
                if row["controller"] == controller
            ),
        )
        for controller in dict.fromkeys(row["controller"] for row in found if row["controller"] != FIXED)
        for field, what in (("gridlocks", "gridlocks"), ("not_recovered", "runs that do not recover"))
    ]


def text(found: list[Row]) -> str:
    """Seconds, minutes, and what went wrong."""
    head = ["network", "controller", "delay s", "to fixed %", "recovery min", "not recovered", "unserved",
            "gridlocks"]  # fmt: skip
    return markdown(
        head,
        [
            [
                row["set"], row["controller"], f"{row['mean_delay_s']:.1f}", shown(row["percent"].get(FIXED)),
                "" if row["recovery_min"] is None else f"{row['recovery_min']:.0f}", row["not_recovered"],
                f"{row['unserved']:.0f}", f"{row['gridlocks']:.0f}",
            ]
            for row in found
        ],
    )  # fmt: skip
