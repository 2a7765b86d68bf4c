"""Plain columns in, engine tables out: the one place where CSR rows and bitmasks are made."""

from dataclasses import dataclass

import numpy as np

from .footways import Crossings, crossing_tables, gives_way_to, longest_turn_ms, set_walks
from .memory import aligned
from .tables import (
    ENTERS,
    FEEDER,
    GROUP,
    INF,
    JUNCTION,
    MOVEMENT,
    NO_GROUP,
    ON_RED,
    PRIORITY,
    SEGMENT,
    STEP,
    TAKES_TURNS,
    Signals,
    Tables,
)

MAX_LANES = 16  # on one segment: bitmasks of lanes are int32
MAX_GROUPS = 64  # at one junction: bitmasks of groups are uint64
MIN_SLOTS = 6  # a lane holds at least one long vehicle of 3 passenger car units


@dataclass(frozen=True)
class Road:
    """The road as columns. Segments by (link, upstream first), lanes by segment, movements by link."""

    segment_link: np.ndarray
    segment_travel_ms: np.ndarray
    lane_segment: np.ndarray
    lane_slots: np.ndarray
    lane_headway_ms: np.ndarray
    lane_wave_ms: np.ndarray
    lane_view_ms: np.ndarray
    lane_view_slots: np.ndarray
    movement_from_link: np.ndarray
    movement_to_link: np.ndarray
    movement_group: np.ndarray
    movement_traverse_ms: np.ndarray
    movement_headway_ms: np.ndarray
    movement_startup_ms: np.ndarray
    movement_startup2_ms: np.ndarray
    movement_end_gain_ms: np.ndarray
    movement_gap_ms: np.ndarray
    movement_follow_ms: np.ndarray
    movement_sneakers: np.ndarray
    movement_loss_ms: np.ndarray
    movement_hold_ms: np.ndarray
    movement_rules: np.ndarray  # bits of STOPS, TAKES_TURNS, ON_RED, ENTERS
    serves: np.ndarray  # (k, 2) lane, movement; also for the lanes upstream of a bay's mouth
    yields: np.ndarray  # (k, 2) movement, movement with priority over it
    foes: np.ndarray  # (k, 2) movements whose paths cross or merge, either order
    origins: np.ndarray  # links on which vehicles may start, ascending


@dataclass(frozen=True)
class SignalSpec:
    """The signals as columns; groups and stages sorted by junction."""

    group_junction: np.ndarray
    group_min_green_ms: np.ndarray
    group_yellow_ms: np.ndarray
    group_max_red_ms: np.ndarray  # 0: none
    stage_junction: np.ndarray
    stage_mask: np.ndarray  # uint64, bit i: the junction's i-th group
    initial_stage: np.ndarray  # (n_junctions,) local
    forbidden: np.ndarray  # (k, 2) groups never green together; either order
    intergreen: np.ndarray  # (k, 3) clearing group, entering group, ms
    group_walk: np.ndarray | None = None  # bits of WALKS, BUTTON, RESTS; 0: vehicles
    leads: np.ndarray | None = None  # (k, 3) pedestrian group, group of vehicles behind its lead, ms


def make_tables(road: Road, spec: SignalSpec, crossings: Crossings = Crossings()) -> Tables:  # noqa: B008
    """Tables of the engine.

    Raises ValueError where columns contradict each other: a forbidden pair within a stage, a
    forbidden pair without an intergreen, a maximum red that cannot be kept.
    """
    segment = _segments(road)
    movement = _movements(road, segment)
    source_segment = _first_segments(road.segment_link)[np.asarray(road.origins, np.int64)]
    lane = np.concatenate([road.lane_segment, source_segment]).astype(np.int32)
    feeder = _feeders(road, segment, movement, source_segment)
    priority = _priorities(road, segment, movement)
    lane_movement, lane_movement_id = _csr(road.serves, len(road.lane_segment))
    signals, group_lane = _signals(road, spec, segment)
    crossing, group_crossing, zone = crossing_tables(crossings, movement, signals.group)
    return Tables(
        segment=segment.view(np.recarray),
        lane=lane,
        lane_slots=np.maximum(road.lane_slots, MIN_SLOTS).astype(np.int32),
        lane_headway_ms=np.asarray(road.lane_headway_ms, np.int32),
        lane_wave_ms=np.asarray(road.lane_wave_ms, np.int32),
        lane_view_ms=np.asarray(road.lane_view_ms, np.int32),
        lane_view_slots=np.asarray(road.lane_view_slots, np.int32),
        lane_movement=lane_movement,
        lane_movement_id=lane_movement_id,
        movement=movement.view(np.recarray),
        step=_steps(segment, movement).view(np.recarray),
        feeder=feeder.view(np.recarray),
        priority=priority.view(np.recarray),
        group_lane=group_lane,
        crossing=crossing.view(np.recarray),
        group_crossing=group_crossing,
        zone=zone.view(np.recarray),
        link_first_segment=_first_segments(road.segment_link).astype(np.int32),
        signals=signals,
    )


def _first_segments(segment_link: np.ndarray) -> np.ndarray:
    return np.searchsorted(segment_link, np.arange(segment_link[-1] + 1 if len(segment_link) else 0))


def _last_segments(segment_link: np.ndarray) -> np.ndarray:
    return np.searchsorted(segment_link, np.arange(segment_link[-1] + 1), side="right") - 1


def _csr(pairs: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(k, 2) pairs (row, value) -> starts (n + 1,) and values, both int32, values ascending in a row."""
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    pairs = np.unique(pairs, axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(n + 1))
    return start.astype(np.int32), pairs[:, 1].astype(np.int32)


def _segments(road: Road) -> np.ndarray:
    n = len(road.segment_link)
    segment = np.zeros(n, SEGMENT)
    segment["link"] = road.segment_link
    segment["travel_ms"] = road.segment_travel_ms
    segment["first_lane"] = np.searchsorted(road.lane_segment, np.arange(n))
    segment["n_lanes"] = np.bincount(road.lane_segment, minlength=n)
    if n and not 1 <= segment["n_lanes"].min() <= segment["n_lanes"].max() <= MAX_LANES:
        raise ValueError(f"every segment needs 1 to {MAX_LANES} lanes")
    same_link = np.append(road.segment_link[1:] == road.segment_link[:-1], False)
    segment["next"] = np.where(same_link, np.arange(n) + 1, -1)
    if n and np.bincount(road.segment_link).max() > 2:
        raise ValueError("a link has at most two segments")
    segment["is_first"] = np.append(True, ~same_link[:-1])[:n]
    return segment


def _movements(road: Road, segment: np.ndarray) -> np.ndarray:
    movement = np.zeros(len(road.movement_from_link), MOVEMENT)
    movement["from_link"] = road.movement_from_link
    movement["to_segment"] = _first_segments(road.segment_link)[road.movement_to_link]
    for name in ("group", "traverse_ms", "headway_ms", "startup_ms", "startup2_ms", "end_gain_ms"):
        movement[name] = getattr(road, f"movement_{name}")
    for name in ("gap_ms", "follow_ms", "sneakers", "loss_ms", "hold_ms", "rules"):
        movement[name] = getattr(road, f"movement_{name}")
    lanes, ids = np.asarray(road.serves, np.int64).reshape(-1, 2).T
    at = road.lane_segment[lanes]
    bit = 1 << (lanes - segment["first_lane"][at])
    if (segment["link"][at] != movement["from_link"][ids]).any():
        raise ValueError("a lane serves a movement of another link")
    first = segment["is_first"][at] == 1
    last = segment["next"][at] == -1
    np.bitwise_or.at(movement["serve_first"], ids[first], bit[first].astype(np.int32))
    np.bitwise_or.at(movement["serve_last"], ids[last], bit[last].astype(np.int32))
    if len(movement) and ((movement["serve_first"] == 0) | (movement["serve_last"] == 0)).any():
        bare = int(np.argmax((movement["serve_first"] == 0) | (movement["serve_last"] == 0)))
        raise ValueError(f"movement {bare} has no lane")
    return movement


def _steps(segment: np.ndarray, movement: np.ndarray) -> np.ndarray:
    step = aligned(len(movement), STEP)
    for name in ("to_segment", "group", "traverse_ms", "headway_ms", "startup_ms", "end_gain_ms", "rules"):
        step[name] = movement[name]
    step["to_lane"] = segment["first_lane"][movement["to_segment"]]
    step["to_lanes"] = segment["n_lanes"][movement["to_segment"]]
    step["yields"] = gives_way_to(movement, TAKES_TURNS | ON_RED)
    return step


def _feeders(road: Road, segment: np.ndarray, movement: np.ndarray, source_segment: np.ndarray) -> np.ndarray:
    """Who may enter each segment; the stride of a feeder is inverse to its capacity."""
    n_lanes = len(road.lane_segment)
    lanes, ids = np.asarray(road.serves, np.int64).reshape(-1, 2).T
    at_line = segment["next"][road.lane_segment[lanes]] == -1
    pairs = [np.column_stack([movement["to_segment"][ids[at_line]], lanes[at_line]])]
    into = segment["next"][road.lane_segment]
    pairs.append(np.column_stack([into[into >= 0], np.arange(n_lanes)[into >= 0]]))
    pairs.append(np.column_stack([source_segment, n_lanes + np.arange(len(source_segment))]))
    start, lane = _csr(np.concatenate(pairs), len(segment))
    segment["feeder_start"], segment["feeder_end"] = start[:-1], start[1:]
    if len(segment) and (start[1:] - start[:-1]).max() > 62:
        raise ValueError("more than 62 lanes feed one link")
    feeder = np.zeros(len(lane), FEEDER)
    feeder["lane"] = lane
    headway = np.asarray(road.lane_headway_ms, np.int64)
    target_first = segment["first_lane"][source_segment]
    source_headway = headway[target_first] * 1000 // segment["n_lanes"][source_segment]
    feeder["stride"] = np.concatenate([headway * 1000, source_headway])[lane] // 2
    return feeder


def _priorities(road: Road, segment: np.ndarray, movement: np.ndarray) -> np.ndarray:
    """(lane at the stop line, movement there) rows: first those that each movement gives way to, then
    the foes of each movement whose rules ask for them."""
    serves = np.asarray(road.serves, np.int64).reshape(-1, 2)
    at_line = serves[segment["next"][road.lane_segment[serves[:, 0]]] == -1]
    at_line = at_line[np.argsort(at_line[:, 1], kind="stable")]
    foes = np.asarray(road.foes, np.int64).reshape(-1, 2)
    foes = np.concatenate([foes, foes[:, ::-1]])
    foes = foes[movement["rules"][foes[:, 0]] & (TAKES_TURNS | ON_RED | ENTERS) > 0]
    rows: list[tuple[int, int]] = []
    for name, pairs in (("yield", road.yields), ("foe", foes)):
        start, other = _csr(pairs, len(movement))
        for m in range(len(movement)):
            movement[m][f"{name}_start"] = len(rows)
            for p in other[start[m] : start[m + 1]].tolist():
                lo, hi = np.searchsorted(at_line[:, 1], [p, p + 1])
                rows += [(lane, p) for lane in at_line[lo:hi, 0].tolist()]
            movement[m][f"{name}_end"] = len(rows)
    return np.array(rows, PRIORITY)


def _signals(road: Road, spec: SignalSpec, segment: np.ndarray) -> tuple[Signals, np.ndarray]:
    n_junctions, n_groups = len(spec.initial_stage), len(spec.group_junction)
    junction = np.zeros(n_junctions, JUNCTION)
    junction["first_group"] = np.searchsorted(spec.group_junction, np.arange(n_junctions))
    junction["n_groups"] = np.bincount(spec.group_junction, minlength=n_junctions)
    junction["first_stage"] = np.searchsorted(spec.stage_junction, np.arange(n_junctions))
    junction["n_stages"] = np.bincount(spec.stage_junction, minlength=n_junctions)
    junction["initial_stage"] = spec.initial_stage
    squares = junction["n_groups"].astype(np.int64) ** 2
    junction["intergreen_start"] = np.cumsum(squares) - squares
    if n_junctions and (junction["n_groups"].max() > MAX_GROUPS or junction["n_stages"].min() < 1):
        raise ValueError(f"a junction needs a stage and at most {MAX_GROUPS} groups")
    group = np.zeros(n_groups, GROUP)
    group["junction"] = spec.group_junction
    group["min_green_ms"] = spec.group_min_green_ms
    group["yellow_ms"] = spec.group_yellow_ms
    set_walks(group, junction, spec.group_walk, spec.leads)
    forbidden, intergreen = _conflicts(spec, junction, group, int(squares.sum()))
    stage = np.asarray(spec.stage_mask, np.uint64)
    _check_stages(spec, junction, stage, forbidden)
    group["urgent_ms"] = _urgent(spec, junction, group, intergreen)
    junction["limits"][group["junction"][group["urgent_ms"] < INF]] = 1
    serves = np.asarray(road.serves, np.int64).reshape(-1, 2)
    at_line = serves[segment["next"][road.lane_segment[serves[:, 0]]] == -1]
    of_group = np.asarray(road.movement_group)[at_line[:, 1]]
    signalled = of_group != NO_GROUP
    start, group_lane = _csr(np.column_stack([of_group[signalled], at_line[signalled, 0]]), n_groups)
    group["lane_start"], group["lane_end"] = start[:-1], start[1:]
    tables = Signals(junction.view(np.recarray), group.view(np.recarray), stage, forbidden, intergreen)
    return tables, group_lane


def _conflicts(
    spec: SignalSpec, junction: np.ndarray, group: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    forbidden = np.zeros(len(group), np.uint64)
    intergreen = np.full(size, -1, np.int32)
    place = {}
    for a, b, ms in np.asarray(spec.intergreen, np.int64).reshape(-1, 3):
        row = junction[group["junction"][a]]
        place[a, b] = (
            row["intergreen_start"] + (a - row["first_group"]) * row["n_groups"] + b - row["first_group"]
        )
        intergreen[place[a, b]] = ms
    group["clear_ms"] = np.iinfo(np.int32).max
    for a, b in np.asarray(spec.forbidden, np.int64).reshape(-1, 2):
        for x, y in ((a, b), (b, a)):
            row = junction[group["junction"][x]]
            if group["junction"][x] != group["junction"][y] or (x, y) not in place:
                raise ValueError(f"the forbidden groups {x} and {y} have no intergreen")
            forbidden[x] |= np.uint64(1) << np.uint64(y - row["first_group"])
            group["clear_ms"][x] = min(group["clear_ms"][x], intergreen[place[x, y]])
    group["clear_ms"] = np.where(
        group["clear_ms"] == np.iinfo(np.int32).max, group["yellow_ms"], group["clear_ms"]
    )
    return forbidden, np.maximum(intergreen, 0)


def _check_stages(spec: SignalSpec, junction: np.ndarray, stage: np.ndarray, forbidden: np.ndarray) -> None:
    for s, mask in enumerate(stage):
        row = junction[spec.stage_junction[s]]
        for i in range(row["n_groups"]):
            if int(mask) >> i & 1 and int(mask) & int(forbidden[row["first_group"] + i]):
                raise ValueError(f"stage {s} shows green to a forbidden pair")


def _urgent(spec: SignalSpec, junction: np.ndarray, group: np.ndarray, intergreen: np.ndarray) -> np.ndarray:
    """From which red time on a group is served next, so that its maximum red is kept.

    Whatever is under way, and every other group with a limit that has waited longer, come first:
    each takes at most one change and one minimum green (or a walk with what belongs to it).
    """
    urgent = np.full(len(spec.group_junction), INF, np.int64)
    for j, row in enumerate(junction):
        groups = slice(row["first_group"], row["first_group"] + row["n_groups"])
        limit = np.asarray(spec.group_max_red_ms, np.int64)[groups]
        if not (limit > 0).any():
            continue
        start = row["intergreen_start"]
        change = int(intergreen[start : start + row["n_groups"] ** 2].max(initial=0))
        lead = (int((limit > 0).sum()) + 1) * longest_turn_ms(group[groups], change)
        if (limit[limit > 0] < 2 * lead).any():
            raise ValueError(
                f"junction {j}: a maximum red of {limit[limit > 0].min() / 1000:g} s cannot be kept; "
                f"{2 * lead / 1000:g} s or more can"
            )
        urgent[groups] = np.where(limit > 0, limit - lead, INF)
    return urgent
