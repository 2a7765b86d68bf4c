"""Fixed plans by method, and what their designers should be told about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from signalsim.control.coordinated import coordinated_design
from signalsim.control.day import day_plans
from signalsim.control.lasting import lasting_plan
from signalsim.control.plans import designed_plan, plain_plans, stage_order
from signalsim.control.volumes import traffic_of
from signalsim.errors import InputError
from signalsim.signals import Plan, SignalSystem
from signalsim.signals.assess import assess, remarks
from signalsim.signals.coordinated import Coordinated, check_cycle
from signalsim.signals.traffic import Traffic

from .plan_pool import Pool
from .statistics import Interval, paired_difference

METHODS = ("uniform", "webster", "time-of-day", "coordinated", "optimised")
Plans = dict[int, Plan]
FORMULA = {
    "webster": "cycle of each junction by Webster's formula, where turns wait for gaps the one of least "
    "estimated delay; greens by critical flow ratios",
    "uniform": "equal greens, at the cycle that Webster's formula gives the busiest stage",
}


@dataclass(frozen=True)
class Planned:
    """``plans``: name -> junction -> plan, with the traffic that each was designed on; ``schedule``: start
    (as in 06:30) -> name of a plan, for plans by the time of day; ``why``: sentences."""

    method: str
    plans: dict[str, Plans]
    traffic: dict[str, Traffic]
    schedule: dict[str, str] = field(default_factory=dict)
    why: tuple[str, ...] = ()

    def assessment(self) -> dict[str, list[dict[str, Any]]]:
        """Name of a plan -> ``signals.assess`` of it."""
        return {name: assess(self.traffic[name], plans) for name, plans in self.plans.items()}

    def remarks(self) -> list[str]:
        """What should be known of the plans; several are told apart by their names."""
        several = len(self.plans) > 1
        return [
            f"{name}, {text}" if several else text
            for name, found in self.assessment().items()
            for text in remarks(found)
        ]


def design(built: Any, method: str, name: str, **limits: Any) -> Planned:
    """A plan by one of METHODS but ``optimised``. ``limits``: ``min_cycle_s``, ``max_cycle_s``; of
    ``coordinated`` also ``cycle_s``. Raises InputError.
    """
    check_signals(built)
    traffic = traffic_of(built)
    if method == "time-of-day":
        return _by_day(built, name, limits)
    if method == "coordinated":
        found = coordinated_design(built, **limits)
        why = why_coordinated(built.signals, found)
        return Planned(method, {name: found.plans}, {name: traffic}, why=why)
    check_cycle(built.signals, _order(built), limits["max_cycle_s"])
    plans = plain_plans(designed_plan(built, method, **limits))
    return Planned(method, {name: plans}, {name: traffic}, why=(FORMULA[method],))


def why_coordinated(signals: SignalSystem, found: Coordinated) -> tuple[str, ...]:
    """Sentences on the choice of a common cycle."""
    alone = f"{found.waiting_alone:.1f} with Webster's plans, each with its own cycle"
    best = min(found.waiting.values())
    if not found.cycle_s:
        why = [
            f"Webster's plans: none of {len(found.waiting)} common cycles tried is estimated to be "
            f"better, {best:.1f} vehicles waiting on average at the best of them, {alone}"
        ]
    else:
        why = [
            f"cycle {found.cycle_s:g} s: of {len(found.waiting)} common cycles tried the one of least "
            f"estimated delay, {found.waiting[found.cycle_s]:.1f} vehicles waiting on average, {alone}"
        ]
    if found.halved:
        ids = ", ".join(signals.junctions[j] for j in found.halved)
        why.append(f"half of it, {found.cycle_s / 2:g} s, at {ids}")
    if found.bands is not None:
        widths = " and ".join(f"{w * found.cycle_s:.0f}" for w in found.bands)
        why.append(f"green waves of {widths} s along the arterial, out and back")
    if found.widest is not None:
        widest = found.widest
        most = " and ".join(f"{w * widest.cycle_s:.0f}" for w in (widest.width_out, widest.width_in))
        why.append(f"the widest that this cycle and these greens allow are {most} s (MAXBAND)")
    return tuple(why)


def check_signals(built: Any) -> None:
    """Raise InputError where there is nothing to plan."""
    if not built.signals.junctions:
        raise InputError(f"{built.scenario.path}: has no signals, so no plan; take another scenario")


def _order(built: Any) -> dict[int, tuple[int, ...]]:
    return stage_order(lasting_plan(built.deployed, built.tables.signals))


def _by_day(built: Any, name: str, limits: Mapping[str, Any]) -> Planned:
    found = day_plans(built, **limits)
    names = [f"{name}-{k}" for k in range(1, len(found.plans) + 1)]
    costs = ", ".join(f"{k}: {cost / 3600:.1f}" for k, cost in enumerate(found.segments.cost, 1))
    return Planned(
        "time-of-day",
        dict(zip(names, found.plans, strict=True)),
        dict(zip(names, found.traffic, strict=True)),
        dict(zip(found.start, names, strict=True)),
        (
            f"{len(names)} of {len(found.segments.cost)} plans possible; estimated delay by number of plans, "
            f"changes included, veh·h: {costs}",
        ),
    )


def starting_plans(built: Any, **limits: Any) -> dict[str, Plans]:
    """What a search by simulation begins with: the deployed plan and those that are designed on counts."""
    check_signals(built)
    deployed = lasting_plan(built.deployed, built.tables.signals)
    return {
        "deployed": plain_plans(deployed),
        "webster": plain_plans(designed_plan(built, "webster", **limits)),
        "coordinated": coordinated_design(built, **limits).plans,
    }


@dataclass(frozen=True)
class Trial:
    """Mean delays (s) of plans on traffic that none of them was tuned on, and paired differences of one of
    them to each of the others."""

    replications: int
    mean_delay_s: dict[str, float]
    difference: dict[str, Interval]

    @property
    def best_other(self) -> str:
        return min(self.difference, key=lambda name: self.mean_delay_s[name])


def held_back(
    built: Any, plans: Mapping[str, Plans], ours: str, seed: int, replications: int, workers: int = 0
) -> Trial:
    """Simulate each plan on the same samples of traffic. ``ours``: the one to compare with the others."""
    with Pool(built, seed, "mean_delay_s", workers) as pool:
        jobs = [(one, k) for k in range(replications) for one in plans.values()]
        found = np.reshape(pool.values(jobs), (replications, len(plans))).T
    values = dict(zip(plans, found, strict=True))
    return Trial(
        replications,
        {name: float(v.mean()) for name, v in values.items()},
        {name: paired_difference(values[ours], v) for name, v in values.items() if name != ours},
    )
