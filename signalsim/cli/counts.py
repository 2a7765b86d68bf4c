"""``signalsim counts``: the counts of a scenario."""

from pathlib import Path
from typing import Annotated

import typer

from .count_correct import correct
from .count_files import check, convert, impute
from .count_fit import fit
from .options import ENGINE, SCENARIO, SEED, Engine
from .terminal import announce_compilation, reported, say, show_warnings

app = typer.Typer(help="Counts: read, check and mend them; take them in simulation.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Counts: read, check and mend them; take them in simulation."""


app.command()(convert)
app.command()(check)
app.command()(impute)
app.command()(correct)
app.command()(fit)


@app.command()
def take(
    scenario: SCENARIO,
    out: Annotated[Path, typer.Option(help="The new count file (CSV).")],
    interval: Annotated[float, typer.Option(min=1, max=86_400, help="Counting interval, s.")] = 900,
    controller: Annotated[
        str, typer.Option(help="In force meanwhile: a name, NAME:parameter=value,…, or FILE.py:CLASS.")
    ] = "deployed",
    engine: ENGINE = Engine.numba,
    seed: SEED = None,
) -> None:
    """Simulate a scenario once and write what perfect cameras count in its demand window."""
    with reported():
        from signalsim.experiment.take_counts import take_counts, write_counts
        from signalsim.scenario import build, load
        from signalsim.store import check_new_file

        check_new_file(out)
        loaded = load(scenario)
        show_warnings(loaded.warnings)
        counted = take_counts(
            build(loaded),
            interval_s=interval,
            controller=controller,
            engine=str(engine),
            seed=loaded.config.seed if seed is None else seed,
            on_compile=announce_compilation,
        )
        write_counts(counted, loaded, out)
        if counted.waiting:
            say(
                f"note: {counted.waiting:,} vehicles could not begin in the demand window: cameras count "
                "who gets through, not who would like to"
            )
        if loaded.trips is not None and (share := loaded.demand.heavy_share):
            say(
                "note: classes are not told apart; beside these counts set heavy_share = "
                f"{share:.3g} in [demand]"
            )
        typer.echo(
            f"{out}: {counted.link.sum():,} vehicles began, {counted.movement.sum():,} crossings in "
            f"{len(counted.edges_ms) - 1} intervals"
        )
