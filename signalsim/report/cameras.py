"""How good must cameras be? The benefit of each controller against the quality of its cameras."""

from typing import TYPE_CHECKING

import numpy as np

from signalsim.experiment import Comparison

from .style import INK, colours, markers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cameras"


def shows_cameras(comparison: Comparison) -> bool:
    """Whether there are presets to choose from, and something to gain."""
    return len(comparison.sensors) > 1 and len(comparison.controllers) > 1


def camera_figure(comparison: Comparison) -> "Figure":
    """Difference in mean delay to the baseline, per preset and controller, with 95 % intervals.

    Controllers that look at no camera are level lines: what is gained without any.
    """
    from matplotlib.figure import Figure

    names = [name for name in comparison.controllers if name != comparison.baseline]
    colour, marker = colours(comparison.controllers, comparison.baseline), markers(comparison.controllers)
    figure = Figure(figsize=(7.6, 3.6), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(names):
        found = [comparison.difference(preset, name, "mean_delay_s") for preset in comparison.sensors]
        x = np.arange(len(found)) + 0.06 * (place - (len(names) - 1) / 2)
        mean = np.array([one.mean for one in found])
        reach = np.array([[one.mean - one.low, one.high - one.mean] for one in found]).T
        axes.errorbar(
            x, mean, yerr=np.nan_to_num(reach), color=colour[name], marker=marker[name], capsize=3, label=name
        )
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xticks(range(len(comparison.sensors)), labels=comparison.sensors)
    axes.set_xlim(-0.4, len(comparison.sensors) - 0.6)
    axes.set_ylabel(f"seconds to {comparison.baseline}")
    axes.set_xlabel("cameras")
    axes.set_title("Mean delay per vehicle, difference in the same traffic")
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=min(max(len(names), 1), 5))
    return figure
