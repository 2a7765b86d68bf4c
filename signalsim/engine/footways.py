"""Plain columns of crossings in, engine tables out: the part of ``build`` that knows pedestrians."""

from dataclasses import dataclass, field

import numpy as np

from .tables import CROSSING, NO_GROUP, TO_PEDESTRIANS, TO_VEHICLES, WALKS, ZONE

_ZONE_FIELDS = [name for name in ZONE.names or () if name != "pad"]


def _none(columns: int) -> np.ndarray:
    return np.zeros((0, columns), np.int64)


@dataclass(frozen=True)
class Crossings:
    """Where pedestrians cross, as columns."""

    group: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # NO_GROUP: a zebra
    cross_ms: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    zones: np.ndarray = field(default_factory=lambda: _none(8))  # (k, 8) movement, then a ZONE's fields


def crossing_tables(
    given: Crossings, movement: np.ndarray, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crossings, crossings by group, zones by movement; writes the starts and ends of these rows into
    ``movement`` and ``group``. Raises ValueError where a crossing names a group of vehicles.
    """
    crossing = np.zeros(len(given.group), CROSSING)
    crossing["group"], crossing["cross_ms"] = given.group, given.cross_ms
    lit = np.flatnonzero(crossing["group"] != NO_GROUP)
    if (group["walk"][crossing["group"][lit]] == 0).any():
        raise ValueError("a crossing names a group of vehicles")
    lit = lit[np.argsort(crossing["group"][lit], kind="stable")]
    of = crossing["group"][lit]
    group["crossing_start"] = np.searchsorted(of, np.arange(len(group)))
    group["crossing_end"] = np.searchsorted(of, np.arange(len(group)), side="right")
    rows = np.asarray(given.zones, np.int64).reshape(-1, 1 + len(_ZONE_FIELDS))
    rows = rows[np.lexsort(rows.T[::-1])]
    zone = np.zeros(len(rows), ZONE)
    for column, name in enumerate(_ZONE_FIELDS, 1):
        zone[name] = rows[:, column]
    if len(rows) and (rows[:, [5, 7]].max(1) > crossing["cross_ms"][rows[:, 1]]).any():
        raise ValueError("a zone lies beyond its crossing")
    movement["zone_start"] = np.searchsorted(rows[:, 0], np.arange(len(movement)))
    movement["zone_end"] = np.searchsorted(rows[:, 0], np.arange(len(movement)), side="right")
    return crossing, lit.astype(np.int32), zone


def gives_way_to(movement: np.ndarray, always: int) -> np.ndarray:
    """(n_movements,) bits of whom each movement gives way to; ``always``: rules by which vehicles do."""
    vehicles = (movement["yield_end"] > movement["yield_start"]) | (movement["rules"] & always > 0)
    pedestrians = movement["zone_end"] > movement["zone_start"]
    return TO_VEHICLES * vehicles + TO_PEDESTRIANS * pedestrians


def set_walks(
    group: np.ndarray, junction: np.ndarray, walk: np.ndarray | None, leads: np.ndarray | None
) -> None:
    """Fields of pedestrian groups. ``leads``: (k, 3) pedestrian group, group of vehicles that it leads, ms.

    Raises ValueError for a lead that is as long as the walk, or is not of a pedestrian group and one of
    vehicles of its junction.
    """
    if walk is not None:
        group["walk"] = walk
    for p, v, ms in np.asarray([] if leads is None else leads, np.int64).reshape(-1, 3):
        same = group["junction"][p] == group["junction"][v]
        if not (group["walk"][p] & WALKS) or group["walk"][v] or not same:
            raise ValueError(f"group {p} cannot lead group {v}")
        if not 0 <= ms < max(1, group["min_green_ms"][p]):
            raise ValueError(f"the lead of group {p} is not shorter than its walk")
        group["lead_ms"][p] = ms
        group["led"][p] |= np.uint64(1) << np.uint64(v - junction["first_group"][group["junction"][v]])
    for g in np.flatnonzero(group["walk"]):
        row = junction[group["junction"][g]]
        bit = np.uint64(1) << np.uint64(g - row["first_group"])
        junction["walks"][group["junction"][g]] |= bit


def longest_turn_ms(group: np.ndarray, change_ms: int) -> int:
    """The longest that a junction of these groups may need for one change and what it must then show, ms:
    a minimum green; with pedestrians behind the clearance of a walk before, a lead, and with the clearance
    of a walk that was called meanwhile.
    """
    walks = group["walk"] > 0
    longest = int(group["min_green_ms"].max())
    if not walks.any():
        return change_ms + longest
    change_ms = max(change_ms, int(group["yellow_ms"][walks].max()))
    return 2 * change_ms + int(group["lead_ms"].max()) + longest
