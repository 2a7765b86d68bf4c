"""What is wrong with counts: one function per check, all of them in CHECKS.

A check is a function (record, network or None) -> findings. Nothing is corrected here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signalsim.counts.checks import CHECKS as RULES
from signalsim.counts.table import read_count_rows, resolve
from signalsim.errors import InputError
from signalsim.network import Network
from signalsim.network.csvfile import Fault
from signalsim.network.tables import Table

from .clocks import MIN_INTERVALS, check_clocks, clock_windows
from .findings import ERROR, KINDS, NOTE, SEVERITIES, WARNING, Finding, at_least, worst
from .gaps import check_copies, check_duplicates, check_gaps
from .levels import check_capped, check_dead, check_impossible, check_spikes, check_stuck
from .neighbours import check_imbalance
from .record import Key, Record, record_of

__all__ = [
    "CHECKS", "ERROR", "KINDS", "NOTE", "SEVERITIES", "WARNING", "Checked", "Finding", "Key", "Record",
    "at_least", "check_counts", "examine", "record_of", "worst",
]  # fmt: skip

CHECKS = (
    check_duplicates,
    check_copies,
    check_gaps,
    check_clocks,
    check_stuck,
    check_dead,
    check_impossible,
    check_spikes,
    check_imbalance,
    check_capped,
)


@dataclass(frozen=True)
class Checked:
    """What was found in a count file. ``unchecked`` says in words what could not be judged."""

    record: Record
    findings: list[Finding]  # the worst first, then by kind and camera
    unchecked: tuple[str, ...]


def check_counts(path: Path, network: Network | None = None) -> Checked:
    """Check a count file, with its network all of it. Raises InputError for a file that is no count table."""
    faults: list[Fault] = []
    table = read_count_rows(path, faults.append)
    record = record_of(table)
    broken = [_unusable(record, str(fault)) for fault in faults]
    if network is not None and not faults:
        broken += [_unusable(record, told) for told in _rules(table, network)]
    return Checked(record, _sorted(broken + examine(record, network)), _unchecked(record, network))


def examine(record: Record, network: Network | None) -> list[Finding]:
    """All findings of all checks."""
    return [finding for check in CHECKS for finding in check(record, network)]


def _rules(table: Table, network: Network) -> Iterator[str]:
    """What keeps a table from being loaded with a scenario, the first of each kind."""
    try:
        counts = resolve(table, network)
    except InputError as error:
        yield str(error)
        return
    for rule in RULES:
        try:
            rule(counts, network)
        except InputError as error:
            yield str(error)


def _unusable(record: Record, told: str) -> Finding:
    return Finding("unusable", ERROR, "", "", "", record.start_ms, record.time_ms(record.m), told)


def _sorted(findings: list[Finding]) -> list[Finding]:
    order, kinds = list(SEVERITIES), list(KINDS)
    return sorted(
        findings,
        key=lambda f: (
            order.index(f.severity),
            kinds.index(f.kind),
            f.camera,
            f.link,
            f.movement,
            f.start_ms,
        ),
    )


def _unchecked(record: Record, network: Network | None) -> tuple[str, ...]:
    out = []
    if network is None:
        out.append("imbalance between neighbours and lanes: they need the network (--scenario)")
    if not clock_windows(record):
        out.append(f"clocks: they need {MIN_INTERVALS} intervals, the file has {record.m}")
    elif len(record.cameras) < 2:
        out.append("clocks: there is one camera, and nothing to hold it against")
    if record.aside:
        minutes = record.step_ms / 60_000
        out.append(f"{record.aside:,} rows whose intervals are not those of the others ({minutes:g} min)")
    return tuple(out)
