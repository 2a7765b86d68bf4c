"""A plan as a folder: the scenario with the plan added, plan.json, and the state of a search."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signalsim.errors import InputError
from signalsim.scenario.load import Scenario
from signalsim.scenario.planned import add_plans
from signalsim.signals import Plan

from .document import FORMAT_VERSION, to_text
from .plan_methods import Planned, Trial
from .plan_search import Search

DOCUMENT, SEARCH = "plan.json", "search.json"


def plan_document(
    scenario: Scenario, planned: Planned, trial: Trial | None, search: Search | None
) -> dict[str, Any]:
    """What ``plan --json`` prints and plan.json holds."""
    out: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "scenario": scenario.name,
        "method": planned.method,
        "plans": planned.assessment(),
        "schedule": planned.schedule,
        "why": list(planned.why),
        "remarks": planned.remarks(),
    }
    if trial is not None:
        out["held_back"] = {
            "replications": trial.replications,
            "mean_delay_s": trial.mean_delay_s,
            "best_other": trial.best_other,
            "difference_s": {
                name: {"mean": d.mean, "ci95": [d.low, d.high], "p_value": d.p_value}
                for name, d in trial.difference.items()
            },
        }
    if search is not None:
        out["search"] = {
            "start": search.start,
            "start_mean_delay_s": search.start_values,
            "mean_delay_s": search.mean,
            "runs": search.runs,
            "history": search.history,
        }
    return out


def write_document(document: Mapping[str, Any], folder: Path) -> None:
    _replace(folder / DOCUMENT, to_text(dict(document)) + "\n")


def keep_search(scenario: Scenario, name: str, search: Search, folder: Path) -> None:
    """The best plan so far into a folder that ``scenario.planned.write_planned`` made; never half of it."""
    part = folder / ".part"
    part.mkdir(exist_ok=True)
    plans: dict[str, dict[int, Plan]] = {name: search.plans}
    add_plans(scenario, plans, part)
    for file in sorted(part.iterdir()):
        file.replace(folder / file.name)
    part.rmdir()
    _replace(folder / SEARCH, search.to_json() + "\n")


def earlier_search(folder: Path, key: str) -> Search | None:
    """The search whose state lies in a folder; None where there is none. Raises InputError for one of another
    scenario or other settings.
    """
    file = folder / SEARCH
    if not file.is_file():
        return None
    try:
        found = Search.from_json(file.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file}: is no state of a search; remove it, or name a new folder") from None
    if found.key != key:
        raise InputError(
            f"{file}: is of another scenario, seed or number of samples, or of other stages; name a new "
            "folder, or give what it was begun with"
        )
    return found


def _replace(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
