"""The figures of a comparison, as matplotlib figures that belong to no window."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from signalsim.experiment import Comparison, Interval
from signalsim.simulation import Series

from .style import GRID, INK, MUTED, STAGE_HUES, colours, markers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_JUNCTIONS = 16  # in one figure of green shares
_BIN_ROWS = 5  # rows of the series, a minute each, that one step of a green share averages
_DASHES = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (7, 1.5, 1.5, 1.5)), (0, (3, 1)))


def _figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout)


def delay_figure(comparison: Comparison, sensors: str) -> "Figure":
    """Mean delay of each controller, and beside it the paired difference to the baseline, with intervals."""
    names = comparison.controllers
    colour, marker = colours(names, comparison.baseline), markers(names)
    figure = _figure(7.6, 1.25 + 0.42 * len(names))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.15, 1), gridspec_kw={"wspace": 0.1})
    for row, name in enumerate(names):
        mean = comparison.mean(sensors, name, "mean_delay_s")
        _interval_mark(left, row, mean, f"{mean.mean:.1f}", colour[name], marker[name])
        if name == comparison.baseline:
            continue
        found = comparison.difference(sensors, name, "mean_delay_s")
        text = f"{found.mean:+.1f}".replace("-", "−")
        _interval_mark(right, row, found, text, colour[name], marker[name])
    left.set_yticks(range(len(names)), labels=names)
    left.set_ylim(len(names) - 0.4, -0.6)
    left.set_xlim(0, 1.08 * left.get_xlim()[1])
    left.set_title("Mean delay per vehicle")
    right.set_title(f"Difference to {comparison.baseline}")
    right.axvline(0, color=INK, linewidth=1)
    right.margins(x=0.15)
    low, high = right.get_xlim()
    right.set_xlim(min(low, 0) - 0.04 * (high - low), max(high, 0) + 0.04 * (high - low))
    right.locator_params(axis="x", nbins=5)  # labels with signs are wide
    unit = "seconds" if comparison.replications == 1 else "seconds, with 95 % interval"
    for axes in (left, right):
        axes.set_xlabel(unit)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return figure


def _interval_mark(axes: "Axes", row: int, found: Interval, text: str, colour: str, marker: str) -> None:
    """A value as a marker on its interval, the figure written above it."""
    limits = [found.low, found.high]
    axes.plot(limits, [row, row], color=colour, linewidth=2, marker="|", markersize=13, markeredgewidth=1.6)
    axes.plot([found.mean], [row], color=colour, marker=marker, markersize=5.5, linestyle="")
    if not np.isnan(found.mean):
        axes.annotate(
            text, (found.mean, row), (0, 8), textcoords="offset points", ha="center", fontsize=8, color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def queue_figure(comparison: Comparison, sensors: str) -> "Figure":
    """Vehicles queued or waiting to enter, mean of all replications, running mean over five minutes."""
    names = comparison.controllers
    colour = colours(names, comparison.baseline)
    figure = _figure(7.6, 3.3)
    axes = figure.subplots()
    for place, name in enumerate(names):
        minutes, queued = mean_queue(comparison, sensors, name)
        axes.plot(
            minutes,
            running_mean(queued),
            color=colour[name],
            linestyle=_DASHES[place % len(_DASHES)],
            label=name,
        )
    mark_window(axes, comparison)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel("minutes from the start")
    axes.set_title("Vehicles in queues, those waiting to enter included")
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=min(len(names), 5), handlelength=2.6)
    return figure


def mean_queue(comparison: Comparison, sensors: str, controller: str) -> tuple[np.ndarray, np.ndarray]:
    """(minutes, vehicles): the mean over replications, for as long as one of them ran; an ended run has 0."""
    runs = [outcome.series for outcome in comparison.outcomes[sensors, controller]]
    longest = max(runs, key=lambda series: len(series.t_s))
    total = np.zeros(len(longest.t_s))
    for series in runs:
        total[: len(series.t_s)] += series.queue_veh + series.waiting_veh
    return np.asarray(longest.t_s) / 60, total / len(runs)


def running_mean(values: np.ndarray) -> np.ndarray:
    """Centred, weights 1 2 2 2 1 over five rows, which leaves no trace of a cycle of two.

    A row is the mean of a minute: a cycle of 120 s is in every other row with its red.
    """
    if len(values) < _BIN_ROWS:
        return values
    weights = np.array([1.0, 2.0, 2.0, 2.0, 1.0])
    return np.convolve(values, weights, "same") / np.convolve(np.ones(len(values)), weights, "same")


def mark_window(axes: "Axes", comparison: Comparison) -> None:
    """Grey for the time whose vehicles are not counted: warm-up, and the drain after the demand's end."""
    horizon = comparison.scenario.horizon
    begin, end = horizon.warm_up_s / 60, (horizon.warm_up_s + horizon.demand_s) / 60
    last = max(axes.get_xlim()[1], end)
    # the outer edges: a word that is wider than its band stays inside the axes
    bands = ((0, begin, 0, "left", "warm-up"), (end, last, last, "right", "drain"))
    for start, stop, at, side, text in bands:
        if stop - start < 0.5:
            continue
        axes.axvspan(start, stop, color=GRID, alpha=0.55, linewidth=0)
        axes.annotate(
            text,
            (at, 1),
            (4 if side == "left" else -4, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=8,
            color=MUTED,
        )
    axes.set_xlim(right=last)


def green_figure(comparison: Comparison, sensors: str, controller: str) -> "Figure":
    """How each junction's time went to its stages in replication 0: one small panel per junction."""
    series = comparison.outcomes[sensors, controller][0].series
    shown = shown_junctions(comparison, sensors)
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    height = 1.15 + 1.15 * rows
    figure = _figure(7.6, height, layout=None)
    # fixed margins in inches: fitting them by trial costs seconds with so many panels
    figure.subplots_adjust(
        left=0.085, right=0.985, top=1 - 0.6 / height, bottom=0.75 / height, wspace=0.12, hspace=0.42
    )
    panels = figure.subplots(rows, columns, squeeze=False)
    most = 0
    for place, junction in enumerate(shown):
        edges, shares = by_bins(series, green_of(series, junction))
        most = max(most, shares.shape[1])
        axes = panels[place // columns, place % columns]
        _green_panel(axes, edges, 100 * shares, comparison.junctions[junction])
        axes.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(shown))
    for axes in panels.ravel()[len(shown) :]:
        axes.set_visible(False)
    figure.suptitle(
        f"{controller}: share of time that each stage is green, %",
        x=0.085, y=1 - 0.08 / height, ha="left", va="top", fontsize=10.5, fontweight="bold",
    )  # fmt: skip
    figure.text(0.53, 0.36 / height, "minutes from the start", ha="center", va="bottom", fontsize=9)
    _stage_legend(figure, stage_labels(comparison, shown)[:most])
    return figure


def stage_labels(comparison: Comparison, shown: list[int]) -> list[str]:
    """What the legend calls the stages: their ids if the junctions agree on them, else their numbers."""
    signals = comparison.scenario.signals
    ids = dict(zip(signals.junctions, signals.stages, strict=True))
    found = [ids[comparison.junctions[junction]] for junction in shown]
    longest = max(found, key=len)
    if any(stages != longest[: len(stages)] for stages in found):
        return [f"stage {number}" for number in range(1, len(longest) + 1)]
    return [name if name[0].isalpha() else f"stage {name}" for name in longest]


def _green_panel(axes: "Axes", edges: np.ndarray, shares: np.ndarray, title: str) -> None:
    tops = np.cumsum(shares, axis=1)
    bottom = np.zeros(len(shares))
    for stage in range(shares.shape[1]):
        hue = STAGE_HUES[stage % len(STAGE_HUES)]
        axes.stairs(tops[:, stage], edges, baseline=bottom, fill=True, color=hue, linewidth=0)
        bottom = tops[:, stage]
    axes.set_title(title, fontsize=8.5, fontweight="normal", pad=3)
    axes.set_ylim(0, 100)
    axes.set_xlim(edges[0], max(edges[-1], 1))
    axes.set_yticks([0, 50, 100])
    axes.tick_params(labelsize=8)


def _stage_legend(figure: "Figure", labels: list[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=hue, label=label) for hue, label in zip(STAGE_HUES, labels, strict=False)]
    patches.append(Patch(facecolor="white", edgecolor=MUTED, linewidth=0.6, label="change"))
    figure.legend(
        handles=patches, loc="lower center", ncols=min(len(patches), 6), fontsize=8.5, handlelength=1.2
    )  # fmt: skip


def green_of(series: Series, junction: int) -> np.ndarray:
    """(n_rows, n_stages of the junction) share of each row's time."""
    return series.green_share[:, series.first_stage[junction] : series.first_stage[junction + 1]]


def by_bins(series: Series, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges in minutes (n_bins + 1,) and mean shares (n_bins, n_stages) over five minutes each.

    Five minutes hold at least two cycles of any usual plan: shorter bins show the cycle, not the shares.
    """
    ends = np.asarray(series.t_s) / 60
    if not len(ends):
        return np.array([0.0, 1.0]), np.zeros((1, shares.shape[1]))
    rows = np.concatenate(([ends[0]], np.diff(ends)))  # minutes per row; the last may be short
    starts = np.arange(0, len(ends), _BIN_ROWS)
    lengths = np.add.reduceat(rows, starts)
    mean = np.add.reduceat(shares * rows[:, None], starts) / lengths[:, None]
    return np.concatenate(([0.0], np.cumsum(lengths))), mean


def shown_junctions(comparison: Comparison, sensors: str) -> list[int]:
    """All junctions if they fit, else those whose shares differ most between the controllers."""
    n = len(comparison.junctions)
    if n <= MAX_JUNCTIONS:
        return list(range(n))
    spread = np.zeros(n)
    for junction in range(n):
        means = [
            green_of(comparison.outcomes[sensors, name][0].series, junction).mean(axis=0)
            for name in comparison.controllers
        ]
        spread[junction] = np.ptp(np.stack(means), axis=0).max(initial=0)
    return sorted(int(j) for j in np.argsort(-spread, kind="stable")[:MAX_JUNCTIONS])
