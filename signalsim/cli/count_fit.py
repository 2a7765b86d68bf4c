"""``signalsim counts fit``: demand that fits counts, and how far they leave it open."""

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from .count_correct import SATURATED, in_local_time, named_links, print_saturated
from .options import JSON, SCENARIO, SEED
from .terminal import reported, say

if TYPE_CHECKING:
    import numpy as np

    from signalsim.demand.fitting import Balance, Fitted
    from signalsim.network import Network
    from signalsim.scenario.fitting import Source

_SHOWN = 5
_ENDS = ("best", "low", "high")


class Method(StrEnum):
    """How demand is made of counts."""

    auto = "auto"
    turns = "turns"
    routes = "routes"


class Outcome(NamedTuple):
    """A fit, by one method or the other, and the numbers of it that are told."""

    method: str
    balance: "Balance | None"
    fitted: "Fitted | None"
    document: dict[str, Any]


def fit(
    scenario: SCENARIO,
    out: Annotated[Path, typer.Option(help="The new scenario folder, for compare.")],
    counts: Annotated[Path | None, typer.Option(help="A count file in place of the scenario's.")] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="turns: balance turning counts; routes: flows of candidate routes; auto: turns where nearly "
            "all junctions are counted, else routes."
        ),
    ] = Method.auto,
    routes: Annotated[
        Path | None, typer.Option(help="Candidate routes (routes.csv); by default the scenario's.")
    ] = None,
    paths: Annotated[
        int, typer.Option(min=1, max=20, help="Without a file: so many quickest routes per entry and exit.")
    ] = 3,
    ends: Annotated[
        bool, typer.Option("--ends", help="Also write OUT/low and OUT/high, the ends of the range.")
    ] = False,
    as_counted: Annotated[
        bool, typer.Option("--as-counted", help="Take saturated counts for demand, which they are not.")
    ] = False,
    saturated: SATURATED = "",
    seed: SEED = None,
    json: JSON = False,
) -> None:
    """Fit demand to counts and say how many vehicles fit equally well, from the fewest to the most.

    Counts that show capacity instead of demand are corrected first, as counts correct does; the ends of their
    intervals are in the range.

    Writes a scenario. Its fit: GEH and R2; turning counts that do not add up are named as sources and sinks.
    """
    with reported():
        from signalsim.scenario.fitting import read_source
        from signalsim.store import check_folder, new_folder

        check_folder(out, frozenset())
        source = read_source(scenario, counts)
        queues: list[dict[str, Any]] = []
        sources = dict.fromkeys(_ENDS, source)
        if not as_counted:
            sources, queues = _with_demand(source, named_links(saturated, source))
        outcome = _fit(sources["best"], method, routes, paths)
        outcomes = dict.fromkeys(_ENDS, outcome)
        for end in ("low", "high") if queues else ():
            outcomes[end] = _fit(sources[end], Method(outcome.method), routes, paths)
            outcome.document["total"][end] = outcomes[end].document["total"][end]
        document = {"format_version": 1, "scenario": source.opened.config.name} | outcome.document
        document["saturated"] = queues
        with new_folder(out, frozenset()) as part:
            for end in _ENDS if ends else ("best",):
                folder = part if end == "best" else part / end
                if not _is_known(outcome, end):
                    say(f"note: {end}: nothing bounds the total there; not written")
                    continue
                folder.mkdir(exist_ok=True)
                drawn = source.opened.config.seed if seed is None else seed
                _write(sources[end], outcomes[end], end, drawn, folder)
            _check(part)
            text = json_module.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
            (part / "fit.json").write_text(text + "\n", encoding="utf-8")
        if json:
            typer.echo(text)
        else:
            if queues:
                print_saturated(queues)
            _print(document, out)


def _fit(source: "Source", method: Method, routes: Path | None, paths: int) -> Outcome:
    """By turns where all is counted and nothing else is asked for."""
    from signalsim.demand.fitting import is_complete
    from signalsim.demand.prepare import counted_movements

    begin, end = (source.start_ms + t for t in source.window_ms)
    counted = counted_movements(source.counts, len(source.network.movement), (begin, end))
    if method == Method.auto:
        told = routes is None and is_complete(counted, source.network)
        method = Method.turns if told else Method.routes
    return _turns(source, counted) if method == Method.turns else _routes(source, routes, paths)


def _with_demand(source: "Source", named: list[str]) -> tuple[dict[str, "Source"], list[dict[str, Any]]]:
    """The source with demand in place of saturated counts, as likely and at the ends of its intervals, and
    what was done, by queue."""
    from dataclasses import replace

    from signalsim.counts.corrected import at_end, with_demand
    from signalsim.scenario.saturation import saturated_counts, saturated_document, window_of

    record, found = saturated_counts(source.opened, source.network, source.counts, named)
    if not found:
        return dict.fromkeys(_ENDS, source), []
    begin, behind = (source.start_ms + t for t in source.window_ms)
    window = window_of(record, (begin, behind))
    queues = {"best": found} | {end: [at_end(one, end, *window) for one in found] for end in ("low", "high")}
    sources = {}
    for end, those in queues.items():
        counts, bound = with_demand(source.counts, record, those)
        sources[end] = replace(source, counts=counts, queues=(record, those), is_bound=bound)
    rows = saturated_document(record, found, (begin, behind))
    return sources, in_local_time(rows, source.opened.config.start_local.tzinfo)


def _turns(source: "Source", counted: "np.ndarray") -> Outcome:
    import numpy as np

    from signalsim.demand import geh
    from signalsim.demand.fitting import balance
    from signalsim.errors import InputError
    from signalsim.scenario.balancing import entered_of

    network = source.network
    if np.isnan(counted).all():
        raise InputError(
            f"{source.counts.path}: no movement was counted in the demand window; use --method routes"
        )
    found = balance(counted, network, entered_of(source))
    hours = (source.window_ms[1] - source.window_ms[0]) / 3_600_000
    there = ~np.isnan(counted)
    model, seen = found.flow["best"][there], counted[there]
    order = np.argsort(-np.abs(found.difference), kind="stable")[: 4 * _SHOWN]
    total: dict[str, float | None] = {end: round(found.total(end), 1) for end in ("low", "best", "high")}
    if source.is_bound is not None and source.is_bound.any():
        total["high"] = None  # some counts are lower bounds of demand
    document = {
        "method": "turns",
        "total": total,
        "fit": _quality(geh(model / hours, seen / hours), model, seen),
        "imbalance": [
            {
                "link": network.link.ids[found.link[k]],
                "out_less_in": round(float(found.difference[k]), 1),
                "taken_as": _taken_as(found, int(k), network),
            }
            for k in order
            if found.difference[k]
        ],
    }
    return Outcome("turns", found, None, document)


def _taken_as(found: "Balance", k: int, network: "Network") -> str:
    """What the difference on a link is: of the network's own entries and exits, new, or chance."""
    extra, link = found.extra[k], found.link[k]
    if extra > 0:
        return "entry" if network.is_origin[link] else "source"
    if extra < 0:
        return "exit" if network.is_exit[link] else "sink"
    return "chance"


def _routes(source: "Source", routes: Path | None, paths: int) -> Outcome:
    import numpy as np

    from signalsim.demand.fitting import fit_routes, listed_routes, observe, shortest_routes

    network, file = source.network, routes or source.routes_file
    candidates = listed_routes(file, network) if file else shortest_routes(network, paths)
    observed = observe(source.counts, network, source.start_ms, source.window_ms[1], source.is_bound)
    found = fit_routes(candidates, observed, network, source.window_ms)
    model, seen, _ = found.at_points("best")
    geh = found.geh()
    worst = np.argsort(-geh, kind="stable")[:_SHOWN]
    document = {
        "method": "routes",
        "candidates": len(candidates),
        "candidates_from": str(file) if file else f"{paths} quickest from every entry to every exit",
        "uncounted_candidates": int(found.uncounted.sum()),
        "total": {
            end: round(found.total(end), 1) if end in found.flow else None for end in ("low", "best", "high")
        },
        "fit": _quality(geh, model, seen),
        "worst": [
            {
                "at": observed.name(int(k), network),
                "fitted": round(float(model[k]), 1),
                "counted": float(seen[k]),
                "geh": round(float(geh[k]), 2),
            }
            for k in worst
            if geh[k] > 0
        ],
    }
    return Outcome("routes", None, found, document)


def _quality(geh: "np.ndarray", model: "np.ndarray", counted: "np.ndarray") -> dict[str, Any]:
    spread = float(((counted - counted.mean()) ** 2).sum())
    r2 = 1 - float(((model - counted) ** 2).sum()) / spread if spread else None
    return {
        "points": len(geh),
        "geh_below_5_percent": round(float((geh < 5).mean() * 100), 1),
        "geh_max": round(float(geh.max()), 2),
        "r2": None if r2 is None else round(r2, 4),
    }


def _is_known(outcome: Outcome, end: str) -> bool:
    return outcome.document["total"][end] is not None


def _write(source: "Source", outcome: Outcome, end: str, seed: int, folder: Path) -> None:
    from signalsim.scenario.balancing import write_balanced
    from signalsim.scenario.fitting import write_fitted

    if outcome.fitted is not None:
        write_fitted(source, outcome.fitted, end, seed, folder)
    elif outcome.balance is not None:
        write_balanced(source, outcome.balance, end, folder)


def _check(folder: Path) -> None:
    """What was written loads. Raises InputError."""
    from signalsim.errors import InputError
    from signalsim.scenario import load

    for one in (folder, folder / "low", folder / "high"):
        if one.is_dir():
            try:
                load(one)
            except InputError as error:
                told = str(error).replace(f"{folder}/", "")
                raise InputError(f"the fitted demand is no scenario that can be simulated: {told}") from None


def _print(document: dict[str, Any], out: Path) -> None:
    total, quality = document["total"], document["fit"]
    high = "no upper end" if total["high"] is None else f"{total['high']:,.0f}"
    typer.echo(
        f"{document['scenario']}: {total['best']:,.0f} vehicles by {document['method']}; {total['low']:,.0f} "
        f"to {high} fit equally well"
    )
    r2 = "" if quality["r2"] is None else f", R2 {quality['r2']:.4f}"
    typer.echo(
        f"fit at {quality['points']} points: GEH below 5 for {quality['geh_below_5_percent']:.1f} %, at most "
        f"{quality['geh_max']:.1f}{r2}"
    )
    for row in document.get("worst", []):
        typer.echo(f"  {row['at']}: {row['fitted']:.0f}, counted {row['counted']:.0f}, GEH {row['geh']:.1f}")
    extra = [row for row in document.get("imbalance", []) if row["taken_as"] in ("source", "sink")]
    for row in extra[:_SHOWN]:
        typer.echo(f"  {row['link']}: {row['taken_as']} of {abs(row['out_less_in']):.0f} vehicles")
    typer.echo(f"{out}: ready for: signalsim compare {out}")
