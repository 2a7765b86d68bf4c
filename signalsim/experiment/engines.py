"""One comparison in several engines: does what a controller gains in one hold in another?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signalsim.errors import InputError
from signalsim.scenario import Scenario, load
from signalsim.simulation import ENGINES

from .comparison import Comparison, Progress, compare
from .names import Names

YES, NO, OPEN = "yes", "no", "open"


@dataclass(frozen=True)
class EngineComparison:
    """The same comparison in each engine, in the order asked for; the traffic is the same in all."""

    by_engine: dict[str, Comparison]

    @property
    def any(self) -> Comparison:
        """One of them, for what all have in common: scenario, controllers, baseline, sensors."""
        return next(iter(self.by_engine.values()))

    @property
    def replications(self) -> int:
        """Of each engine."""
        return self.any.replications

    def transfers(self, sensors: str, controller: str, measure: str = "mean_delay_s") -> str:
        """Whether the difference to the baseline has the same sign in every engine: YES, NO or OPEN.

        A difference whose 95 % interval holds 0 leaves it open.
        """
        found = {c.difference(sensors, controller, measure).verdict for c in self.by_engine.values()}
        if {-1, 1} <= found:
            return NO
        return OPEN if 0 in found else YES

    def sample(self, path: tuple[str, ...]) -> tuple[np.ndarray, bool]:
        """See ``gate.Values``: names begin with the engine's."""
        return self.by_engine[_engine_of(path, list(self.by_engine))].sample(path[1:])

    def to_json(self) -> str:
        """The document of ``compare --json`` with several engines."""
        from .document import engines_document, to_text

        return to_text(engines_document(self))


class EngineNames:
    """The names of such a comparison that has not run: ``sample`` answers with zeros."""

    def __init__(self, controllers: Sequence[str], sensors: Sequence[str], engines: Sequence[str]):
        self._names, self._engines = Names(controllers, sensors), list(engines)

    def sample(self, path: tuple[str, ...]) -> tuple[np.ndarray, bool]:
        """See ``gate.Values``."""
        _engine_of(path, self._engines)
        return self._names.sample(path[1:])


def _engine_of(path: tuple[str, ...], engines: list[str]) -> str:
    if path[0] not in engines or len(path) < 2:
        raise KeyError(
            f"{'.'.join(path)!r}: {path[0]!r} is not an engine of this comparison ({', '.join(engines)}); "
            "with several engines begin with one of them"
        )
    return path[0]


def compare_engines(
    scenario: Scenario | Path | str,
    controllers: Sequence[Any] | None = None,
    *,
    engines: Sequence[str],
    progress: Progress | None = None,
    on_compile: Callable[[], None] | None = None,
    **options: Any,
) -> EngineComparison:
    """``compare`` in each of ``engines``, with the options that it takes. Raises InputError."""
    unknown = [name for name in engines if name not in ENGINES]
    if unknown or not engines or len(set(engines)) < len(engines):
        raise InputError(f"engines '{','.join(engines)}': name each engine once, of {', '.join(ENGINES)}")
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    found = {}
    for number, engine in enumerate(engines):
        found[engine] = compare(
            scenario,
            controllers,
            engine=engine,
            progress=_part(progress, number, engine, len(engines)),
            on_compile=on_compile,
            **options,
        )
    return EngineComparison(found)


def _part(progress: Progress | None, number: int, engine: str, parts: int) -> Progress | None:
    """Progress of one engine as a part of the whole."""
    if progress is None:
        return None
    return lambda done, total, label: progress(number * total + done, parts * total, f"{engine} {label}")
