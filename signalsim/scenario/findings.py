"""Everything that is wrong with the network and the signals of a scenario, whether it loads or not."""

from dataclasses import dataclass
from pathlib import Path

from signalsim.errors import InputError
from signalsim.network.csvfile import Fault
from signalsim.network.findings import (
    ERROR,
    NOTE,
    Finding,
    Found,
    Reading,
    counted,
    findings,
    network_faults,
    read_leniently,
)
from signalsim.network.tables import read_optional
from signalsim.scenario.reference import open_scenario
from signalsim.scenario.schema import ScenarioConfig
from signalsim.signals.checks import faults, notes
from signalsim.signals.load import read_signals
from signalsim.signals.specs import CROSSING, GROUP, PLAN, STAGE

# without these there are no directions and conflicts that signals could be held against
_SIGNALS_NEED = ("empty-table", "zero-length-link", "movement-ends", "conflict-list")


@dataclass(frozen=True)
class Checked:
    """What a check of a scenario's network found. ``unchecked`` says in words what could not be judged."""

    name: str
    reading: Reading
    findings: list[Finding]  # errors first
    unchecked: tuple[str, ...]

    def count(self, level: str) -> int:
        """Findings of a level."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def summary(self) -> str:
        """'1 error, 3 notes'."""
        return ", ".join(counted(self.count(level), level) for level in (ERROR, NOTE))


def check_scenario(path: Path | str) -> Checked:
    """All findings of a scenario: a folder, or the scenario.toml in it.

    Raises InputError for a wrong scenario.toml, and for a table that cannot be read at all.
    """
    opened = open_scenario(path)
    return check_folder(opened.tables, opened.config)


def check_folder(folder: Path, config: ScenarioConfig) -> Checked:
    """All findings of the tables in ``folder``, read as ``config`` says. Raises InputError as above."""
    reading = read_leniently(
        folder,
        config.network_defaults,
        drive_right=config.network.drive_right,
        conflicts_as_listed=config.network.conflicts == "as_listed",
    )
    found = list(network_faults(reading))
    unchecked: tuple[str, ...] = ()
    places: dict[tuple[str, int], str] = {}
    if reading.faults:
        unchecked = ("what touches a row that cannot be used, and the signals",)
    elif any(kind in _SIGNALS_NEED for kind, _, _ in found):
        unchecked = ("the signals",)
    else:
        signal_faults, places = _signal_faults(folder, reading)
        found += signal_faults
    return Checked(config.name, reading, findings(reading, found, places), unchecked)


def _signal_faults(folder: Path, reading: Reading) -> tuple[list, dict[tuple[str, int], str]]:
    """What is wrong with the signals of a network that is whole, and the junction of their tables' rows."""
    wrong: list[Fault] = []
    places: dict[tuple[str, int], str] = {}
    try:
        for spec in (GROUP, STAGE, PLAN, CROSSING):
            column = "node_id" if spec is CROSSING else "junction_id"
            table = read_optional(folder / spec.file, spec, wrong.append)
            places |= {
                (spec.file, int(row)): junction
                for row, junction in zip(table.row, table.texts(column), strict=True)
            }
        if wrong:
            return [(fault.kind, ERROR, fault) for fault in wrong], places
        return list(_rules(folder, reading)), places
    except InputError as error:  # the first that keeps the tables from being joined
        kind = error.kind if isinstance(error, Fault) else ""
        return [(kind or "signal-tables", ERROR, error)], places


def _rules(folder: Path, reading: Reading) -> Found:
    network = reading.network
    signals, pairs, intergreens = read_signals(folder, network)
    wrong = list(faults(signals, network, pairs, intergreens))
    yield from (("signal-times", ERROR, fault) for fault in wrong)
    yield from (("signal-note", NOTE, fault) for fault in notes(signals, network))
