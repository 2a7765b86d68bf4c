"""One run: a scenario, a controller, a seed -> what happened."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control.base import Logging, Policy, make_request
from signalsim.control.lookup import source_digest, title
from signalsim.control.plain import ForeignPolicy, prepare
from signalsim.control.registry import get
from signalsim.engine.surface import Sums, Totals
from signalsim.errors import InputError
from signalsim.scenario.cameras import Camera, preset
from signalsim.sensing.changes import changes
from signalsim.sensing.sensors import Sensors

from .actors import Stage, Watch, start
from .gridlock import Gridlock, GridlockFinder
from .protocol import Engine
from .series import Recorder, Series

ENGINES = ("numba", "simpy", "sumo")
MakeEngine = Callable[..., Engine]  # (built, arrivals, *, count_from_ms, count_to_ms, record)
_compiled: set[Any] = set()  # kinds of engine and policy whose kernels this process has loaded


@dataclass(frozen=True)
class Run:
    """What a run leaves behind. Equal input and seed give equal everything but ``wall_s``, ``cpu_s``."""

    sums: Sums
    totals: Totals
    records: np.ndarray | None  # engine.records.RECORD; None with record="sums"
    series: Series
    gridlocks: tuple[Gridlock, ...]  # in the order in which they were found
    controller: str  # its repr, or as near as it has one
    seed: int
    replication: int
    engine: str
    sensors: str
    horizon: Any  # Horizon(warm_up_s, demand_s, drain_s)
    built: Any = field(repr=False)
    arrivals: Any = field(repr=False, compare=False)  # engine.tables.Arrivals: the vehicles and their routes
    wall_s: float = field(compare=False)  # the simulation alone: no loading, no compilation
    cpu_s: float = field(compare=False)
    # (n, 4) int64 of controllers that act on calls: time (ms), junction, group, code of ``formats.hires``
    decisions: np.ndarray | None = field(repr=False, default=None)
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
    watch: Watch | None = None,
) -> Run:
    """Run a scenario (its path, or what ``scenario.build`` made of it) under a controller.

    Args:
        controller: a registered name, ``FILE.py:CLASS`` or a controller.
        seed, replication: choose the traffic and the cameras' errors; the controller has no say.
        engine: "numba" (compiled), "simpy" (the same model in plain SimPy, slow), "sumo" (SUMO moves the
            vehicles; needs the extra of that name), or a function of (built, arrivals, *, count_from_ms,
            count_to_ms, record) that makes what ``simulation.protocol.Engine`` asks for.
        sensors: a preset's name, a Camera, or None for the scenario's preset.
        record: "sums", or "full" to keep every change of state.
        on_compile: called once per process, before kernels are compiled that no cache holds.
        watch: somebody who looks at the truth at set times; nothing of the run depends on it.

    Raises:
        InputError: unknown controller, engine, sensors or record, or an exception in a user's controller.
    """
    if isinstance(engine, str) and engine not in ENGINES:
        raise InputError(f"engine '{engine}': no such engine; there are {', '.join(ENGINES)}")
    if record not in ("sums", "full"):
        raise InputError(f"record '{record}': give sums or full")
    rule, built = get(controller), _build(scenario)
    name = title(rule)  # before the run: a controller may keep what it likes in itself
    camera_name, camera = preset(built.scenario.config.sensors.spec if sensors is None else sensors)
    policy = prepare(rule, built)
    horizon = built.scenario.horizon
    from_ms = round(horizon.warm_up_s * 1000)
    to_ms = from_ms + round(horizon.demand_s * 1000)
    cap_ms = to_ms + round(horizon.drain_s * 1000)
    engine_name = engine if isinstance(engine, str) else getattr(engine, "__name__", type(engine).__name__)
    traffic, arrivals = _maker(engine, on_compile), _arrivals(built, seed, replication)
    make = partial(
        traffic, built, arrivals, count_from_ms=from_ms, count_to_ms=to_ms, record=record == "full"
    )
    _load_kernels(engine_name, make, policy, built, camera)
    cameras = Sensors(built.tables, camera, seed=seed, replication=replication)
    with _closing(make()) as vehicles:
        finder = GridlockFinder(built)
        stage = Stage(vehicles, cameras, policy, Recorder(built.tables))
        start(
            stage,
            cap_ms,
            lambda now: now >= to_ms and vehicles.all_counted_arrived(),
            finder,
            changes(built),
            watch,
        )
        wall, cpu = time.perf_counter(), time.process_time()
        stage.env.run(until=stage.finished)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        totals = vehicles.totals()
        sums = vehicles.sums()._replace(gridlocks=len(finder.found))
        records = vehicles.records() if record == "full" else None
    _check(totals)
    return Run(
        sums=sums,
        totals=totals,
        records=records,
        series=stage.recorder.series(),
        gridlocks=tuple(finder.found),
        controller=name,
        seed=seed,
        replication=replication,
        engine=engine_name,
        sensors=camera_name,
        horizon=horizon,
        built=built,
        arrivals=arrivals,
        wall_s=wall,
        cpu_s=cpu,
        decisions=policy.log() if isinstance(policy, Logging) else None,
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


def _maker(engine: str | MakeEngine, on_compile: Callable[[], None] | None) -> MakeEngine:
    """What makes the engine of a run; its module is loaded now."""
    from signalsim.engine import jit

    if on_compile is not None and not _compiled and jit.is_cold():
        on_compile()
    if not isinstance(engine, str):
        return engine
    if engine == "sumo":
        from signalsim.bridges.sumo.engine import SumoEngine

        return SumoEngine
    if engine == "numba":
        from signalsim.engine.compiled import CompiledEngine

        return lambda built, arrivals, **options: CompiledEngine(built.tables, arrivals, **options)
    from signalsim.engine.reference import ReferenceEngine

    return lambda built, arrivals, **options: ReferenceEngine(built.tables, arrivals, **options)


@contextmanager
def _closing(engine: Engine) -> Iterator[Engine]:
    """An engine that holds more than memory of this process (it has ``close``) lets go of it at the end."""
    try:
        yield engine
    finally:
        if close := getattr(engine, "close", None):
            close()


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
    with _closing(make()) as vehicles:
        vehicles.observe(lanes=False)
        sight, sensors = vehicles.observe(), Sensors(built.tables, camera)
        sensors.read(sight)
        sensors.deliver()
        n_junctions = len(sight.stage)
        nobody, request = np.zeros(0, np.int32), make_request(n_junctions)
        seen = sensors.observe(sight)
        detectors = getattr(policy, "detectors", None)
        if detectors is not None:
            seen = sensors.with_calls(seen, vehicles.cabinet(detectors), detectors)
        if not isinstance(policy, ForeignPolicy):
            policy.decide(seen, nobody, request)
        vehicles.request(request.stage, request.switch_at_ms)
        vehicles.sums()
        if engine in ("numba", "sumo"):
            vehicles.advance(1)
    _compiled.update(kinds)


def _check(totals: Totals) -> None:
    """Nobody is lost: a bug of the engine if not."""
    if totals.departed != totals.arrived + totals.inside + totals.waiting:
        raise RuntimeError(f"vehicles were lost or made: {totals}; please report this")
