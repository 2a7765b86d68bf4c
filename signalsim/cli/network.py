"""``signalsim network``: what is wrong with a road graph, and where."""

import json as json_module
import math
from typing import TYPE_CHECKING, Any

import typer

from .options import JSON, OUT, SCENARIO
from .terminal import INVALID_INPUT, reported, say

if TYPE_CHECKING:
    from signalsim.scenario.findings import Checked

app = typer.Typer(help="Look at the road graph of a scenario.", no_args_is_help=True)


@app.callback()
def _network() -> None:
    """A command group, although it has one command as yet."""


@app.command()
def check(scenario: SCENARIO, json: JSON = False, out: OUT = None) -> None:
    """List all that is wrong with a scenario's network and signals, or worth knowing.

    Exit code 3 if anything is wrong. --out writes the list as CSV and a map that marks the places.
    """
    with reported():
        from signalsim.scenario.findings import check_scenario

        if out:
            from signalsim.report.map import FILES
            from signalsim.store import check_folder

            check_folder(out, FILES)
        checked = check_scenario(scenario)
        for what in checked.unchecked:
            say(f"note: not checked before this is mended: {what}")
        if out:
            from signalsim.report.map import write_check

            write_check(checked, out)
            say(f"{out}: findings.csv, map.png, map.svg")
        if json:
            typer.echo(json_module.dumps(_document(checked), indent=2, ensure_ascii=False, allow_nan=False))
        else:
            _print_list(checked)
    if checked.count("error"):
        raise typer.Exit(INVALID_INPUT)


def _document(checked: "Checked") -> dict[str, Any]:
    """The JSON document; an unknown position is null."""
    kinds = sorted({found.kind for found in checked.findings})
    findings = []
    for number, found in enumerate(checked.findings, 1):
        row = {"number": number, **vars(found)}
        row |= {axis: None if math.isnan(row[axis]) else round(row[axis], 2) for axis in ("x", "y")}
        findings.append(row)
    return {
        "format_version": 1,
        "scenario": checked.name,
        "findings": findings,
        "counts": {
            **{level: checked.count(level) for level in ("error", "note")},
            "kinds": {kind: sum(found.kind == kind for found in checked.findings) for kind in kinds},
        },
        "unchecked": list(checked.unchecked),
    }


def _print_list(checked: "Checked") -> None:
    """A line per finding, under a heading per level and kind; numbers are those of the map."""
    from signalsim.network.findings import KINDS, counted

    net = checked.reading.network
    sizes = [(net.node, "node"), (net.link, "link"), (net.movement, "movement")]
    sizes_text = ", ".join(counted(len(table), word) for table, word in sizes)
    typer.echo(f"{checked.name} ({sizes_text}): {checked.summary}")
    numbered = list(enumerate(checked.findings, 1))
    for level in ("error", "note"):
        for kind, title in KINDS.items():
            lines = [f"{k:5}  {f.text}" for k, f in numbered if (f.level, f.kind) == (level, kind)]
            if lines:
                typer.echo("\n".join([f"\n{level}: {title} ({len(lines)})", *lines]))
