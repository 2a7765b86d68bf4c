"""Random small networks that use every feature at once, and hostile requests for their signals."""

import numpy as np

from signalsim.engine.build import Road, SignalSpec, make_tables
from signalsim.engine.footways import Crossings
from signalsim.engine.tables import (
    BUTTON,
    ENTERS,
    EXIT,
    NO_GROUP,
    ON_RED,
    RESTS,
    STOPS,
    TAKES_TURNS,
    WALKS,
    Arrivals,
    Tables,
)


def random_case(seed: int) -> tuple[Tables, Arrivals, int]:
    """Tables, arrivals and an end time (ms); demand from sparse to gridlock."""
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(2, 7))
    ends = _links(rng, n_nodes)
    n_links = len(ends)
    bay = rng.random(n_links) < 0.4
    segment_link = np.repeat(np.arange(n_links), 1 + bay)
    last = np.append(segment_link[1:] != segment_link[:-1], True)
    lanes_on = rng.integers(1, 4, len(segment_link))
    lane_segment = np.repeat(np.arange(len(segment_link)), lanes_on)
    n_lanes = len(lane_segment)
    movement = [(a, b) for a in range(n_links) for b in range(n_links) if ends[a][1] == ends[b][0] and a != b]
    movement = [m for m in movement if rng.random() < 0.8 or m[0] == m[1] - 1]
    from_link, to_link = np.array(movement, int).reshape(-1, 2).T
    n_movements = len(from_link)
    serves = _serves(rng, segment_link, last, lane_segment, from_link)
    groups, spec = _signals(rng, n_nodes, ends, from_link)
    slots = rng.integers(6, 40, n_lanes)
    road = Road(
        segment_link=segment_link,
        segment_travel_ms=rng.integers(500, 20_000, len(segment_link)),
        lane_segment=lane_segment,
        lane_slots=slots,
        lane_headway_ms=rng.choice([1500, 1895, 2550], n_lanes),
        lane_wave_ms=rng.integers(200, 15_000, n_lanes),
        lane_view_ms=rng.integers(0, 8_000, n_lanes),
        lane_view_slots=np.minimum(slots, rng.integers(4, 20, n_lanes)),
        movement_from_link=from_link,
        movement_to_link=to_link,
        movement_group=groups,
        movement_traverse_ms=rng.integers(0, 4_000, n_movements),
        movement_headway_ms=rng.choice([1800, 1895, 2300], n_movements),
        movement_startup_ms=rng.integers(0, 3_000, n_movements),
        movement_startup2_ms=rng.choice([0, 0, 1200], n_movements),
        movement_end_gain_ms=rng.integers(0, 2_000, n_movements),
        movement_gap_ms=rng.integers(3_000, 6_000, n_movements),
        movement_follow_ms=rng.integers(1_500, 3_000, n_movements),
        movement_sneakers=rng.integers(0, 3, n_movements),
        movement_loss_ms=rng.integers(0, 3_500, n_movements),
        movement_hold_ms=rng.integers(0, 3_000, n_movements),
        movement_rules=_rules(rng, groups),
        serves=serves,
        yields=_yields(rng, n_nodes, ends, from_link),
        foes=_foes(rng, n_nodes, ends, from_link),
        origins=np.flatnonzero(rng.random(n_links) < 0.6) if n_links > 1 else np.zeros(1, int),
    )
    if not len(road.origins):
        object.__setattr__(road, "origins", np.zeros(1, int))
    end_ms = int(rng.integers(200, 900)) * 1000
    crossings = _crossings(rng, spec, n_movements)
    arrivals = _arrivals(rng, road, end_ms)._replace(**_pedestrians(rng, crossings, end_ms))
    return make_tables(road, spec, crossings), arrivals, end_ms


def _links(rng: np.random.Generator, n_nodes: int) -> list[tuple[int, int]]:
    ring = [(i, (i + 1) % n_nodes) for i in range(n_nodes)]
    extra = [(int(a), int(b)) for a, b in rng.integers(0, n_nodes, (int(rng.integers(1, 8)), 2)) if a != b]
    return ring + extra


def _serves(rng, segment_link, last, lane_segment, from_link):
    pairs = []
    for s in range(len(segment_link)):
        lanes = np.flatnonzero(lane_segment == s)
        for m in np.flatnonzero(from_link == segment_link[s]):
            chosen = [lane for lane in lanes if rng.random() < 0.5] or [int(rng.choice(lanes))]
            pairs += [(lane, m) for lane in chosen]
    return np.array(pairs, int).reshape(-1, 2)


def _yields(rng, n_nodes, ends, from_link):
    """Give-way pairs without a circle: a movement yields to some of higher index."""
    pairs = []
    for node in range(n_nodes):
        here = [m for m in range(len(from_link)) if ends[from_link[m]][1] == node]
        pairs += [(a, b) for a in here for b in here if a < b and rng.random() < 0.4]
    return np.array(pairs, int).reshape(-1, 2)


def _rules(rng, group):
    """At signals some may go on red; elsewhere some stop, or take turns; some stand inside the junction."""
    free = rng.choice([0, 0, STOPS, STOPS | TAKES_TURNS, TAKES_TURNS], len(group))
    lit = rng.choice([0, 0, 0, ON_RED], len(group))
    return np.where(group == NO_GROUP, free, lit) | rng.choice([0, 0, ENTERS], len(group))


def _foes(rng, n_nodes, ends, from_link):
    pairs = []
    for node in range(n_nodes):
        here = [m for m in range(len(from_link)) if ends[from_link[m]][1] == node]
        pairs += [(a, b) for a in here for b in here if a < b and rng.random() < 0.5]
    return np.array(pairs, int).reshape(-1, 2)


def _signals(rng, n_nodes, ends, from_link):
    """Groups of movements, random forbidden pairs, stages that together serve every group."""
    group_of = np.full(len(from_link), NO_GROUP)
    junction, forbidden, intergreen, stage_junction, stage_mask, walks, leads = [], [], [], [], [], [], []
    n_junctions, limits = 0, []
    for node in range(n_nodes):
        here = [m for m in range(len(from_link)) if ends[from_link[m]][1] == node]
        if not here or rng.random() < 0.3:
            continue
        first, n = len(junction), int(rng.integers(1, 5))
        for m in here:
            group_of[m] = first + int(rng.integers(n)) if rng.random() < 0.9 else NO_GROUP
        n_walks = int(rng.choice([0, 1, 2]))
        walks += [0] * n + _walks(rng, n_walks)
        foes = {(a, b) for a in range(n) for b in range(a) if rng.random() < 0.6}
        foes |= {(n + p, v) for p in range(n_walks) for v in range(n) if rng.random() < 0.6}
        lead = int(rng.choice([0, 500, 3000])) if n_walks else 0
        leads += [
            (first + n, first + v, lead)
            for v in range(n)
            if lead and (n, v) not in foes and rng.random() < 0.7
        ]
        n += n_walks
        junction += [n_junctions] * n
        forbidden += [(first + a, first + b) for a, b in foes]
        intergreen += [
            (first + x, first + y, int(rng.integers(0, 17)) * 500)
            for a, b in foes
            for x, y in ((a, b), (b, a))
        ]
        for start in range(n):
            mask = 1 << start
            for g in rng.permutation(n):
                if all((max(g, h), min(g, h)) not in foes for h in range(n) if mask >> h & 1 and h != g):
                    mask |= (1 << int(g)) if rng.random() < 0.7 else 0
            stage_junction.append(n_junctions)
            stage_mask.append(mask)
        limits += [int(rng.choice([0, 0, 300_000 if not n_walks else 600_000]))] * n
        n_junctions += 1
    spec = SignalSpec(
        group_junction=np.array(junction, int),
        group_min_green_ms=np.where(walks, rng.integers(4, 10), rng.integers(0, 10, len(junction))) * 1000,
        group_yellow_ms=np.where(walks, rng.integers(0, 12), rng.integers(0, 4, len(junction))) * 1000,
        group_max_red_ms=np.array(limits, int),
        stage_junction=np.array(stage_junction, int),
        stage_mask=np.array(stage_mask, np.uint64),
        initial_stage=np.zeros(n_junctions, int),
        forbidden=np.array(forbidden, int).reshape(-1, 2),
        intergreen=np.array(intergreen, int).reshape(-1, 3),
        group_walk=np.array(walks, int),
        leads=np.array(leads, int).reshape(-1, 3),
    )
    return group_of, spec


def _walks(rng: np.random.Generator, n: int) -> list[int]:
    """Pedestrian groups, with and without buttons, some of which rest in walk."""
    return [WALKS | int(rng.choice([0, BUTTON])) | int(rng.choice([0, 0, RESTS])) for _ in range(n)]


def _crossings(rng: np.random.Generator, spec: SignalSpec, n_movements: int) -> Crossings:
    """One or two crossings of every pedestrian group, some zebras, and who meets pedestrians there."""
    lit = np.repeat(np.flatnonzero(spec.group_walk), rng.choice([1, 1, 2]))
    group = np.append(lit, np.full(int(rng.integers(0, 3)), NO_GROUP))
    cross_ms = rng.integers(4, 16, len(group)) * 1000
    zones = []
    for x, across in enumerate(cross_ms.tolist()):
        for m in np.flatnonzero(rng.random(n_movements) < 0.3).tolist():
            near, gap = int(rng.integers(across // 4, across)), int(rng.integers(500, 4000))
            zones.append((m, x, int(rng.random() < 0.2), gap, 0, near, across - near, across))
    return Crossings(group, cross_ms, np.array(zones, int).reshape(-1, 8))


def _pedestrians(rng: np.random.Generator, crossings: Crossings, end_ms: int) -> dict[str, np.ndarray]:
    numbers = rng.choice([0, 3, 30], len(crossings.group))
    at = [np.sort(rng.integers(0, end_ms // 2, n)) for n in numbers]
    return {
        "pedestrian_start": np.cumsum([0, *numbers]).astype(np.int32),
        "pedestrian_ms": np.concatenate([np.zeros(0, int), *at]).astype(np.int64),
        "pedestrian_far": rng.random(int(numbers.sum())) < 0.5,
    }


def _arrivals(rng: np.random.Generator, road: Road, end_ms: int) -> Arrivals:
    n = int(rng.choice([5, 60, 300]))
    starts, links, rows = [0], [], []
    for _ in range(int(rng.integers(1, 12))):
        link = at = int(rng.choice(road.origins))
        row = []
        for _ in range(int(rng.integers(0, 8))):
            onward = np.flatnonzero(road.movement_from_link == at)
            if not len(onward):
                break
            row.append(int(rng.choice(onward)))
            at = int(road.movement_to_link[row[-1]])
        links.append(link)
        rows += [*row, EXIT]
        starts.append(len(rows))
    return Arrivals(
        depart_ms=np.sort(rng.integers(0, max(1, end_ms // 2), n)).astype(np.int64),
        route=rng.integers(0, len(links), n).astype(np.int32),
        pace=rng.integers(800, 1250, n).astype(np.int32),
        size=rng.choice([2, 2, 2, 4, 6], n).astype(np.int32),
        route_link=np.array(links, np.int32),
        route_start=np.array(starts, np.int32),
        route_movement=np.array(rows, np.int32),
        route_dwell_ms=rng.choice([0, 0, 0, 0, 0, 12_345], len(rows)).astype(np.int32),
        siren=rng.random(n) < rng.choice([0, 0.05, 0.3]),
    )


class Hostile:
    """Asks for anything at any time: stages that do not exist, times long past or far away."""

    def __init__(self, tables: Tables, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._n = len(tables.signals.junction)

    def next_ms(self, now_ms: int) -> int:
        return now_ms + int(self._rng.choice([1, 137, 1000, 5000, 20_000]))

    def ask(self, now_ms: int) -> tuple[np.ndarray, np.ndarray]:
        stage = self._rng.integers(-1, 6, self._n).astype(np.int32)
        switch_ms = now_ms + self._rng.choice([-5000, 0, 0, 1, 2500, 60_000], self._n).astype(np.int64)
        return stage, switch_ms


def drive(engine, tables: Tables, seed: int, end_ms: int) -> None:
    """Run an engine to the end under hostile requests."""
    hostile = Hostile(tables, seed)
    now = 0
    while now < end_ms:
        engine.request(*hostile.ask(now))
        now = min(hostile.next_ms(now), end_ms)
        engine.advance(now)


def bay_case() -> tuple[Tables, Arrivals]:
    """A link of one lane whose last part has a bay (lane 1) beside it (lane 2); the turn never opens."""
    one = np.ones(2, int)
    spec = SignalSpec(
        group_junction=np.zeros(2, int),
        group_min_green_ms=np.zeros(2, int),
        group_yellow_ms=3000 * one,
        group_max_red_ms=np.zeros(2, int),
        stage_junction=np.zeros(2, int),
        stage_mask=np.array([1, 2], np.uint64),
        initial_stage=np.zeros(1, int),
        forbidden=np.array([[0, 1]]),
        intergreen=np.array([[0, 1, 5000], [1, 0, 5000]]),
    )
    road = Road(
        segment_link=np.array([0, 0, 1, 2]),
        segment_travel_ms=np.array([10_000, 3000, 10_000, 10_000]),
        lane_segment=np.array([0, 1, 1, 2, 3]),
        lane_slots=np.array([40, 6, 6, 40, 40]),
        lane_headway_ms=np.full(5, 2000),
        lane_wave_ms=np.array([20_000, 2000, 2000, 20_000, 20_000]),
        lane_view_ms=np.zeros(5, int),
        lane_view_slots=np.zeros(5, int),
        movement_from_link=np.array([0, 0]),
        movement_to_link=np.array([1, 2]),
        movement_group=np.array([1, 0]),
        movement_traverse_ms=0 * one,
        movement_headway_ms=2000 * one,
        movement_startup_ms=0 * one,
        movement_startup2_ms=0 * one,
        movement_end_gain_ms=0 * one,
        movement_gap_ms=4500 * one,
        movement_follow_ms=2500 * one,
        movement_sneakers=0 * one,
        movement_loss_ms=0 * one,
        movement_hold_ms=0 * one,
        movement_rules=0 * one,
        serves=np.array([[0, 0], [0, 1], [1, 0], [2, 1]]),
        yields=np.zeros((0, 2), int),
        foes=np.zeros((0, 2), int),
        origins=np.zeros(1, int),
    )
    turns = [0, 1, 0, 1, 0, 0, 1, 1, 1]  # movement of each vehicle in its order
    n = len(turns)
    arrivals = Arrivals(
        depart_ms=2000 * np.arange(n, dtype=np.int64),
        route=np.array(turns, np.int32),
        pace=np.full(n, 1000, np.int32),
        size=np.full(n, 2, np.int32),
        route_link=np.zeros(2, np.int32),
        route_start=np.array([0, 2, 4], np.int32),
        route_movement=np.array([0, EXIT, 1, EXIT], np.int32),
        route_dwell_ms=np.zeros(4, np.int32),
        siren=np.zeros(n, bool),
    )
    return make_tables(road, spec), arrivals
