"""Volumes of a UTDF file as counts of one hour, and the hour they are of."""

from collections import defaultdict
from datetime import datetime, timedelta

from signalsim.counts.spec import COUNTS
from signalsim.errors import InputError
from signalsim.formats.draft import Draft
from signalsim.formats.utdf.approaches import Approach
from signalsim.formats.utdf.sections import Utdf
from signalsim.formats.utdf.streets import movement_id

WARM_UP_S, DEMAND_S, DRAIN_S = 600.0, 3600.0, 3600.0
USUAL_START = datetime(2000, 1, 1, 8, 0)
_FORMS = ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")
_NOT_SIMULATED = {
    "Peds": "pedestrians", "Bicycles": "bicycles", "BusStops": "stopping buses",
    "Midblock": "traffic from mid-block driveways",
}  # fmt: skip


def scenario_hour(utdf: Utdf) -> tuple[datetime, bool]:
    """When the hour of the volumes begins, and whether the file says so."""
    told = [
        utdf.network[name].text("DATA") for name in ("scenariodate", "scenariotime") if name in utdf.network
    ]
    for form in _FORMS:
        try:
            found = datetime.strptime(" ".join(told), form)
        except ValueError:
            continue
        if 1971 <= found.year <= 2199:
            return found, True
    return USUAL_START, False


def add_counts(draft: Draft, utdf: Utdf, approaches: dict[str, Approach], begin: datetime) -> None:
    """counts.csv: a row per movement; of entry links that lead to no counted junction, the next one's sum."""
    totals: dict[str, float] = {}
    heavy = cars = 0.0
    for approach in approaches.values():
        for group in approach.groups:
            volume = group.number("Volume", 0, 20_000)
            if volume is None:
                continue
            growth = group.number("Growth", 0, 1000)
            volume *= 1.0 if growth is None else growth / 100
            _add(draft, approach.id, movement_id(approach, group), round(volume), begin)
            totals[approach.id] = totals.get(approach.id, 0.0) + volume
            heavy += volume * (group.number("HeavyVehicles", 0, 100) or 0.0) / 100
            cars += volume
    if not cars:
        raise InputError(
            f"{utdf.path}, [Lanes]: no Volume is above 0, so nothing moves; give the volumes of an hour"
        )
    for link, total in _entries(approaches, totals).items():
        _add(draft, link, None, round(total), begin)
    draft.section("horizon", warm_up_s=WARM_UP_S, demand_s=DEMAND_S, drain_s=DRAIN_S)
    draft.section("demand", counts=COUNTS.file, heavy_share=round(heavy / cars, 4))
    _report(draft, utdf, approaches, cars)


def _entries(approaches: dict[str, Approach], totals: dict[str, float]) -> dict[str, float]:
    """Volumes of entry links without counts: that of the first counted link behind bends."""
    leaving: dict[str, list[Approach]] = defaultdict(list)
    arriving: dict[str, set[str]] = defaultdict(set)
    for approach in approaches.values():
        leaving[approach.up].append(approach)
        arriving[approach.node].add(approach.up)
    found = {}
    for link, approach in approaches.items():
        if arriving[approach.up] - {approach.node} or link in totals:
            continue
        seen, at = {link}, approach
        while at.id not in totals and not at.groups:
            onward = [a for a in leaving[at.node] if a.node != at.up and a.id not in seen]
            if len(onward) != 1:
                break
            at = onward[0]
            seen.add(at.id)
        if at.id in totals:
            found[link] = totals[at.id]
    return found


def _add(draft: Draft, link: str, movement: str | None, count: int, begin: datetime) -> None:
    end = begin + timedelta(seconds=DEMAND_S)
    draft.add(
        COUNTS, camera_id="UTDF", interval_start=f"{begin.isoformat()}+00:00",
        interval_end=f"{end.isoformat()}+00:00", link_id=link, movement_id=movement, count=count,
    )  # fmt: skip


def _report(draft: Draft, utdf: Utdf, approaches: dict[str, Approach], total: float) -> None:
    draft.understood(
        f"volumes of {len(draft.column(COUNTS, 'count')):,} movements, {total:,.0f} vehicles, with Growth"
    )
    groups = [group for approach in approaches.values() for group in approach.groups]
    factors = [f for group in groups if (f := group.number("PHF", 0, 10))]
    if any(f != 1 for f in factors):
        draft.dropped(
            "peak hour factors (PHF)",
            f"the whole hour is simulated with its volume; mean {sum(factors) / len(factors):.2f}",
        )
    for record, what in _NOT_SIMULATED.items():
        if places := [group.code for group in groups if group.number(record, 0, 1e6)]:
            draft.dropped(what, "not simulated", places)
    bare = [
        a.id
        for a in approaches.values()
        if a.groups and not any(g.number("Volume", 0, 2e4) for g in a.groups)
    ]
    if bare:
        draft.guessed("links without volumes", "nothing enters there; turning shares by turn", bare)
