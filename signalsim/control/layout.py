"""Junctions as controllers see them: stages, the movements they serve, the changes between them."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import Signals, Tables
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
    n_in_junction = signals.junction["n_stages"].astype(np.int64)
    first_stage = np.concatenate(([0], np.cumsum(n_in_junction))).astype(np.int32)
    minimum, change_start, change = stage_times(signals)
    row, movement = _movements(tables, *_stage_groups(signals))
    return Junctions(
        first_stage,
        *_csr(row, movement, len(minimum)),
        *_csr(*_lanes(road, row, movement), len(minimum)),
        minimum,
        change_start,
        change,
    )


def stage_times(signals: Signals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``stage_min_green_ms``, ``change_start`` and ``change_ms`` of ``Junctions``."""
    n_in_junction = signals.junction["n_stages"].astype(np.int64)
    stage, group = _stage_groups(signals)
    minimum = np.zeros(len(signals.stage), np.int64)
    np.maximum.at(minimum, stage, signals.group["min_green_ms"][group])
    change = np.zeros(int((n_in_junction**2).sum()), np.int64)
    change_start = np.cumsum(n_in_junction**2) - n_in_junction**2
    fill_changes(signals, change_start, change)
    return minimum, change_start.astype(np.int32), change


def _stage_groups(signals: Signals) -> tuple[np.ndarray, np.ndarray]:
    """(global stage, group that is green in it) of all stages, in this order."""
    junction = np.repeat(np.arange(len(signals.junction)), signals.junction["n_stages"])
    first_group = signals.junction["first_group"][junction].astype(np.int64)
    stage, local = _ragged(signals.junction["n_groups"][junction])
    green = signals.stage[stage] >> local.astype(np.uint64) & np.uint64(1) == 1
    return stage[green], first_group[stage[green]] + local[green]


def _movements(tables: Tables, stage: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(stage, movement that is green in it), from the stages' groups."""
    of_movement = tables.movement["group"]
    by_group = np.argsort(of_movement, kind="stable")
    start = np.searchsorted(of_movement[by_group], np.arange(len(tables.signals.group) + 1))
    pair, k = _ragged(np.diff(start)[group])
    return stage[pair], by_group[start[group[pair]] + k]


def _lanes(road: Approaches, row: np.ndarray, movement: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(stage, lane at the stop line that it serves), each once, from the stages' movements."""
    n_lanes = max(1, len(road.lane_link))
    pair, k = _ragged(np.diff(road.movement_lane)[movement])
    lane = road.movement_lane_id[road.movement_lane[movement[pair]] + k]
    key = np.unique(row[pair] * n_lanes + lane)
    return key // n_lanes, key % n_lanes


def _ragged(sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For rows of the given sizes: (row of each element, its place in the row)."""
    row = np.repeat(np.arange(len(sizes)), sizes)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _csr(row: np.ndarray, value: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts (n + 1,) and values, ascending within each row."""
    order = np.lexsort((value, row))
    return np.searchsorted(row[order], np.arange(n + 1)).astype(np.int32), value[order].astype(np.int32)


@njit
def fill_changes(signals, start, result):
    """End of each local stage to the moment when all groups of each other one are green, into ``result``."""
    for j in range(len(start)):
        junction = signals.junction[j]
        for a in range(junction.n_stages):
            before = signals.stage[junction.first_stage + a]
            for b in range(junction.n_stages):
                after = signals.stage[junction.first_stage + b]
                result[start[j] + a * junction.n_stages + b] = _change(signals, j, before, after)


@njit
def _change(signals, j, before, after):
    """The longest intergreen from a group that clears to a forbidden one that enters."""
    junction, longest = signals.junction[j], 0
    for e in range(junction.n_groups):
        if (after & ~before) >> np.uint64(e) & np.uint64(1) == 0:
            continue
        foes = signals.forbidden[junction.first_group + e] & before & ~after
        for c in range(junction.n_groups):
            if foes >> np.uint64(c) & np.uint64(1):
                at = junction.intergreen_start + c * junction.n_groups + e
                longest = max(longest, signals.intergreen_ms[at])
    return longest
