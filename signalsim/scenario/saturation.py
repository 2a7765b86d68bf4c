"""Which counts of a scenario are saturated, and what demand was in its window."""

from collections.abc import Sequence
from typing import Any

from signalsim.counts.quality.record import Record, record_of
from signalsim.counts.saturation import REFUSED, Saturated, find_saturated
from signalsim.counts.table import CountTable
from signalsim.network import Network
from signalsim.scenario.capacity import capacities_vph
from signalsim.scenario.reference import Opened


def saturated_counts(
    opened: Opened, network: Network, counts: CountTable, named: Sequence[str] = ()
) -> tuple[Record, list[Saturated]]:
    """The counts as a record, and where they are saturated. Raises InputError."""
    record = record_of(counts.table)
    capacity = capacities_vph(opened, record, network)
    return record, find_saturated(record, network, capacity, frozenset(named))


def window_of(record: Record, window_ms: tuple[int, int]) -> tuple[int, int]:
    """Intervals [lo, hi) of the record that a window (UTC, ms) touches."""
    lo = max(0, (window_ms[0] - record.start_ms) // record.step_ms)
    return lo, min(record.m, -((record.start_ms - window_ms[1]) // record.step_ms))


def saturated_document(
    record: Record, found: Sequence[Saturated], window_ms: tuple[int, int]
) -> list[dict[str, Any]]:
    """Per link: when, how demand was found, and vehicles of the window (UTC, ms): counted, demand, 90 %
    interval.
    """
    lo, hi = window_of(record, window_ms)
    rows = []
    for one in found:
        counted, demand, low, high = one.over(lo, hi)
        rows.append({
            "link": one.link,
            "start_ms": record.time_ms(one.a),
            "end_ms": record.time_ms(one.b),
            "method": one.method,
            "reason": one.reason,
            "counted": round(counted),
            "demand": None if one.method == REFUSED else round(demand, 1),
            "low": round(low, 1),
            "high": None if high is None else round(high, 1),
        })  # fmt: skip
    return rows
