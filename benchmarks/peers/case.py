"""One grid as all programs take it, and what is kept of a run."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

SCENARIO, SUMO, STREETS = "scenario", "sumo", "streets.npz"
FILL_S, WATCHED_S = 600.0, 600.0  # the grid fills; who wishes to depart in the next ten minutes is watched
LOAD = 0.7
SEED = 1


class Streets(NamedTuple):
    """The grid in plain arrays, for programs that are built in Python."""

    end_s: float
    stage_s: np.ndarray  # (4,) green and the intergreen behind it, of both stages
    link_node: np.ndarray  # (n_links, 2) from, to
    link_stage: np.ndarray  # (n_links,) 0 or 1, -1: no signal at its end
    node_offset_s: np.ndarray  # (n_nodes,) start of the first stage's green, -1: no signal
    length_m: float
    speed_mps: float
    jam_spacing_m: float
    lanes: int
    saturation_vps: float  # per lane
    depart_s: np.ndarray  # (n_vehicles,)
    route: np.ndarray  # (n_vehicles + 1,) CSR into
    route_link: np.ndarray


class Result(NamedTuple):
    """One run. Times of vehicles are from their wish to depart, NaN: has not arrived."""

    load_cpu_s: float  # from the start of the program, imports included, to the first instant
    run_cpu_s: float
    moves: int  # links entered
    travel_s: np.ndarray  # (n,) of the vehicles that it moves
    depart_s: np.ndarray  # (n,) their wish


def make(size: int, minutes: float, folder: Path) -> float:
    """Write the scenario, its SUMO export and its arrays; CPU seconds of the export. Raises InputError."""
    from resource import RUSAGE_CHILDREN, getrusage
    from time import process_time

    from benchmarks.gridcity import write_grid
    from signalsim.demand import sample
    from signalsim.formats.sumo.export import Plans, export_scenario
    from signalsim.scenario import build, load

    write_grid(size, folder / SCENARIO, FILL_S, 60 * minutes - FILL_S, LOAD, SEED)
    built = build(load(folder / SCENARIO))
    scenario, arrivals = built.scenario, sample(built, SEED)
    np.savez(folder / STREETS, **streets(built, arrivals)._asdict())
    (folder / SUMO).mkdir()
    begun = process_time() - getrusage(RUSAGE_CHILDREN).ru_utime
    export_scenario(
        scenario.network, scenario.signals, Plans(built.plans, built.deployed_name), arrivals,
        scenario.horizon.end_s, folder / SUMO,
    )  # fmt: skip
    return process_time() + getrusage(RUSAGE_CHILDREN).ru_utime - begun


def streets(built, arrivals) -> Streets:  # type: ignore[no-untyped-def]
    """The arrays of a grid that has been built."""
    from benchmarks import grid, gridcity
    from signalsim.engine.tables import EXIT

    network, signals = built.scenario.network, built.signals
    link = network.link.data
    ends = [[network.node.index[name] for name in link[column]] for column in ("from_node_id", "to_node_id")]
    stage, offset = np.full(len(network.link), -1), np.full(len(network.node), -1.0)
    offset[signals.junction_node] = built.deployed.offset_ms / 1000
    for m, group in enumerate(signals.movement_group.tolist()):
        stages = signals.stage_groups[signals.group_junction[group]]
        stage[network.movement_from[m]] = next(s for s, groups in enumerate(stages) if group in groups)
    routes = []
    for r in arrivals.route.tolist():
        movements = arrivals.route_movement[arrivals.route_start[r] : arrivals.route_start[r + 1]]
        routes.append(
            np.append(arrivals.route_link[r], network.movement_to[movements[movements != EXIT]]).astype(int)
        )
    return Streets(
        end_s=built.scenario.horizon.end_s,
        stage_s=np.array([gridcity.GREEN_S, gridcity.YELLOW_S + gridcity.ALL_RED_S] * 2),
        link_node=np.array(ends).T,
        link_stage=stage,
        node_offset_s=offset,
        length_m=grid.BLOCK_M,
        speed_mps=grid.SPEED_MPS,
        jam_spacing_m=grid.JAM_SPACING_M,
        lanes=2,
        saturation_vps=1000 / grid.HEADWAY_MS,
        depart_s=arrivals.depart_ms / 1000,
        route=np.cumsum([0, *map(len, routes)]),
        route_link=np.concatenate(routes),
    )


def read_streets(folder: Path) -> Streets:
    """What ``make`` has written."""
    with np.load(folder / STREETS) as stored:
        return Streets(
            **{name: stored[name] if stored[name].ndim else stored[name].item() for name in stored}
        )
