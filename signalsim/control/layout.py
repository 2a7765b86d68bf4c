"""Junctions as controllers see them: stages, the movements they serve, the changes between them."""

from typing import NamedTuple

import numpy as np

from signalsim.engine.jit import njit
from signalsim.engine.tables import Signals, Tables
from signalsim.engine.walks import has
from signalsim.sensing.approaches import Approaches, approaches


class Junctions(NamedTuple):
    """CSR tables; a stage's global index is its junction's ``first_stage`` plus its local one."""

    first_stage: np.ndarray  # (n_junctions + 1,) int32
    stage_movement: np.ndarray  # (n_stages + 1,) int32: movements that are green in it
    stage_movement_id: np.ndarray  # int32
    stage_lane: np.ndarray  # (n_stages + 1,) int32: lanes at the stop line with such a movement
    stage_lane_id: np.ndarray  # int32
    stage_min_green_ms: np.ndarray  # (n_stages,) int64: the green that its groups need, walks called
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
    minimum = np.zeros(len(signals.stage), np.int64)
    fill_minimum(signals, minimum)
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
    longest = np.int64(0)
    for e in range(signals.junction[j].n_groups):
        if has(after & ~before, e):
            longest = max(longest, _clearing(signals, j, before & ~after, e))
    return longest


@njit
def _clearing(signals, j, ending, e):
    """The longest intergreen from groups that end to local group ``e``: from those of vehicles, or from
    those of pedestrians where no others end (they clear before vehicles do, see ``engine.walks``)."""
    junction = signals.junction[j]
    foes = signals.forbidden[junction.first_group + e] & ending
    if foes & ~junction.walks:
        foes &= ~junction.walks
    longest = np.int64(0)
    for c in range(junction.n_groups):
        if has(foes, c):
            at = junction.intergreen_start + c * junction.n_groups + e
            longest = max(longest, np.int64(signals.intergreen_ms[at]))
    return longest


@njit
def fill_minimum(signals, result):
    """The green that each stage needs, into ``result`` (n_stages,)."""
    for j in range(len(signals.junction)):
        junction = signals.junction[j]
        for s in range(junction.first_stage, junction.first_stage + junction.n_stages):
            for i in range(junction.n_groups):
                if has(signals.stage[s], i):
                    result[s] = max(result[s], _group_minimum(signals, j, signals.stage[s], i))


@njit
def _group_minimum(signals, j, shown, i):
    """The green of a stage that shows ``shown`` that its local group ``i`` needs, ms: a minimum green behind
    the lead of a walk; of pedestrians, walk and what their clearance takes beyond that of vehicles."""
    junction = signals.junction[j]
    g = junction.first_group + i
    more = np.int64(0)
    for k in range(junction.n_groups):
        other = signals.group[junction.first_group + k]
        if signals.group[g].walk == 0:
            if has(shown, k) and has(other.led, i):
                more = max(more, np.int64(other.lead_ms))
        elif has(signals.forbidden[g] & ~shown, k):
            foes = signals.forbidden[junction.first_group + k] & shown & ~junction.walks
            if foes:
                at = junction.intergreen_start + i * junction.n_groups + k
                more = max(more, signals.intergreen_ms[at] - _clearing(signals, j, foes, k))
    return signals.group[g].min_green_ms + more
