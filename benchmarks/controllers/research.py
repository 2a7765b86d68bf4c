"""Table ``research``: CityFlow's sets with their demand scaled to degrees of saturation.

Each set with the four stages of the literature and with the eight of its own file; Webster's plan has the
four in both, which lose less time. Vehicles are drawn anew in each replication, from the trips' entries in
five minutes and their turning shares. X is the degree of saturation of the busiest movement under Webster's
plan. Everybody faces the same vehicles. The short form is a quarter of an hour of scenarios/hangzhou.
"""

from collections.abc import Iterator

from benchmarks.cityflow import missing, write_set
from signalsim.experiment import compare
from signalsim.scenario import Scenario, load

from .common import (
    SCENARIOS,
    Absent,
    Claim,
    Form,
    Row,
    drawn,
    factor_of,
    markdown,
    rows,
    scaled,
    shown,
    with_demand,
    with_horizon,
)

SETS, STAGES = ("jinan_3x4", "hangzhou_4x4"), (8, 4)
LOADS = (0.6, 0.7, 0.8, 0.9)
SENSORS = ("omniscient", "typical")
BASES, OURS = ("webster", "max-pressure"), "rolling-horizon"
HORIZON = {"warm_up_s": 600.0, "demand_s": 3000.0, "drain_s": 3600.0}
REPLICATIONS, QUICK_REPLICATIONS = 5, 3
QUICK_NAME, QUICK_HORIZON, QUICK_LOAD = "hangzhou", (300.0, 900.0, 3600.0), 0.8


def measure(form: Form) -> Iterator[Row]:
    """A row per set, number of stages, X, cameras and controller."""
    for name, stages, scenario in _scenarios(form):
        demand = drawn(scenario.demand)
        for degree in (QUICK_LOAD,) if form.quick else LOADS:
            factor = factor_of(scenario, demand, degree)
            found = compare(
                with_demand(scenario, scaled(demand, factor)),
                ["webster", *form.controllers],
                baseline="webster",
                replications=QUICK_REPLICATIONS if form.quick else REPLICATIONS,
                sensors=SENSORS,
                workers=form.workers,
            )
            yield from rows(found, BASES, set=name, stages=stages, x=degree, demand_factor=factor)


def _scenarios(form: Form) -> Iterator[tuple[str, int, Scenario]]:
    if form.quick:
        yield QUICK_NAME, 4, with_horizon(load(SCENARIOS / QUICK_NAME), *QUICK_HORIZON)
        return
    if text := missing(form.cityflow):
        raise Absent(text)
    for name in SETS:
        for stages in STAGES:
            folder = form.made / f"{name}-{stages}"
            write_set(form.cityflow, name, folder, all_stages=stages == 8, horizon=HORIZON)
            yield name, stages, load(folder)


def claims(found: list[Row]) -> list[Claim]:
    """The worst of ``rolling-horizon`` over sets, stages and X; none where it or a baseline is not there."""
    ours = [row for row in found if row["controller"] == OURS and set(row["percent"]) >= set(BASES)]
    if not ours:
        return []

    def worst(sensors: str, base: str, end: int) -> float:
        return max(row["percent"][base][end] for row in ours if row["sensors"] == sensors)

    return [
        Claim("rolling-horizon, omniscient, against webster, %", -45, worst("omniscient", "webster", 0)),
        Claim("the same, upper end of the interval, %", -35, worst("omniscient", "webster", 2)),
        Claim(
            "rolling-horizon, omniscient, against max-pressure, %",
            -25,
            worst("omniscient", "max-pressure", 0),
        ),
        Claim("rolling-horizon, typical, against webster, %", -35, worst("typical", "webster", 0)),
    ]


def text(found: list[Row]) -> str:
    """Delay in s, differences in % with their intervals."""
    head = ["set", "stages", "X", "cameras", "controller", "delay s", "to webster %", "to max-pressure %"]
    return markdown(
        head,
        [
            [
                row["set"], row["stages"], row["x"], row["sensors"], row["controller"],
                f"{row['mean_delay_s']:.1f}", *(shown(row["percent"].get(base)) for base in BASES),
            ]
            for row in found
        ],
    )  # fmt: skip
