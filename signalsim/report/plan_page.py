"""The page of a fixed plan: why it is what it is, junctions, movements, splits, time and space."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .page import template


def write_plan_page(document: Mapping[str, Any], figures: Mapping[str, list[str]], folder: Path) -> None:
    """Write report.html to ``folder``. ``document``: as ``experiment.plan_folder.plan_document`` makes it;
    ``figures``: name of a plan -> SVG sources."""
    (folder / "report.html").write_text(plan_page(document, figures), encoding="utf-8")


def plan_page(document: Mapping[str, Any], figures: Mapping[str, list[str]]) -> str:
    """The page as text, with nothing beside it."""
    return template("plan.html").render(
        scenario=document["scenario"],
        method=document["method"],
        plans=[(name, found, figures[name]) for name, found in document["plans"].items()],
        schedule=document["schedule"],
        why=document["why"],
        remarks=document["remarks"],
        trial=document.get("held_back"),
    )
