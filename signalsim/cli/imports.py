"""``signalsim import``: files of other programs become a scenario folder."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .terminal import reported, say, show_warnings

if TYPE_CHECKING:
    from signalsim.formats.draft import Draft

app = typer.Typer(help="Make a scenario from files of another program.", no_args_is_help=True)

OUT = Annotated[Path, typer.Option(help="The new scenario folder.")]
NAME = Annotated[str | None, typer.Option(help="Name of the scenario; by default that of its folder.")]
_ROUTES = "Routes, trips or flows (.rou.xml); may be given several times."
_PLANS = "Signal programs that replace those of the network (additional file)."
_COUNTS = "Counts instead of routes: edge data or turn counts."


@app.command()
def sumo(
    out: OUT,
    net: Annotated[str | None, typer.Option(help="SUMO network (.net.xml or .net.xml.gz).")] = None,
    config: Annotated[
        str | None, typer.Option(help="A .sumocfg that names network, routes and times.")
    ] = None,
    routes: Annotated[list[str] | None, typer.Option(help=_ROUTES)] = None,
    plans: Annotated[list[str] | None, typer.Option(help=_PLANS)] = None,
    counts: Annotated[list[str] | None, typer.Option(help=_COUNTS)] = None,
    name: NAME = None,
) -> None:
    """A SUMO network with its signal programs, and routes, trips or flows."""
    _bring("sumo", out, name, net=net, config=config, routes=routes, plans=plans, counts=counts)


@app.command()
def cityflow(
    roadnet: Annotated[str, typer.Option(help="CityFlow road network (JSON).")],
    flow: Annotated[str, typer.Option(help="CityFlow flow file (JSON).")],
    out: OUT,
    name: NAME = None,
) -> None:
    """A CityFlow road network and its flow."""
    _bring("cityflow", out, name, roadnet=roadnet, flow=flow)


@app.command()
def utdf(
    source: Annotated[str, typer.Argument(help="Synchro UTDF file (combined CSV, version 8).")],
    out: OUT,
    name: NAME = None,
) -> None:
    """A Synchro UTDF file: network, volumes and signal timing in one."""
    _bring("utdf", out, name, source=source)


@app.command()
def osm(
    source: Annotated[
        str, typer.Argument(help="A .osm or GraphML file, or a place name (needs a connection).")
    ],
    out: OUT,
    name: NAME = None,
) -> None:
    """OpenStreetMap, through osmnx (extra: osm). Plans and demand are made by stated rules."""
    _bring("osm", out, name, source=source)


@app.command()
def gmns(
    source: Annotated[str, typer.Argument(help="A folder of GMNS tables.")],
    out: OUT,
    name: NAME = None,
) -> None:
    """A folder in the General Modeling Network Specification."""
    _bring("gmns", out, name, source=source)


def _bring(kind: str, out: Path, name: str | None, **options: Any) -> None:
    with reported():
        from signalsim.formats import reader
        from signalsim.scenario.bring import bring

        given = {key: value for key, value in options.items() if value is not None}
        read: Callable[..., Draft] = reader(kind)
        first = str(next(iter(given.values()), kind))
        brought = bring(first, lambda: read(name or out.absolute().name, **given), out)
        show_warnings(brought.warnings)
        say(brought.report)
        typer.echo(f"{out}: {brought.name}, ready for: signalsim compare {out}")
