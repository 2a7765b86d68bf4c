"""``signalsim run``: one controller, one run."""

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import ENGINE, JSON, OUT, OUTAGE, SCENARIO, SEED, Engine
from .terminal import announce_compilation, left_out, reported, say, show_warnings

if TYPE_CHECKING:
    from signalsim.simulation import Run


class LogFormat(StrEnum):
    """How a controller log is written."""

    csv = "csv"
    parquet = "parquet"


def run(
    scenario: SCENARIO,
    controller: Annotated[
        str, typer.Option(help="A name, NAME:parameter=value,…, or FILE.py:CLASS.")
    ] = "deployed",
    seed: SEED = None,
    engine: ENGINE = Engine.numba,
    sensors: Annotated[
        str | None,
        typer.Option(
            metavar="PRESET[:parameter=value,…]",
            help="Cameras, such as poor or typical:miss=0.1,latency_s=3.",
        ),
    ] = None,
    outage: OUTAGE = None,
    json: JSON = False,
    out: OUT = None,
    log: Annotated[
        Path | None, typer.Option(help="Folder for a high-resolution log of the signal controllers (0.1 s).")
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option(help="parquet needs the extra of that name.")
    ] = LogFormat.csv,
) -> None:
    """Simulate a scenario once and print what came of it."""
    with reported():
        from signalsim.experiment.document import run_document, to_text
        from signalsim.scenario import load, with_outages
        from signalsim.simulation import simulate
        from signalsim.store import check_folder

        if out:
            check_folder(out)
        if log:
            _check_log(log, log_format, out)
        loaded = with_outages(load(scenario), outage or [])
        show_warnings([*loaded.warnings, *left_out(loaded, [str(engine)])])
        with redirect_stdout(sys.stderr):  # stdout is for results; what a user's controller prints is none
            result = simulate(
                loaded,
                controller,
                seed=loaded.config.seed if seed is None else seed,
                engine=str(engine),
                sensors=sensors,
                record="full" if out or log else "sums",  # tables and logs are folded from all that happened
                on_compile=announce_compilation,
            )
        document = run_document(result, loaded.name, loaded.digest())
        if out:
            from signalsim.report import write_run

            write_run(document, result, out)
        if log:
            from signalsim.experiment.controller_log import write_run_log

            n_events = write_run_log(result, log, str(log_format))
            say(f"{log}: {n_events:,} events of {len(result.built.index.junctions):,} controllers")
        show_warnings([str(gridlock) for gridlock in result.gridlocks])
        if json:
            typer.echo(to_text(document))
        else:
            _print_table(document, result)


def _check_log(folder: Path, form: LogFormat, out: Path | None) -> None:
    """Refuse before the run what would fail after it. Raises InputError."""
    from signalsim.errors import InputError
    from signalsim.formats.hires.write import LOG_FILES, OPTION, check_format
    from signalsim.store import check_folder

    if out is not None and folder.absolute() == out.absolute():
        raise InputError(f"--log {folder}: is the folder of --out as well; name another one")
    check_folder(folder, LOG_FILES, OPTION)
    check_format(str(form))


def _print_table(document: dict[str, Any], result: "Run") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from signalsim.measures import MEASURES, PEDESTRIAN_MEASURES

    vehicles = document["vehicles"]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Measure")
    table.add_column("Value", justify="right")
    table.add_column("Unit")
    for name, value in document["measures"].items():
        measure = (MEASURES | PEDESTRIAN_MEASURES)[name]
        table.add_row(measure.title, f"{value:,.{measure.decimals}f}", measure.unit)
    console = Console()
    console.print(f"{document['scenario']}, {document['controller']}", highlight=False, markup=False)
    console.print(table)
    console.print(
        f"{vehicles['departed']:,} vehicles: {vehicles['arrived']:,} arrived, {vehicles['inside']:,} inside, "
        f"{vehicles['waiting']:,} waiting to enter.\n{result.moves:,} moves in {result.wall_s:.2f} s.",
        highlight=False,
    )
