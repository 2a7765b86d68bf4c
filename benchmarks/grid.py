"""Grids of signalised junctions for speed: 300 m blocks, 2 lanes, permissive left, 90 s cycle."""

import numpy as np

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.random import stream_key, uniform
from signalsim.engine.tables import EXIT, Arrivals, Tables

BLOCK_M, SPEED_MPS, JAM_SPACING_M, HEADWAY_MS = 300.0, 13.89, 7.5, 1895
LEFT, THROUGH, RIGHT = 0, 1, 2
SHARES = (0.1, 0.8, 0.1)  # of left, through, right
ENTRY_VEH_H = {4: 1000, 10: 950, 30: 940, 50: 920}  # by size; busiest approaches at 60 to 65 % of capacity
USUAL_VEH_H = 800  # of other sizes
STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, north, west, south


def grid_links(n: int) -> list[tuple[int, int, int]]:
    """Links of an n x n grid: x and y of the node that each leaves, and its heading."""
    links = []
    for x in range(-1, n + 1):
        for y in range(-1, n + 1):
            for heading, (dx, dy) in enumerate(STEP):
                here, there = _inside(x, y, n), _inside(x + dx, y + dy, n)
                if here or there:
                    links.append((x, y, heading))
    return links


def make_grid(n: int) -> tuple[Tables, np.ndarray]:
    """Tables of an n x n grid and, per link, its movements to the left, ahead and right (-1: none)."""
    links = grid_links(n)
    index = {link: i for i, link in enumerate(links)}
    turns = np.full((len(links), 3), -1)
    from_link, to_link, kind = [], [], []
    for (x, y, heading), i in index.items():
        node = (x + STEP[heading][0], y + STEP[heading][1])
        if not _inside(*node, n):
            continue
        for turn, change in ((LEFT, 1), (THROUGH, 0), (RIGHT, -1)):
            turns[i, turn] = len(from_link)
            from_link.append(i)
            to_link.append(index[(*node, (heading + change) % 4)])
            kind.append(turn)
    road = _road(links, index, np.array(from_link), np.array(to_link), np.array(kind), turns, n)
    return make_tables(road, _signals(n)), turns


def _inside(x: int, y: int, n: int) -> bool:
    return 0 <= x < n and 0 <= y < n


def _road(links, index, from_link, to_link, kind, turns, n) -> Road:  # type: ignore[no-untyped-def]
    n_links = len(links)
    lane_segment = np.repeat(np.arange(n_links), 2)
    jam = 1 / JAM_SPACING_M
    capacity = 1000 / HEADWAY_MS
    wave_mps = capacity / (jam - capacity / SPEED_MPS)
    serves = [(2 * f, m) for m, f in enumerate(from_link) if kind[m] != LEFT]
    serves += [(2 * f + 1, m) for m, f in enumerate(from_link) if kind[m] != RIGHT]
    yields = []
    for m, f in enumerate(from_link):
        if kind[m] == LEFT:
            x, y, heading = links[f]
            ahead = (x + 2 * STEP[heading][0], y + 2 * STEP[heading][1])
            opposite = index[(*ahead, (heading + 2) % 4)]
            yields += [(m, turns[opposite, THROUGH]), (m, turns[opposite, RIGHT])]
    group = [
        2 * ((links[f][0] + STEP[links[f][2]][0]) * n + links[f][1] + STEP[links[f][2]][1]) + links[f][2] % 2
        for f in from_link
    ]
    each = np.ones(len(from_link), int)
    return Road(
        segment_link=np.arange(n_links),
        segment_travel_ms=np.full(n_links, int(np.ceil(1000 * BLOCK_M / SPEED_MPS))),
        lane_segment=lane_segment,
        lane_slots=np.full(2 * n_links, int(2 * BLOCK_M * jam)),
        lane_headway_ms=np.full(2 * n_links, HEADWAY_MS),
        lane_wave_ms=np.full(2 * n_links, int(np.ceil(1000 * BLOCK_M / wave_mps))),
        lane_view_ms=np.full(2 * n_links, int(1000 * 100 / SPEED_MPS)),
        lane_view_slots=np.full(2 * n_links, int(2 * 100 * jam)),
        movement_from_link=from_link,
        movement_to_link=to_link,
        movement_group=np.array(group),
        movement_traverse_ms=np.array([3000, 2000, 2200])[kind],
        movement_headway_ms=np.array([2000, HEADWAY_MS, 2200])[kind],
        movement_startup_ms=2000 * each + HEADWAY_MS // 2,
        movement_startup2_ms=0 * each,
        movement_end_gain_ms=2000 * each,
        movement_gap_ms=4500 * each,
        movement_follow_ms=2500 * each,
        movement_sneakers=2 * each,
        movement_loss_ms=1900 * each,
        movement_hold_ms=0 * each,
        movement_rules=0 * each,
        serves=np.array(serves),
        yields=np.array(yields),
        foes=np.zeros((0, 2), int),
        origins=np.array([i for i, (x, y, _) in enumerate(links) if not _inside(x, y, n)]),
    )


def _signals(n: int) -> SignalSpec:
    """Two stages a junction, east-west and north-south, 3 s yellow and 2 s all red."""
    j = np.arange(n * n)
    return SignalSpec(
        group_junction=np.repeat(j, 2),
        group_min_green_ms=np.full(2 * n * n, 5000),
        group_yellow_ms=np.full(2 * n * n, 3000),
        group_max_red_ms=np.zeros(2 * n * n, int),
        stage_junction=np.repeat(j, 2),
        stage_mask=np.tile(np.array([1, 2], np.uint64), n * n),
        initial_stage=np.zeros(n * n, int),
        forbidden=np.column_stack([2 * j, 2 * j + 1]),
        intergreen=np.concatenate(
            [
                np.column_stack([2 * j, 2 * j + 1, 0 * j + 5000]),
                np.column_stack([2 * j + 1, 2 * j, 0 * j + 5000]),
            ]
        ),
    )


def make_demand(
    tables: Tables, turns: np.ndarray, per_entry_veh_h: float, hours: float, seed: int
) -> Arrivals:
    """Poisson arrivals on every entry; each vehicle turns at random until it leaves the grid."""
    n_lanes = len(tables.lane_slots)
    origins = tables.segment["link"][tables.lane[n_lanes:]]
    n = int(per_entry_veh_h * hours * len(origins))
    vehicle = np.arange(n)
    key = stream_key(seed, "grid")
    depart = np.sort(uniform(key, vehicle, 0) * hours * 3.6e6).astype(np.int64)
    link = origins[(uniform(key, vehicle, 1) * len(origins)).astype(int)]
    onto = np.append(tables.segment["link"][tables.movement["to_segment"]], -1)
    at, steps = link.copy(), []
    share = np.cumsum(SHARES)
    for step in range(400):
        turn = np.minimum(np.searchsorted(share, uniform(key, vehicle, 2 + step), side="right"), 2)
        movement = np.where(at >= 0, turns[at, turn], -2)
        steps.append(movement)
        at = np.where(movement >= 0, onto[movement], -1)
        if (at < 0).all():
            break
    rows = np.array([*steps, np.full(n, -2)]).T
    length = (rows >= 0).sum(1) + 1
    rows[np.arange(n), length - 1] = EXIT
    flat = rows[np.arange(rows.shape[1]) < length[:, None]]
    start = np.concatenate([[0], np.cumsum(length)])
    pace = np.clip(1000 + 100 * _normal(key, vehicle), 833, 1250)
    return Arrivals(
        depart_ms=depart,
        route=vehicle.astype(np.int32),
        pace=pace.astype(np.int32),
        size=np.full(n, 2, np.int32),
        route_link=link.astype(np.int32),
        route_start=start.astype(np.int32),
        route_movement=flat.astype(np.int32),
        route_dwell_ms=np.zeros(len(flat), np.int32),
        siren=np.zeros(n, bool),
    )


def _normal(key: np.uint64, vehicle: np.ndarray) -> np.ndarray:
    u = np.maximum(uniform(key, vehicle, 1000), 1e-12)
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * uniform(key, vehicle, 1001))


class FixedCycle:
    """Two equal stages of a 90 s cycle, each junction with its own offset (half seconds, so that no
    switch falls on the instant of a request)."""

    def __init__(self, n_junctions: int, seed: int = 1) -> None:
        key = stream_key(seed, "offsets")
        self._offset_ms = (uniform(key, np.arange(n_junctions), 0) * 90).astype(np.int64) * 1000 + 500

    def ask(self, now_ms: int, step_s: int) -> tuple[np.ndarray, np.ndarray]:
        """Requests for the switches that fall into the next ``step_s`` seconds."""
        into = (now_ms + self._offset_ms) % 45_000
        stage = (now_ms + self._offset_ms) // 45_000 % 2
        soon = into + step_s * 1000 >= 45_000
        return np.where(soon, 1 - stage, -1).astype(np.int32), now_ms + 45_000 - into
