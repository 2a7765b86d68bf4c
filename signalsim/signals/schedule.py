"""Plans by the time of day: which plan hangs at a junction when."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from signalsim.network.tables import Table

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_WEEK = 7


@dataclass(frozen=True)
class Entry:
    """From ``at`` on, local time, on these days of the week (Monday is 0), a plan is in force."""

    days: frozenset[int]
    at: time
    plan: str


Schedule = dict[int, tuple[Entry, ...]]  # junction -> its entries


def read_schedules(table: Table, junctions: dict[str, int], plans: Collection[str]) -> dict[str, Schedule]:
    """Schedule id -> junction -> entries. Rows that name no junction are for all that no row names.
    Raises InputError.
    """
    rows: dict[str, dict[int | None, list[Entry]]] = {}
    for i in range(len(table)):
        name, plan = table.texts("schedule_id")[i], table.texts("plan_id")[i]
        if name in plans:
            raise table.fault(i, "schedule_id", "is the name of a plan; give the schedule another one")
        if plan not in plans:
            raise table.fault(i, "plan_id", f"is no plan; there are: {', '.join(plans) or 'none'}")
        where = table.texts("junction_id")[i]
        if where and where not in junctions:
            raise table.fault(
                i, "junction_id", "is no signalised junction; leave it empty for all, or give one"
            )
        entry = Entry(_days(table, i), _time(table, i), plan)
        others = rows.setdefault(name, {}).setdefault(junctions.get(where), [])
        if any(other.at == entry.at and other.days & entry.days for other in others):
            raise table.fault(i, "start", "is there twice on one day; give each plan its own time")
        others.append(entry)
    out: dict[str, Schedule] = {}
    for name, found in rows.items():
        common = found.get(None, [])
        out[name] = {j: tuple(found.get(j, common)) for j in junctions.values() if found.get(j, common)}
        for junction, j in junctions.items():
            if j not in out[name]:
                first = table.texts("schedule_id").index(name)
                raise table.fault(
                    first, "schedule_id",
                    f"says nothing for junction '{junction}'; add a row with it, or one with no junction_id",
                )  # fmt: skip
    return out


def _time(table: Table, row: int) -> time:
    found = _TIME.fullmatch(table.texts("start")[row].strip())
    if not found:
        raise table.fault(row, "start", "is no time of day; write it like 06:30")
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second)


def _days(table: Table, row: int) -> frozenset[int]:
    """``mon-fri``, ``sat sun``, or nothing for every day."""
    days: set[int] = set()
    for part in table.texts("days")[row].lower().split():
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise table.fault(row, "days", "names no day of the week; write them like mon-fri or sat sun")
        a, b = _DAYS.index(first), _DAYS.index(last or first)
        days |= {(a + k) % _WEEK for k in range((b - a) % _WEEK + 1)}
    return frozenset(days or range(_WEEK))


def plan_changes(entries: tuple[Entry, ...], start: datetime, end_s: float) -> list[tuple[float, str]]:
    """(seconds after ``start``, plan) of every change up to ``end_s``; the first is what is in force at 0.

    ``start`` has its time zone: entries are by its clocks.
    """
    changes: list[tuple[float, str]] = []
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for day in range(-_WEEK, int(end_s // 86_400) + 2):
        date = midnight + timedelta(days=day)
        for entry in entries:
            if date.weekday() in entry.days:
                local = date.replace(hour=entry.at.hour, minute=entry.at.minute, second=entry.at.second)
                changes.append((local.timestamp() - start.timestamp(), entry.plan))
    changes.sort(key=lambda change: change[0])
    before = [plan for at, plan in changes if at <= 0]
    found = [(0.0, before[-1])]
    for at, plan in changes:
        if 0 < at < end_s and plan != found[-1][1]:
            found.append((at, plan))
    return found
