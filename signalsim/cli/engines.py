"""``signalsim compare --engine A,B``: one table with an engine beside the other."""

from typing import TYPE_CHECKING

import typer

from .options import Engine, split_names

if TYPE_CHECKING:
    from signalsim.experiment import Comparison, EngineComparison


def split_engines(text: str) -> list[str]:
    """'numba,sumo' -> both. Raises typer.BadParameter for one that does not exist or comes twice."""
    names = split_names(text, "--engine")
    known = [engine.value for engine in Engine]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint="--engine")
    if len(set(names)) < len(names):
        raise typer.BadParameter(f"{text!r} names an engine twice", param_hint="--engine")
    return names


def print_engines(comparison: "EngineComparison") -> None:
    """One table per preset: mean delay in each engine, and what is gained on the baseline there."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console, common = Console(), comparison.any
    for preset in common.sensors:
        table = Table(
            title=f"{escape(common.scenario.name)}, {common.replications} replications, cameras: {preset}",
            title_justify="left",
            caption="Mean delay in seconds per vehicle (*: not all arrived) and its change against "
            f"{escape(common.baseline)}. Transfers: the 95 % intervals agree in all engines.",
            caption_justify="left",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        table.add_column("Controller", overflow="fold")
        for name in comparison.by_engine:
            table.add_column(f"{name}, s", justify="right", no_wrap=True)
            table.add_column("%", justify="right", no_wrap=True)
        table.add_column("Transfers", justify="right", no_wrap=True)
        for controller in common.controllers:
            cells = [
                cell for one in comparison.by_engine.values() for cell in _cells(one, preset, controller)
            ]
            is_baseline = controller == common.baseline
            transfers = "" if is_baseline else comparison.transfers(preset, controller)
            table.add_row(escape(controller), *cells, transfers)
        console.print(table, highlight=False)


def _cells(comparison: "Comparison", preset: str, controller: str) -> list[str]:
    rest = "*" if comparison.mean(preset, controller, "unserved").mean else ""
    delay = f"{comparison.mean(preset, controller, 'mean_delay_s').mean:.1f}{rest}"
    if controller == comparison.baseline:
        return [delay, ""]
    verdict = comparison.difference(preset, controller, "mean_delay_s").verdict
    colour = {-1: "green", 0: "default", 1: "red"}[verdict]
    return [delay, f"[{colour}]{comparison.percent(preset, controller, 'mean_delay_s'):+.1f}[/]"]
