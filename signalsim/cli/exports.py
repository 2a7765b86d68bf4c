"""``signalsim export``: a scenario as files of other programs."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signalsim.errors import InputError

from .options import SCENARIO, SEED
from .terminal import reported, say, show_warnings

if TYPE_CHECKING:
    from signalsim.scenario.build import Built

app = typer.Typer(help="Write a scenario as files of another program.", no_args_is_help=True)

FOLDER = Annotated[Path, typer.Option("--out", help="The new folder.")]
FILE = Annotated[Path, typer.Option("--out", help="The new file (.csv).")]
PLAN = Annotated[str | None, typer.Option(help="Name of the signal plan; by default the deployed one.")]


@app.command()
def sumo(scenario: SCENARIO, out: FOLDER, seed: SEED = None, plan: PLAN = None) -> None:
    """Network, programs, vehicles and configuration for: sumo -c OUT/scenario.sumocfg (extra: sumo)."""
    with reported():
        from signalsim.demand import sample
        from signalsim.formats.sumo.export import CONFIG, OWN_NET, Plans, export_beside, export_scenario
        from signalsim.store import check_folder, new_folder

        check_folder(out, frozenset())
        built = _built(scenario)
        loaded, name = built.scenario, _plan(built, plan)
        own_net = loaded.tables_path / OWN_NET
        arrivals = sample(built, loaded.config.seed if seed is None else seed)
        end_s, stops = loaded.horizon.end_s, loaded.trips.stops if loaded.trips is not None else None
        with new_folder(out, frozenset()) as part:
            if own_net.is_file():
                begin_s = _time_of_day_s(loaded.config.start_local)
                asked = (loaded.signals, Plans(built.plans, name)) if plan is not None else (None, None)
                lost = export_beside(
                    loaded.network, loaded.tables_path, arrivals, begin_s, end_s, part, stops, *asked
                )
            else:
                plans = Plans(built.plans, name)
                lost = export_scenario(loaded.network, loaded.signals, plans, arrivals, end_s, part, stops)
        typer.echo(
            f"{out}: {len(loaded.network.link):,} links, {len(loaded.signals.junctions):,} signals and "
            f"{len(arrivals.depart_ms):,} vehicles, ready for: sumo -c {out / CONFIG}"
        )
        say(f"not carried: {'; '.join(lost)}")


@app.command()
def gmns(scenario: SCENARIO, out: FOLDER) -> None:
    """Tables of GMNS 0.96, with this project's own beside them: imported again, the same scenario."""
    with reported():
        from signalsim.formats.gmns.write import write
        from signalsim.scenario.reference import whole_folder
        from signalsim.store import check_folder, new_folder

        check_folder(out, frozenset())
        loaded = _built(scenario).scenario
        with new_folder(out, frozenset()) as part, whole_folder(loaded.path, loaded.tables_path) as source:
            write(loaded.network, loaded.signals, source, part)
        typer.echo(
            f"{out}: {len(loaded.network.link):,} links and {len(loaded.signals.junctions):,} signals, "
            f"ready for: signalsim import gmns {out} --out FOLDER"
        )
        say("not carried in the specification's own tables: intergreens of single pairs, conflicts, demand")


@app.command()
def utdf(scenario: SCENARIO, out: FILE, plan: PLAN = None) -> None:
    """A signal plan as a Synchro UTDF file."""
    with reported():
        from signalsim.formats.utdf import write_plans
        from signalsim.store import check_new_file, new_file

        check_new_file(out)
        built = _built(scenario)
        loaded = built.scenario
        if not loaded.signals.junctions:
            raise InputError(f"{loaded.path}: has no signals, so no plan; export another scenario")
        name, point = _plan(built, plan), loaded.config.control.offset_point
        with new_file(out) as part:
            write_plans(loaded.network, loaded.signals, part, plan=name, offset_point=point)
        typer.echo(f"{out}: plan {name} of {len(loaded.signals.junctions):,} signals")
        walks = ", crossings and walks" if len(loaded.signals.crossings) else ""
        say(
            "not carried: intergreens of single pairs (each stage has its longest), detectors, locked "
            f"calls{walks}"
        )


def _built(scenario: Path) -> "Built":
    """The scenario with its plans, and a word about what should be known."""
    from signalsim.scenario import build, load

    loaded = load(scenario)
    show_warnings(loaded.warnings)
    return build(loaded)


def _plan(built: "Built", wanted: str | None) -> str:
    """Name of a plan that the scenario has, by default the deployed one. Raises InputError."""
    name = built.scenario.config.control.deployed if wanted is None else wanted
    if name not in built.plans and (wanted is not None or built.signals.junctions):
        there = ", ".join(built.plans) or "none"
        if name in built.programs:
            raise InputError(f"'{name}' is a schedule of plans; choose one with --plan: {there}")
        raise InputError(f"--plan {name}: the scenario has no such plan; there are: {there}")
    return name


def _time_of_day_s(time: datetime) -> float:
    """Seconds since midnight: SUMO's time, which has no date."""
    return (time - time.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
