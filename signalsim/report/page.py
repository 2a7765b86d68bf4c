"""The one self-contained HTML page: no script, no font, no file beside it."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from signalsim.experiment import Comparison, Interval, interval, paired_difference
from signalsim.experiment.document import provenance
from signalsim.measures import MEASURES
from signalsim.report.cameras import NAME as CAMERAS
from signalsim.report.sweep import NAME as SWEEP
from signalsim.report.sweep import sweep_rows
from signalsim.scenario.cameras import PRESETS, preset

if TYPE_CHECKING:
    from jinja2 import Template

MINUS, DASH, NO_BREAK = "−", "–", "\u202f"
_SHOWN = (
    "mean_delay_s", "mean_travel_time_s", "stops_per_vehicle", "p95_delay_s", "max_queue_veh", "unserved",
)  # fmt: skip


def template(name: str) -> "Template":
    """A page's template, with the filters that write numbers."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("signalsim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["signed"] = signed
    environment.filters["plain"] = plain
    environment.filters["p"] = p_text
    environment.filters["short"] = "{:g}".format
    return environment.get_template(name)


def comparison_page(comparison: Comparison, figures: Mapping[str, str]) -> str:
    """The page as text. ``figures``: name -> SVG source, as ``folder.comparison_figures`` makes them."""
    sweep = comparison.sweep
    return template("comparison.html").render(
        comparison=comparison,
        baseline=comparison.baseline,
        presets=[] if sweep else [_preset(comparison, one, figures) for one in comparison.sensors],
        cameras=figures.get(SWEEP if sweep else CAMERAS, ""),
        sweep=sweep_rows(comparison, sweep) if sweep else [],
        camera_texts=_camera_texts(comparison),
        measures=[MEASURES[name] for name in _SHOWN],
        all_measures=list(MEASURES.values()),
        junctions=len(comparison.junctions),
        lanes=comparison.n_lanes,
        many=f"{comparison.replications} replication{'s' * (comparison.replications > 1)}",
        vehicles=_vehicles(comparison),
        horizon=comparison.scenario.horizon,
        source=comparison.scenario.config.source,
        warnings=comparison.scenario.warnings,
        description=comparison.scenario.config.description,
        provenance=provenance(comparison.digest),
        documents=_documents(comparison),
    )


def _preset(comparison: Comparison, preset: str, figures: Mapping[str, str]) -> dict[str, Any]:
    rows = [_row(comparison, preset, name) for name in comparison.controllers]
    return {
        "name": preset,
        "rows": rows,
        "pairs": [(name, _against_each(comparison, preset, name)) for name in comparison.controllers],
        "verdicts": [verdict(comparison, preset, row["name"]) for row in rows if not row["is_baseline"]],
        "delay": figures[figure_name(comparison, "delay", preset)],
        "queue": figures[figure_name(comparison, "queue", preset)],
        "green": [
            (name, figures[figure_name(comparison, "green", preset, name)]) for name in comparison.controllers
        ],
    }


def _against_each(comparison: Comparison, preset: str, name: str) -> list[Interval | None]:
    """Paired differences in mean delay of one controller to each; None in its own place."""
    ours = comparison.values(preset, name, "mean_delay_s")
    return [
        None if other == name else paired_difference(ours, comparison.values(preset, other, "mean_delay_s"))
        for other in comparison.controllers
    ]


def figure_name(comparison: Comparison, kind: str, preset: str, controller: str = "") -> str:
    """A figure's file name without suffix: kind, preset (if there are several), controller."""
    parts = [kind]
    if len(comparison.sensors) > 1:
        parts.append(_tame(preset, comparison.sensors))
    if controller:
        parts.append(_tame(controller, comparison.controllers))
    return "-".join(parts)


def _tame(name: str, names: Sequence[str]) -> str:
    """A name as a part of a file's; one that no file can have goes by its number too."""
    tame = re.sub(r"[^\w-]+", "-", name).strip("-")
    return tame if tame == name else f"{names.index(name)}-{tame[:40]}"


def _row(comparison: Comparison, preset: str, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "is_baseline": name == comparison.baseline,
        "means": {measure: comparison.mean(preset, name, measure).mean for measure in _SHOWN},
        "difference": comparison.difference(preset, name, "mean_delay_s"),
        "percent": comparison.percent(preset, name, "mean_delay_s"),
    }


def verdict(comparison: Comparison, preset: str, name: str) -> tuple[str, str]:
    """('better' | 'worse' | 'open', a sentence for a reader who skips the table)."""
    kind, text = _verdict(comparison, preset, name)
    text += _left_over(comparison, preset, name)
    # figure and unit stay on one line
    return kind, re.sub(r"(?<=\d) (?=(?:%|s)(?:\W|$))", "\u00a0", text)


def _verdict(comparison: Comparison, preset: str, name: str) -> tuple[str, str]:
    found = comparison.difference(preset, name, "mean_delay_s")
    base = comparison.baseline
    if not found.known:
        return "open", (
            f"{name}: {signed(found.mean)} s per vehicle against {base} in one replication; "
            "one replication cannot say whether that is chance."
        )
    interval = f"95 % interval {signed(found.low)} to {signed(found.high)} s"
    if found.verdict == 0:
        return "open", (
            f"{name}: no difference to {base} can be shown with {comparison.replications} replications "
            f"({signed(found.mean)} s per vehicle, {interval})."
        )
    percent = comparison.percent(preset, name, "mean_delay_s")
    share = "" if math.isnan(percent) else f", {signed(percent, 0)} %"
    word, kind = ("less", "better") if found.verdict < 0 else ("more", "worse")
    return kind, (
        f"{name}: {plain(abs(found.mean))} s {word} delay per vehicle than with {base}{share} ({interval})."
    )


def _left_over(comparison: Comparison, preset: str, name: str) -> str:
    """A sentence about vehicles that had not arrived: their delay is cut off. Empty if all arrived."""
    ours, theirs = (comparison.mean(preset, n, "unserved").mean for n in (name, comparison.baseline))
    if not (ours or theirs):
        return ""
    digits = 0 if max(ours, theirs) >= 10 else 1
    return (
        f" When the runs ended, {plain(ours, digits)} vehicles per run had not arrived "
        f"({plain(theirs, digits)} with "
        f"{comparison.baseline}); their delay is counted up to then and would have grown."
    )


def _camera_texts(comparison: Comparison) -> list[tuple[str, str]]:
    """(name, what they see in words) of the cameras, of a sweep those that it changes."""
    sweep = comparison.sweep
    return [(name, camera_text(name)) for name in ([sweep.base] if sweep else comparison.sensors)]


def camera_text(name: str) -> str:
    """What cameras see, in words; empty for a camera that is no preset's."""
    if name.partition(":")[0] not in PRESETS:
        return ""
    _, camera = preset(name)
    if camera.truth:
        return "the true queues, at once"
    every = f"a reading every {camera.interval_s:g} s, known {camera.latency_s:g} s later"
    if not (camera.miss or camera.double or camera.queue_error):
        return f"no errors; {every}"
    return (
        f"a line misses {camera.miss:.0%} of the vehicles ({camera.miss + camera.occluded_miss:.0%} behind a "
        f"long queue) and counts {100 * camera.double:g}% twice, queues are read with a standard error of "
        f"{camera.queue_error:.0%}; {every}"
    ).replace("%", " %")


def _vehicles(comparison: Comparison) -> Interval:
    """Vehicles per replication that wished to depart."""
    outcomes = comparison.outcomes[comparison.sensors[0], comparison.controllers[0]]
    return interval(np.array([o.values["completed"] + o.values["unserved"] for o in outcomes]))


def _documents(comparison: Comparison) -> list[tuple[str, str]]:
    """(measure, first lines of its definition), from the functions themselves."""
    found = []
    for measure in MEASURES.values():
        text = " ".join((measure.function.__doc__ or "").split("\n\n")[0].split())
        found.append((measure.title, text))
    return found


def plain(value: float, digits: int = 1) -> str:
    """A number with a true minus and thin spaces between thousands; a dash for what is not known."""
    if math.isnan(value):
        return DASH
    text = f"{value:,.{digits}f}".replace(",", NO_BREAK)
    return text.replace("-", MINUS) if float(f"{value:.{digits}f}") else text.replace("-", "")


def signed(value: float, digits: int = 1) -> str:
    """The same with a plus sign."""
    text = plain(value, digits)
    return f"+{text}" if value > 0 and float(f"{value:.{digits}f}") else text


def p_text(value: float) -> str:
    """A p-value as reports print it."""
    if math.isnan(value):
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
