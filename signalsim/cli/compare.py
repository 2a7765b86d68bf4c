"""``signalsim compare``: controllers on the same traffic, differences with intervals, a gate for CI."""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .engines import print_engines, split_engines
from .options import JSON, OUT, OUTAGE, SCENARIO, SEED, split_names
from .terminal import announce_compilation, left_out, progress_bar, reported, say, show_warnings

if TYPE_CHECKING:
    from rich.table import Table

    from signalsim.experiment import Comparison, EngineComparison, Sweep

GATE_FAILED, INCONCLUSIVE = 1, 4


def compare(
    scenario: SCENARIO,
    controllers: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="NAME, NAME:parameter=value,… or FILE.py:CLASS, commas between; "
            "by default those that the scenario lists.",
        ),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Compare with this one; by default the scenario's.")
    ] = None,
    replications: Annotated[
        int, typer.Option(min=1, max=100_000, help="Samples of traffic; each controller meets all of them.")
    ] = 10,
    seed: SEED = None,
    sensors: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="Cameras, such as good,poor,typical:miss=0.1,latency_s=3; by default the scenario's.",
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARAMETER=VALUE,…",
            help="Cameras with each of these values, such as miss=0,0.1,0.2 or latency_s=0,5,15; given "
            "twice: all combinations. Draws the benefit against them.",
        ),
    ] = None,
    outage: OUTAGE = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="[numba|simpy|sumo],…",
            help="As for run; with commas between: all of them, side by side.",
        ),
    ] = "numba",
    fail_if: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR",
            help="Exit 1 if this holds, 4 if the replications cannot tell, for example "
            "'max-pressure.vs_baseline.mean_delay_s.percent > -5'.",
        ),
    ] = None,
    json: JSON = False,
    out: OUT = None,
) -> None:
    """Compare controllers on the same traffic and say what can be said about the differences."""
    names = split_names(controllers, "--controllers") if controllers is not None else None
    presets = split_names(sensors, "--sensors") if sensors else None
    engines = split_engines(engine)
    with reported():
        comparison = _simulate(
            scenario, names, baseline, replications, seed, presets, sweep, outage, engines, fail_if, out
        )
        if out:
            _write(comparison, out)
        if json:
            typer.echo(comparison.to_json())
        else:
            _print(comparison)
            if out:
                say(f"report: {out / 'report.html'}")
        if fail_if:
            _apply_gate(fail_if, comparison)


def _simulate(
    scenario: Path,
    names: list[str] | None,
    baseline: str | None,
    replications: int,
    seed: int | None,
    presets: list[str] | None,
    sweep: list[str] | None,
    outages: list[str] | None,
    engines: list[str],
    fail_if: str | None,
    out: Path | None,
) -> "Comparison | EngineComparison":
    """Run it; whatever can be refused is refused before the first vehicle moves."""
    from signalsim.experiment import EngineNames, Names, Sweep, compare_engines, judge
    from signalsim.experiment import compare as compare_controllers
    from signalsim.scenario import load, with_outages
    from signalsim.store import check_folder

    if out:
        check_folder(out)
    loaded = with_outages(load(scenario), outages or [])
    names = names or loaded.config.control.controllers
    if baseline and baseline not in names:
        names = [baseline, *names]
    several, cameras = len(engines) > 1, _cameras(presets or [loaded.config.sensors.spec], sweep, engines)
    if fail_if:
        listed = cameras.cameras if isinstance(cameras, Sweep) else cameras
        judge(fail_if, EngineNames(names, listed, engines) if several else Names(names, listed))
    show_warnings([*loaded.warnings, *left_out(loaded, engines)])
    with progress_bar("simulating") as progress, redirect_stdout(sys.stderr):
        options: dict[str, Any] = {
            "baseline": baseline,
            "replications": replications,
            "seed": seed,
            "sensors": cameras,
            "progress": progress,
            "on_compile": announce_compilation,
            "workers": os.cpu_count() or 1,
        }
        if several:
            return compare_engines(loaded, names, engines=engines, **options)
        return compare_controllers(loaded, names, engine=engines[0], **options)


def _cameras(presets: list[str], sweep: list[str] | None, engines: list[str]) -> "list[str] | Sweep":
    """The cameras to compare: those named, or one of them with its parameters swept."""
    from signalsim.errors import InputError
    from signalsim.experiment import read_sweep

    if not sweep:
        return presets
    if len(presets) > 1 or len(engines) > 1:
        raise InputError("--sweep: changes one preset, in one engine; name one with --sensors and --engine")
    return read_sweep(sweep, presets[0])


def _write(comparison: "Comparison | EngineComparison", out: Path) -> None:
    from signalsim.experiment import EngineComparison
    from signalsim.report import write_comparison, write_engines

    if isinstance(comparison, EngineComparison):
        write_engines(comparison, out)
    else:
        write_comparison(comparison, out)


def _print(comparison: "Comparison | EngineComparison") -> None:
    from signalsim.experiment import EngineComparison

    if isinstance(comparison, EngineComparison):
        print_engines(comparison)
    else:
        _print_tables(comparison)


def _print_tables(comparison: "Comparison") -> None:
    """One table per preset, fit for 80 columns."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if comparison.sweep is not None:
        console.print(_sweep_table(comparison, comparison.sweep), highlight=False)
    for preset in () if comparison.sweep else comparison.sensors:
        name = escape(comparison.scenario.name)
        table = Table(
            title=f"{name}, {comparison.replications} replications, cameras: {preset}",
            title_justify="left",
            caption="Delay in seconds per vehicle. Differences are paired, with 95 % intervals.",
            caption_justify="left",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        table.add_column("Controller", overflow="fold")
        for heading in ("Delay", f"Against {escape(comparison.baseline)}", "%", "Unserved"):
            table.add_column(heading, justify="right", no_wrap=True)
        for name in comparison.controllers:
            table.add_row(escape(name), *_cells(comparison, preset, name))
        console.print(table, highlight=False)
    console.print(agreement_text(comparison), highlight=False)
    show_warnings(gridlock_notes(comparison))


def _sweep_table(comparison: "Comparison", sweep: "Sweep") -> "Table":
    """A row per camera, a column per controller: what it changes in the mean delay."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    names = [name for name in comparison.controllers if name != comparison.baseline]
    table = Table(
        title=f"{escape(comparison.scenario.name)}, {comparison.replications} replications, cameras: "
        f"{escape(sweep.base)} with",
        title_justify="left",
        caption=f"Mean delay against {escape(comparison.baseline)}, %. Brackets: chance cannot be ruled out.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in (*sweep.names, *names):
        table.add_column(escape(heading), justify="right", overflow="fold")
    for point, camera in zip(sweep.points, sweep.cameras, strict=True):
        cells = [f"{value:g}" for value in point]
        for name in names:
            percent = f"{comparison.percent(camera, name, 'mean_delay_s'):+.1f}"
            found = comparison.difference(camera, name, "mean_delay_s")
            cells.append(percent if found.verdict else f"({percent})")
        table.add_row(*cells)
    return table


def gridlock_notes(comparison: "Comparison") -> list[str]:
    """A sentence for every preset and controller under which traffic came to a standstill."""
    notes = []
    for (preset, name), outcomes in comparison.outcomes.items():
        stuck = [outcome.gridlocks[0] for outcome in outcomes if outcome.gridlocks]
        if stuck:
            notes.append(f"{name}, {preset}: {stuck[0]}; in {len(stuck)} of {len(outcomes)} runs")
    return notes


def agreement_text(comparison: "Comparison") -> str:
    found = comparison.agreement
    if not found.movements and comparison.scenario.trips is not None:
        return "The trips are listed one by one, and there are no counts to hold them against."
    if not found.movements:
        return "No turning movement was counted: the traffic cannot be held against the counts."
    return (
        f"Traffic against counts, {found.movements} movements: GEH below 5 for "
        f"{found.geh_below_5_percent:.1f} %, at most {found.geh_max:.1f}; "
        f"{found.beyond_3_percent:.1f} % beyond 3 standard deviations."
    )


def _cells(comparison: "Comparison", preset: str, name: str) -> list[str]:
    delay = comparison.mean(preset, name, "mean_delay_s").mean
    unserved = comparison.mean(preset, name, "unserved").mean
    if name == comparison.baseline:
        return [f"{delay:.1f}", "", "", f"{unserved:.1f}"]
    found = comparison.difference(preset, name, "mean_delay_s")
    colour = {-1: "green", 0: "default", 1: "red"}[found.verdict]
    limits = f" ({found.low:+.1f} … {found.high:+.1f})" if found.known else ""
    percent = comparison.percent(preset, name, "mean_delay_s")
    difference = f"[{colour}]{found.mean:+.1f}[/]{limits}"
    return [f"{delay:.1f}", difference, f"{percent:+.1f}", f"{unserved:.1f}"]


def _apply_gate(expression: str, comparison: "Comparison | EngineComparison") -> None:
    from signalsim.experiment import judge

    verdict = judge(expression, comparison)
    if verdict.fails is None:
        say(f"gate: {comparison.replications} replications do not tell whether {expression}")
        raise typer.Exit(INCONCLUSIVE)
    say(f"gate {'failed' if verdict.fails else 'passed'}: {'' if verdict.fails else 'not '}({expression})")
    if verdict.fails:
        raise typer.Exit(GATE_FAILED)
