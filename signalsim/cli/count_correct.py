"""``signalsim counts correct``: demand in place of what a saturated stop line let through."""

import json as json_module
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import JSON, SCENARIO
from .terminal import reported, say

SATURATED = Annotated[
    str,
    typer.Option(
        metavar="A,B,…", help="Links that are known to be saturated at their top, beside those found."
    ),
]


def correct(
    scenario: SCENARIO,
    out: Annotated[Path | None, typer.Option(help="The new count file: .csv or .parquet.")] = None,
    counts: Annotated[Path | None, typer.Option(help="A count file in place of the scenario's.")] = None,
    saturated: SATURATED = "",
    json: JSON = False,
) -> None:
    """Find counts that show capacity, and put demand in their place where the record tells it.

    A stop line in saturation counts what it lets through. Demand is told by counts upstream, by a queue that
    clears within the record, or with an interval by other links; else the counts stay, as a lower bound.
    """
    with reported():
        from signalsim.counts.corrected import corrected_rows
        from signalsim.counts.write import check_out, write_rows
        from signalsim.scenario.fitting import read_source
        from signalsim.scenario.saturation import saturated_counts, saturated_document

        if out is not None:
            check_out(out)
        source = read_source(scenario, counts)
        names = named_links(saturated, source)
        record, found = saturated_counts(source.opened, source.network, source.counts, names)
        begin, end = (source.start_ms + t for t in source.window_ms)
        zone = source.opened.config.start_local.tzinfo
        rows = in_local_time(saturated_document(record, found, (begin, end)), zone)
        if out is not None:
            write_rows(corrected_rows(record, found, zone), out)
        if json:
            document = {"format_version": 1, "scenario": source.opened.config.name, "saturated": rows}
            typer.echo(json_module.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            print_saturated(rows)
            if out is not None:
                typer.echo(f"{out}: {sum(row['demand'] is not None for row in rows)} queues corrected")


def named_links(text: str, source: Any) -> list[str]:
    """Links of an option. Raises InputError for one that is not in the network."""
    from signalsim.errors import InputError

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in source.network.link.index:
            raise InputError(f"--saturated '{name}': is no link of {source.network.link.path}")
    return names


def in_local_time(rows: list[dict[str, Any]], zone: Any) -> list[dict[str, Any]]:
    """Rows with their times as texts."""
    return [
        {
            (key.removesuffix("_ms")): (
                datetime.fromtimestamp(value / 1000, zone).isoformat() if key.endswith("_ms") else value
            )
            for key, value in row.items()
        }
        for row in rows
    ]


def print_saturated(rows: list[dict[str, Any]]) -> None:
    """A line per queue."""
    if not rows:
        say("note: no count looks saturated")
    for row in rows:
        span = f"{row['link']}, {row['start'][11:16]} to {row['end'][11:16]}"
        if row["demand"] is None:
            typer.echo(f"{span}: saturated, {row['counted']} counted in the window are a lower bound: "
                       f"{row['reason']}")  # fmt: skip
        else:
            typer.echo(
                f"{span}: saturated, {row['counted']} counted in the window, demand {row['demand']:.0f} "
                f"({row['low']:.0f} to {row['high']:.0f}): {row['reason']}"
            )
