"""A result as a folder: the JSON document, tables, figures, and the page."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from signalsim.experiment import Comparison, comparison_document, tables_of, to_text
from signalsim.measures import MEASURES
from signalsim.simulation import Run
from signalsim.store import new_folder

from .cameras import NAME as CAMERAS
from .cameras import camera_figure, shows_cameras
from .figures import delay_figure, green_figure, mean_queue, queue_figure
from .page import comparison_page, figure_name
from .style import house_style, save, svg_source
from .sweep import NAME as SWEEP
from .sweep import sweep_figure, sweep_rows
from .tables import write_tables


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write ``folder``: comparison.json, runs.csv, series.csv, figures/ and report.html, of a sweep sweep.csv
    too; all or nothing.

    Raises InputError if ``folder`` holds anything but an earlier result.
    """
    with new_folder(folder) as part:
        text = to_text(comparison_document(comparison)) + "\n"
        (part / "comparison.json").write_text(text, encoding="utf-8")
        write_csv(part / "runs.csv", run_rows(comparison))
        write_csv(part / "series.csv", _series_rows(comparison))
        if comparison.sweep is not None:
            write_csv(part / "sweep.csv", sweep_rows(comparison, comparison.sweep))
        figures = _write_figures(comparison, part / "figures")
        (part / "report.html").write_text(comparison_page(comparison, figures), encoding="utf-8")


def write_run(document: dict[str, Any], run: Run, folder: Path) -> None:
    """Write ``folder``: run.json, series.csv and the tables of places of one run; all or nothing.

    Raises InputError if the records of ``run`` were not kept, or ``folder`` holds anything but an earlier
    result.
    """
    series = run.series
    with new_folder(folder) as part:
        (part / "run.json").write_text(to_text(document) + "\n", encoding="utf-8")
        rows = [["t_s", "queue_veh", "waiting_veh", "inside_veh"]]
        columns = (series.t_s, series.queue_veh, series.waiting_veh, series.inside_veh)
        rows += [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        write_csv(part / "series.csv", rows)
        write_tables(tables_of(run), part)


def _write_figures(comparison: Comparison, folder: Path) -> dict[str, str]:
    """Every figure as SVG and PNG; the SVG sources by name, fit to stand in an HTML page."""
    folder.mkdir()
    sources = {}
    for name, draw in _figures(comparison).items():
        with house_style(salt=name):
            figure = draw()
            save(figure, folder / f"{name}.png")
            save(figure, folder / f"{name}.svg")
        sources[name] = svg_source(folder / f"{name}.svg")
    return sources


def _figures(comparison: Comparison) -> dict[str, Callable[[], Any]]:
    """File name -> how to draw it."""
    if comparison.sweep is not None:
        return {SWEEP: partial(sweep_figure, comparison, comparison.sweep)}
    found: dict[str, Callable[[], Any]] = {}
    if shows_cameras(comparison):
        found[CAMERAS] = partial(camera_figure, comparison)
    for preset in comparison.sensors:
        found[figure_name(comparison, "delay", preset)] = partial(delay_figure, comparison, preset)
        found[figure_name(comparison, "queue", preset)] = partial(queue_figure, comparison, preset)
        for name in comparison.controllers:
            key = figure_name(comparison, "green", preset, name)
            found[key] = partial(green_figure, comparison, preset, name)
    return found


def run_rows(comparison: Comparison) -> list[list[Any]]:
    """One row per run, every measure, the key that names its result."""
    rows: list[list[Any]] = [["sensors", "controller", "replication", *MEASURES, "moves", "key"]]
    for (preset, name), outcomes in comparison.outcomes.items():
        for outcome in outcomes:
            values = [outcome.values[measure] for measure in MEASURES]
            rows.append([preset, name, outcome.replication, *values, outcome.moves, outcome.key])
    return rows


def _series_rows(comparison: Comparison) -> list[list[Any]]:
    """The queues of figure "queue", as numbers."""
    rows: list[list[Any]] = [["sensors", "controller", "minute", "queued_veh"]]
    for preset, name in comparison.outcomes:
        minutes, queued = mean_queue(comparison, preset, name)
        rows += [[preset, name, m, q] for m, q in zip(minutes.tolist(), queued.tolist(), strict=True)]
    return rows


def write_csv(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
