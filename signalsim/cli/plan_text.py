"""What ``signalsim plan`` prints of a plan: junctions, their stages and busiest movements, why, remarks."""

from pathlib import Path
from typing import Any

import typer

from .terminal import say, show_warnings

_MOST_JUNCTIONS, _MOST_MOVEMENTS, _MOST_REASONS = 8, 12, 10


def print_plan(document: dict[str, Any], out: Path) -> None:
    """Tables fit for 80 columns; what should be known goes to stderr."""
    from rich.console import Console

    console = Console()
    names = list(document["plans"])
    for name, junctions in document["plans"].items():
        console.print(_junctions(name, document["scenario"], junctions), highlight=False)
        if len(names) == 1:
            console.print(_movements(junctions), highlight=False)
    if document["schedule"]:
        starts = ", ".join(f"{start} {name}" for start, name in document["schedule"].items())
        typer.echo(f"From: {starts}")
    for text in document["why"][:_MOST_REASONS]:
        typer.echo(f"Why: {text}.")
    if len(document["why"]) > _MOST_REASONS:
        typer.echo(f"And {len(document['why']) - _MOST_REASONS} more reasons in plan.json.")
    if "held_back" in document:
        _trial(document["held_back"])
    show_warnings(document["remarks"])
    wanted = names[0] if not document["schedule"] else names[0].rsplit("-", 1)[0]
    say(f"{out}: the scenario with it; signalsim compare {out} --controllers deployed,deployed:plan={wanted}")


def _table(title: str, columns: tuple[str, ...], caption: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", caption=escape(caption), caption_justify="left",
                  box=SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for k, heading in enumerate(columns):
        table.add_column(heading, justify="left" if k == 0 else "right", no_wrap=k == 0)
    return table


def _junctions(name: str, scenario: str, junctions: list[dict[str, Any]]) -> Any:
    from rich.markup import escape

    busiest = sorted(junctions, key=lambda one: -(one["degree_of_saturation"] or 9e9))[:_MOST_JUNCTIONS]
    shown = [one for one in junctions if one in busiest]
    left = len(junctions) - len(shown)
    table = _table(
        f"{scenario}, plan {name}",
        ("Junction", "Cycle s", "Offset s", "Least s", "Greens s", "Degree", "Reserve %"),
        "Least: cycle that minimum greens and capacity need. Degree: of saturation, of the busiest movement. "
        "Reserve: until that is 0.9." + (f" And {left} more junctions in plan.json." if left else ""),
    )
    for one in shown:
        need = one["least_cycle_s"]
        least = max(need["greens"], need["capacity"] or 0) if need["capacity"] is not None else None
        table.add_row(
            escape(one["junction"]),
            f"{one['cycle_s']:g}",
            f"{one['offset_s']:g}",
            "none" if least is None else f"{least:.0f}",
            " ".join(f"{stage['green_s']:g}" for stage in one["stages"]),
            _degree(one["degree_of_saturation"]),
            "" if one["reserve_percent"] is None else f"{one['reserve_percent']:+.0f}",
        )
    return table


def _movements(junctions: list[dict[str, Any]]) -> Any:
    from rich.markup import escape

    rows = [(one["junction"], movement) for one in junctions for movement in one["movements"]]
    rows.sort(key=lambda row: -(row[1]["degree_of_saturation"] or 9e9))
    left = len(rows) - _MOST_MOVEMENTS
    table = _table(
        "Busiest movements",
        ("Movement", "Junction", "Flow pcu/h", "Capacity", "Degree", "Delay s"),
        "Delay: an estimate." + (f" And {left} more movements in plan.json." if left > 0 else ""),
    )
    for junction, movement in rows[:_MOST_MOVEMENTS]:
        table.add_row(
            escape(movement["movement"]),
            escape(junction),
            f"{movement['flow_pcuph']:,.0f}",
            f"{movement['capacity_pcuph']:,.0f}",
            _degree(movement["degree_of_saturation"]),
            f"{movement['estimated_delay_s']:,.1f}",
        )
    return table


def _degree(value: float | None) -> str:
    return "no green" if value is None else f"{value:.2f}"


def _trial(found: dict[str, Any]) -> None:
    """Delays on traffic that was held back."""
    delays = ", ".join(f"{name} {delay:.1f} s" for name, delay in found["mean_delay_s"].items())
    typer.echo(f"On {found['replications']} samples of traffic held back: {delays}.")
    best = found["best_other"]
    difference = found["difference_s"][best]
    low, high = difference["ci95"]
    base = found["mean_delay_s"][best]
    limits = "" if low is None or low != low else f" (95 %: {low:+.1f} … {high:+.1f})"
    percent = f", {100 * difference['mean'] / base:+.1f} %" if base else ""
    typer.echo(f"Against {best}, the best of the others: {difference['mean']:+.1f} s{limits}{percent}.")
