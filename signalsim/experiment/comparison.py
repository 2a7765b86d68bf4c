"""Controllers on the same traffic, replication by replication, and what the differences are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.control import CONTROLLERS, get, prepare
from signalsim.errors import InputError
from signalsim.measures import MEASURES
from signalsim.scenario import Built, Scenario, build, load
from signalsim.scenario.cameras import preset

from .agreement import Agreement, agreement
from .names import Names
from .outcome import Outcome
from .statistics import Interval, interval, paired_difference
from .sweep import Sweep
from .workers import Setup, Task, run_all

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Comparison:
    """The result of ``compare``: every run's outcome, and statistics over them.

    ``outcomes[sensors, controller]`` are in order of replication; ``sensors`` and ``controllers``
    are in the order asked for.
    """

    scenario: Scenario
    digest: str
    controllers: tuple[str, ...]
    baseline: str
    replications: int
    seed: int
    sensors: tuple[str, ...]
    engine: str
    junctions: tuple[str, ...]
    n_lanes: int
    agreement: Agreement  # of the sampled traffic with the counts
    outcomes: dict[tuple[str, str], list[Outcome]]
    sweep: Sweep | None = None  # whose cameras ``sensors`` are

    def values(self, sensors: str, controller: str, measure: str) -> np.ndarray:
        """(n_replications,) the measure in each replication."""
        return np.array([outcome.values[measure] for outcome in self.outcomes[sensors, controller]])

    def mean(self, sensors: str, controller: str, measure: str) -> Interval:
        """The measure's mean over the replications and its own interval."""
        return interval(self.values(sensors, controller, measure))

    def difference(self, sensors: str, controller: str, measure: str) -> Interval:
        """Paired difference to the baseline, in the measure's unit."""
        return paired_difference(
            self.values(sensors, controller, measure), self.values(sensors, self.baseline, measure)
        )

    def percent(self, sensors: str, controller: str, measure: str) -> float:
        """The mean difference in percent of the baseline's mean; NaN if that is 0."""
        base = self.mean(sensors, self.baseline, measure).mean
        return 100 * self.difference(sensors, controller, measure).mean / base if base else float("nan")

    def sample(self, path: tuple[str, ...]) -> tuple[np.ndarray, bool]:
        """See ``gate.Values``."""
        wanted = Names(self.controllers, self.sensors).resolve(path)
        values = self.values(wanted.sensors, wanted.controller, wanted.measure)
        exact = MEASURES[wanted.measure].counted_fact
        if not wanted.against:
            return values, exact
        base = self.values(wanted.sensors, self.baseline, wanted.measure)
        if wanted.against == "percent":
            with np.errstate(divide="ignore", invalid="ignore"):
                return 100 * (values - base) / np.float64(base.mean()), exact
        return values - base, exact

    def to_json(self) -> str:
        """The document of ``compare --json``; same input and seed, same bytes (provenance aside)."""
        from .document import comparison_document, to_text

        return to_text(comparison_document(self))


def compare(
    scenario: Scenario | Path | str,
    controllers: Sequence[Any] | None = None,
    baseline: str | None = None,
    replications: int = 10,
    seed: int | None = None,
    sensors: str | Sequence[str] | Sweep | None = None,
    engine: str = "numba",
    progress: Progress | None = None,
    on_compile: Callable[[], None] | None = None,
    workers: int = 1,
) -> Comparison:
    """Run every controller on the same ``replications`` samples of traffic and compare them.

    ``controllers``: names, ``FILE.py:CLASS`` or controller objects; by default those that the
    scenario lists, as are seed and sensors. ``baseline``: one of them by name; by default the
    scenario's if it takes part, else the first. ``sensors``: one or several, or a sweep (``read_sweep``);
    who looks at no camera runs once for all of them. ``progress(done, total, label)`` is called after
    each run, ``on_compile()`` before kernels are compiled that no cache holds. ``workers``: processes
    to use when it pays; results do not depend on it (a script that asks for more than one needs the
    usual ``if __name__ == "__main__"``). Raises InputError.
    """
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    config = scenario.config
    named = _named(config.control.controllers if controllers is None else controllers)
    baseline = _baseline(named, baseline, config.control.baseline)
    presets = _presets(sensors, scenario)
    if replications < 1:
        raise InputError(f"replications: {replications} is too few; give 1 or more, 2 or more for intervals")
    built, digest = build(scenario), scenario.digest()
    blind = _blind(named, built) if len(presets) > 1 else set()
    tasks = [
        Task(name, camera, replication)
        for replication in range(replications)
        for camera in presets
        for name in named
        if name not in blind or camera == presets[0]
    ]
    seed = config.seed if seed is None else seed
    setup = Setup(built, named, digest, seed, engine)
    found = run_all(tasks, setup, workers, progress, on_compile)
    outcomes: dict[tuple[str, str], list[Outcome]] = {(p, n): [] for p in presets for n in named}
    for task, outcome in zip(tasks, found, strict=True):
        for camera in presets if task.controller in blind else (task.sensors,):
            outcomes[camera, task.controller].append(outcome)
    return Comparison(
        scenario=scenario,
        digest=digest,
        controllers=tuple(named),
        baseline=baseline,
        replications=replications,
        seed=seed,
        sensors=presets,
        engine=engine,
        junctions=built.index.junctions,
        n_lanes=len(built.index.lanes),
        agreement=agreement(built, seed, replications),
        outcomes=outcomes,
        sweep=sensors if isinstance(sensors, Sweep) else None,
    )


def _blind(named: dict[str, Any], built: Built) -> set[str]:
    """Controllers of the package that look at no camera."""
    policies = {
        name: prepare(get(spec), built)
        for name, spec in named.items()
        if isinstance(spec, str) and spec.partition(":")[0] in CONTROLLERS
    }
    return {
        name
        for name, policy in policies.items()
        if not policy.needs_sensing and getattr(policy, "detectors", None) is None
    }


def _named(controllers: Sequence[Any]) -> dict[str, Any]:
    """Name -> what to run; a name for a controller object is its class's name, numbered if need be."""
    named: dict[str, Any] = {}
    for controller in controllers:
        if isinstance(controller, str):
            get(controller)  # refuses an unknown name before anything runs
            if controller in named:
                raise InputError(f"controllers: {controller!r} is named twice; name each one once")
            named[controller] = controller
            continue
        name, number = type(controller).__name__, 2
        while name in named:
            name, number = f"{type(controller).__name__}-{number}", number + 1
        named[name] = controller
    if not named:
        raise InputError("controllers: none given; name at least one, such as 'webster'")
    return named


def _baseline(named: dict[str, Any], baseline: str | None, usual: str) -> str:
    if baseline is None:
        return usual if usual in named else next(iter(named))
    if baseline not in named:
        raise InputError(f"baseline: {baseline!r} does not take part; name one of {', '.join(named)}")
    return baseline


def _presets(sensors: str | Sequence[str] | Sweep | None, scenario: Scenario) -> tuple[str, ...]:
    if isinstance(sensors, Sweep):
        return sensors.cameras
    if sensors is None:
        return (scenario.config.sensors.spec,)
    presets = (sensors,) if isinstance(sensors, str) else tuple(sensors)
    if len(set(presets)) < len(presets) or not presets:
        raise InputError(f"sensors: {', '.join(presets) or 'none'}; name each preset once")
    for name in presets:
        preset(name)  # refuses an unknown name before anything runs
    return presets
