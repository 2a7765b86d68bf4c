"""Options that several commands share, so that they read and behave the same everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Engine(StrEnum):
    """What moves the vehicles; the first two give the same records."""

    numba = "numba"
    simpy = "simpy"
    sumo = "sumo"


SCENARIO = Annotated[Path, typer.Argument(help="A scenario: its folder, or its scenario.toml.")]
SEED = Annotated[
    int | None,
    typer.Option(min=0, max=2**63 - 1, help="Seed of all random numbers; by default the scenario's."),
]
ENGINE = Annotated[
    Engine,
    typer.Option(help="numba: compiled; simpy: the slow reference, same results; sumo: SUMO's vehicles."),
]
OUTAGE = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BEGIN-END[:ID,…]",
        help="Cameras of these junctions or links (no ID: all) fail in this time, in seconds from simulated "
        "time 0; may be given several times. scenario.toml can say the same.",
    ),
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
OUT = Annotated[
    Path | None, typer.Option(help="Folder to write results to; an earlier result there is replaced.")
]


def split_names(text: str, option: str) -> list[str]:
    """'a,b:x=1,y=2,c' -> ['a', 'b:x=1,y=2', 'c']: what sets a parameter belongs to the name before it.

    Raises typer.BadParameter for an empty name.
    """
    names: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            raise typer.BadParameter(f"{text!r} has an empty name in it", param_hint=option)
        if names and "=" in part and ":" not in part.partition("=")[0]:
            names[-1] += f",{part}"
        else:
            names.append(part)
    return names
