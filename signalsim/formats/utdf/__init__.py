"""Synchro's Universal Traffic Data Format, version 8 (combined CSV): network, volumes and plan in one."""

from datetime import timedelta
from pathlib import Path

from signalsim.formats.draft import Draft
from signalsim.formats.utdf.approaches import read_approaches
from signalsim.formats.utdf.detectors import add_detectors
from signalsim.formats.utdf.lights import Lights, add_signals
from signalsim.formats.utdf.plans import add_phases, add_plans
from signalsim.formats.utdf.sections import Utdf, read_sections
from signalsim.formats.utdf.streets import add_links, add_movements, add_nodes, check_distinct
from signalsim.formats.utdf.volumes import WARM_UP_S, add_counts, scenario_hour
from signalsim.formats.utdf.write import write_plans
from signalsim.formats.wheel import resolve

__all__ = ["read", "write_plans"]

_SETTINGS = {"criticalgap": ("left_gap_s", 1, 15), "followuptime": ("left_follow_s", 1, 10)}


def read(name: str, *, source: str) -> Draft:
    """The scenario that a UTDF file makes. Raises InputError."""
    path = resolve(source)
    utdf = read_sections(path)
    approaches = read_approaches(utdf)
    check_distinct(utdf, approaches)
    lights = Lights(utdf, approaches)
    begin, is_told = scenario_hour(utdf)
    draft = Draft(
        name,
        description=f"Synchro UTDF: {path.name}.",
        time_zone="UTC",
        start=(begin - timedelta(seconds=WARM_UP_S)).isoformat(),
    )
    rule = "the file names none: local time is taken as UTC"
    draft.guessed("time zone", rule if is_told else f"{rule}, the hour begins at {begin.isoformat()}")
    draft.section("source", description=f"Synchro UTDF file {path.name}")
    _add_settings(draft, utdf, path)
    add_nodes(draft, utdf, set(lights.controllers))
    add_links(draft, approaches)
    add_movements(draft, utdf, approaches, lights.groups, lights.free)
    add_signals(draft, lights, approaches, str(path))
    add_plans(draft, lights, str(path))
    add_phases(draft, lights)
    add_detectors(draft, utdf, approaches, lights)
    add_counts(draft, utdf, approaches, begin)
    return draft


def _add_settings(draft: Draft, utdf: Utdf, path: Path) -> None:
    """Defaults that the file gives for the whole network."""
    version = utdf.setting("utdfversion", 0, 1000)
    if version is not None and version != 8:
        draft.guessed(f"UTDF version {version:g}", "read as version 8")
    for setting, (default, low, high) in _SETTINGS.items():
        value = utdf.setting(setting, low, high)
        if value is not None:
            draft.section("defaults", **{default: value})
    spacing = utdf.setting("vehlength", 1, 100)
    if spacing is not None and 4 <= spacing * utdf.metre <= 15:
        draft.section("defaults", jam_spacing_m=round(spacing * utdf.metre, 3))
    if utdf.unknown:
        draft.dropped("sections", "not read", utdf.unknown)
