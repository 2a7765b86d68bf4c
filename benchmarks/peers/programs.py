"""The simulators, each a function of a case's folder. They run in processes of their own, so that what a
program imports is part of its own load.

What the models are not alike in: UXsim has links with two lanes in parallel and no lanes to choose, no
turns that give way, no driver's own speed; its signals are per link, and its saturation flow here is a
capacity of links' ends. With ``deltan=5`` five vehicles are one platoon, so every fifth vehicle's route is
driven by five. SUMO's drivers have their own saturation flow, gaps and lane changes; its mesoscopic model
with junction control has signals, and left turns that give way, on segments of about 100 m.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .case import SCENARIO, SEED, SUMO, Result, Streets, read_streets


def ours(folder: Path) -> Result:
    """This project: the scenario from its files, its plan, sums only."""
    from signalsim.simulation import simulate

    run = simulate(folder / SCENARIO, "deployed", seed=SEED)
    load_s = time.process_time() - run.cpu_s
    sums = run.sums
    travel = np.where(sums.arrive_ms >= 0, sums.arrive_ms - sums.depart_ms, np.nan) / 1000
    return Result(load_s, run.cpu_s, run.moves, travel, sums.depart_ms / 1000)


def sumo_micro(folder: Path) -> Result:
    """SUMO's microscopic model."""
    return _sumo(folder, [])


def sumo_meso(folder: Path) -> Result:
    """SUMO's mesoscopic model with signals and right of way."""
    return _sumo(folder, ["--mesosim", "--meso-junction-control"])


def _sumo(folder: Path, options: list[str]) -> Result:
    """Moves are counted along the routes: to their ends, or as far as a vehicle has come."""
    import libsumo

    quiet = ["--no-step-log", "--no-warnings"]
    libsumo.start(["sumo", "-c", str(folder / SUMO / "scenario.sumocfg"), *quiet, *options])
    load_s, arrived = time.process_time(), {}
    end = libsumo.simulation.getEndTime()
    while (now := libsumo.simulation.getTime()) < end:
        libsumo.simulationStep()
        for vehicle in libsumo.simulation.getArrivedIDList():
            arrived[int(vehicle)] = now + 1
    run_s = time.process_time() - load_s
    inside = [libsumo.vehicle.getRouteIndex(vehicle) + 1 for vehicle in libsumo.vehicle.getIDList()]
    libsumo.close()
    grid = read_streets(folder)
    who = np.array(list(arrived), int)
    travel = np.full(len(grid.depart_s), np.nan)
    travel[who] = np.array(list(arrived.values())) - grid.depart_s[who]
    moves = np.diff(grid.route)[who].sum() + sum(inside)
    return Result(load_s, run_s, int(moves), travel, grid.depart_s)


def uxsim_1(folder: Path) -> Result:
    """UXsim's C++ engine, every vehicle by itself, steps of 1 s."""
    return _uxsim(folder, 1)


def uxsim_5(folder: Path) -> Result:
    """UXsim's C++ engine, platoons of five, steps of 5 s."""
    return _uxsim(folder, 5)


def _uxsim(folder: Path, deltan: int) -> Result:
    """The run is what ``exec_simulation`` takes; logs, printing and route choice are off."""
    grid = read_streets(folder)
    world, links, vehicles = _world(grid, deltan)
    load_s = time.process_time()
    world.exec_simulation(until_t=grid.end_s)
    run_s = time.process_time() - load_s
    is_home = np.array([vehicle.state == "end" for vehicle in vehicles])
    travel = np.array([vehicle.travel_time for vehicle in vehicles], float)
    moves = sum(link.cum_arrival[-1] for link in links)
    return Result(load_s, run_s, int(moves), np.where(is_home, travel, np.nan), grid.depart_s[::deltan])


def _world(grid: Streets, deltan: int) -> tuple[Any, list[Any], list[Any]]:
    from uxsim import World

    never = 10 * grid.end_s
    world = World(
        cpp=True, deltan=deltan, reaction_time=1, tmax=grid.end_s + deltan, duo_update_time=never,
        vehicle_logging_timestep_interval=-1, print_mode=0, save_mode=0, show_mode=0, random_seed=SEED,
    )  # fmt: skip
    nodes = [_node(world, k, grid, offset, deltan) for k, offset in enumerate(grid.node_offset_s.tolist())]
    links = [
        world.addLink(
            f"l{k}", nodes[a], nodes[b], length=grid.length_m, free_flow_speed=grid.speed_mps,
            jam_density_per_lane=1 / grid.jam_spacing_m, number_of_lanes=grid.lanes,
            capacity_out=grid.lanes * grid.saturation_vps, signal_group=[max(2 * stage, 0)],
        )
        for k, ((a, b), stage) in enumerate(
            zip(grid.link_node.tolist(), grid.link_stage.tolist(), strict=True)
        )
    ]  # fmt: skip
    vehicles = []
    for v in range(0, len(grid.depart_s), deltan):
        route = grid.route_link[grid.route[v] : grid.route[v + 1]]
        begin, end = grid.link_node[route[0], 0], grid.link_node[route[-1], 1]
        vehicles.append(world.addVehicle(nodes[begin], nodes[end], float(grid.depart_s[v])))
        vehicles[-1].enforce_route([links[k] for k in route])
    world.finalize_scenario()
    return world, links, vehicles


def _node(world: Any, k: int, grid: Streets, offset_s: float, deltan: int) -> Any:
    """A node with the plan's phases: greens are 0 and 2, in 1 and 3 nobody goes.

    A phase of UXsim lasts a step longer than it is told, so it is told a step less.
    """
    if offset_s < 0:
        return world.addNode(f"n{k}", 0, 0)
    node = world.addNode(f"n{k}", 0, 0, signal=(grid.stage_s - deltan).tolist())
    into, phase = -offset_s % grid.stage_s.sum(), 0
    while into >= grid.stage_s[phase]:
        into, phase = into - grid.stage_s[phase], phase + 1
    node.signal_phase, node.signal_t = phase, float(into)
    return node


OURS = "signalsim"
PROGRAMS: dict[str, Callable[[Path], Result]] = {
    OURS: ours,
    "uxsim-5": uxsim_5,
    "uxsim-1": uxsim_1,
    "sumo-meso": sumo_meso,
    "sumo-micro": sumo_micro,
}
AIMS = {"uxsim-5": 2.0, "uxsim-1": 10.0, "sumo-meso": 100.0, "sumo-micro": 1000.0}  # times as fast


def run(name: str, folder: Path) -> Result:
    """A program in a process that does nothing else; what it prints goes to stderr."""
    os.dup2(2, 1)
    return PROGRAMS[name](folder)
