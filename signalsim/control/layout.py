"""Junctions as controllers see them: stages, the movements they serve, the changes between them."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import NO_GROUP, Signals, Tables
from signalsim.sensing.approaches import Approaches, approaches


class Junctions(NamedTuple):
    """CSR tables; a stage's global index is its junction's ``first_stage`` plus its local one."""

    first_stage: np.ndarray  # (n_junctions + 1,) int32
    stage_movement: np.ndarray  # (n_stages + 1,) int32: movements that are green in it
    stage_movement_id: np.ndarray  # int32
    stage_lane: np.ndarray  # (n_stages + 1,) int32: lanes at the stop line with such a movement
    stage_lane_id: np.ndarray  # int32
    stage_min_green_ms: np.ndarray  # (n_stages,) int64: the longest minimum green of its groups
    change_start: np.ndarray  # (n_junctions,) int32
    change_ms: np.ndarray  # int64: per junction a matrix [from stage, to stage]


def junctions(tables: Tables, road: Approaches | None = None) -> Junctions:
    """Everything that a controller needs to know of the signals, from the engine's tables."""
    road = approaches(tables) if road is None else road
    signals = tables.signals
    n_junctions, n_stages = len(signals.junction), len(signals.stage)
    first_stage = np.zeros(n_junctions + 1, np.int32)
    first_stage[1:] = np.cumsum(signals.junction["n_stages"])
    movements = [stage_groups(signals, j, s) for j in range(n_junctions) for s in range(_n(signals, j))]
    of_group = _movements_of_groups(tables)
    rows = [sorted(m for g in groups for m in of_group[g]) for groups in movements]
    lanes = [sorted({int(lane) for m in row for lane in _lanes(road, m)}) for row in rows]
    minimum = np.zeros(n_stages, np.int64)
    for s, groups in enumerate(movements):
        minimum[s] = max((int(signals.group[g]["min_green_ms"]) for g in groups), default=0)
    change_start, change = _changes(signals)
    return Junctions(first_stage, *_csr(rows), *_csr(lanes), minimum, change_start, change)


def _n(signals: Signals, j: int) -> int:
    return int(signals.junction[j]["n_stages"])


def _lanes(road: Approaches, m: int) -> np.ndarray:
    return road.movement_lane_id[road.movement_lane[m] : road.movement_lane[m + 1]]


def _csr(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    start = np.zeros(len(rows) + 1, np.int32)
    start[1:] = np.cumsum([len(row) for row in rows])
    return start, np.array([value for row in rows for value in row], np.int32)


def stage_groups(signals: Signals, j: int, stage: int) -> list[int]:
    """Groups that are green in a local stage, as global indices."""
    row = signals.junction[j]
    mask = int(signals.stage[row["first_stage"] + stage])
    return [int(row["first_group"]) + i for i in range(row["n_groups"]) if mask >> i & 1]


def _movements_of_groups(tables: Tables) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(len(tables.signals.group))]
    for m, g in enumerate(tables.movement["group"]):
        if g != NO_GROUP:
            rows[g].append(m)
    return rows


def change_ms(signals: Signals, j: int, start: int, end: int) -> int:
    """End of one local stage to the moment when all groups of another are green."""
    row = signals.junction[j]
    clearing = set(stage_groups(signals, j, start)) - set(stage_groups(signals, j, end))
    entering = set(stage_groups(signals, j, end)) - set(stage_groups(signals, j, start))
    longest = 0
    for e in entering:
        for c in clearing:
            local = c - int(row["first_group"]), e - int(row["first_group"])
            if int(signals.forbidden[e]) >> local[0] & 1:
                place = row["intergreen_start"] + local[0] * row["n_groups"] + local[1]
                longest = max(longest, int(signals.intergreen_ms[place]))
    return longest


def _changes(signals: Signals) -> tuple[np.ndarray, np.ndarray]:
    start: list[int] = []
    values: list[int] = []
    for j in range(len(signals.junction)):
        start.append(len(values))
        n = _n(signals, j)
        values.extend(change_ms(signals, j, a, b) for a in range(n) for b in range(n))
    return np.array(start, np.int32), np.array(values, np.int64)
