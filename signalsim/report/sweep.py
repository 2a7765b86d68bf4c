"""How good must cameras be? The benefit over one or two of their parameters: curves or maps, a table."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from signalsim.experiment import Comparison, Sweep

from .style import INK, colours, markers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "sweep"
_PANELS_A_ROW = 3


def sweep_rows(comparison: Comparison, sweep: Sweep) -> list[list[Any]]:
    """A row per camera and controller, the baseline too; differences are paired, with 95 % intervals."""
    head = ["mean_delay_s", "difference_s", "low_s", "high_s", "percent", "unserved"]
    rows: list[list[Any]] = [[*sweep.names, "controller", "replications", *head]]
    for point, camera in zip(sweep.points, sweep.cameras, strict=True):
        for name in comparison.controllers:
            found = comparison.difference(camera, name, "mean_delay_s")
            values = (
                comparison.mean(camera, name, "mean_delay_s").mean, found.mean, found.low, found.high,
                comparison.percent(camera, name, "mean_delay_s"),
                comparison.mean(camera, name, "unserved").mean,
            )  # fmt: skip
            cells = ["" if math.isnan(value) else value for value in values]
            rows.append([*point, name, comparison.replications, *cells])
    return rows


def sweep_figure(comparison: Comparison, sweep: Sweep) -> "Figure":
    """The difference in mean delay to the baseline: over one parameter a line per controller, over two a
    panel per controller; those that no camera changes stand in the title, and the best of them is white."""
    return _curves(comparison, sweep) if len(sweep.names) == 1 else _maps(comparison, sweep)


def _others(comparison: Comparison) -> list[str]:
    return [name for name in comparison.controllers if name != comparison.baseline]


def _curves(comparison: Comparison, sweep: Sweep) -> "Figure":
    from matplotlib.figure import Figure

    names, x = _others(comparison), np.array(sweep.values[0])
    colour, marker = colours(comparison.controllers, comparison.baseline), markers(comparison.controllers)
    figure = Figure(figsize=(7.6, 3.8), layout="constrained")
    axes = figure.subplots()
    for name in names:
        found = [comparison.difference(camera, name, "mean_delay_s") for camera in sweep.cameras]
        low, mean, high = (
            np.array([getattr(one, part) for one in found]) for part in ("low", "mean", "high")
        )
        axes.plot(x, mean, color=colour[name], marker=marker[name], label=name)
        axes.fill_between(x, low, high, color=colour[name], alpha=0.18, linewidth=0)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xlabel(f"{sweep.names[0]} (cameras otherwise {sweep.base})")
    axes.set_ylabel(f"seconds to {comparison.baseline}")
    axes.set_title("Mean delay per vehicle, difference in the same traffic")
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=min(max(len(names), 1), 4))
    return figure


def _maps(comparison: Comparison, sweep: Sweep) -> "Figure":
    from matplotlib.figure import Figure

    shape = tuple(map(len, sweep.values))
    percent = {
        name: np.array([comparison.percent(c, name, "mean_delay_s") for c in sweep.cameras]).reshape(shape)
        for name in _others(comparison)
    }
    level = {name: float(found.flat[0]) for name, found in percent.items() if np.ptp(found) == 0.0}
    shown = {name: found for name, found in percent.items() if name not in level}
    columns = min(max(len(shown), 1), _PANELS_A_ROW)
    rows = max(1, math.ceil(len(shown) / columns))
    size = columns * (1.2 + 0.62 * shape[1]) + 1.0, rows * (1.1 + 0.42 * shape[0]) + 0.9
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    lines = [f"Mean delay against {comparison.baseline}, cameras otherwise {sweep.base}"]
    if level:
        fixed = (f"{name} {_whole(value)} %" for name, value in level.items())
        lines.append(f"Whatever the cameras: {', '.join(fixed)}")
    figure.suptitle("\n".join(lines), fontsize=10.5)
    if shown:
        level[comparison.baseline] = 0.0
        best = min(level, key=level.__getitem__)
        reach = max(float(np.abs(found - level[best]).max()) for found in shown.values())
        for panel, (name, found) in zip(panels, shown.items(), strict=False):
            panel.set_axis_on()
            image = _map(panel, sweep, found, level[best], reach)
            panel.set_title(name)
        figure.colorbar(image, ax=list(panels), label=f"change of mean delay, % (white: {best})", shrink=0.8)
    return figure


def _whole(percent: float) -> str:
    return f"{percent:+.0f}".replace("-", "−")


def _map(axes: "Axes", sweep: Sweep, percent: np.ndarray, centre: float, reach: float) -> Any:
    """One controller; the first parameter upwards, the second to the right; white: as good as ``centre``."""
    image = axes.imshow(
        percent, cmap="RdBu_r", vmin=centre - reach, vmax=centre + reach, origin="lower", aspect="auto"
    )
    for (row, column), value in np.ndenumerate(percent):
        strong = abs(value - centre) > 0.65 * reach
        axes.text(
            column, row, _whole(value), ha="center", va="center",
            color="white" if strong else INK, fontsize=8.5,
        )  # fmt: skip
    axes.set_yticks(range(len(sweep.values[0])), labels=[f"{v:g}" for v in sweep.values[0]])
    axes.set_xticks(range(len(sweep.values[1])), labels=[f"{v:g}" for v in sweep.values[1]])
    axes.set_ylabel(sweep.names[0])
    axes.set_xlabel(sweep.names[1])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return image
