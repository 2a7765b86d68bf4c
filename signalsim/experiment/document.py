"""The JSON documents of ``run --json`` and ``compare --json``: fixed keys in a fixed order."""

import json
import math
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from signalsim.measures import MEASURES, evaluate, evaluate_pedestrians
from signalsim.simulation import Run

from .comparison import Comparison
from .engines import EngineComparison
from .outcome import result_key, vehicles

FORMAT_VERSION = 1
_DIGITS = 10  # significant digits: all that the integers in ms behind a value can carry
_VERSIONS = ("signalsim", "numpy", "numba", "simpy", "scipy")
_ENGINE_VERSIONS = {"sumo": ("libsumo",)}  # of what an engine runs beyond these


def to_text(document: Mapping[str, Any]) -> str:
    """The document as text; non-finite numbers are null (JSON knows no NaN)."""
    return json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """What ``compare --json`` prints.

    Per controller: each measure's mean over the replications (``completed`` and ``unserved`` too are
    means per run) and, under ``vs_baseline``, the paired difference in the measure's unit.
    """
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "scenario": comparison.scenario.name,
        "baseline": comparison.baseline,
        "replications": comparison.replications,
        "seed": comparison.seed,
        "engine": comparison.engine,
        "demand_fit": comparison.agreement._asdict(),
    }
    document.update(_results(comparison))
    document["provenance"] = provenance(comparison.digest, comparison.engine)
    return document


def engines_document(comparison: EngineComparison) -> dict[str, Any]:
    """What ``compare --json`` prints for several engines: results nest under ``engines``."""
    common = comparison.any
    return {
        "format_version": FORMAT_VERSION,
        "scenario": common.scenario.name,
        "baseline": common.baseline,
        "replications": common.replications,
        "seed": common.seed,
        "demand_fit": common.agreement._asdict(),
        "engines": {name: _results(one) for name, one in comparison.by_engine.items()},
        "provenance": provenance(common.digest, *comparison.by_engine),
    }


def _results(comparison: Comparison) -> dict[str, Any]:
    """``sensors`` and ``controllers``, or the controllers within each of several presets."""
    presets = comparison.sensors
    if len(presets) == 1:
        return {"sensors": presets[0], "controllers": _controllers(comparison, presets[0])}
    return {"sensors": {preset: {"controllers": _controllers(comparison, preset)} for preset in presets}}


def _controllers(comparison: Comparison, preset: str) -> dict[str, Any]:
    return {name: _controller(comparison, preset, name) for name in comparison.controllers}


def _controller(comparison: Comparison, preset: str, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = {measure: comparison.mean(preset, name, measure).mean for measure in MEASURES}
    entry["vs_baseline"] = {measure: _difference(comparison, preset, name, measure) for measure in MEASURES}
    return entry


def _difference(comparison: Comparison, preset: str, name: str, measure: str) -> dict[str, Any]:
    found = comparison.difference(preset, name, measure)
    return {
        "difference": found.mean,
        "percent": comparison.percent(preset, name, measure),
        "ci95": [found.low, found.high],
        "p_value": found.p_value,
    }


def run_document(run: Run, scenario: str, digest: str) -> dict[str, Any]:
    """What ``run --json`` prints."""
    return {
        "format_version": FORMAT_VERSION,
        "scenario": scenario,
        "controller": run.controller,
        "seed": run.seed,
        "engine": run.engine,
        "sensors": run.sensors,
        "vehicles": vehicles(run.totals),
        "gridlocks": [asdict(gridlock) for gridlock in run.gridlocks],
        "measures": evaluate(run.sums) | evaluate_pedestrians(run.sums),
        "wall_s": run.wall_s,
        "cpu_s": run.cpu_s,
        "moves": int(run.moves),
        "provenance": {
            "key": result_key(run, digest),
            **provenance(digest, run.engine),
        },
    }


def provenance(digest: str, *engines: str) -> dict[str, Any]:
    """Where a result comes from: versions, platform, input, command line."""
    names = [*_VERSIONS, *(name for engine in engines for name in _ENGINE_VERSIONS.get(engine, ()))]
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    program = "signalsim" if program == "__main__.py" else program
    return {
        "scenario_sha256": digest,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in names}},
        "platform": f"{platform.system()} {platform.machine()}",
        "command": shlex.join([program, *sys.argv[1:]]),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
