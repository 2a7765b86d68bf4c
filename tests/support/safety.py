"""What a street must never see, looked for in the records alone; knows nothing of the interlock."""

import numpy as np

from signalsim.engine.records import Kind
from signalsim.engine.tables import ON_RED, TAKES_TURNS, Arrivals, Tables

RED, YELLOW, GREEN = 0, 1, 2


def dangers(tables: Tables, records: np.ndarray) -> list[str]:
    """Forbidden pairs green together, greens and walks under their minimum, missing intergreens, wrong
    yellows and clearances, vehicles that start within the lead of a walk."""
    group = tables.signals.group
    green_since = np.full(len(group), -1, np.int64)
    green_end = np.full(len(group), -(1 << 40), np.int64)
    aspect = np.zeros(len(group), int)
    found = []
    for row in records[records["kind"] == Kind.ASPECT]:
        t, g, new = int(row["t_ms"]), int(row["entity"]), int(row["value"])
        legal = {RED: GREEN, GREEN: YELLOW, YELLOW: RED}[int(aspect[g])]
        if new != legal:
            found.append(f"{t}: group {g} goes from {aspect[g]} to {new}")
        if new == GREEN:
            for foe, ms in _foes(tables, g):
                if aspect[foe] == GREEN:
                    found.append(f"{t}: groups {g} and {foe} are green together")
                elif t < green_end[foe] + ms:
                    found.append(f"{t}: group {g} green {t - green_end[foe]} ms after {foe}, needs {ms}")
            for walk, ms in _leads(tables, g):
                if aspect[walk] == GREEN and t < green_since[walk] + ms:
                    found.append(f"{t}: group {g} starts within the lead of {walk}")
            green_since[g] = t
        elif new == YELLOW:
            if t - green_since[g] < group.min_green_ms[g]:
                found.append(f"{t}: group {g} was green for {t - green_since[g]} ms only")
            green_end[g] = t
        elif t - green_end[g] != group.yellow_ms[g]:
            found.append(f"{t}: group {g} was yellow for {t - green_end[g]} ms")
        aspect[g] = new
    return found


def _foes(tables: Tables, g: int) -> list[tuple[int, int]]:
    """Groups forbidden with ``g`` and the intergreen from each of them to ``g``."""
    row = tables.signals.junction[tables.signals.group.junction[g]]
    first, n = int(row.first_group), int(row.n_groups)
    mask = int(tables.signals.forbidden[g])
    matrix = tables.signals.intergreen_ms[row.intergreen_start : row.intergreen_start + n * n].reshape(n, n)
    return [(first + i, int(matrix[i, g - first])) for i in range(n) if mask >> i & 1]


def _leads(tables: Tables, g: int) -> list[tuple[int, int]]:
    """Pedestrian groups that walk before ``g`` starts, and how long before."""
    group, row = tables.signals.group, tables.signals.junction[tables.signals.group.junction[g]]
    groups = range(int(row.first_group), int(row.first_group + row.n_groups))
    return [(p, int(group.lead_ms[p])) for p in groups if int(group.led[p]) >> (g - row.first_group) & 1]


def vehicles_among_pedestrians(
    tables: Tables, arrivals: Arrivals, records: np.ndarray, movement_of
) -> list[str]:
    """Vehicles that crossed their stop line, other than from inside the junction, while somebody who walked
    already was in their zone or came into it within the gap. Zones that count on red only are left out.
    """
    walked: dict[int, list[tuple[int, int]]] = {}
    found, inside = [], set()
    for i, row in enumerate(records):
        if row["kind"] == Kind.WALK:
            walked.setdefault(int(row["place"]), []).append((int(row["t_ms"]), int(row["entity"])))
        if row["kind"] not in (Kind.CROSS, Kind.INSIDE):
            continue
        m, t, vehicle = movement_of(i), int(row["t_ms"]), int(row["entity"])
        if m < 0 or vehicle in inside:
            inside.discard(vehicle)
            continue
        if row["kind"] == Kind.INSIDE:
            inside.add(vehicle)
        for zone in tables.zone[tables.movement.zone_start[m] : tables.movement.zone_end[m]]:
            for start, person in walked.get(int(zone.crossing), []) if not zone.on_red else []:
                far = arrivals.pedestrian_far[person]
                first = start + int(zone.far_from_ms if far else zone.near_from_ms)
                last = start + int(zone.far_to_ms if far else zone.near_to_ms)
                if first < t + zone.gap_ms and last > t:
                    found.append(f"{t}: vehicle {vehicle} drives at pedestrian {person}")
    return found


def crossings_on_red(tables: Tables, records: np.ndarray, movement_of_crossing) -> list[str]:
    """Vehicles that crossed their stop line while the lamp was neither green nor within end gain or
    clearance, unless their movement may go on red."""
    group = tables.signals.group
    green = np.zeros(len(group), bool)
    green_end = np.full(len(group), -(1 << 40), np.int64)
    found = []
    for i, row in enumerate(records):
        if row["kind"] == Kind.ASPECT:
            green[row["entity"]] = row["value"] == GREEN
            if row["value"] == YELLOW:
                green_end[row["entity"]] = row["t_ms"]
        elif row["kind"] in (Kind.CROSS, Kind.INSIDE):
            m = movement_of_crossing(i)
            g = -1 if m < 0 else int(tables.movement.group[m])
            if g < 0 or green[g] or tables.movement.rules[m] & ON_RED:
                continue
            late = int(row["t_ms"] - green_end[g])
            gives_way = tables.movement.yield_end[m] > tables.movement.yield_start[m]
            permissive = gives_way or tables.movement.rules[m] & TAKES_TURNS
            limit = int(group.clear_ms[g]) if permissive else int(tables.movement.end_gain_ms[m])
            if late >= limit:
                found.append(f"{row['t_ms']}: vehicle {row['entity']} crosses {late} ms after green")
    return found
