"""What the tables share: which controllers adapt, traffic made denser, rows with their intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from signalsim.control.deployed import Deployed
from signalsim.control.plans import Designed, designed_plan, plain_plans
from signalsim.control.registry import CONTROLLERS, get
from signalsim.control.rollout import Rollout
from signalsim.control.volumes import traffic_of
from signalsim.demand import Demand
from signalsim.demand.model import MIXED, SAMPLED, EntryCells
from signalsim.experiment import Comparison, Interval, paired_difference
from signalsim.scenario import Scenario, build, load
from signalsim.scenario.planned import write_planned
from signalsim.signals import Plan
from signalsim.signals.assess import assess
from signalsim.signals.design import MAX_CYCLE_S, MIN_CYCLE_S

LIMITS = {"min_cycle_s": MIN_CYCLE_S, "max_cycle_s": MAX_CYCLE_S}
SCENARIOS = Path(__file__).parents[2] / "scenarios"
DELAY = "mean_delay_s"
FIXED, PLANNED = "deployed", "best-fixed"  # the controller, and its plan
Row = dict[str, Any]
_CELL_MS = 300_000  # in which listed trips are counted
_LEAST, _MOST = 0.05, 8.0  # demand over that of the scenario


class Form(NamedTuple):
    """How much is to run, and where the data are."""

    quick: bool
    controllers: tuple[str, ...]  # beside the fixed plans
    workers: int
    made: Path  # a folder for scenarios that are made
    cityflow: Path
    resco: Path | None


class Absent(Exception):  # noqa: N818  (not an error: the table is left out)
    """What a table needs is not there; the message says how to get it."""


class Claim(NamedTuple):
    """What was aimed at, and the worst that was found; in percent of the baseline's delay, or a number."""

    claim: str
    wanted: float  # at most
    found: float

    def row(self) -> Row:
        return {**self._asdict(), "met": self.found <= self.wanted}


def adaptive() -> list[str]:
    """The registered controllers that follow no fixed plan, but for ``rollout``: it takes milliseconds per
    decision, so that all tables would take a day."""
    return [name for name in CONTROLLERS if not isinstance(get(name), Deployed | Designed | Rollout)]


def drawn(demand: Demand) -> Demand:
    """The demand that cameras at all junctions make of listed trips: entries of five minutes and turning
    shares, so that replications differ by chance."""
    listed = demand.listed
    if listed is None:
        return demand
    n = -(-demand.end_ms // _CELL_MS)
    place = listed.route_link[listed.route].astype(np.int64) * n + listed.depart_ms // _CELL_MS
    vehicles = np.bincount(place)
    cell = np.flatnonzero(vehicles)
    start = cell % n * _CELL_MS
    entries = EntryCells(
        link=(cell // n).astype(np.int32),
        kind=np.full(len(cell), MIXED, np.int32),
        start_ms=start,
        end_ms=np.minimum(start + _CELL_MS, demand.end_ms),
        vehicles=vehicles[cell].astype(float),
        is_counted=np.ones(len(cell), bool),
    )
    return replace(
        demand, entries=entries, counted=listed.flow.astype(float), mode=SAMPLED, max_links=200, listed=None
    )


def scaled(demand: Demand, factor: float) -> Demand:
    """So many times the vehicles."""
    entries = replace(demand.entries, vehicles=factor * demand.entries.vehicles)
    return replace(demand, entries=entries, counted=factor * demand.counted)


def with_demand(scenario: Scenario, demand: Demand) -> Scenario:
    """The scenario with another demand than its files make."""
    changed = replace(scenario, changed="demand of benchmarks.controllers")
    vars(changed)["demand"] = demand  # a cached property: this is what it will say
    return changed


def with_plan(scenario: Scenario, plans: dict[int, Plan], folder: Path) -> Scenario:
    """The scenario, written to a new folder, with these plans deployed: fixed timing follows them, and
    controllers that set out from the plan in the street set out from them."""
    folder.mkdir()
    write_planned(scenario, {PLANNED: plans}, folder)
    planned = load(folder)
    control = planned.config.control.model_copy(update={"deployed": PLANNED})
    return replace(planned, config=planned.config.model_copy(update={"control": control}))


def with_horizon(scenario: Scenario, warm_up_s: float, demand_s: float, drain_s: float) -> Scenario:
    """The scenario with other times."""
    config = scenario.config
    horizon = config.horizon.model_copy(
        update={"warm_up_s": warm_up_s, "demand_s": demand_s, "drain_s": drain_s}
    )
    return replace(scenario, config=config.model_copy(update={"horizon": horizon}))


def factor_of(scenario: Scenario, demand: Demand, degree: float) -> float:
    """The factor by which ``demand`` makes the busiest movement's degree of saturation under Webster's
    plan ``degree``; the plan is designed anew for each."""
    built = build(with_demand(scenario, demand))
    low, high = _LEAST, _MOST
    while high - low > 0.002 * low:
        middle = (low + high) / 2
        tried = replace(built, demand=scaled(demand, middle))
        plans = plain_plans(designed_plan(tried, "webster", **LIMITS))
        found = [junction["degree_of_saturation"] for junction in assess(traffic_of(tried), plans)]
        is_below = all(one is not None and one <= degree for one in found)
        low, high = (middle, high) if is_below else (low, middle)
    return low


def rows(found: Comparison, against: Sequence[str], **case: Any) -> Iterator[Row]:
    """A row per cameras and controller: its delay, and its difference to the controllers ``against``."""
    for sensors in found.sensors:
        delay = {name: found.values(sensors, name, DELAY) for name in found.controllers}
        for name in found.controllers:
            mean, low, high, _ = vars(found.mean(sensors, name, DELAY)).values()
            yield {
                **case,
                "sensors": sensors,
                "controller": name,
                "mean_delay_s": mean,
                "ci95_s": [low, high],
                "percent": {
                    base: percent(delay[name], delay[base])
                    for base in against
                    if base in delay and base != name
                },
                "unserved": sum(found.values(sensors, name, "unserved").tolist()),
                "gridlocks": sum(found.values(sensors, name, "gridlocks").tolist()),
            }


def percent(values: np.ndarray, baseline: np.ndarray) -> list[float]:
    """Paired difference in percent of the baseline's mean: mean and both ends of its 95 % interval."""
    one: Interval = paired_difference(values, baseline)
    return [100 * end / float(baseline.mean()) for end in (one.mean, one.low, one.high)]


def shown(one: Sequence[float] | None) -> str:
    """What ``percent`` gives, as text."""
    return "" if one is None else f"{one[0]:+.0f} ({one[1]:+.0f} to {one[2]:+.0f})"


def markdown(head: Sequence[str], body: Sequence[Sequence[Any]]) -> str:
    """A table."""
    cells = [list(map(str, row)) for row in (head, ["---"] * len(head), *body)]
    width = [max(len(row[k]) for row in cells) for k in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)) + " |" for row in cells
    )
