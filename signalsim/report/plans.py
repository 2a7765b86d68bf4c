"""Figures of fixed plans: cycle and splits of each junction, time and space along an arterial."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signalsim.signals import Plan

from .style import INK, MUTED, STAGE_HUES, house_style, save, svg_source
from .timespace import time_space_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_JUNCTIONS, MAX_NAME = 24, 20  # in one chart; letters of a junction
_NO_FILE_NAME = re.compile(r"[^\w.-]+")
Plans = Mapping[int, Plan]


def write_plan_figures(built: Any, plans: Mapping[str, Plans], folder: Path) -> dict[str, list[str]]:
    """For each plan a chart of cycle and splits and, where signals stand along a street, time and space of a
    simulated run; as PNG and SVG into ``folder``, which is made. Name of a plan -> sources of its SVGs, fit
    to stand in an HTML page.
    """
    folder.mkdir(exist_ok=True)
    sources: dict[str, list[str]] = {name: [] for name in plans}
    for name, of in plans.items():
        with house_style(salt=name):
            along = time_space_figure(built, dict(of), name, built.scenario.config.seed)
            for kind, figure in (("splits", split_figure(built.signals, of, name)), ("time-space", along)):
                if figure is None:
                    continue
                file = folder / f"{kind}-{_NO_FILE_NAME.sub('_', name)}"
                for ending in (".png", ".svg"):
                    save(figure, file.with_name(file.name + ending))
                sources[name].append(svg_source(file.with_name(f"{file.name}.svg")))
    return sources


def split_figure(signals: Any, plans: Plans, title: str) -> "Figure":
    """A bar per junction over one cycle, from the offset on: greens by stage, changes white."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    shown = sorted(plans)[:MAX_JUNCTIONS]
    figure = Figure(figsize=(7.6, 1.5 + 0.3 * len(shown)), layout="constrained")
    axes = figure.subplots()
    longest = max((signals.cycle_s(j, plans[j]) for j in shown), default=1.0)
    for row, j in enumerate(shown):
        plan = plans[j]
        cycle = signals.cycle_s(j, plan)
        begin = plan.offset_s % cycle - cycle
        while begin < longest:
            at = begin
            for stage, green, change in zip(
                plan.stages, plan.green_s, signals.plan_changes_s(j, plan), strict=True
            ):
                left, right = max(at, 0.0), min(at + green, longest)
                if right > left:
                    hue = STAGE_HUES[stage % len(STAGE_HUES)]
                    axes.barh(row, right - left, left=left, height=0.62, color=hue, linewidth=0)
                if at >= 0 and at + green <= longest and green > 0.04 * longest:
                    axes.text(at + green / 2, row, f"{green:g}", ha="center", va="center", fontsize=7.5,
                              color="white")  # fmt: skip
                at += green + change
            begin = at
        axes.annotate(f"{cycle:g} s", (longest, row), (6, 0), textcoords="offset points", va="center",
                      fontsize=8, color=INK)  # fmt: skip
    axes.set_yticks(range(len(shown)), labels=[_short(signals.junctions[j]) for j in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, longest)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("seconds from the reference second; right: the cycle")
    axes.set_title(f"Greens of plan {title}" + ("" if len(shown) == len(plans) else ", the first junctions"))
    names = _stage_names(signals, shown)
    patches = [Patch(color=hue, label=label) for hue, label in zip(STAGE_HUES, names, strict=False)]
    patches.append(Patch(facecolor="white", edgecolor=MUTED, linewidth=0.6, label="change"))
    figure.legend(handles=patches, loc="outside lower center", ncols=min(len(patches), 5), fontsize=8.5)
    return figure


def _short(name: str) -> str:
    """Names of joined junctions can be longer than the chart is wide."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def _stage_names(signals: Any, shown: list[int]) -> list[str]:
    """Ids of the stages if the junctions agree on them, else their numbers."""
    found = [signals.stages[j] for j in shown]
    longest = max(found, key=len, default=())
    if any(stages != longest[: len(stages)] for stages in found):
        return [f"stage {number}" for number in range(1, len(longest) + 1)]
    return [name if name[0].isalpha() else f"stage {name}" for name in longest]
