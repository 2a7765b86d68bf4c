"""The figure of a check of counts: every camera's counts over time, and where something is wrong."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from signalsim.counts.quality import ERROR, KINDS, NOTE, WARNING, Checked, Finding
from signalsim.store import new_folder

from .style import INK, MUTED, house_style, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILES = frozenset({"findings.csv", "counts.png", "counts.svg"})
_COLOUR = {ERROR: "#D55E00", WARNING: "#E69F00", NOTE: "#0072B2"}  # Okabe & Ito 2008
_NOTHING = "#f3d3bd"  # where nothing was counted
_MAX_CAMERAS = 60  # with more, those with the worst findings
_MAX_COLUMNS = 1200  # intervals side by side: more are averaged
_ROW_IN, _WIDTH_IN, _MARGIN_IN = 0.17, 9.0, 1.5
_NAME = 28


def write_count_check(checked: Checked, folder: Path, zone: tzinfo | None) -> None:
    """Write ``folder``: findings.csv, counts.png and counts.svg; all or nothing. Raises InputError."""
    with new_folder(folder, FILES) as part:
        with (part / "findings.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(_rows(checked.findings, zone))
        with house_style(salt="counts"):
            figure = count_figure(checked, zone)
            for suffix in (".png", ".svg"):
                save(figure, part / f"counts{suffix}")


def _rows(findings: Sequence[Finding], zone: tzinfo | None) -> list[list[object]]:
    rows: list[list[object]] = [
        ["number", "severity", "kind", "camera_id", "link_id", "movement_id", "start", "end", "text"]
    ]
    for number, f in enumerate(findings, 1):
        times = (datetime.fromtimestamp(ms / 1000, zone or UTC).isoformat() for ms in (f.start_ms, f.end_ms))
        rows.append([number, f.severity, f.kind, f.camera, f.link, f.movement, *times, f.text])
    return rows


def count_figure(checked: Checked, zone: tzinfo | None) -> "Figure":
    """A row per camera, dark where it counts much; a bar under it where something was found."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure

    record = checked.record
    cameras = _chosen(checked)
    height = _MARGIN_IN + _ROW_IN * max(6, len(cameras))
    figure = Figure(figsize=(_WIDTH_IN, height))
    axes = figure.add_axes((0.22, 0.85 / height, 0.76, 1 - _MARGIN_IN / height))
    ends = [date2num(datetime.fromtimestamp(record.time_ms(k) / 1000, UTC)) for k in (0, record.m)]
    image = np.ma.masked_invalid(_image(checked, cameras))
    axes.set_facecolor(_NOTHING)
    axes.imshow(
        image, aspect="auto", interpolation="nearest", cmap="Greys", vmin=0, vmax=1.4,
        extent=(ends[0], ends[1], len(cameras) - 0.5, -0.5),
    )  # fmt: skip
    _draw_findings(axes, checked, cameras)
    axes.set_xlim(ends[0], ends[1])
    axes.set_ylim(len(cameras) - 0.5, -0.5)
    axes.set_yticks(
        range(len(cameras)), [name if len(name) <= _NAME else name[:_NAME] + "…" for name in cameras]
    )
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    locator = AutoDateLocator(tz=zone or UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone or UTC))
    _frame(figure, axes, checked, cameras, height)
    return figure


def _chosen(checked: Checked) -> list[str]:
    """The cameras to show, by name; where they are too many, those with findings first."""
    cameras = list(checked.record.cameras)
    if len(cameras) > _MAX_CAMERAS:
        found = list(dict.fromkeys(f.camera for f in checked.findings if f.camera))
        cameras = [*found, *(name for name in cameras if name not in set(found))][:_MAX_CAMERAS]
    return sorted(cameras)


def _image(checked: Checked, cameras: list[str]) -> np.ndarray:
    """(n_cameras, columns) counts as a share of the camera's highest; NaN where nothing was counted."""
    record = checked.record
    at = [record.cameras.index(name) for name in cameras]
    seen = ~np.isnan(record.count)
    total, known = np.zeros((len(record.cameras), record.m)), np.zeros((len(record.cameras), record.m))
    np.add.at(total, record.camera_of, np.where(seen, record.count, 0.0))
    np.add.at(known, record.camera_of, seen.astype(float))
    width = -(-record.m // _MAX_COLUMNS)
    edges = np.arange(0, record.m, width)
    total, known = (np.add.reduceat(part[at], edges, axis=1) for part in (total, known))
    high = np.quantile(total, 0.98, axis=1, keepdims=True)
    return np.where(known > 0, np.minimum(total / np.maximum(high, 1), 1.0), np.nan)


def _draw_findings(axes: "Axes", checked: Checked, cameras: list[str]) -> None:
    from matplotlib.dates import date2num

    row = {name: k for k, name in enumerate(cameras)}
    shortest = (checked.record.m * checked.record.step_ms) / 300
    for severity in (NOTE, WARNING, ERROR):  # the worst on top
        for f in checked.findings:
            if f.severity != severity or f.camera not in row:
                continue
            begin, end = (
                date2num(datetime.fromtimestamp(ms / 1000, UTC))
                for ms in (f.start_ms, max(f.end_ms, f.start_ms + shortest))
            )
            y = row[f.camera] + 0.32
            axes.plot([begin, end], [y, y], color=_COLOUR[severity], linewidth=3.2, solid_capstyle="butt")


def _frame(figure: "Figure", axes: "Axes", checked: Checked, cameras: list[str], height: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counted = {level: sum(f.severity == level for f in checked.findings) for level in _COLOUR}
    kinds = [kind for kind in KINDS if any(f.kind == kind for f in checked.findings)]
    title = f"Counts by camera: {', '.join(kinds) if kinds else 'nothing found'}"
    axes.set_title(title, pad=10)
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_COLOUR[level], linewidth=3.2, label=f"{level} ({n})")
        for level, n in counted.items()
    ]
    handles += [
        Patch(facecolor="#555555", label="many vehicles"),
        Patch(facecolor="white", edgecolor=MUTED, label="none"),
        Patch(facecolor=_NOTHING, label="no count"),
    ]
    figure.legend(
        handles=handles, loc="lower left", ncols=6, bbox_to_anchor=(0.1, 0.0), labelcolor=INK, fontsize=8.5
    )
    if len(cameras) < len(checked.record.cameras):
        note = f"{len(cameras)} of {len(checked.record.cameras)} cameras, those with findings first"
        figure.text(0.98, 0.35 / height, note, ha="right", color=MUTED, fontsize=8)
