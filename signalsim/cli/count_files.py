"""``signalsim counts convert``: count files of other programs as the project's table."""

from pathlib import Path
from typing import Annotated

import typer

from .terminal import reported, say

FILE = Annotated[Path, typer.Argument(help="The count file.", show_default=False)]
NEW = Annotated[Path | None, typer.Option("--out", help="The new count file: .csv or .parquet.")]


def convert(
    file: FILE,
    out: NEW = None,
    form: Annotated[
        str, typer.Option("--format", help="The file's format; by default as its content tells.")
    ] = "",
    guide: Annotated[
        Path | None,
        typer.Option("--map", help="TOML file: which link or movement each of the file's places is."),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Check the map's links and movements against this scenario.")
    ] = None,
    draft: Annotated[
        Path | None,
        typer.Option("--draft-map", help="Instead of counts, write a map with all names of the file."),
    ] = None,
) -> None:
    """Read counts of a camera, a detector or a portal and write them as the project's count table.

    Formats: own, tmc, city, columns, opendatacam, otanalytics, swarm, deepstream, hires, sumo, datex.
    What is personal (licence plates, pictures, tracks) is not read or dropped at once.
    """
    with reported():
        if (out is None) == (draft is None):
            raise typer.BadParameter("give one of --out and --draft-map")
        from signalsim.counts.write import check_out, write_rows
        from signalsim.formats.counts import count_rows, read_counts, read_guide
        from signalsim.store import check_new_file

        if out is not None:
            check_out(out)
        if draft is not None:
            check_new_file(draft)
        told = read_guide(guide) if guide else None
        if told is not None and scenario is not None:
            from signalsim.scenario.counting import check_guide

            check_guide(told, guide, scenario)
        found = read_counts(file, form, told, guide, drafting=draft is not None)
        if draft is not None:
            from signalsim.formats.counts.draft import write_draft

            write_draft(found, draft)
            typer.echo(f"{draft}: {len(found.unmapped):,} places of {found.form.title} to be named")
            return
        assert out is not None
        write_rows(count_rows(found), out)
        for note in found.notes:
            say(f"note: {note}")
        streams = len({row.stream for row in found.rows})
        typer.echo(f"{out}: {len(found.rows):,} counts of {streams:,} streams, from {found.form.title}")
