"""``signalsim counts convert``, ``check`` and ``impute``: count files, not simulations."""

import json as json_module
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from .options import JSON
from .terminal import reported, say

if TYPE_CHECKING:
    from signalsim.counts.quality import Checked, Finding
    from signalsim.network import Network

GATE_FAILED = 1

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

    Formats: own, tmc, city, columns, opendatacam, otanalytics, swarm, deepstream, hires, sumo,
    sumo_detectors, datex.
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


class Severity(StrEnum):
    """At which findings ``counts check`` ends with exit code 1."""

    error = "error"
    warning = "warning"
    note = "note"
    never = "never"


class Source(NamedTuple):
    """A count file with what is known around it."""

    name: str
    file: Path
    network: "Network | None"
    zone: tzinfo | None


COUNTS = Annotated[
    Path, typer.Argument(help="A scenario, or a count file (.csv or .parquet).", show_default=False)
]
NETWORK = Annotated[Path | None, typer.Option("--scenario", help="The scenario that a count file is for.")]


def check(
    counts: COUNTS,
    scenario: NETWORK = None,
    json: JSON = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the list as CSV and a figure; replaces an earlier one.")
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="From which severity on the exit code is 1.")
    ] = Severity.error,
) -> None:
    """List what is wrong with counts: gaps, copies, clocks, stuck counters, rates, neighbours, saturation.

    error: wrong there, correct or leave out; warning: probably wrong, look first; note: worth knowing.
    Exit code 1 if anything is as bad as --fail-on says, 3 for a file that is no count table.
    """
    with reported():
        from signalsim.counts.quality import at_least, check_counts

        if out is not None:
            from signalsim.report.counts import FILES
            from signalsim.store import check_folder

            check_folder(out, FILES)
        source = _source(counts, scenario)
        checked = check_counts(source.file, source.network)
        for what in checked.unchecked:
            say(f"note: not checked: {what}")
        if out is not None:
            from signalsim.report.counts import write_count_check

            write_count_check(checked, out, source.zone)
            say(f"{out}: findings.csv, counts.png, counts.svg")
        if json:
            document = _document(source, checked)
            typer.echo(json_module.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            _print_list(source, checked)
        failed = fail_on != Severity.never and at_least(checked.findings, str(fail_on))
    if failed:
        raise typer.Exit(GATE_FAILED)


def impute(
    counts: COUNTS,
    out: Annotated[Path, typer.Option(help="The new count file: .csv or .parquet.")],
    scenario: NETWORK = None,
) -> None:
    """Estimate the counts that are missing or bad, from time, other days and neighbours.

    Estimates have quality 'imputed'. Gaps of over an hour without other days or neighbours stay empty.
    """
    with reported():
        from signalsim.counts.impute import impute as fill
        from signalsim.counts.mend import mended_rows
        from signalsim.counts.quality import record_of
        from signalsim.counts.table import read_count_rows
        from signalsim.counts.write import check_out, write_rows

        check_out(out)
        source = _source(counts, scenario)
        imputed = fill(record_of(read_count_rows(source.file)))
        write_rows(mended_rows(imputed, source.zone), out)
        left = sum(gap.b - gap.a for gap in imputed.left)
        if left:
            say(f"note: {left:,} counts stay empty: nothing tells what they were")
        typer.echo(f"{out}: {int(imputed.is_new.sum()):,} counts imputed")


def _source(counts: Path, scenario: Path | None) -> Source:
    """The count file of a scenario, or a count file and the scenario that it is for. Raises InputError."""
    is_scenario = counts.is_dir() or counts.suffix == ".toml"
    if scenario is None and not is_scenario:
        return Source(str(counts), counts, None, None)
    from signalsim.scenario.counting import counts_of, network_of
    from signalsim.scenario.reference import open_scenario

    opened = open_scenario(scenario or counts)
    file = counts_of(opened) if is_scenario else counts
    return Source(str(counts), file, network_of(opened), opened.config.start_local.tzinfo)


def _iso(zone: tzinfo | None) -> Callable[[int], str]:
    return lambda ms: datetime.fromtimestamp(ms / 1000, zone or UTC).isoformat()


def _document(source: Source, checked: "Checked") -> dict[str, Any]:
    """The JSON document."""
    from signalsim.counts.quality import KINDS, SEVERITIES

    iso = _iso(source.zone)
    rows = []
    for found in checked.findings:
        row = {k: v for k, v in vars(found).items() if not k.endswith("_ms")}
        rows.append(row | {"start": iso(found.start_ms), "end": iso(found.end_ms)})
    count = {level: sum(found.severity == level for found in checked.findings) for level in SEVERITIES}
    kinds = {kind: sum(found.kind == kind for found in checked.findings) for kind in KINDS}
    return {
        "format_version": 1,
        "counts": source.name,
        "file": str(source.file),
        "series": len(checked.record.keys),
        "intervals": checked.record.m,
        "interval_s": checked.record.step_ms / 1000,
        "findings": rows,
        "severities": count,
        "kinds": {kind: n for kind, n in kinds.items() if n},
        "unchecked": list(checked.unchecked),
    }


def _print_list(source: Source, checked: "Checked") -> None:
    """A line per finding, under a heading per severity and kind."""
    from signalsim.counts.quality import KINDS, SEVERITIES

    record, iso = checked.record, _iso(source.zone)
    counted = [f"{sum(f.severity == level for f in checked.findings)} {level}(s)" for level in SEVERITIES]
    typer.echo(
        f"{source.name} ({len(record.cameras)} cameras, {len(record.keys)} series, {record.m:,} intervals of "
        f"{record.step_ms / 60_000:g} min): {', '.join(counted)}"
    )
    for level in SEVERITIES:
        for kind, title in KINDS.items():
            own = [f for f in checked.findings if (f.severity, f.kind) == (level, kind)]
            if own:
                lines = [f"  {_place(f)}{iso(f.start_ms)} to {iso(f.end_ms)}: {f.text}" for f in own]
                typer.echo("\n".join([f"\n{level}: {title} ({len(own)})", *lines]))


def _place(found: "Finding") -> str:
    if not found.camera:
        return ""
    return f"{found.camera}{f' ({found.movement or found.link})' if found.movement or found.link else ''}, "
