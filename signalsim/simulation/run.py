"""One run: a scenario, a controller, a seed -> what happened."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control.base import Policy, make_request
from signalsim.control.lookup import source_digest, title
from signalsim.control.plain import ForeignPolicy, prepare
from signalsim.control.registry import get
from signalsim.engine.surface import Sums, Totals
from signalsim.errors import InputError
from signalsim.sensing.presets import Camera, preset
from signalsim.sensing.sensors import Sensors

from .actors import Stage, start
from .protocol import Engine
from .series import Recorder, Series

ENGINES = ("numba", "simpy")
_compiled: set[Any] = set()  # kinds of engine and policy whose kernels this process has loaded


@dataclass(frozen=True)
class Run:
    """What a run leaves behind. Equal input and seed give equal everything but ``wall_s``, ``cpu_s``."""

    sums: Sums
    totals: Totals
    records: np.ndarray | None  # engine.records.RECORD; None with record="sums"
    series: Series
    controller: str  # its repr, or as near as it has one
    seed: int
    replication: int
    engine: str
    sensors: str
    horizon: Any  # Horizon(warm_up_s, demand_s, drain_s)
    built: Any = field(repr=False)
    wall_s: float = field(compare=False)  # the simulation alone: no loading, no compilation
    cpu_s: float = field(compare=False)
    controller_source: str = ""  # sha256 of a user's file; the package's own are told by its version

    @property
    def moves(self) -> int:
        """Vehicle-link entries."""
        return self.totals.moves


def simulate(
    scenario: Any,
    controller: Any = "deployed",
    *,
    seed: int = 0,
    replication: int = 0,
    engine: str = "numba",
    sensors: str | Camera | None = None,
    record: str = "sums",
    on_compile: Callable[[], None] | None = None,
) -> Run:
    """Run a scenario (its path, or what ``scenario.build`` made of it) under a controller.

    Args:
        controller: a registered name, ``FILE.py:CLASS`` or a controller.
        seed, replication: choose the traffic and the cameras' errors; the controller has no say.
        engine: "numba" (compiled) or "simpy" (the same model in plain SimPy, slow).
        sensors: a preset's name, a Camera, or None for the scenario's preset.
        record: "sums", or "full" to keep every change of state.
        on_compile: called once per process, before kernels are compiled that no cache holds.

    Raises:
        InputError: unknown controller, engine, sensors or record, or an exception in a user's controller.
    """
    if engine not in ENGINES:
        raise InputError(f"engine '{engine}': no such engine; there are {', '.join(ENGINES)}")
    if record not in ("sums", "full"):
        raise InputError(f"record '{record}': give sums or full")
    rule, built = get(controller), _build(scenario)
    name = title(rule)  # before the run: a controller may keep what it likes in itself
    camera_name, camera = preset(built.scenario.config.sensors.preset if sensors is None else sensors)
    policy = prepare(rule, built)
    horizon = built.scenario.horizon
    from_ms = round(horizon.warm_up_s * 1000)
    to_ms = from_ms + round(horizon.demand_s * 1000)
    cap_ms = to_ms + round(horizon.drain_s * 1000)
    traffic = _engine(engine, on_compile)
    arrivals = _arrivals(built, seed, replication)
    make = partial(
        traffic, built.tables, arrivals, count_from_ms=from_ms, count_to_ms=to_ms, record=record == "full"
    )
    _load_kernels(engine, make, policy, built, camera)
    vehicles = make()
    cameras = Sensors(built.tables, camera, seed=seed, replication=replication)
    stage = Stage(vehicles, cameras, policy, Recorder(built.tables))
    start(stage, cap_ms, lambda now: now >= to_ms and vehicles.all_counted_arrived())
    wall, cpu = time.perf_counter(), time.process_time()
    stage.env.run(until=stage.finished)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    totals = vehicles.totals()
    _check(totals)
    return Run(
        sums=vehicles.sums(),
        totals=totals,
        records=vehicles.records() if record == "full" else None,
        series=stage.recorder.series(),
        controller=name,
        seed=seed,
        replication=replication,
        engine=engine,
        sensors=camera_name,
        horizon=horizon,
        built=built,
        wall_s=wall,
        cpu_s=cpu,
        controller_source=source_digest(rule),
    )


def _build(scenario: Any) -> Any:
    from signalsim.scenario import build, load

    if isinstance(scenario, str | Path):
        return build(load(scenario))
    return scenario if hasattr(scenario, "tables") else build(scenario)


def _arrivals(built: Any, seed: int, replication: int) -> Any:
    from signalsim.demand import sample

    return sample(built, seed, replication)


def _engine(name: str, on_compile: Callable[[], None] | None) -> Callable[..., Engine]:
    from signalsim.engine import jit

    if on_compile is not None and not _compiled and jit.is_cold():
        on_compile()
    if name == "numba":
        from signalsim.engine.compiled import CompiledEngine

        return CompiledEngine
    from signalsim.engine.reference import ReferenceEngine

    return ReferenceEngine


def _load_kernels(
    engine: str, make: Callable[[], Engine], policy: Policy, built: Any, camera: Camera
) -> None:
    """Compile, or load from the cache, everything that a run calls: on copies, before the clock starts.

    A user's own policy is not called here: it may remember how often it was, and a run must not
    depend on what ran before.
    """
    kinds = {engine, type(policy)}
    if kinds <= _compiled:
        return
    vehicles, sensors = make(), Sensors(built.tables, camera)
    sight = vehicles.observe()
    sensors.read(sight)
    sensors.deliver()
    n_junctions = len(sight.stage)
    nobody, request = np.zeros(0, np.int32), make_request(n_junctions)
    seen = sensors.observe(sight)
    if not isinstance(policy, ForeignPolicy):
        policy.decide(seen, nobody, request)
    vehicles.request(request.stage, request.switch_at_ms)
    vehicles.sums()
    if engine == "numba":
        vehicles.advance(1)
    _compiled.update(kinds)


def _check(totals: Totals) -> None:
    """Nobody is lost: a bug of the engine if not."""
    if totals.departed != totals.arrived + totals.inside + totals.waiting:
        raise RuntimeError(f"vehicles were lost or made: {totals}; please report this")
