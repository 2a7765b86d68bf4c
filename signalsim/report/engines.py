"""A comparison in several engines as a folder: document, one row per run, a page with a table."""

from pathlib import Path
from typing import Any

from signalsim.experiment import EngineComparison
from signalsim.store import new_folder

from .folder import run_rows, write_csv
from .page import template


def write_engines(comparison: EngineComparison, folder: Path) -> None:
    """Write ``folder``: comparison.json, runs.csv and report.html; all or nothing.

    Raises InputError if ``folder`` holds anything but an earlier result.
    """
    with new_folder(folder) as part:
        (part / "comparison.json").write_text(comparison.to_json() + "\n", encoding="utf-8")
        rows: list[list[Any]] = []
        for engine, one in comparison.by_engine.items():
            head, *body = run_rows(one)
            rows += [["engine", *head]] * (not rows) + [[engine, *row] for row in body]
        write_csv(part / "runs.csv", rows)
        (part / "report.html").write_text(engines_page(comparison), encoding="utf-8")


def engines_page(comparison: EngineComparison) -> str:
    """A self-contained page: per preset, each controller's delay in each engine and its gain there."""
    common = comparison.any
    return template("engines.html").render(
        comparison=common,
        engines=list(comparison.by_engine),
        presets=[(preset, _rows(comparison, preset)) for preset in common.sensors],
    )


def _rows(comparison: EngineComparison, preset: str) -> list[dict[str, Any]]:
    common = comparison.any
    return [
        {
            "name": name,
            "is_baseline": name == common.baseline,
            "transfers": comparison.transfers(preset, name),
            "cells": [
                {
                    "delay": one.mean(preset, name, "mean_delay_s").mean,
                    "travel": one.mean(preset, name, "mean_travel_time_s").mean,
                    "unserved": one.mean(preset, name, "unserved").mean,
                    "difference": one.difference(preset, name, "mean_delay_s"),
                    "percent": one.percent(preset, name, "mean_delay_s"),
                }
                for one in comparison.by_engine.values()
            ],
        }
        for name in common.controllers
    ]
