"""What the numbers of a log stand for: phases of signal groups, channels of detectors.

A device is a junction and has its id. Its phases have the numbers in their signal groups' ids, as 5 in
``5``, ``P5``, ``J.5`` or ``J:P5`` at junction J, where all of them have one from 1 to 255 of their own; else
1, 2, ... in the order of the ids. Its channels are 1, 2, ...: for each lane in the order of their ids a
presence detector and a count at the stop line and, where a camera's view begins upstream, an advance
detector.
"""

from typing import NamedTuple

import numpy as np

from signalsim.engine.tables import NO_GROUP, Tables

from .events import ADVANCE, COUNT, PRESENCE

MAX_PHASE = 255


class Names(NamedTuple):
    """Ids of the engine's rows, and how far upstream each lane's advance line is."""

    junctions: tuple[str, ...]
    groups: tuple[str, ...]
    links: tuple[str, ...]
    lanes: tuple[str, ...]
    lane_view_m: np.ndarray  # (n_lanes,) float64, of use where the lane has an advance line


class Phase(NamedTuple):
    device: str
    phase: int
    group: str


class Detector(NamedTuple):
    """A channel as it serves one phase; a lane that several groups share stands once for each."""

    device: str
    phase: int
    channel: int
    function: str  # of FUNCTIONS
    link: str
    lane: str
    distance_m: float  # upstream of the stop line


class Site(NamedTuple):
    """Both tables of a log."""

    phases: tuple[Phase, ...]
    detectors: tuple[Detector, ...]


class Channels(NamedTuple):
    """Channels of one function, by row of the engine's tables."""

    lane: np.ndarray  # (n,) int32, ascending
    junction: np.ndarray  # (n,) int32
    channel: np.ndarray  # (n,) int32


class Numbers(NamedTuple):
    """The numbers that events carry, by row of the engine's tables."""

    phase: np.ndarray  # (n_groups,) int32
    channels: dict[str, Channels]  # by function


def site_of(tables: Tables, names: Names) -> tuple[Site, Numbers]:
    """Number the phases and detectors of a network."""
    junction_of = tables.signals.group["junction"]
    phase = phase_numbers(names, junction_of)
    phases = [
        Phase(names.junctions[j], int(number), group)
        for j, number, group in zip(junction_of.tolist(), phase, names.groups, strict=True)
    ]
    detectors: list[Detector] = []
    rows: dict[str, list[tuple[int, int, int]]] = {PRESENCE: [], COUNT: [], ADVANCE: []}
    used = np.zeros(len(names.junctions), np.int32)
    for lane, groups in _signalised_lanes(tables):
        j = int(junction_of[groups[0]])
        link = names.links[tables.segment["link"][tables.lane[lane]]]
        for function in rows:
            if function == ADVANCE and not tables.lane_view_ms[lane]:
                continue
            used[j] += 1
            rows[function].append((lane, j, int(used[j])))
            place = (link, names.lanes[lane], float(names.lane_view_m[lane]) if function == ADVANCE else 0.0)
            detectors += [
                Detector(names.junctions[j], int(phase[g]), int(used[j]), function, *place) for g in groups
            ]
    channels = {
        function: Channels(*np.array(found, np.int32).reshape(-1, 3).T) for function, found in rows.items()
    }
    return Site(tuple(phases), tuple(detectors)), Numbers(phase, channels)


def phase_numbers(names: Names, junction_of: np.ndarray) -> np.ndarray:
    """(n_groups,) int32, the phase of each signal group."""
    out = np.zeros(len(names.groups), np.int32)
    for j in range(len(names.junctions)):
        groups = np.flatnonzero(junction_of == j)
        own = [_own_number(names.junctions[j], names.groups[g]) for g in groups]
        is_numbered = len(set(own)) == len(own) and all(1 <= n <= MAX_PHASE for n in own)
        out[groups] = own if is_numbered else np.arange(1, len(own) + 1)
    return out


def _own_number(junction: str, group: str) -> int:
    """The number in a signal group's id, 0 if there is none or something else beside it."""
    for mark in ".:_-":
        group = group.removeprefix(junction + mark)
    digits = group.removeprefix("P")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 4 else 0


def _signalised_lanes(tables: Tables) -> list[tuple[int, list[int]]]:
    """Lanes at a stop line with the signal groups of their movements, ascending."""
    found = []
    for lane in range(len(tables.lane_slots)):
        if tables.segment["next"][tables.lane[lane]] >= 0:
            continue
        served = tables.lane_movement_id[tables.lane_movement[lane] : tables.lane_movement[lane + 1]]
        groups = sorted({int(g) for g in tables.movement["group"][served] if g != NO_GROUP})
        if groups:
            found.append((lane, groups))
    return found
