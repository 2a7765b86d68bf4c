"""``signalsim plan``: the best fixed plan, as a scenario with the plan in it."""

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signalsim.errors import InputError

from .options import JSON, SCENARIO, SEED
from .plan_text import print_plan
from .terminal import INTERRUPTED, announce_compilation, progress_bar, reported, say, show_warnings

if TYPE_CHECKING:
    from signalsim.experiment.plan_methods import Planned, Trial
    from signalsim.experiment.plan_search import Search
    from signalsim.scenario.build import Built


class Method(StrEnum):
    """How a plan is made."""

    uniform = "uniform"
    webster = "webster"
    time_of_day = "time-of-day"
    coordinated = "coordinated"
    optimised = "optimised"


class Stages(StrEnum):
    """What stages a plan is made of."""

    deployed = "deployed"
    any = "any"


def plan(
    scenario: SCENARIO,
    method: Annotated[Method, typer.Option(help="optimised: searched by simulation; others by formulas.")],
    out: Annotated[Path, typer.Option(help="The new scenario folder; of an unfinished search, the same.")],
    name: Annotated[str | None, typer.Option(help="What the plan is called; by default its method.")] = None,
    min_cycle: Annotated[float, typer.Option(min=5, max=600, help="Shortest cycle, s.")] = 20.0,
    max_cycle: Annotated[float, typer.Option(min=5, max=600, help="Longest cycle, s.")] = 180.0,
    cycle: Annotated[
        float | None, typer.Option(min=5, max=600, help="The common cycle of coordinated, s.")
    ] = None,
    stages: Annotated[
        Stages,
        typer.Option(
            help="any: webster, coordinated and optimised also try stages that the deployed plan lacks."
        ),
    ] = Stages.deployed,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Budget of optimised; by default 120 s, or as --runs says.")
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Budget of optimised in simulated runs: repeatable results.")
    ] = None,
    samples: Annotated[
        int, typer.Option(min=3, max=1000, help="Samples of traffic that optimised tunes a plan on.")
    ] = 12,
    replications: Annotated[
        int | None,
        typer.Option(min=0, max=10_000, help="Runs of each plan on held-back traffic; of optimised 10."),
    ] = None,
    seed: SEED = None,
    json: JSON = False,
) -> None:
    """Design a fixed plan and write the scenario with it to a new folder."""
    with reported():
        from signalsim.scenario import build, load

        if min_cycle > max_cycle:
            raise InputError(f"--min-cycle {min_cycle:g}: is above --max-cycle {max_cycle:g}; give less")
        if cycle is not None and method is not Method.coordinated:
            raise InputError("--cycle: is of --method coordinated; give --min-cycle and --max-cycle instead")
        if stages is Stages.any and method in (Method.uniform, Method.time_of_day):
            raise InputError("--stages any: is of --method webster, coordinated and optimised; leave it out")
        loaded = load(scenario)
        built = build(loaded)
        show_warnings(loaded.warnings)
        label = name or str(method)
        limits = {"min_cycle_s": min_cycle, "max_cycle_s": max_cycle}
        seed = loaded.config.seed if seed is None else seed
        is_search = method is Method.optimised
        trials = (10 if is_search else 0) if replications is None else replications
        with redirect_stdout(sys.stderr):
            if is_search:
                budget = (120.0 if runs is None else 0.0) if seconds is None else seconds, runs or 0
                document = _search(built, label, out, limits, budget, samples, seed, trials, stages)
            else:
                more = {"cycle_s": cycle} if cycle is not None else {}
                document = _design(built, str(method), label, out, limits | more, seed, trials, stages)
        if json:
            from signalsim.experiment import to_text

            typer.echo(to_text(document))
        else:
            print_plan(document, out)


def _design(
    built: "Built",
    method: str,
    name: str,
    out: Path,
    limits: dict[str, Any],
    seed: int,
    trials: int,
    stages: Stages,
) -> dict[str, Any]:
    """Design a plan and write the new folder, whole or not at all."""
    from signalsim.control.lasting import lasting_plan
    from signalsim.control.plans import plain_plans
    from signalsim.experiment.plan_methods import design, held_back
    from signalsim.experiment.plan_stages import any_stages
    from signalsim.scenario import load
    from signalsim.scenario.planned import check_name, write_planned
    from signalsim.store import check_folder, new_folder

    check_folder(out, frozenset())
    if stages is Stages.any:
        found = any_stages(built, min_cycle_s=limits["min_cycle_s"], max_cycle_s=limits["max_cycle_s"])
        built, planned = found.built, found.planned(method, name, **limits)
    else:
        planned = design(built, method, name, **limits)
    check_name(built.scenario, [*planned.plans, name])
    schedule = (name, planned.schedule) if planned.schedule else None
    trial = None
    if trials and len(planned.plans) == 1:
        deployed = plain_plans(lasting_plan(built.deployed, built.tables.signals))
        trial = held_back(built, {"deployed": deployed, **planned.plans}, name, seed, trials)
    with new_folder(out, frozenset()) as part:
        write_planned(built.scenario, planned.plans, part, schedule)
        load(part)
        return _finish(built, planned, trial, None, part)


def _search(
    built: "Built",
    name: str,
    out: Path,
    limits: dict[str, Any],
    budget: tuple[float, int],
    samples: int,
    seed: int,
    trials: int,
    stages: Stages,
) -> dict[str, Any]:
    """Search by simulation; the folder has the best plan so far at any time."""
    from signalsim.control.volumes import traffic_of
    from signalsim.engine import jit
    from signalsim.experiment.plan_folder import SEARCH, earlier_search, keep_search
    from signalsim.experiment.plan_methods import Planned, held_back, starting_plans
    from signalsim.experiment.plan_search import Budget, Search, search_key, search_plan
    from signalsim.experiment.plan_stages import any_stages
    from signalsim.scenario.planned import check_name, write_planned
    from signalsim.store import check_folder, new_folder

    check_name(built.scenario, [name])
    found = any_stages(built, **limits) if stages is Stages.any else None
    built = found.built if found else built
    scenario = built.scenario
    key = search_key(scenario.digest(), seed, samples, "mean_delay_s", found.added if found else ())
    earlier = earlier_search(out, key)
    if earlier is None:
        check_folder(out, frozenset())
    if jit.is_cold():
        announce_compilation()
    starts = starting_plans(built, **limits) | ({"any stages": found.plans} if found else {})

    def keep(state: Search) -> None:
        if not (out / SEARCH).is_file():
            with new_folder(out, frozenset()) as part:
                write_planned(scenario, {name: state.plans}, part)
                keep_search(scenario, name, state, part)
        else:
            keep_search(scenario, name, state, out)

    with progress_bar("searching") as progress:
        try:
            state = search_plan(
                built, starts, Budget(*budget), seed=seed, samples=samples, key=key, earlier=earlier,
                keep=keep, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            if not (out / SEARCH).is_file():
                raise
            say(f"signalsim: interrupted; {out} has the best plan so far, the same command goes on from it")
            raise typer.Exit(INTERRUPTED) from None
    trial = None
    if trials:
        trial = held_back(built, {**starts, name: state.plans}, name, seed, trials)
    gain = state.start_values[state.start] - state.mean
    why = (
        f"begun with {state.start}, {state.start_values[state.start]:.1f} s of delay per vehicle; "
        f"{state.runs:,} runs brought it down by {gain:.1f} s on the traffic that it was tuned on",
        *(found.why if found else ()),
    )
    planned = Planned("optimised", {name: state.plans}, {name: traffic_of(built)}, why=why)
    return _finish(built, planned, trial, state, out)


def _finish(
    built: "Built", planned: "Planned", trial: "Trial | None", state: "Search | None", out: Path
) -> dict[str, Any]:
    """plan.json, figures and report.html beside the tables; the document."""
    from signalsim.experiment.plan_folder import plan_document, write_document
    from signalsim.report.plan_page import write_plan_page
    from signalsim.report.plans import write_plan_figures

    document = plan_document(built.scenario, planned, trial, state)
    write_document(document, out)
    figures = write_plan_figures(built, planned.plans, out / "figures")
    write_plan_page(document, figures, out)
    return document
